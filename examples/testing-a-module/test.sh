#!/bin/sh
# Runs `terraform test` against an emulator of its own. Needs terraform, ibm-sm-emulator and the
# provider's binary, which Terraform's settings point to.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
emulator=
trap '[ -z "$emulator" ] || kill "$emulator"; rm -rf "$work"' EXIT

# A free port; the first line `ready` means that it takes requests.
ibm-sm-emulator --listen 127.0.0.1:0 >"$work/emulator.txt" &
emulator=$!
until grep -q '^ready' "$work/emulator.txt"; do
    kill -0 "$emulator"
    sleep 0.1
done
eval "$(grep '^export ' "$work/emulator.txt")"

terraform get >/dev/null
terraform test "$@"
