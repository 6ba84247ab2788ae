#!/usr/bin/env bash
# Runs the demo and makes a picture of what it prints: docs/pictures/demo.svg.
# Needs Python; what draws is `rich`, from PyPI, in an environment below target/.
set -euo pipefail
cd "$(dirname "$0")/../.."
venv=target/demo-picture
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check rich==14.1.0
mkdir -p docs/pictures
examples/demo/run.sh "$@" | tee /dev/stderr | "$venv/bin/python" -c '
import sys
from rich.console import Console
from rich.text import Text

console = Console(record=True, width=128, file=open("/dev/null", "w"))
console.print("$ make demo")
for line in sys.stdin:
    console.print(Text.from_ansi(line.rstrip("\n")), overflow="ellipsis", no_wrap=True)
console.save_svg("docs/pictures/demo.svg", title="make demo")
'
