"""Starts the emulator and reads its banner."""

import re
import subprocess
import tempfile


class Emulator:
    """A running emulator; as a context manager it stops at the end."""

    def __init__(self, binary):
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

    def by_proxy(self):
        """For clients that keep to IBM's host names."""
        authority = self.exports["SSL_CERT_FILE"]
        return {**self.exports, "NODE_EXTRA_CA_CERTS": authority}

    def for_sdks(self):
        """The variables that IBM's SDKs read; what only the proxy needs is left out."""
        url, key = self.exports["EMULATOR_URL"], self.exports["IBMCLOUD_API_KEY"]
        addresses = {
            "SECRETS_MANAGER": f"{url}/instances/{self.exports['SECRETS_MANAGER_INSTANCE_ID']}",
            "IAM_IDENTITY": url,
            "IAM_ACCESS_GROUPS": url,
            "IAM_POLICY_MANAGEMENT": url,
        }
        variables = {"HTTPS_PROXY": "", "SECRETS_MANAGER_ENABLE_GZIP": "true"}
        for service, address in addresses.items():
            variables[f"{service}_URL"] = address
            variables[f"{service}_AUTH_TYPE"] = "iam"
            variables[f"{service}_AUTH_URL"] = url
            variables[f"{service}_APIKEY"] = key
        return {**self.exports, **variables}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.folder.cleanup()
