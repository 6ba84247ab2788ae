"""Runs the whole life cycle twice with each of IBM's SDKs: over plain HTTP, and by proxy with their default host names. Before,
starts each SDK for Python from nothing but the output of `ibm-sm-emulator env python`, in both ways."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import same
from emulator import Emulator
from life import Life

OTHERS = {"Go": ["target/sdk-test-go"], "Node": ["node", "emulator/sdk-test/node/main.mjs"]}

# Read by the SDKs of Secrets Manager: bodies of requests are compressed.
GZIP = {"SECRETS_MANAGER_ENABLE_GZIP": "true"}


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
    runs = [(client, connection) for client in OTHERS for connection in ("from-environment", "by-proxy")]
    answers = {"Python": python(binary)}
    with ThreadPoolExecutor() as pool:
        for (client, connection), output in zip(runs, pool.map(lambda run: other(binary, *run), runs)):
            print(f"{client} {connection}: {output}", end="")
            answers[client] = answers.get(client, 0) + int(output.split()[0])
    print("sdk-test: passed; answers parsed:", ", ".join(f"{client} {count}" for client, count in answers.items()))


def python(binary):
    with Emulator(binary) as emulator:
        print(f"from `env python` alone: {from_nothing(binary, emulator)} services")
        print(f"from `env python --proxy` alone: {from_nothing(binary, emulator, '--proxy')} services")
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
        options, more = (["--proxy"], {}) if connection == "by-proxy" else ([], GZIP)
        variables = {**os.environ, **emulator.exports, "HTTPS_PROXY": "", **more}
        variables.update(emulator.exports_for(client.lower(), *options))
        ran = subprocess.run(
            [*OTHERS[client], connection], env=variables, stdout=subprocess.PIPE, text=True
        )
    if ran.returncode:
        raise SystemExit(f"{client} {connection}: failed")
    return ran.stdout


if __name__ == "__main__":
    main(sys.argv[1])
