//! What each client must find in its environment. Values of keys are fetched when they are asked for.

use crate::app::App;
use crate::console::layout;
use crate::http::address::{Addressed, Scheme};
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
    let clients = clients(state, url, HIDDEN);
    html! {
        section aria-labelledby="exports-title" {
            h2 #exports-title { "Connect a client" }
            p { "Paste these into a shell. What is copied has the API keys; the page shows them when you ask for them." }
            div.buttons {
                button #show-keys type="button" aria-pressed="false" { "Show API keys" }
            }
            div.columns {
                @for client in &clients {
                    (layout::snippet(client.id, client.name, &lines(client)))
                }
            }
        }
    }
}

/// The same with values, by the ids of the snippets.
pub(super) async fn exports(Shared(app): Shared<Arc<App>>, request: Request) -> Response<Body> {
    let host = request.extensions().get::<Addressed>().map_or("", |addressed| &addressed.host);
    let scheme = request.extensions().get::<Scheme>().map_or("http", |scheme| scheme.name());
    let url = format!("{scheme}://{host}");
    let state = app.store.state();
    let default = state.iam.api_keys.values();
    let default = default
        .map(|key| key.apikey.expose())
        .reduce(|first, key| if key == seed::BOOTSTRAP_API_KEY { key } else { first });
    let texts: Map<_, _> = clients(&state, &url, default.unwrap_or_default())
        .iter()
        .map(|client| (client.id.to_owned(), Value::from(lines(client))))
        .collect();
    layout::json(200, &json!({ "exports": texts }))
}

fn clients(state: &State, url: &str, key: &str) -> Vec<Client> {
    let instances = &state.secrets_manager.instances;
    let instance = instances.get(seed::INSTANCE_ID).or(instances.values().next());
    let instance_url = instance.map(|it| format!("{url}/instances/{}", it.id)).unwrap_or_default();
    let instance_id = instance.map(|it| it.id.clone()).unwrap_or_default();
    let region = instance.map(|it| it.region.clone()).unwrap_or_default();
    let sdk = vec![
        ("SECRETS_MANAGER_URL", instance_url),
        ("SECRETS_MANAGER_AUTH_TYPE", "iam".to_owned()),
        ("SECRETS_MANAGER_AUTH_URL", url.to_owned()),
        ("SECRETS_MANAGER_APIKEY", key.to_owned()),
    ];
    vec![
        Client {
            id: "exports-terraform",
            name: "Terraform",
            variables: vec![
                ("IBMCLOUD_API_KEY", key.to_owned()),
                ("IBMCLOUD_IAM_API_ENDPOINT", url.to_owned()),
                (
                    "IBMCLOUD_SECRETS_MANAGER_API_ENDPOINT",
                    format!("{url}/instances/{{instance_id}}"),
                ),
                ("TF_VAR_instance_id", instance_id.clone()),
                ("TF_VAR_region", region),
            ],
        },
        Client {
            id: "exports-curl",
            name: "curl",
            variables: vec![
                ("EMULATOR_URL", url.to_owned()),
                ("IBMCLOUD_API_KEY", key.to_owned()),
                ("SECRETS_MANAGER_INSTANCE_ID", instance_id),
            ],
        },
        Client { id: "exports-sdk", name: "IBM's SDKs", variables: sdk },
    ]
}

fn lines(client: &Client) -> String {
    let lines = client.variables.iter().map(|(name, value)| format!("export {name}='{value}'\n"));
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_no_keys() {
        let state = seed::default_state();
        let page = section(&state, "http://127.0.0.1:1").into_string();
        assert!(page.contains("export EMULATOR_URL="), "{page}");
        for key in state.iam.api_keys.values() {
            assert!(!page.contains(key.apikey.expose()), "{page}");
        }
    }
}
