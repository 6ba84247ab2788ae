#!/bin/sh
# Plans through the emulator's proxy, at IBM's host names, and compares where requests went with hosts.txt.
# Needs terraform, ibm-sm-emulator, curl and the provider's binary, which Terraform's settings point to.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
emulator=
trap '[ -z "$emulator" ] || kill "$emulator"; rm -rf "$work"' EXIT

# On free ports. It prints what to export, and `ready` when it takes requests.
mkfifo "$work/lines"
ibm-sm-emulator --listen 127.0.0.1:0 --proxy-listen 127.0.0.1:0 --tls-folder "$work/tls" >"$work/lines" &
emulator=$!
exec 3<"$work/lines"
line=
while [ "$line" != ready ]; do
    IFS= read -r line <&3 || { echo "the emulator did not start" >&2; exit 1; }
    case $line in "export "*) eval "$line" ;; esac
done

# Proxy and certificate go into the provider block, and the addresses are those that it chooses itself.
proxy=$(ibm-sm-emulator env terraform --proxy | sed -n 's/^export HTTPS_PROXY=//p')
unset IBMCLOUD_IAM_API_ENDPOINT IBMCLOUD_SECRETS_MANAGER_API_ENDPOINT
export TF_VAR_proxy_url="$proxy" TF_VAR_ca_cert_file="$work/tls/ca.pem"
"${TERRAFORM:-terraform}" plan >"$work/log" || { cat "$work/log" >&2; exit 1; }

curl -sf "$EMULATOR_URL/_emulator/journal" | tr ',' '\n' |
    sed -n 's/.*"host":"\([^":]*\)[^"]*".*/\1/p' | sort -u >"$work/hosts.txt"
diff -u hosts.txt "$work/hosts.txt"
