#!/usr/bin/env bash
# Applies the example beside this file against a fresh emulator, and tells what
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
"$bin/ibm-sm-emulator" --listen 127.0.0.1:0 >"$work/emulator.txt" 2>"$work/emulator.log" &
emulator=$!
# The emulator prints `ready` when it answers; tail ends with it or with us.
timeout 20 grep -q -m1 '^ready' <(tail -n +1 -f --pid="$emulator" "$work/emulator.txt") \
  || fail "the emulator did not start: $(cat "$work/emulator.log")"
sed 's/^/   /' "$work/emulator.txt"
# shellcheck disable=SC1091
. <(grep '^export ' "$work/emulator.txt")

cat >"$work/terraform.rc" <<RC
provider_installation {
  dev_overrides { "ibm-sm/ibm-sm" = "$bin" }
  direct {}
}
disable_checkpoint = true
RC
export TF_CLI_CONFIG_FILE="$work/terraform.rc" TF_IN_AUTOMATION=1
cp "$example"/*.tf "$work"
cd "$work"

# The notice about the development override says nothing here.
tf() { "$terraform" "$@" 2> >(grep -v '^$' >&2) | sed -e '/Provider development overrides/,/╵/d' -e '/^╷$/d'; }

say "2. terraform apply: a group, the engine, a key for a service ID, a key for access groups"
tf apply -auto-approve -no-color | grep -E 'Creat|complete|Apply|^[a-z_]+ *=|^Error|^  '

say "3. The key in the state works: IAM gives a token for it"
key=$("$terraform" output -raw api_key)
token_status=$(printf 'data-urlencode = "apikey=%s"\n' "$key" | curl -s -o "$work/token.json" -w '%{http_code}' \
  --data-urlencode 'grant_type=urn:ibm:params:oauth:grant-type:apikey' -K - "$EMULATOR_URL/identity/token")
[ "$token_status" = 200 ] || fail "the token endpoint answered $token_status"
echo "   POST /identity/token answered 200 and a token that expires in $(sed -E 's/.*"expires_in": ?([0-9]+).*/\1/' "$work/token.json") seconds"

say "4. A second plan finds nothing to do"
"$terraform" plan -detailed-exitcode -no-color >"$work/plan.txt" 2>&1 || fail "the plan is not empty: $(cat "$work/plan.txt")"
grep -E 'No changes' "$work/plan.txt" | sed 's/^/   /'

say "5. terraform destroy: the secrets first, then the engine and the group"
tf destroy -auto-approve -no-color | grep -E 'Destr|^Error|complete'

say "6. Nothing is left: no secret, no configuration, no group, and in IAM no key of the engine"
curl -s "$EMULATOR_URL/_emulator/state" >"$work/state.json"
left=$(grep -o 'Secrets-Manager-IAM-Secret-[A-Za-z0-9._-]*' "$work/state.json" | sort -u || true)
[ -z "$left" ] || fail "left behind in IAM: $left"
echo "   keys named Secrets-Manager-IAM-Secret-*: none"
say "Done."
