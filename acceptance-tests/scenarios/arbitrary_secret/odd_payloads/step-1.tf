locals {
  payloads = {
    empty   = ""
    lines   = "two lines\nand \"quotes\", a \\ and a tab\t of the shop\n"
    unicode = "Schlüssel-des-Ladens-🔑"
    json    = jsonencode({ user = "shop", password = "shop-password-one-0123456789" })
    long    = join("", [for n in range(1000) : "0123456789"])
  }
}

resource "ibm_sm_arbitrary_secret" "odd" {
  for_each    = local.payloads
  instance_id = var.instance_id
  name        = "odd-${each.key}"
  payload     = each.value
}
