"""Runs the whole life cycle twice with each of IBM's SDKs: over plain HTTP, and by proxy with their default host names."""

import os
import subprocess
import sys

import same
from emulator import Emulator
from life import Life

OTHERS = {"Go": ["target/sdk-test-go"], "Node": ["node", "emulator/sdk-test/node/main.mjs"]}


def main(binary):
    answers = {"Python": python(binary)}
    for client, command in OTHERS.items():
        answers[client] = run(binary, command, "from-environment") + run(binary, command, "by-proxy")
    print("sdk-test: passed; answers parsed:", ", ".join(f"{client} {count}" for client, count in answers.items()))


def python(binary):
    with Emulator(binary) as emulator:
        url = emulator.exports["EMULATOR_URL"]
        instance = emulator.exports["SECRETS_MANAGER_INSTANCE_ID"]
        Life(emulator.exports, iam_url=url, secrets_manager_url=f"{url}/instances/{instance}").run()
        print(f"Python over plain HTTP: {same.checked} answers, each complete in the SDK's model")
    with Emulator(binary) as emulator:
        for variable in ("HTTPS_PROXY", "REQUESTS_CA_BUNDLE"):
            os.environ[variable] = emulator.exports[variable]
        before = same.checked
        Life(emulator.exports).run()
        print(f"Python by proxy: {same.checked - before} answers")
    return same.checked


def run(binary, command, connection):
    """Runs another client in an environment of its own; its one line of output begins with the number of answers."""
    with Emulator(binary) as emulator:
        if connection == "by-proxy":
            variables = emulator.by_proxy()
        else:
            variables = emulator.for_sdks()
        ran = subprocess.run(
            [*command, connection], env={**os.environ, **variables}, stdout=subprocess.PIPE, text=True
        )
    if ran.returncode:
        sys.exit(f"{command} {connection} failed")
    print(f"{command[-1]} {connection}: {ran.stdout}", end="")
    return int(ran.stdout.split()[0])


if __name__ == "__main__":
    main(sys.argv[1])
