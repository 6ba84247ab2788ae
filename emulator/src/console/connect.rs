//! What each client must find in its environment. Values of keys are fetched when they are asked for.

use crate::app::App;
use crate::console::layout;
use crate::exports::{self, Client, Place};
use crate::http::address;
use crate::model::State;
use axum::body::Body;
use axum::extract::{Request, State as Shared};
use axum::http::Response;
use clap::ValueEnum as _;
use maud::{Markup, html};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Stands for the value of a key in a page.
const HIDDEN: &str = "••••••••";

/// The exports of each client, without the values of keys.
pub(super) fn section(state: &State, url: &str) -> Markup {
    let place = Place { url, state, proxy: None };
    html! {
        section aria-labelledby="exports-title" {
            h2 #exports-title { "Connect a client" }
            p { "Paste these into a shell. What is copied has the API keys; the page shows them when you ask for them." }
            div.buttons {
                button #show-keys type="button" aria-pressed="false" { "Show API keys" }
            }
            div.columns {
                @for client in Client::value_variants() {
                    (layout::snippet(&id(*client), client.title(), &exports::text_with(*client, place, Some(HIDDEN))))
                }
            }
        }
    }
}

/// The same with values, by the ids of the snippets.
pub(super) async fn exports(Shared(app): Shared<Arc<App>>, request: Request) -> Response<Body> {
    let url = address::base_url(request.extensions());
    let state = app.store.state();
    let place = Place { url: &url, state: &state, proxy: None };
    let texts: Map<_, _> = Client::value_variants()
        .iter()
        .map(|client| (id(*client), Value::from(exports::text(*client, place))))
        .collect();
    layout::json(200, &json!({ "exports": texts }))
}

fn id(client: Client) -> String {
    format!("exports-{}", client.id())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed;

    #[test]
    fn the_page_has_no_keys() {
        let state = seed::default_state();
        let page = section(&state, "http://127.0.0.1:1").into_string();
        assert!(page.contains("export EMULATOR_URL="), "{page}");
        for name in ["IBMCLOUD_API_KEY", "TF_VAR_engine_api_key", "SECRETS_MANAGER_APIKEY"] {
            assert!(page.contains(&format!("export {name}='{HIDDEN}'")), "{page}");
        }
        for key in state.iam.api_keys.values() {
            assert!(!page.contains(key.apikey.expose()), "{page}");
        }
    }

    #[test]
    fn each_client_has_a_snippet() {
        let page = section(&seed::default_state(), "http://127.0.0.1:1").into_string();
        for id in ["terraform", "curl", "python", "node", "go", "java", "cli"] {
            assert!(page.contains(&format!("id=\"exports-{id}\"")), "{id}");
        }
    }
}
