"""The licences of the crates that a binary is linked from, as most of them ask for with each copy.

cargo-about writes the same, but would have to be built wherever packages are made, also in the tests.
"""

import json
import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

TEXTS = re.compile(r"(licen[cs]e|copying|notice|unlicense)([-_.].*)?", re.IGNORECASE)


def linked(program: str, target: str) -> list[dict]:
    """The crates that `program` is linked from, without those of the workspace, as Cargo describes them."""
    command = [os.environ.get("CARGO", "cargo"), "metadata", "--locked", "--format-version", "1"]
    found = json.loads(subprocess.check_output([*command, "--filter-platform", target], cwd=ROOT))
    packages = {package["id"]: package for package in found["packages"]}
    nodes = {node["id"]: node for node in found["resolve"]["nodes"]}
    (root,) = [key for key, package in packages.items() if package["name"] == program]
    seen, open_ = set(), [root]
    while open_:
        if (key := open_.pop()) not in seen:
            seen.add(key)
            open_ += [
                dependency["pkg"]
                for dependency in nodes[key]["deps"]
                if any(kind["kind"] is None for kind in dependency["dep_kinds"])
            ]
    return [packages[key] for key in seen - set(found["workspace_members"])]


def texts(crate: dict) -> list[str]:
    """What the crate's files say; those that offer a choice of licences carry each."""
    folder = Path(crate["manifest_path"]).parent
    files = {path for path in folder.iterdir() if path.is_file() and TEXTS.fullmatch(path.name)}
    if crate["license_file"]:
        files.add(folder / crate["license_file"])
    return [path.read_text(errors="replace").strip() for path in sorted(files)]


def notices(program: str, version: str, targets: list[str]) -> bytes:
    """One text for a program on these targets of Rust's; a licence that crates share word by word is in it once."""
    crates = {}
    for target in targets:
        for crate in linked(program, target):
            crates[crate["name"], crate["version"]] = crate
    listed = [f"{program} {version} is linked from these crates; the texts of their licences follow.\n"]
    users: dict[str, list[str]] = {}
    for (name, number), crate in sorted(crates.items()):
        described = f"{name} {number}: {crate['license']}, {crate['repository'] or 'https://crates.io/crates/' + name}"
        found = texts(crate)
        # Some carry no text of the licence that they name.
        listed.append(described if found else f"{described}, by {', '.join(crate['authors'])}")
        for text in found:
            users.setdefault(text, []).append(f"{name} {number}")
    listed.append("Rust's standard library: MIT OR Apache-2.0, https://github.com/rust-lang/rust")
    listed.append("musl, in binaries for Linux: MIT, https://musl.libc.org")
    sections = [f"{'-' * 80}\n{', '.join(of)}\n\n{text}" for text, of in users.items()]
    return "\n\n".join(["\n".join(listed), *sections, ""]).encode()
