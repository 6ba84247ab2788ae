provider "ibm" {
  region = "us-south"
}

resource "terraform_data" "other" {
  input = "something"
}
