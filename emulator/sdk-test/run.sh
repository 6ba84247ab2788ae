#!/bin/sh
# Runs IBM's own Python SDKs against the emulator. Creates its virtual environment below target/ once.
set -eu
cd "$(dirname "$0")/../.."
venv=target/sdk-test
stamp="$venv/installed"
if ! cmp -s emulator/sdk-test/requirements.txt "$stamp"; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r emulator/sdk-test/requirements.txt
    cp emulator/sdk-test/requirements.txt "$stamp"
fi
# Of the whole workspace, so that its crates are built as in every other step.
cargo build --quiet --locked --workspace --bin ibm-sm-emulator
exec "$venv/bin/python" emulator/sdk-test/main.py "${CARGO_TARGET_DIR:-target}/debug/ibm-sm-emulator"
