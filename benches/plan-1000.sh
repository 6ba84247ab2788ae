#!/usr/bin/env bash
# Times a no-op plan of 1,000 secrets and one of 1,000 terraform_data, alternately.
# Usage: plan-1000.sh FOLDER, where FOLDER holds both release binaries.
# Prints the median of each and their ratio, without a verdict. BLOCKS=20 spreads them over 20
# resource blocks: within one block, Terraform's own cost grows with the square of the instances.
set -euo pipefail

bin=$(cd "${1:?usage: plan-1000.sh FOLDER-WITH-BINARIES}" && pwd)
count=${COUNT:-1000} rounds=${ROUNDS:-5} blocks=${BLOCKS:-1}
work=$(mktemp -d)
emulator=
finish() { [ -z "$emulator" ] || kill "$emulator" 2>/dev/null || true; rm -rf "$work"; }
trap finish EXIT

"$bin/ibm-sm-emulator" --listen 127.0.0.1:0 >"$work/emulator.txt" 2>/dev/null &
emulator=$!
timeout 20 grep -q -m1 '^ready' <(tail -n +1 -f --pid="$emulator" "$work/emulator.txt")
# shellcheck disable=SC1091
. <(grep '^export ' "$work/emulator.txt")

cat >"$work/terraform.rc" <<RC
provider_installation {
  dev_overrides { "ibm-sm/ibm" = "$bin" }
  direct {}
}
disable_checkpoint = true
RC
export TF_CLI_CONFIG_FILE="$work/terraform.rc" TF_IN_AUTOMATION=1
mkdir "$work/ours" "$work/data"
cat >"$work/ours/main.tf" <<TF
terraform {
  required_providers {
    ibm = { source = "ibm-sm/ibm" }
  }
}
variable "instance_id" {}
variable "engine_api_key" {}
variable "service_id" {}
resource "ibm_sm_iam_credentials_configuration" "engine" {
  instance_id = var.instance_id
  name        = "engine"
  api_key     = var.engine_api_key
}
TF
for block in $(seq "$blocks"); do
  cat >>"$work/ours/main.tf" <<TF
resource "ibm_sm_iam_credentials_secret" "many_$block" {
  count       = $((count / blocks))
  instance_id = var.instance_id
  name        = "secret-$block-\${count.index}"
  service_id  = var.service_id
  ttl         = "90d"
  depends_on  = [ibm_sm_iam_credentials_configuration.engine]
}
TF
  cat >>"$work/data/main.tf" <<TF
resource "terraform_data" "many_$block" {
  count = $((count / blocks))
  input = "value-\${count.index}"
}
TF
done
(cd "$work/data" && terraform init -input=false >/dev/null)
for folder in data ours; do (cd "$work/$folder" && terraform apply -auto-approve -input=false >/dev/null); done

measure() { # FOLDER: milliseconds of one no-op plan
  local start end
  start=$(date +%s%N)
  (cd "$work/$1" && terraform plan -input=false -detailed-exitcode >/dev/null 2>&1)
  end=$(date +%s%N)
  echo $(((end - start) / 1000000))
}
for _ in $(seq "$rounds"); do
  measure data >>"$work/data.ms"
  measure ours >>"$work/ours.ms"
done
median() { sort -n "$1" | awk '{v[NR]=$1} END {print v[int((NR+1)/2)]}'; }
data=$(median "$work/data.ms") ours=$(median "$work/ours.ms")
echo "no-op plan of $count terraform_data: $data ms (median of $rounds)"
echo "no-op plan of $count secrets:        $ours ms (median of $rounds)"
awk -v a="$ours" -v b="$data" 'BEGIN {printf "ratio: %.2f\n", a / b}'
