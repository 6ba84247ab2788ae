"""What pytest finds by itself once the package is installed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from . import Emulator


@pytest.fixture
def ibm_sm_emulator() -> Iterator[Emulator]:
    """An emulator of IBM Cloud Secrets Manager and IAM for this test alone."""
    with Emulator() as emulator:
        yield emulator
