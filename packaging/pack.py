#!/usr/bin/env python3
"""Makes every package from binaries that are built already.

    packaging/pack.py OUT [PLATFORM=]FOLDER...

Each FOLDER holds the two binaries of a platform, by default of this machine's. OUT must not exist.
The same binaries and the same commit make the same files, byte by byte.
"""

import base64
import gzip
import hashlib
import io
import json
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import tomllib
import zipfile
from pathlib import Path
from typing import NamedTuple

from notices import notices

ROOT = Path(__file__).resolve().parent.parent
PROVIDER = "terraform-provider-ibm"
EMULATOR = "ibm-sm-emulator"
NOTICES = "THIRD-PARTY-LICENSES.txt"
MANIFEST = ROOT / "terraform-registry-manifest.json"
VERSION = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]["version"]

# What stands in for the official provider has the number of the one whose types and states it
# serves, because modules ask for a range (`>= 1.70.0, < 3.0.0`), and says what it is.
OFFICIAL_VERSION = f"2.5.0+ibm-sm.{VERSION}"


class Platform(NamedTuple):
    """One platform, as each kind of package names it."""

    wheel: str
    node: str
    rust: str


# By Terraform's names. A static binary runs with any libc, so its wheel says so.
PLATFORMS = {
    "linux_amd64": Platform(
        "manylinux_2_17_x86_64.manylinux2014_x86_64.musllinux_1_1_x86_64",
        "linux-x64",
        "x86_64-unknown-linux-musl",
    ),
    "linux_arm64": Platform(
        "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64",
        "linux-arm64",
        "aarch64-unknown-linux-musl",
    ),
    "darwin_amd64": Platform("macosx_10_12_x86_64", "darwin-x64", "x86_64-apple-darwin"),
    "darwin_arm64": Platform("macosx_11_0_arm64", "darwin-arm64", "aarch64-apple-darwin"),
    "windows_amd64": Platform("win_amd64", "win32-x64", "x86_64-pc-windows-msvc"),
}


def this_machine() -> str:
    machine = platform.machine().lower()
    return platform.system().lower() + "_" + {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)


def exe(platform: str) -> str:
    return ".exe" if platform.startswith("windows") else ""


def commit_time() -> int:
    """When the packages say that they were made."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH") or subprocess.check_output(
        ["git", "log", "-1", "--format=%ct"], cwd=ROOT, text=True
    )
    return int(epoch)


class Entry(NamedTuple):
    """A file in an archive."""

    name: str
    content: bytes
    mode: int


def document(path: Path) -> Entry:
    return Entry(path.name, path.read_bytes(), 0o644)


def write_zip(path: Path, entries: list[Entry], epoch: int) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry in sorted(entries):
            info = zipfile.ZipInfo(entry.name, time.gmtime(epoch)[:6])
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3  # Unix, wherever this runs, so that the mode counts
            info.external_attr = (0o100000 | entry.mode) << 16
            archive.writestr(info, entry.content)


def write_tar_gz(path: Path, entries: list[Entry], epoch: int) -> None:
    with path.open("wb") as file, gzip.GzipFile("", "wb", fileobj=file, mtime=epoch) as zipped:
        with tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as archive:
            for entry in sorted(entries):
                info = tarfile.TarInfo(entry.name)
                info.size, info.mode, info.mtime = len(entry.content), entry.mode, epoch
                archive.addfile(info, io.BytesIO(entry.content))


def provider_zip(out: Path, platform: str, binary: Path, third_parties: Path, epoch: int) -> Path:
    """As Terraform's registry names it."""
    path = out / f"{PROVIDER}_{VERSION}_{platform}.zip"
    program = Entry(f"{PROVIDER}_v{VERSION}{exe(platform)}", binary.read_bytes(), 0o755)
    write_zip(path, [program, document(ROOT / "LICENSE"), document(third_parties)], epoch)
    return path


def h1(path: Path) -> str:
    """The hash that Terraform's lock file has of a package."""
    with zipfile.ZipFile(path) as archive:
        lines = [f"{hashlib.sha256(archive.read(name)).hexdigest()}  {name}\n" for name in sorted(archive.namelist())]
    return "h1:" + base64.b64encode(hashlib.sha256("".join(lines).encode()).digest()).decode()


def mirror(folder: Path, version: str, archives: dict[str, Path]) -> None:
    """The archives and their index, as `terraform providers mirror` lays them out."""
    folder.mkdir(parents=True)
    entries = {}
    for name, archive in archives.items():
        path = folder / f"{PROVIDER}_{version}_{name}.zip"
        shutil.copy(archive, path)
        entries[name] = {"hashes": [h1(path)], "url": path.name}
    for name, value in {"index": {"versions": {version: {}}}, version: {"archives": entries}}.items():
        (folder / f"{name}.json").write_text(json.dumps(value, indent=2, sort_keys=True) + "\n")


def wheel(out: Path, platform: str, binary: Path, third_parties: Path, epoch: int) -> None:
    environment = {
        "EMULATOR_BINARY": str(binary.resolve()),
        "EMULATOR_NOTICES": str(third_parties.resolve()),
        "WHEEL_PLATFORM": PLATFORMS[platform].wheel,
        "SOURCE_DATE_EPOCH": str(epoch),
    }
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    command += ["wheel", "--no-deps", "--wheel-dir", str(out), str(ROOT / "packaging/python")]
    subprocess.run(command, env=os.environ | environment, check=True)


def npm_package(out: Path, binaries: dict[str, Path], third_parties: Path) -> None:
    """One package for all platforms: it installs from a file, and runs nothing to do so."""
    with tempfile.TemporaryDirectory() as temporary:
        package = Path(temporary)
        shutil.copytree(ROOT / "packaging/npm", package, dirs_exist_ok=True)
        shutil.copy(ROOT / "LICENSE", package)
        shutil.copy(third_parties, package)
        manifest = json.loads((package / "package.json").read_text())
        (package / "package.json").write_text(json.dumps({**manifest, "version": VERSION}, indent=2) + "\n")
        for platform, binary in binaries.items():
            folder = package / "binaries" / PLATFORMS[platform].node
            folder.mkdir(parents=True)
            shutil.copy(binary, folder)
        npm = shutil.which("npm") or sys.exit("npm is not installed: install Node.js")
        subprocess.run([npm, "pack", "--silent", "--pack-destination", str(out.resolve())], cwd=package,
                       stdout=subprocess.DEVNULL, check=True)


def checksums(path: Path, files: list[Path]) -> None:
    """In the format of `sha256sum`, and signed as Terraform's registry wants it."""
    lines = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in sorted(files)]
    path.write_text("".join(lines))
    if key := os.environ.get("GPG_KEY"):
        command = ["gpg", "--batch", "--local-user", key, "--output", f"{path}.sig", "--detach-sign", str(path)]
        subprocess.run(command, check=True)


def provider_packages(out: Path, folders: dict[str, Path], third_parties: Path, epoch: int) -> None:
    archives = {
        name: provider_zip(out, name, folder / f"{PROVIDER}{exe(name)}", third_parties, epoch)
        for name, folder in folders.items()
    }
    # Roots of their own, because whoever uses the second one replaces the official provider.
    mirror(out / "mirror/registry.terraform.io/ibm-sm/ibm", VERSION, archives)
    mirror(out / "mirror-official/registry.terraform.io/IBM-Cloud/ibm", OFFICIAL_VERSION, archives)
    shutil.copy(MANIFEST, out / f"{PROVIDER}_{VERSION}_manifest.json")


def emulator_packages(out: Path, folders: dict[str, Path], third_parties: Path, epoch: int) -> None:
    emulators = {name: folder / f"{EMULATOR}{exe(name)}" for name, folder in folders.items()}
    for name, binary in emulators.items():
        documents = [document(path) for path in (ROOT / "LICENSE", ROOT / "emulator/README.md", third_parties)]
        program = Entry(binary.name, binary.read_bytes(), 0o755)
        write_tar_gz(out / f"{EMULATOR}_{VERSION}_{name}.tar.gz", [program, *documents], epoch)
        wheel(out, name, binary, third_parties, epoch)
    npm_package(out, emulators, third_parties)


def main(out: Path, folders: dict[str, Path]) -> None:
    for name in folders.keys() - PLATFORMS.keys():
        sys.exit(f"{name} is no platform that packages are made for: {', '.join(PLATFORMS)}")
    epoch = commit_time()
    out.mkdir(parents=True)
    for name, folder in folders.items():
        for program in (PROVIDER, EMULATOR):
            # What a workflow uploads and downloads is not executable any more.
            (folder / f"{program}{exe(name)}").chmod(0o755)

    with tempfile.TemporaryDirectory() as temporary:
        third_parties = {}
        for program in (PROVIDER, EMULATOR):
            third_parties[program] = Path(temporary) / program / NOTICES
            third_parties[program].parent.mkdir()
            third_parties[program].write_bytes(notices(program, VERSION, [PLATFORMS[name].rust for name in sorted(folders)]))
        provider_packages(out, folders, third_parties[PROVIDER], epoch)
        emulator_packages(out, folders, third_parties[EMULATOR], epoch)

    files = {path for path in out.iterdir() if path.is_file()}
    provider = {path for path in files if path.name.startswith(PROVIDER)}
    checksums(out / f"{PROVIDER}_{VERSION}_SHA256SUMS", list(provider))
    checksums(out / f"{EMULATOR}_{VERSION}_SHA256SUMS", list(files - provider))


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    pairs = [argument.rpartition("=") for argument in sys.argv[2:]]
    main(Path(sys.argv[1]), {name or this_machine(): Path(folder) for name, _, folder in pairs})
