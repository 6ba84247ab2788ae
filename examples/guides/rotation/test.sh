#!/bin/sh
# Lives through two months on the emulator's clock, and compares which keys work when with dates.txt.
# Needs terraform, ibm-sm-emulator, curl and the provider's binary, which Terraform's settings point to.
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
instance=$EMULATOR_URL/instances/$TF_VAR_instance_id/api/v2

# METHOD PATH BODY: a request to the control API.
control() { curl -sf -X "$1" -H 'Content-Type: application/json' -d "$3" "$EMULATOR_URL/_emulator/$2"; }

# FIELD: its value in the JSON on standard input.
field() { sed "s/.*\"$1\":\"\([^\"]*\)\".*/\1/"; }

# KEY: what IAM says to it.
login() {
    curl -s "$EMULATOR_URL/identity/token" -d "apikey=$1" \
        -d grant_type=urn:ibm:params:oauth:grant-type:apikey
}

# SECRET FIELD: a field of a secret.
secret() {
    token=$(login "$IBMCLOUD_API_KEY" | field access_token)
    curl -sf -H "Authorization: Bearer $token" "$instance/secrets/$1" | field "$2"
}

# NAME SECRET CONSUMER: which of its keys work, which one the consumer has, and when the newest ends.
keys() {
    newest=$(secret "$2" api_key) has=$(secret "$3" payload) works='' count=0 holds=
    grep -qsxF "$newest" "$work/$1" || echo "$newest" >>"$work/$1"
    while IFS= read -r key; do
        count=$((count + 1))
        case $(login "$key") in *access_token*) works="$works $count" ;; esac
        [ "$key" != "$has" ] || holds=$count
    done <"$work/$1"
    printf '  %-9s  works:%-6s  consumer has: %s  the newest ends: %s\n' \
        "$1" "$works" "$holds" "$(secret "$2" expiration_date)"
}

# WHAT: a paragraph of the report.
report() {
    echo "$(control GET clock '' | field now)  $1"
    # shellcheck disable=SC2086 # four ids
    set -- $ids
    keys scheduled "$1" "$3"
    keys renewed "$2" "$4"
}

apply() { "${TERRAFORM:-terraform}" apply -auto-approve "$@" >"$work/log" || { cat "$work/log" >&2; exit 1; }; }
days() { control POST clock/advance "{\"seconds\":$(($1 * 86400))}" >/dev/null; }

control PUT clock '{"mode":"frozen","now":"2026-01-10T08:00:00Z"}' >/dev/null
apply -state="$work/state"
ids=$("${TERRAFORM:-terraform}" output -state="$work/state" -json secret_ids | tr -d '[]\n"' | tr , ' ')
{
    report "first apply"
    days 23
    apply -state="$work/state"
    report "apply: 7 days are left"
    days 8
    report "the service rotates"
    apply -state="$work/state"
    report "apply"
    days 15
    apply -state="$work/state"
    report "apply: 7 days are left"
    days 13
    report "the service rotates"
    apply -state="$work/state"
    report "apply"
    days 2
    apply -state="$work/state" -var incident=INC-7
    report "apply with another trigger"
} >"$work/dates.txt"
diff -u dates.txt "$work/dates.txt"
