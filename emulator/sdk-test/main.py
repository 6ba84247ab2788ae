"""Runs the whole life cycle twice with each of IBM's SDKs: over plain HTTP, and by proxy with their default host names."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import same
from emulator import Emulator
from life import Life

OTHERS = {"Go": ["target/sdk-test-go"], "Node": ["node", "emulator/sdk-test/node/main.mjs"]}


def main(binary):
    runs = [(client, connection) for client in OTHERS for connection in ("from-environment", "by-proxy")]
    answers = {"Python": python(binary)}
    with ThreadPoolExecutor() as pool:
        for (client, connection), output in zip(runs, pool.map(lambda run: other(binary, *run), runs)):
            print(f"{client} {connection}: {output}", end="")
            answers[client] = answers.get(client, 0) + int(output.split()[0])
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


def other(binary, client, connection):
    """Runs another client in an environment of its own. Its line of output begins with the number of answers."""
    with Emulator(binary) as emulator:
        variables = emulator.by_proxy() if connection == "by-proxy" else emulator.for_sdks()
        ran = subprocess.run(
            [*OTHERS[client], connection], env={**os.environ, **variables}, stdout=subprocess.PIPE, text=True
        )
    if ran.returncode:
        raise SystemExit(f"{client} {connection}: failed")
    return ran.stdout


if __name__ == "__main__":
    main(sys.argv[1])
