//! The text printed at start: what to export and what to try. A shell can evaluate its `export`
//! lines.

use ibm_sm_emulator::model::State;
use ibm_sm_emulator::{Handle, seed};
use std::fmt::Write as _;
use std::path::Path;

/// The text for an emulator with that data folder and certificate authority; the last line is
/// `ready`.
pub(crate) fn text(emulator: &Handle, data: Option<&Path>, ca_file: Option<&Path>) -> String {
    let mut text = http(&emulator.url(), &emulator.state(), data);
    if let Some(ca_file) = ca_file.filter(|_| emulator.authority.is_some()) {
        host_names(&mut text, emulator, ca_file);
    }
    text.push_str("\nready\n");
    text
}

fn http(url: &str, state: &State, data: Option<&Path>) -> String {
    let kept = match data {
        Some(folder) => format!("State is kept in {}.", folder.display()),
        None => "State is kept in memory and lost on exit.".to_owned(),
    };
    let mut text = format!(
        "\
IBM Cloud Secrets Manager (IAM credentials) and IAM, emulated at {url}
{kept} Press Ctrl-C to stop.
Watch it in a browser at {url}; control clock, faults, journal and state below {url}/_emulator.

# For clients: the API key and the endpoints.
export IBMCLOUD_IAM_API_ENDPOINT={url}
export IBMCLOUD_USER_MANAGEMENT_ENDPOINT={url}
export IBMCLOUD_SECRETS_MANAGER_API_ENDPOINT='{url}/instances/{{instance_id}}'
export EMULATOR_URL={url}
"
    );
    let keys = &state.iam.api_keys;
    let bootstrap = keys.values().find(|key| key.apikey.expose() == seed::BOOTSTRAP_API_KEY);
    if let Some(key) = bootstrap.or(keys.values().next()) {
        line(&mut text, "IBMCLOUD_API_KEY", key.apikey.expose());
    }
    let instances = &state.secrets_manager.instances;
    let instance = instances.get(seed::INSTANCE_ID).or(instances.values().next());
    if let Some(instance) = instance {
        line(&mut text, "SECRETS_MANAGER_INSTANCE_ID", &instance.id);
        line(&mut text, "IC_REGION", &instance.region);
        text.push_str("\n# For the Terraform examples: an instance, an API key for the engine, a service ID, an access group.\n");
        line(&mut text, "TF_VAR_instance_id", &instance.id);
        line(&mut text, "TF_VAR_region", &instance.region);
    }
    let engine = keys.values().find(|key| key.apikey.expose() == seed::ENGINE_API_KEY);
    if let Some(key) = engine {
        line(&mut text, "TF_VAR_engine_api_key", key.apikey.expose());
    }
    if let Some(service_id) = state.iam.service_ids.get(seed::STATIC_SERVICE_ID) {
        line(&mut text, "TF_VAR_service_id", &service_id.id);
    }
    if let Some(group) = state.iam.access_groups.values().next() {
        line(&mut text, "TF_VAR_access_group_id", &group.id);
    }
    text.push_str(
        "
# Try: a token, then the secret groups of the instance.
#   TOKEN=$(curl -s $EMULATOR_URL/identity/token -d apikey=$IBMCLOUD_API_KEY \\
#     -d grant_type=urn:ibm:params:oauth:grant-type:apikey | sed 's/.*\"access_token\":\"//; s/\".*//')
#   curl -H \"Authorization: Bearer $TOKEN\" \\
#     $EMULATOR_URL/instances/$SECRETS_MANAGER_INSTANCE_ID/api/v2/secret_groups
",
    );
    text
}

fn host_names(text: &mut String, emulator: &Handle, ca_file: &Path) {
    // Writing to a String does not fail.
    if let Some(address) = emulator.tls_address {
        let _ = writeln!(
            text,
            "\n# IBM's host names over TLS: {address}, trusted with {}",
            ca_file.display()
        );
    }
    if let Some(address) = emulator.proxy_address {
        text.push_str(
            "\n# For clients that hard-code IBM's host names (set these for such clients only):\n",
        );
        let _ = writeln!(text, "#   export HTTPS_PROXY=http://{address}");
        for variable in ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"] {
            let _ = writeln!(text, "#   export {variable}={}", ca_file.display());
        }
    }
}

fn line(text: &mut String, name: &str, value: &str) {
    let _ = writeln!(text, "export {name}={value}");
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "http://127.0.0.1:1234";

    fn exported(text: &str, name: &str) -> Option<String> {
        let prefix = format!("export {name}=");
        text.lines().find_map(|line| line.strip_prefix(&prefix)).map(str::to_owned)
    }

    #[test]
    fn the_default_state_is_exported() {
        let text = http(URL, &seed::default_state(), None);
        for (name, value) in [
            ("IBMCLOUD_API_KEY", seed::BOOTSTRAP_API_KEY),
            ("IBMCLOUD_IAM_API_ENDPOINT", URL),
            (
                "IBMCLOUD_SECRETS_MANAGER_API_ENDPOINT",
                "'http://127.0.0.1:1234/instances/{instance_id}'",
            ),
            ("SECRETS_MANAGER_INSTANCE_ID", seed::INSTANCE_ID),
            ("IC_REGION", seed::REGION),
            ("EMULATOR_URL", URL),
            ("TF_VAR_instance_id", seed::INSTANCE_ID),
            ("TF_VAR_region", seed::REGION),
            ("TF_VAR_engine_api_key", seed::ENGINE_API_KEY),
            ("TF_VAR_service_id", seed::STATIC_SERVICE_ID),
            ("TF_VAR_access_group_id", seed::ACCESS_GROUP_IDS[0]),
        ] {
            assert_eq!(exported(&text, name).as_deref(), Some(value), "{name}");
        }
    }

    #[test]
    fn another_state_exports_what_it_has() {
        let text = http(URL, &State::default(), None);
        assert_eq!(exported(&text, "EMULATOR_URL").as_deref(), Some(URL));
        assert_eq!(exported(&text, "SECRETS_MANAGER_INSTANCE_ID"), None);
    }

    #[tokio::test]
    async fn ready_comes_last() {
        let emulator = ibm_sm_emulator::Emulator::start(Default::default()).await.unwrap();
        let text = text(&emulator, None, None);
        assert_eq!(text.lines().last(), Some("ready"));
    }
}
