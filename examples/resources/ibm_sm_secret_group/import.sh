# The id is <region>/<instance_id>/<secret_group_id>.
terraform import ibm_sm_secret_group.team us-south/11111111-2222-4333-8444-555555555555/66666666-7777-4888-8999-aaaaaaaaaaaa
