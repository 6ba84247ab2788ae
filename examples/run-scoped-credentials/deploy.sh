#!/bin/sh
# Stands for what deploys: it logs in with the key of this run.
set -eu
printf 'data-urlencode = "apikey=%s"\n' "$IBMCLOUD_API_KEY" |
    curl --silent --fail --output /dev/null --config - \
        --data-urlencode 'grant_type=urn:ibm:params:oauth:grant-type:apikey' \
        "${IBMCLOUD_IAM_API_ENDPOINT:-https://iam.cloud.ibm.com}/identity/token"
echo "logged in and deployed"
