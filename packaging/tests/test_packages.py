"""What the packages are, and Terraform that installs the provider from them."""

import json
import os
import shutil
import subprocess
import tarfile
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

from ibm_sm_emulator import BINARY

EXAMPLE = (Path(__file__).parents[1] / "main.tf").read_text()
NOTICES = "THIRD-PARTY-LICENSES.txt"
OURS = ("mirror", "ibm-sm/ibm")
OFFICIAL = ("mirror-official", "IBM-Cloud/ibm")


class Terraform:
    """Terraform in a folder, with a mirror as the only place that providers come from."""

    def __init__(self, folder, mirror, environment, configuration):
        self.folder = folder
        (folder / "main.tf").write_text(configuration)
        rc = folder / "terraform.rc"
        rc.write_text(f'provider_installation {{\n  filesystem_mirror {{ path = "{mirror.as_posix()}" }}\n}}\n')
        # Nothing of the user's, neither plugin folders nor another configuration.
        own = {"HOME": str(folder), "TF_CLI_CONFIG_FILE": str(rc), "CHECKPOINT_DISABLE": "1", "NO_PROXY": "127.0.0.1"}
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
        self.environment = kept | own | environment

    def __call__(self, *arguments):
        command = [os.environ.get("ACCEPTANCE_TERRAFORM", "terraform"), *arguments, "-no-color"]
        run = subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True, text=True)
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout

    def life(self):
        """From nothing to a key and back; what `init` locked."""
        self("init")
        self("apply", "-auto-approve")
        assert "No changes." in self("plan", "-detailed-exitcode")
        self("destroy", "-auto-approve")
        return (self.folder / ".terraform.lock.hcl").read_text()


def index(packages, mirror, source):
    folder = packages / mirror / "registry.terraform.io" / source
    (version,) = json.loads((folder / "index.json").read_text())["versions"]
    return folder, version, json.loads((folder / f"{version}.json").read_text())["archives"]


@pytest.mark.parametrize("name", ["terraform-provider-ibm", "ibm-sm-emulator"])
def test_the_checksums_are_those_of_all_files(packages, name):
    (sums,) = packages.glob(f"{name}_*_SHA256SUMS")
    subprocess.run(["sha256sum", "-c", sums], cwd=packages, check=True)
    named = {line.split()[1] for line in sums.read_text().splitlines()}
    files = {path.name for path in packages.iterdir() if path.is_file() and "SHA256SUMS" not in path.name}
    ours = {file for file in files if file.startswith("terraform")}
    assert named == (ours if name.startswith("terraform") else files - ours)


def test_every_package_has_the_version_of_the_binary(packages):
    _, version, _ = index(packages, *OURS)
    assert metadata.version("ibm-sm-emulator") == version
    told = subprocess.run([BINARY, "--version"], capture_output=True, text=True, check=True).stdout
    assert told.strip() == f"ibm-sm-emulator {version}"
    assert (packages / f"ibm-sm-emulator-{version}.tgz").is_file()
    assert list(packages.glob(f"ibm-sm-emulator_{version}_*.tar.gz"))
    assert index(packages, *OFFICIAL)[1].endswith(f"+ibm-sm.{version}")


def test_an_archive_of_the_provider_is_named_as_the_registry_wants_it(packages):
    _, version, archives = index(packages, *OURS)
    assert archives
    for platform, archive in archives.items():
        assert archive["url"] == f"terraform-provider-ibm_{version}_{platform}.zip"
        with zipfile.ZipFile(packages / archive["url"]) as content:
            suffix = ".exe" if platform.startswith("windows") else ""
            binary = content.getinfo(f"terraform-provider-ibm_v{version}{suffix}")
            assert set(content.namelist()) == {"LICENSE", NOTICES, binary.filename}
        assert binary.external_attr >> 16 & 0o777 == 0o755
    manifest = json.loads((packages / f"terraform-provider-ibm_{version}_manifest.json").read_text())
    assert manifest == {"version": 1, "metadata": {"protocol_versions": ["6.0"]}}


def test_an_archive_of_the_emulator_has_what_belongs_to_it(packages):
    for path in packages.glob("ibm-sm-emulator_*.tar.gz"):
        with tarfile.open(path) as archive:
            binary = "ibm-sm-emulator.exe" if "windows" in path.name else "ibm-sm-emulator"
            assert set(archive.getnames()) == {"LICENSE", "README.md", NOTICES, binary}
            assert archive.getmember(binary).mode == 0o755


def test_every_package_carries_the_licences_of_what_it_is_linked_from(packages):
    texts = [(Path(BINARY).parent / NOTICES).read_text()]
    for path in packages.glob("terraform-provider-ibm_*.zip"):
        with zipfile.ZipFile(path) as archive:
            texts.append(archive.read(NOTICES).decode())
    for path in packages.glob("ibm-sm-emulator*.t*gz"):
        with tarfile.open(path) as archive:
            (notices,) = [member for member in archive.getmembers() if Path(member.name).name == NOTICES]
            texts.append(archive.extractfile(notices).read().decode())
    assert len(texts) >= 4
    for text in texts:
        for crate in ("tokio", "aws-lc-sys", "yasna"):
            assert f"\n{crate} " in text
        # tokio's and aws-lc's texts, and who wrote the crate that carries none.
        for line in ("Copyright (c) Tokio Contributors", "fiat-crypto authors", "by Masaki Hara"):
            assert line in text


def test_terraform_installs_the_provider_from_the_mirror(packages, tmp_path, ibm_sm_emulator):
    _, version, archives = index(packages, *OURS)
    terraform = Terraform(tmp_path, packages / OURS[0], ibm_sm_emulator.environment, EXAMPLE)
    lock = terraform.life()
    assert f'"registry.terraform.io/{OURS[1]}"' in lock and f'"{version}"' in lock
    assert any(archive["hashes"][0] in lock for archive in archives.values()), lock


def test_it_stands_in_for_the_official_provider_in_a_module_that_asks_for_a_range(
    packages, tmp_path, ibm_sm_emulator
):
    _, version, _ = index(packages, *OFFICIAL)
    source = f'source = "{OFFICIAL[1]}"\n      version = ">= 1.70.0, < 3.0.0"'
    module = EXAMPLE.replace(f'source = "{OURS[1]}"', source)
    assert module != EXAMPLE
    terraform = Terraform(tmp_path, packages / OFFICIAL[0], ibm_sm_emulator.environment, module)
    lock = terraform.life()
    assert f'"registry.terraform.io/{OFFICIAL[1].lower()}"' in lock and f'"{version}"' in lock


@pytest.mark.skipif(os.name == "nt", reason="the folder is elsewhere on Windows")
def test_the_folder_of_plugins_in_the_home_needs_no_configuration(packages, tmp_path, ibm_sm_emulator):
    """As the README tells it."""
    folder = tmp_path / ".terraform.d/plugins/registry.terraform.io" / OURS[1]
    folder.mkdir(parents=True)
    for archive in packages.glob("terraform-provider-ibm_*.zip"):
        shutil.copy(archive, folder)
    terraform = Terraform(tmp_path, packages, ibm_sm_emulator.environment, EXAMPLE)
    (tmp_path / "terraform.rc").write_text("")
    terraform("init")
    terraform("validate")
