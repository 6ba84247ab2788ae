"""The fixture as its users see it: in a test suite of their own."""

import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from ibm_sm_emulator import Emulator


def test_the_fixture_is_there_without_a_word_in_the_suite(pytester):
    pytester.makepyfile(
        """
        import json
        from urllib.request import Request, urlopen

        def call(url, **headers):
            return json.load(urlopen(Request(url, headers=headers)))

        def test_a_client(ibm_sm_emulator):
            grant = "grant_type=urn:ibm:params:oauth:grant-type:apikey&apikey=" + ibm_sm_emulator.api_key
            token = json.load(urlopen(ibm_sm_emulator.url + "/identity/token", grant.encode()))["access_token"]
            path = f"/instances/{ibm_sm_emulator.instance_id}/api/v2/secret_groups"
            groups = call(ibm_sm_emulator.url + path, Authorization="Bearer " + token)
            assert groups["total_count"] > 0
        """
    )
    pytester.runpytest("-p", "no:cacheprovider").assert_outcomes(passed=1)


def test_each_test_has_an_emulator_of_its_own_which_ends_with_it(pytester):
    pytester.makepyfile(
        """
        def test_one(ibm_sm_emulator, record_property):
            record_property("url", ibm_sm_emulator.url)
            ibm_sm_emulator.advance(3600)

        def test_other(ibm_sm_emulator, record_property):
            record_property("url", ibm_sm_emulator.url)
        """
    )
    result = pytester.inline_run()
    result.assertoutcome(passed=2)
    reports = result.getreports("pytest_runtest_logreport")
    urls = [dict(report.user_properties)["url"] for report in reports if report.when == "call"]
    assert len(set(urls)) == 2
    for url in urls:
        address = urlsplit(url)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((address.hostname, address.port))


def test_the_environment_is_what_clients_read(ibm_sm_emulator):
    environment = ibm_sm_emulator.environment
    assert environment["IBMCLOUD_IAM_API_ENDPOINT"] == ibm_sm_emulator.url
    assert environment["IBMCLOUD_SECRETS_MANAGER_API_ENDPOINT"] == ibm_sm_emulator.url + "/instances/{instance_id}"
    assert environment["IBMCLOUD_API_KEY"] == ibm_sm_emulator.api_key


def test_the_state_is_whole_and_the_clock_moves(ibm_sm_emulator):
    instances = ibm_sm_emulator.state()["secrets_manager"]["instances"]
    assert ibm_sm_emulator.instance_id in [instance["id"] for instance in instances]
    before = ibm_sm_emulator.advance(0)["now"]
    assert ibm_sm_emulator.advance(90 * 24 * 3600)["now"] > before
    with pytest.raises(RuntimeError, match="clock/advance: 400"):
        ibm_sm_emulator.advance(-1)


def test_a_proxy_is_not_asked(ibm_sm_emulator, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert ibm_sm_emulator.state()


def test_arguments_are_those_of_the_command(tmp_path):
    with Emulator("--data", tmp_path / "data") as emulator:
        assert emulator.state()
    assert (tmp_path / "data").is_dir()


def test_an_emulator_that_does_not_start_is_an_error(capfd):
    with pytest.raises(RuntimeError, match="ended before it was ready"):
        Emulator("--seed", "absent.toml")
    assert "absent.toml" in capfd.readouterr().err


def test_the_command_is_the_emulator():
    command = Path(sys.executable).with_name("ibm-sm-emulator")
    told = subprocess.run([command, "--version"], capture_output=True, text=True, check=True)
    assert told.stdout.startswith("ibm-sm-emulator ")
