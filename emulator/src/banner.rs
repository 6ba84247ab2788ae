//! The text printed at start: what to export and what to try. A shell can evaluate its `export`
//! lines.

use clap::ValueEnum as _;
use ibm_sm_emulator::Handle;
use ibm_sm_emulator::exports::{self, Client, Place, Proxy, Variable};
use ibm_sm_emulator::model::State;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

/// The text for an emulator with that data folder and certificate authority; the last line is
/// `ready`.
pub(crate) fn text(emulator: &Handle, data: Option<&Path>, ca_file: Option<&Path>) -> String {
    let state = emulator.state();
    let mut text = http(&emulator.url(), &state, data);
    // Writing to a String does not fail.
    if let (Some(address), Some(ca_file)) = (emulator.tls_address, ca_file) {
        let _ = writeln!(
            text,
            "\n# IBM's host names over TLS: {address}, trusted with {}",
            ca_file.display()
        );
    }
    if let Some(proxy) = emulator.proxy() {
        by_proxy(&mut text, proxy, Client::value_variants());
    }
    text.push_str("\nready\n");
    text
}

/// The same for one client only.
pub(crate) fn of_client(emulator: &Handle, client: Client) -> String {
    let (url, state) = (emulator.url(), emulator.state());
    let mut text = exports::text(client, Place { url: &url, state: &state, proxy: None });
    if let Some(proxy) = emulator.proxy() {
        by_proxy(&mut text, proxy, &[client]);
    }
    text.push_str("ready\n");
    text
}

fn http(url: &str, state: &State, data: Option<&Path>) -> String {
    let kept = match data {
        Some(folder) => format!("State is kept in {}.", folder.display()),
        None => "State is kept in memory and lost on exit.".to_owned(),
    };
    let ids: Vec<_> = Client::value_variants().iter().map(|client| client.id()).collect();
    let mut text = format!(
        "\
IBM Cloud Secrets Manager (IAM credentials) and IAM, emulated at {url}
{kept} Press Ctrl-C to stop.
Watch it in a browser at {url}; control clock, faults, journal and state below {url}/_emulator.

# Below is what all clients read. For one only: ibm-sm-emulator env CLIENT --url {url}
# CLIENT is one of {}; or start with --print-env CLIENT.
",
        ids.join(", ")
    );
    let place = Place { url, state, proxy: None };
    let mut known = BTreeSet::new();
    let mut satisfied = Vec::new();
    for client in Client::value_variants() {
        let variables = exports::variables(*client, place);
        let new: String = unknown(variables, &mut known).collect();
        if new.is_empty() {
            satisfied.push(client.title());
        } else {
            let _ = write!(text, "\n# {}\n{new}", client.title());
        }
    }
    let _ = writeln!(text, "\n# Nothing more is read by: {}.", satisfied.join(", "));
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

/// What leads clients to the proxy, commented out: they reach nothing else by it.
fn by_proxy(text: &mut String, proxy: &Proxy, clients: &[Client]) {
    text.push_str(
        "\n# For clients that hard-code IBM's host names (set these for such clients only, or use `env CLIENT --proxy`):\n",
    );
    let variables = clients.iter().flat_map(|client| exports::by_proxy(*client, proxy));
    for line in unknown(variables.collect(), &mut BTreeSet::new()) {
        let _ = write!(text, "#   {line}");
    }
}

/// The lines of the variables that have not been met before.
fn unknown(variables: Vec<Variable>, known: &mut BTreeSet<String>) -> impl Iterator<Item = String> {
    let lines = variables.into_iter().map(|variable| variable.line());
    lines.filter(|line| known.insert(line.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ibm_sm_emulator::seed;

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
