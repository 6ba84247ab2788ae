//! What each client must find in its environment. Values of keys are fetched when they are asked for.

use crate::app::App;
use crate::console::layout;
use crate::http::address;
use crate::model::State;
use crate::seed;
use axum::body::Body;
use axum::extract::{Request, State as Shared};
use axum::http::Response;
use maud::{Markup, html};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Stands for the value of a key in a page.
const HIDDEN: &str = "••••••••";

/// A client, and the variables that it reads.
struct Client {
    id: &'static str,
    name: &'static str,
    variables: Vec<(&'static str, String)>,
}

/// The exports of each client, without the values of keys.
pub(super) fn section(state: &State, url: &str) -> Markup {
    html! {
        section aria-labelledby="exports-title" {
            h2 #exports-title { "Connect a client" }
            p { "Paste these into a shell. What is copied has the API keys; the page shows them when you ask for them." }
            div.buttons {
                button #show-keys type="button" aria-pressed="false" { "Show API keys" }
            }
            div.columns {
                @for client in &clients(state, url) {
                    (layout::snippet(client.id, client.name, &lines(client, |value| is_key(state, value))))
                }
            }
        }
    }
}

/// The same with values, by the ids of the snippets.
pub(super) async fn exports(Shared(app): Shared<Arc<App>>, request: Request) -> Response<Body> {
    let url = address::base_url(request.extensions());
    let texts: Map<_, _> = clients(&app.store.state(), &url)
        .iter()
        .map(|client| (client.id.to_owned(), Value::from(lines(client, |_| false))))
        .collect();
    layout::json(200, &json!({ "exports": texts }))
}

fn clients(state: &State, url: &str) -> Vec<Client> {
    let url = url.to_owned();
    let keys = &state.iam.api_keys;
    let bootstrap = keys.values().find(|key| key.apikey.expose() == seed::BOOTSTRAP_API_KEY);
    let key = bootstrap.or(keys.values().next()).map(|key| key.apikey.expose().to_owned());
    let key = key.unwrap_or_default();
    let instances = &state.secrets_manager.instances;
    let instance = instances.get(seed::INSTANCE_ID).or(instances.values().next());
    let id = instance.map(|it| it.id.clone()).unwrap_or_default();
    let region = instance.map(|it| it.region.clone()).unwrap_or_default();
    let any_instance = format!("{url}/instances/{{instance_id}}");
    vec![
        Client {
            id: "exports-terraform",
            name: "Terraform",
            variables: vec![
                ("IBMCLOUD_API_KEY", key.clone()),
                ("IBMCLOUD_IAM_API_ENDPOINT", url.clone()),
                ("IBMCLOUD_SECRETS_MANAGER_API_ENDPOINT", any_instance),
                ("TF_VAR_instance_id", id.clone()),
                ("TF_VAR_region", region),
            ],
        },
        Client {
            id: "exports-curl",
            name: "curl",
            variables: vec![
                ("EMULATOR_URL", url.clone()),
                ("IBMCLOUD_API_KEY", key.clone()),
                ("SECRETS_MANAGER_INSTANCE_ID", id.clone()),
            ],
        },
        Client {
            id: "exports-sdk",
            name: "IBM's SDKs",
            variables: vec![
                ("SECRETS_MANAGER_URL", format!("{url}/instances/{id}")),
                ("SECRETS_MANAGER_AUTH_TYPE", "iam".to_owned()),
                ("SECRETS_MANAGER_AUTH_URL", url),
                ("SECRETS_MANAGER_APIKEY", key),
            ],
        },
    ]
}

fn is_key(state: &State, value: &str) -> bool {
    state.iam.api_keys.values().any(|key| key.apikey.expose() == value)
}

/// Lines for a shell, with what must not be shown replaced.
fn lines(client: &Client, is_hidden: impl Fn(&str) -> bool) -> String {
    let line = |(name, value): &(&str, String)| {
        let shown = if is_hidden(value) { HIDDEN.to_owned() } else { value.replace('\'', r"'\''") };
        format!("export {name}='{shown}'\n")
    };
    client.variables.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_no_keys() {
        let state = seed::default_state();
        let page = section(&state, "http://127.0.0.1:1").into_string();
        assert!(page.contains("export EMULATOR_URL="), "{page}");
        assert!(page.contains(&format!("export IBMCLOUD_API_KEY='{HIDDEN}'")), "{page}");
        for key in state.iam.api_keys.values() {
            assert!(!page.contains(key.apikey.expose()), "{page}");
        }
    }

    #[test]
    fn a_value_is_one_word_of_the_shell() {
        let variables = vec![("NAME", "it's".to_owned())];
        let client = Client { id: "i", name: "n", variables };
        assert_eq!(lines(&client, |_| false), "export NAME='it'\\''s'\n");
    }
}
