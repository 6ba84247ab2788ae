//! The console: pages for browsers that show what is there, and forms that call the same APIs as any
//! other client.

mod assets;
mod connect;
mod controls;
mod format;
mod graph;
mod groups;
mod journal;
mod layout;
mod recipes;
mod rehearsal;
mod resources;
mod secret;
mod secrets;
mod timeline;
mod wizard;

use crate::app::App;
use crate::clock::Mode;
use crate::console::layout::{Frame, Identity, Page};
use crate::error::{ApiError, ErrorKind, Result};
use crate::http::address::{self, Addressed};
use crate::http::exchange;
use crate::http::secrets_manager::settings::IAM_NAME_PREFIX;
use crate::journal::Filter;
use crate::model::State;
use crate::model::secrets_manager::Instance;
use crate::model::timestamp::Timestamp;
use crate::seed;
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, RawQuery, Request, State as Shared};
use axum::http::{Method, Response, header};
use axum::routing::{any, get, post};
use std::sync::Arc;

/// How many journal entries a page shows.
const ENTRIES: usize = 100;

/// The pages, and `/` for browsers.
pub fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/", any(root))
        .route("/_emulator/console", get(home))
        .route("/_emulator/console/assets/{name}", get(assets::get))
        .route("/_emulator/console/exports", get(connect::exports))
        .route("/_emulator/console/api_keys/{id}", get(api_key))
        .route("/_emulator/console/timeline", get(timeline_page))
        .route("/_emulator/console/journal", get(journal_page))
        .route("/_emulator/console/controls", get(controls_page))
        .route("/_emulator/console/instances/{id}", get(secrets_page))
        .route("/_emulator/console/instances/{id}/add", get(wizard_page))
        .route("/_emulator/console/instances/{id}/groups", get(groups_page))
        .route("/_emulator/console/instances/{id}/rehearse", post(rehearsal::post))
        .route("/_emulator/console/instances/{id}/secrets/{secret}", get(secret_page))
}

/// The console for browsers; programs find nothing here, as with IBM.
async fn root(Shared(app): Shared<Arc<App>>, request: Request) -> Response<Body> {
    let host = request.extensions().get::<Addressed>().map_or("", |addressed| &addressed.host);
    let accepted = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    if is_read && address::ibm_host(host).is_none() && accepted.is_some_and(wants_a_page) {
        return layout::redirect("/_emulator/console");
    }
    exchange::serve_unknown(app, request, ErrorKind::NotFound).await
}

/// Whether an `Accept` header names HTML: browsers do, clients of the APIs do not.
fn wants_a_page(accept: &str) -> bool {
    let mut types = accept.split(',').map(|item| item.split(';').next().unwrap_or_default().trim());
    types.any(|media_type| media_type.eq_ignore_ascii_case("text/html"))
}

async fn home(Shared(app): Shared<Arc<App>>, request: Request) -> Response<Body> {
    let url = address::base_url(request.extensions());
    page(&app, |state, _| Ok(resources::page(state, &url)))
}

async fn secrets_page(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response<Body> {
    let search = form_urlencoded::parse(query.unwrap_or_default().as_bytes())
        .find(|(name, _)| name == "q")
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default();
    page(&app, |state, now| Ok(secrets::page(state, instance(state, &id)?, &search, now)))
}

async fn secret_page(
    Shared(app): Shared<Arc<App>>,
    Path((id, secret)): Path<(String, String)>,
    request: Request,
) -> Response<Body> {
    let url = address::base_url(request.extensions());
    page(&app, |state, now| secret::page(state, instance(state, &id)?, &secret, &url, now))
}

async fn groups_page(Shared(app): Shared<Arc<App>>, Path(id): Path<String>) -> Response<Body> {
    page(&app, |state, _| Ok(groups::page(state, instance(state, &id)?)))
}

async fn wizard_page(Shared(app): Shared<Arc<App>>, Path(id): Path<String>) -> Response<Body> {
    page(&app, |state, _| Ok(wizard::page(state, instance(state, &id)?)))
}

async fn timeline_page(Shared(app): Shared<Arc<App>>) -> Response<Body> {
    page(&app, |state, now| Ok(timeline::page(state, now)))
}

async fn journal_page(Shared(app): Shared<Arc<App>>) -> Response<Body> {
    let filter = Filter { limit: Some(ENTRIES), ..Filter::default() };
    let (total, entries) = app.journal.find(&filter);
    page(&app, |_, _| Ok(journal::page(total, &entries)))
}

async fn controls_page(Shared(app): Shared<Arc<App>>) -> Response<Body> {
    let faults = app.faults.list();
    let mode = app.store.clock().mode();
    page(&app, |state, now| Ok(controls::page(mode, now, &state.switches, &faults)))
}

/// One key, for a client in the browser: pages themselves have none.
async fn api_key(Shared(app): Shared<Arc<App>>, Path(id): Path<String>) -> Response<Body> {
    let found = app.store.transact(|tx| {
        let key = tx.state.iam.api_keys.get(&id);
        let value = key.map(|key| key.apikey.expose().to_owned());
        value.ok_or_else(|| ApiError::not_found("API key", &id))
    });
    match found.outcome {
        Ok(value) => layout::json(200, &serde_json::json!({ "apikey": value })),
        Err(error) => layout::failed(&error),
    }
}

/// Renders a page over the state as it is now.
fn page(app: &App, content: impl FnOnce(&State, Timestamp) -> Result<Page>) -> Response<Body> {
    let mode = app.store.clock().mode();
    let rendered = app.store.transact(|tx| {
        let page = content(tx.state, tx.now)?;
        Ok(layout::render(&frame(tx.state, mode, tx.now), page))
    });
    rendered.outcome.map_or_else(|error| layout::refused(&error), layout::html)
}

fn frame(state: &State, mode: Mode, now: Timestamp) -> Frame {
    let mut identities: Vec<_> = state
        .iam
        .api_keys
        .values()
        .filter(|key| !key.disabled && key.expires_at.is_none_or(|end| end > now))
        // There is one for each secret, and nobody wants to be all of them.
        .filter(|key| !key.name.starts_with(IAM_NAME_PREFIX))
        .map(|key| Identity {
            key_id: key.id.clone(),
            account_id: key.account_id.clone(),
            name: key.name.clone(),
            is_default: key.apikey.expose() == seed::BOOTSTRAP_API_KEY,
        })
        .collect();
    identities.sort_by_key(|identity| !identity.is_default);
    Frame { now, mode, identities }
}

fn instance<'a>(state: &'a State, id: &str) -> Result<&'a Instance> {
    let found = state.secrets_manager.instances.get(id);
    found.ok_or_else(|| ApiError::not_found("Instance", id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_ask_for_html() {
        for (accept, expected) in [
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true),
            ("application/json, TEXT/HTML;q=0.5", true),
            ("*/*", false),
            ("application/json", false),
            ("", false),
        ] {
            assert_eq!(wants_a_page(accept), expected, "{accept}");
        }
    }
}
