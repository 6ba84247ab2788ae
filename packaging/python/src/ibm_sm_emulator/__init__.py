"""Runs the emulator of IBM Cloud Secrets Manager and IAM that this package carries."""

from __future__ import annotations

import http.client
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

__all__ = ["BINARY", "Emulator", "main"]

#: The emulator's program.
BINARY = Path(__file__).with_name("ibm-sm-emulator" + (".exe" if os.name == "nt" else ""))


class Emulator:
    """An emulator of its own on a free port, until `stop` or the end of a `with` block.

    Arguments are those of the command, such as `"--seed", "seed.toml"`.
    """

    #: Where it listens, such as `http://127.0.0.1:49152`.
    url: str
    #: The API key of an identity that may do everything.
    api_key: str
    #: The Secrets Manager instance that exists at the start.
    instance_id: str
    #: What the emulator tells its clients to export.
    environment: dict[str, str]

    def __init__(self, *arguments: str | os.PathLike[str]) -> None:
        self._process = subprocess.Popen(
            [BINARY, "--listen", "127.0.0.1:0", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        try:
            self.environment = self._exports()
        except BaseException:
            self.stop()
            raise
        self.url = self.environment["EMULATOR_URL"]
        self.api_key = self.environment.get("IBMCLOUD_API_KEY", "")
        self.instance_id = self.environment.get("SECRETS_MANAGER_INSTANCE_ID", "")

    def _exports(self) -> dict[str, str]:
        exports = {}
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("export "):
                name, _, value = shlex.split(line)[1].partition("=")
                exports[name] = value
            elif line.strip() == "ready":
                return exports
        raise RuntimeError("the emulator ended before it was ready; it says why on standard error")

    def state(self) -> dict[str, Any]:
        """Everything that exists now, in the format that `--seed` takes."""
        return self._control("GET", "state")

    def advance(self, seconds: int) -> dict[str, Any]:
        """Moves the clock; leases that end and rotations that are due by then happen. Returns the clock."""
        return self._control("POST", "clock/advance", {"seconds": seconds})

    def _control(self, method: str, path: str, body: Any = None) -> Any:
        # Not urllib.request, which would ask a proxy for an address of this machine.
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=30)
        try:
            content = None if body is None else json.dumps(body)
            connection.request(method, f"/_emulator/{path}", content, {"Content-Type": "application/json"})
            response = connection.getresponse()
            text = response.read().decode()
        finally:
            connection.close()
        if response.status != 200:
            raise RuntimeError(f"{method} {path}: {response.status} {text}")
        return json.loads(text)

    def stop(self) -> None:
        """Ends the emulator, and waits until it has."""
        self._process.kill()
        self._process.communicate()

    def __enter__(self) -> Emulator:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def main() -> None:
    """The command `ibm-sm-emulator`."""
    command = [str(BINARY), *sys.argv[1:]]
    if os.name == "nt":  # where exec does not keep the console waiting
        sys.exit(subprocess.call(command))
    os.execv(BINARY, command)
