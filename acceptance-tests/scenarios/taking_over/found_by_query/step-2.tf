# Terraform has written the resources into generated.tf.
