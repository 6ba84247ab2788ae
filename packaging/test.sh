#!/bin/sh
# Installs the packages as their users do, away from the repository, and tests what was installed.
# Usage: test.sh [FOLDER]; without a folder, packages are made from the binaries that the other tests use.
set -eu
cd "$(dirname "$0")/.."
work=$PWD/target/package-test
rm -rf "$work"
mkdir -p "$work/home"

# What pip needs is downloaded once, since asking the index takes longer than everything else.
wheels=$PWD/target/packaging/wheels
if ! cmp -s packaging/requirements.txt "$wheels/downloaded"; then
    python3 -m pip --quiet --disable-pip-version-check download --dest "$wheels" --requirement packaging/requirements.txt
    cp packaging/requirements.txt "$wheels/downloaded"
fi
export PIP_NO_INDEX=1 PIP_FIND_LINKS="$wheels"

if [ $# = 0 ]; then
    # Of the whole workspace, so that its crates are built as in every other step.
    cargo build --quiet --locked --workspace --bins
    # Without what is for debuggers, since compressing it takes most of the time.
    mkdir "$work/binaries"
    for name in terraform-provider-ibm ibm-sm-emulator; do
        strip -o "$work/binaries/$name" "${CARGO_TARGET_DIR:-target}/debug/$name"
    done
    python3 packaging/pack.py "$work/packages" "$work/binaries"
    set -- "$work/packages"
fi
packages=$(cd "$1" && pwd)

# pip chooses the wheel for this machine, as it does for everybody.
python3 -m venv --without-pip "$work/venv"
python3 -m pip --quiet --disable-pip-version-check --python "$work/venv" install \
    --find-links "$packages" ibm-sm-emulator pytest

npm install --silent --prefix "$work/npm" "$packages"/ibm-sm-emulator-*.tgz
cp packaging/npm/test/emulator.test.js "$work/npm"
cp -r packaging/tests packaging/python/tests/*.py examples/demo/main.tf "$work/home"

cd "$work/npm"
node --test --test-reporter=dot emulator.test.js
cd "$work/home"
python=$work/venv/bin/python
[ -x "$python" ] || python=$work/venv/Scripts/python # on Windows
exec "$python" -m pytest --quiet --rootdir . -p pytester -p no:cacheprovider \
    --durations 3 --packages "$packages" tests test_plugin.py
