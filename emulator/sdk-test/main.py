"""Runs the whole life cycle twice: over plain HTTP, and by proxy with the SDKs' default host names."""

import os
import sys

import same
from emulator import Emulator
from life import Life


def main(binary):
    with Emulator(binary) as emulator:
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
