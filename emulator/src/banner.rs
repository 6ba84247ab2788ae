//! The first screen: what a newcomer exports and tries. Its `export` lines can be evaluated.

use ibm_sm_emulator::seed;

/// The text for an emulator at that URL; the last line is `ready`.
pub(crate) fn text(url: &str) -> String {
    let instance = seed::INSTANCE_ID;
    let region = seed::REGION;
    let bootstrap = seed::BOOTSTRAP_API_KEY;
    let engine = seed::ENGINE_API_KEY;
    let service_id = seed::STATIC_SERVICE_ID;
    let [access_group, _] = seed::ACCESS_GROUP_IDS;
    format!(
        "\
IBM Cloud Secrets Manager (IAM credentials) and IAM, emulated at {url}
Everything is kept in memory and is gone when this process ends (Ctrl-C).

# For clients: who you are and where the services are.
export IBMCLOUD_API_KEY={bootstrap}
export IBMCLOUD_IAM_API_ENDPOINT={url}
export IBMCLOUD_SECRETS_MANAGER_API_ENDPOINT='{url}/instances/{{instance_id}}'
export SECRETS_MANAGER_INSTANCE_ID={instance}
export IC_REGION={region}
export EMULATOR_URL={url}

# For the Terraform example: an instance, a key for the engine, an identity, an access group.
export TF_VAR_instance_id={instance}
export TF_VAR_region={region}
export TF_VAR_engine_api_key={engine}
export TF_VAR_service_id={service_id}
export TF_VAR_access_group_id={access_group}

# Try: a token, then the secret groups of the instance.
#   TOKEN=$(curl -s $EMULATOR_URL/identity/token -d apikey=$IBMCLOUD_API_KEY \\
#     -d grant_type=urn:ibm:params:oauth:grant-type:apikey | sed 's/.*\"access_token\":\"//; s/\".*//')
#   curl -H \"Authorization: Bearer $TOKEN\" $EMULATOR_URL/instances/{instance}/api/v2/secret_groups
# The clock, faults, the journal and the state are below $EMULATOR_URL/_emulator.

ready
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_instance_stays_a_placeholder_and_ready_comes_last() {
        let text = text("http://127.0.0.1:1234");
        assert!(text.lines().any(|line| line
            == "export IBMCLOUD_SECRETS_MANAGER_API_ENDPOINT='http://127.0.0.1:1234/instances/{instance_id}'"));
        assert_eq!(text.lines().last(), Some("ready"));
    }
}
