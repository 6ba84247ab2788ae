#!/usr/bin/env bash
# Applies the example beside this file against a fresh emulator, and shows what
# happens. Usage: run.sh [FOLDER], where FOLDER holds both binaries; without it,
# they are built. TERRAFORM=tofu runs it with OpenTofu.
set -euo pipefail

example=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$example/../.." && pwd)
terraform=${TERRAFORM:-terraform}
work=
emulator=

say() { printf '\n\033[1m== %s\033[0m\n' "$*"; }
fail() { printf '\nFAILED: %s\n' "$*" >&2; exit 1; }
finish() {
  [ -z "$emulator" ] || { kill "$emulator" 2>/dev/null && wait "$emulator" 2>/dev/null; } || true
  [ -z "$work" ] || rm -rf "$work"
}
trap finish EXIT
# Terraform gets the interrupt too, and ends first.
trap 'exit 130' INT
trap 'exit 143' TERM

# Nothing of the user's is used: no credentials, no endpoints, no settings of
# Terraform's, and no proxy for what stays on this machine. Nor does Terraform ask
# for a newer version, of which it would keep a note at home.
unset ${!IC_@} ${!IBMCLOUD_@} ${!BLUEMIX_@} ${!BM_@} ${!TF_@}
export NO_PROXY="127.0.0.1${NO_PROXY:+,$NO_PROXY}" no_proxy="127.0.0.1${no_proxy:+,$no_proxy}"
export CHECKPOINT_DISABLE=1

# Whether version $2 is $1 or newer.
at_least() { printf '%s\n' "$1" "$2" | sort -C -t . -k 1,1n -k 2,2n; }
version_of() { "$@" 2>/dev/null | sed -nE '1s/^[^0-9]*([0-9]+\.[0-9]+).*/\1/p'; }

missing=
lacks() { missing+=$'\n'"  - $*"; }
cd "$root"
if [ $# = 0 ]; then
  rust=$(version_of cargo --version || true)
  at_least 1.95 "${rust:-0}" || lacks "Rust 1.95 or newer (found: ${rust:-none}): https://rustup.rs"
  command -v "${CC:-cc}" >/dev/null ||
    lacks "a C compiler, ${CC:-cc}: apt install build-essential, dnf install gcc, or xcode-select --install"
fi
found=$(version_of "$terraform" version || true)
at_least 1.11 "${found:-0}" ||
  lacks "Terraform 1.11 or newer (found: ${found:-none}): https://developer.hashicorp.com/terraform/install" \
    "(or OpenTofu: TERRAFORM=tofu make demo)"
command -v curl >/dev/null || lacks "curl: apt install curl, or dnf install curl"
[ -z "$missing" ] || fail "the demo needs what is not here:$missing"

if [ $# = 0 ]; then
  target=${CARGO_TARGET_DIR:-target}
  [ -x "$target/release/terraform-provider-ibm" ] ||
    say "Building the provider and the emulator: about seven minutes the first time on two cores, seconds later"
  cargo build --locked --release --workspace || fail "the build; its errors are above"
  set -- "$target/release"
fi
bin=$(cd "$1" && pwd)
work=$(mktemp -d)

say "1. An IBM Cloud on this machine: the emulator of IAM and Secrets Manager"
mkfifo "$work/lines"
"$bin/ibm-sm-emulator" --listen 127.0.0.1:0 --print-env terraform >"$work/lines" 2>"$work/emulator.log" &
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
