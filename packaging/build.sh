#!/bin/sh
# Builds both binaries for each target named, into target/TARGET/release. Those for Linux are static
# and run on any Linux. zig compiles and links the C parts for all; it is installed once, below target/.
set -eu
cd "$(dirname "$0")/.."
zig=$PWD/target/packaging/zig
if ! cmp -s packaging/requirements-build.txt "$zig/installed"; then
    python3 -m venv "$zig"
    "$zig/bin/pip" install --quiet --disable-pip-version-check --requirement packaging/requirements-build.txt
    cp packaging/requirements-build.txt "$zig/installed"
fi
rustup target add "$@"
# The builder's folders would be in the binaries otherwise, and the same source make another binary elsewhere.
export RUSTFLAGS="--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}/registry/src=crates --remap-path-prefix=$PWD=."
for target in "$@"; do
    PATH=$zig/bin:$PATH cargo zigbuild --locked --release --bins \
        --package terraform-provider-ibm --package ibm-sm-emulator --target "$target"
done
