#!/usr/bin/env bash
# Applies the example beside this file against a fresh emulator, and shows what
# happens. Usage: run.sh FOLDER, where FOLDER holds both binaries.
set -euo pipefail

bin=$(cd "${1:?usage: run.sh FOLDER-WITH-BINARIES}" && pwd)
example=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
emulator=

say() { printf '\n\033[1m== %s\033[0m\n' "$*"; }
fail() { printf '\nFAILED: %s\n' "$*" >&2; exit 1; }
finish() {
  [ -z "$emulator" ] || kill "$emulator" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

terraform=${TERRAFORM:-terraform}
command -v "$terraform" >/dev/null || fail "terraform is not installed: install Terraform 1.11 or newer, or set TERRAFORM to tofu"

say "1. An IBM Cloud on this machine: the emulator of IAM and Secrets Manager"
mkfifo "$work/lines"
"$bin/ibm-sm-emulator" --listen 127.0.0.1:0 >"$work/lines" 2>"$work/emulator.log" &
emulator=$!
# The emulator prints `ready` when it accepts requests. The pipe stays open for later output.
exec 3<"$work/lines"
line=
until [ "$line" = ready ]; do
  IFS= read -r -t 20 line <&3 || fail "the emulator did not start: $(cat "$work/emulator.log")"
  printf '   %s\n' "$line"
  case $line in "export "*) eval "$line" ;; esac
done

curl -s "$EMULATOR_URL/_emulator/state" >"$work/before.json"

cat >"$work/terraform.rc" <<RC
provider_installation {
  dev_overrides { "ibm-sm/ibm" = "$bin" }
  direct {}
}
disable_checkpoint = true
RC
export TF_CLI_CONFIG_FILE="$work/terraform.rc" TF_IN_AUTOMATION=1
cp "$example"/*.tf "$work"
cd "$work"

# Runs terraform; shows the lines that match PATTERN, or everything if it fails.
tf() { # PATTERN ARGUMENT...
  local pattern=$1
  shift
  "$terraform" "$@" -no-color >"$work/terraform.log" 2>&1 || fail "terraform $1: $(cat "$work/terraform.log")"
  grep -E "$pattern" "$work/terraform.log" | sed 's/^/   /'
}

say "2. terraform apply: a group, the engine, a key for a service ID, a key for access groups"
tf '^ibm_.*(Creating|complete)|^Apply|^[a-z_]+ += |^  ".*" = |^}' apply -auto-approve

say "3. The key in the state works: IAM gives a token for it"
key=$("$terraform" output -raw api_key)
token_status=$(printf 'data-urlencode = "apikey=%s"\n' "$key" | curl -s -o "$work/token.json" -w '%{http_code}' \
  --data-urlencode 'grant_type=urn:ibm:params:oauth:grant-type:apikey' -K - "$EMULATOR_URL/identity/token")
[ "$token_status" = 200 ] || fail "the token endpoint returned $token_status"
echo "   POST /identity/token returned 200 and a token that expires in $(sed -E 's/.*"expires_in": ?([0-9]+).*/\1/' "$work/token.json") seconds"

say "4. A second plan finds nothing to do"
tf '^No changes' plan -detailed-exitcode

say "5. terraform destroy: the secrets first, then the engine and the group"
tf '^ibm_.*(Destroying|complete)|^Destroy' destroy -auto-approve

say "6. Nothing is left: Secrets Manager and IAM are what they were before"
curl -s "$EMULATOR_URL/_emulator/state" >"$work/after.json"
diff "$work/before.json" "$work/after.json" || fail "the emulator's state differs from before"
echo "   the whole state of the emulator, $(wc -c <"$work/after.json") bytes of JSON, is the same as before"
say "Done."
