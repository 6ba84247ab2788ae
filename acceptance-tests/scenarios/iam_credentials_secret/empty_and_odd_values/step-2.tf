resource "ibm_sm_iam_credentials_secret" "app" {
  instance_id = var.instance_id
  name        = "odd"
  description = "Schlüssel für „alles“\n\t<b>&amp;</b> $${nothing} %%{if}"
  labels      = ["two words", "ünïcödé", "a,b"]
  service_id  = var.service_id
  ttl         = "1800"
  custom_metadata = {
    empty                   = ""
    json                    = jsonencode({ a = [1, null] })
    "with.dots/and slashes" = "yes"
  }
  version_custom_metadata = { quote = "\"'" }
}
