from pathlib import Path

import pytest


def pytest_addoption(parser):
    parser.addoption("--packages", type=Path, required=True, help="the folder with the packages")


@pytest.fixture(scope="session")
def packages(pytestconfig):
    return pytestconfig.getoption("packages")
