#!/bin/sh
# Runs `terraform test` against an emulator of its own. Needs terraform, ibm-sm-emulator and the
# provider's binary, which Terraform's settings point to.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
emulator=
trap '[ -z "$emulator" ] || kill "$emulator"; rm -rf "$work"' EXIT

# On a free port. It prints what to export, and `ready` when it takes requests.
mkfifo "$work/lines"
ibm-sm-emulator --listen 127.0.0.1:0 >"$work/lines" &
emulator=$!
exec 3<"$work/lines"
line=
while [ "$line" != ready ]; do
    IFS= read -r line <&3 || { echo "the emulator did not start" >&2; exit 1; }
    case $line in "export "*) eval "$line" ;; esac
done

terraform get >/dev/null
terraform test "$@"
