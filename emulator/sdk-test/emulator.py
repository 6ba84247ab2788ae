"""Starts the emulator and reads its banner."""

import re
import shlex
import subprocess
import tempfile


class Emulator:
    """A running emulator; as a context manager it stops at the end."""

    def __init__(self, binary):
        self.binary = binary
        self.folder = tempfile.TemporaryDirectory()
        self.process = subprocess.Popen(
            [
                binary,
                "--listen", "127.0.0.1:0",
                "--proxy-listen", "127.0.0.1:0",
                "--tls-folder", self.folder.name,
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        banner = []
        for line in self.process.stdout:
            if line == "ready\n":
                break
            banner.append(line)
        else:
            raise SystemExit("the emulator ended before it was ready")
        exports = re.findall(r"^(?:#   )?export (\w+)='?([^'\n]*)'?$", "".join(banner), re.M)
        self.exports = dict(exports)

    def exports_for(self, client, *options):
        """What `ibm-sm-emulator env CLIENT` prints, as variables."""
        command = [self.binary, "env", client, "--url", self.exports["EMULATOR_URL"], *options]
        lines = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
        words = (shlex.split(line) for line in lines if line.startswith("export "))
        return dict(variable.split("=", 1) for _, variable in words)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.folder.cleanup()
