"""Runs the whole life cycle twice: over plain HTTP, and by proxy with the SDKs' default host names.
Before, starts each SDK from nothing but the output of `ibm-sm-emulator env python`, in both ways."""

import os
import subprocess
import sys

import same
from emulator import Emulator
from life import Life


def from_nothing(binary, emulator, *options):
    """The number of services that were reached from an environment of PATH and the exports alone."""
    script = 'eval "$("$1" env python --url "$2" $3)" && exec "$4" "$5"'
    program = os.path.join(os.path.dirname(__file__), "environment.py")
    arguments = [binary, emulator.exports["EMULATOR_URL"], " ".join(options), sys.executable, program]
    done = subprocess.run(
        ["sh", "-c", script, "sh", *arguments],
        env={"PATH": os.environ["PATH"]}, stdout=subprocess.PIPE, text=True, check=True,
    )
    return done.stdout.strip()


def main(binary):
    with Emulator(binary) as emulator:
        print(f"from `env python` alone: {from_nothing(binary, emulator)} services")
        print(f"from `env python --proxy` alone: {from_nothing(binary, emulator, '--proxy')} services")
        url = emulator.exports["EMULATOR_URL"]
        instance = emulator.exports["SECRETS_MANAGER_INSTANCE_ID"]
        Life(emulator.exports, iam_url=url, secrets_manager_url=f"{url}/instances/{instance}").run()
        print(f"over plain HTTP: {same.checked} responses, each complete in the SDK's model")
    with Emulator(binary) as emulator:
        for variable in ("HTTPS_PROXY", "REQUESTS_CA_BUNDLE"):
            os.environ[variable] = emulator.exports[variable]
        before = same.checked
        Life(emulator.exports).run()
        print(f"by proxy, with the SDKs' default host names: {same.checked - before} responses")
    print("sdk-test: passed")


if __name__ == "__main__":
    main(sys.argv[1])
