#!/bin/sh
# Runs the console in Chromium. Installs browser and curl where there are none, and the two npm packages once.
set -eu
cd "$(dirname "$0")/../.."
browser() {
    command -v chromium || command -v google-chrome
}
if ! browser > /dev/null || ! command -v curl > /dev/null; then
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends chromium curl > /dev/null
fi
modules=target/console-test
if ! cmp -s emulator/console-test/package-lock.json "$modules/installed"; then
    mkdir -p "$modules"
    cp emulator/console-test/package.json emulator/console-test/package-lock.json emulator/console-test/.npmrc "$modules"
    npm ci --silent --prefix "$modules"
    cp emulator/console-test/package-lock.json "$modules/installed"
fi
# Of the whole workspace, so that its crates are built as in every other step.
cargo build --quiet --locked --workspace --bin ibm-sm-emulator
exec node --test-reporter=spec emulator/console-test/main.mjs "${CARGO_TARGET_DIR:-target}/debug/ibm-sm-emulator" "$(browser)"
