#!/bin/sh
# Runs IBM's own SDKs for Python, Go and Node against the emulator. Installs them below target/ once; Go keeps its
# modules where it always does.
set -eu
cd "$(dirname "$0")/../.."
venv=target/sdk-test
stamp="$venv/installed"
if ! cmp -s emulator/sdk-test/requirements.txt "$stamp"; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r emulator/sdk-test/requirements.txt
    cp emulator/sdk-test/requirements.txt "$stamp"
fi
modules=target/sdk-test-node
node=emulator/sdk-test/node
if ! cmp -s "$node/package-lock.json" "$modules/installed"; then
    mkdir -p "$modules"
    cp "$node/package.json" "$node/package-lock.json" "$node/.npmrc" "$modules"
    npm ci --silent --prefix "$modules"
    cp "$node/package-lock.json" "$modules/installed"
fi
go build -C emulator/sdk-test/go -mod=readonly -buildvcs=false -o ../../../target/sdk-test-go .
# Of the whole workspace, so that its crates are built as in every other step.
cargo build --quiet --locked --workspace --bin ibm-sm-emulator
exec "$venv/bin/python" emulator/sdk-test/main.py "${CARGO_TARGET_DIR:-target}/debug/ibm-sm-emulator"
