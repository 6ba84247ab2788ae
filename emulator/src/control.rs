//! The control API below `/_emulator`: clock, journal, state, exports, faults, reset.

use crate::app::App;
use crate::clock::{Clock, Mode};
use crate::durable::Receipt;
use crate::error::{ApiError, ErrorKind};
use crate::exports::{self, Client, Place};
use crate::faults::Fault;
use crate::http::address;
use crate::http::errors::{self, Family};
use crate::journal::{Entry, Filter};
use crate::model::timestamp::Timestamp;
use crate::model::{State, Switches};
use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Path, RawQuery, State as Shared};
use axum::http::{Extensions, Response, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{MethodRouter, delete, get, post};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;

const NO_PROXY: &str = "This emulator has no proxy: start it with --proxy-listen and --tls-folder.";

type Outcome = Result<Response<Body>, ControlError>;

/// The OpenAPI description of the control API.
pub const OPENAPI: &str = include_str!("openapi.json");

/// The paths with their methods.
fn routes() -> Vec<(&'static str, MethodRouter<Arc<App>>)> {
    vec![
        ("/_emulator/healthz", get(healthz)),
        ("/_emulator/openapi.json", get(openapi)),
        ("/_emulator/clock", get(get_clock).put(put_clock)),
        ("/_emulator/clock/advance", post(advance_clock)),
        ("/_emulator/journal", get(get_journal).delete(delete_journal)),
        ("/_emulator/journal/secrets", get(get_secrets)),
        ("/_emulator/state", get(get_state).put(put_state)),
        ("/_emulator/env/{client}", get(get_env)),
        ("/_emulator/switches", get(get_switches).put(put_switches)),
        ("/_emulator/instances/{id}", delete(delete_instance)),
        ("/_emulator/faults", get(get_faults).post(post_fault).delete(delete_faults)),
        ("/_emulator/reset", post(reset)),
    ]
}

/// The routes.
pub fn router() -> Router<Arc<App>> {
    let router = routes()
        .into_iter()
        .fold(Router::new(), |router, (path, methods)| router.route(path, methods));
    // A state with thousands of secrets is larger than any request to IBM's APIs.
    router.layer(DefaultBodyLimit::disable())
}

/// An error of the control API.
struct ControlError(ApiError);

impl IntoResponse for ControlError {
    fn into_response(self) -> Response<Body> {
        let (status, body) = errors::render(Family::Control, &self.0, "emulator");
        json_response(status, &body)
    }
}

#[derive(Serialize)]
struct ClockBody {
    mode: Mode,
    now: Timestamp,
    /// When the next lease ends, rotation is scheduled or key is purged.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_due: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetClock {
    mode: Mode,
    now: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    seconds: u32,
}

#[derive(Serialize)]
struct JournalBody {
    total: usize,
    requests: Vec<Entry>,
}

async fn healthz() -> Outcome {
    Ok(json_response(200, &json!({ "status": "ok" })))
}

async fn openapi() -> Outcome {
    let mut response = Response::new(Body::from(OPENAPI));
    let json = header::HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    Ok(response)
}

async fn get_clock(Shared(app): Shared<Arc<App>>) -> Outcome {
    Ok(clock_response(&app))
}

/// Without `now`, a frozen clock stops at its current time, and a running clock shows the system's.
async fn put_clock(Shared(app): Shared<Arc<App>>, body: Bytes) -> Outcome {
    let wanted: SetClock = parse(&body)?;
    let clock = match (wanted.mode, wanted.now) {
        (Mode::Frozen, Some(now)) => Clock::Frozen(now),
        (Mode::Frozen, None) => Clock::Frozen(app.store.clock().now()),
        (Mode::System, Some(now)) => Clock::running_from(now),
        (Mode::System, None) => Clock::SYSTEM,
    };
    written(app.store.set_clock(clock)).await?;
    Ok(clock_response(&app))
}

async fn advance_clock(Shared(app): Shared<Arc<App>>, body: Bytes) -> Outcome {
    let Advance { seconds } = parse(&body)?;
    written(app.store.advance(seconds)).await?;
    Ok(clock_response(&app))
}

async fn get_journal(Shared(app): Shared<Arc<App>>, RawQuery(query): RawQuery) -> Outcome {
    let mut filter = Filter::default();
    for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        let number = || {
            value
                .parse::<u32>()
                .map_err(|_| ControlError(ApiError::query(&name, "must be a number")))
        };
        match name.as_ref() {
            "method" => filter.method = Some(value.into_owned()),
            "path" => filter.path = Some(value.into_owned()),
            "operation" => filter.operation = Some(value.into_owned()),
            "status" => filter.status = Some(u16::try_from(number()?).unwrap_or(u16::MAX)),
            "after" => filter.after = Some(u64::from(number()?)),
            "limit" => filter.limit = Some(usize::try_from(number()?).unwrap_or(usize::MAX)),
            _ => return Err(ControlError(ApiError::query(&name, "is unknown"))),
        }
    }
    let (total, requests) = app.journal.find(&filter);
    Ok(json_response(200, &JournalBody { total, requests }))
}

async fn get_secrets(Shared(app): Shared<Arc<App>>) -> Outcome {
    Ok(json_response(200, &json!({ "secrets": app.journal.secrets() })))
}

async fn delete_journal(Shared(app): Shared<Arc<App>>) -> Outcome {
    app.journal.clear();
    Ok(empty())
}

async fn get_state(Shared(app): Shared<Arc<App>>) -> Outcome {
    Ok(json_response(200, &app.store.state()))
}

async fn put_state(Shared(app): Shared<Arc<App>>, body: Bytes) -> Outcome {
    let state: State = parse(&body)?;
    written(app.store.replace(state)).await?;
    Ok(empty())
}

/// The exports of a client, as lines for a shell.
async fn get_env(
    Shared(app): Shared<Arc<App>>,
    Path(client): Path<String>,
    RawQuery(query): RawQuery,
    extensions: Extensions,
) -> Outcome {
    let client = Client::named(&client)
        .map_err(|message| ControlError(ApiError::new(ErrorKind::NotFound, message)))?;
    let mut proxy = None;
    for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        match (name.as_ref(), value.as_ref()) {
            ("proxy", "false") => proxy = None,
            ("proxy", "true") => {
                proxy = app.proxy.as_ref();
                if proxy.is_none() {
                    return Err(ControlError(ApiError::new(ErrorKind::Invalid, NO_PROXY)));
                }
            }
            ("proxy", _) => {
                return Err(ControlError(ApiError::query("proxy", "must be true or false")));
            }
            _ => return Err(ControlError(ApiError::query(&name, "is unknown"))),
        }
    }
    let url = address::base_url(&extensions);
    let text = exports::text(client, Place { url: &url, state: &app.store.state(), proxy });
    let mut response = Response::new(Body::from(text));
    let plain = header::HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, plain);
    Ok(response)
}

async fn get_switches(Shared(app): Shared<Arc<App>>) -> Outcome {
    Ok(json_response(200, &app.store.switches()))
}

/// Switches that are left out return to their defaults.
async fn put_switches(Shared(app): Shared<Arc<App>>, body: Bytes) -> Outcome {
    let switches: Switches = parse(&body)?;
    written(app.store.set_switches(switches)).await?;
    Ok(json_response(200, &switches))
}

/// Deletes an instance with everything in it. The engine's objects in IAM stay (ibm-api.md 4.6).
async fn delete_instance(Shared(app): Shared<Arc<App>>, Path(id): Path<String>) -> Outcome {
    let done = app.store.transact(|tx| {
        let deleted = tx.state.secrets_manager.delete_instance(&id);
        deleted.then_some(()).ok_or_else(|| ApiError::not_found("Instance", &id))
    });
    done.outcome.map_err(ControlError)?;
    written(done.receipt).await?;
    Ok(empty())
}

async fn get_faults(Shared(app): Shared<Arc<App>>) -> Outcome {
    Ok(json_response(200, &json!({ "faults": app.faults.list() })))
}

async fn post_fault(Shared(app): Shared<Arc<App>>, body: Bytes) -> Outcome {
    let fault: Fault = parse(&body)?;
    if fault.effect == Default::default() {
        return Err(ControlError(ApiError::new(
            ErrorKind::Invalid,
            "A fault needs an effect: status, delay_milliseconds, reset, hold or body.",
        )));
    }
    Ok(json_response(201, &app.faults.add(fault)))
}

async fn delete_faults(Shared(app): Shared<Arc<App>>) -> Outcome {
    app.faults.clear();
    Ok(empty())
}

/// Restores the initial state and clock, and removes all faults and journal entries.
async fn reset(Shared(app): Shared<Arc<App>>) -> Outcome {
    app.faults.clear();
    app.store.set_clock(app.initial_clock);
    written(app.store.replace(app.initial_state.clone())).await?;
    app.journal.clear();
    Ok(empty())
}

/// Waits until a change is on disk.
async fn written(receipt: Receipt) -> Result<(), ControlError> {
    receipt.written().await.map_err(ControlError)
}

fn clock_response(app: &App) -> Response<Body> {
    let (clock, next_due) = app.store.schedule();
    let body = ClockBody { mode: clock.mode(), now: clock.now(), next_due };
    json_response(200, &body)
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ControlError> {
    // serde would accept a list for a struct whose fields all have defaults.
    if !body.trim_ascii_start().starts_with(b"{") {
        let refusal = ApiError::new(ErrorKind::Invalid, "The body must be a JSON object.");
        return Err(ControlError(refusal));
    }
    serde_json::from_slice(body)
        .map_err(|error| ControlError(ApiError::new(ErrorKind::Invalid, error.to_string())))
}

fn json_response(status: u16, body: &impl Serialize) -> Response<Body> {
    let text = serde_json::to_vec(body).unwrap_or_default();
    let mut response = Response::new(Body::from(text));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    response
}

fn empty() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_description_lists_exactly_the_paths_served() {
        let openapi: serde_json::Value = serde_json::from_str(OPENAPI).unwrap();
        let described: BTreeSet<_> =
            openapi["paths"].as_object().unwrap().keys().cloned().collect();
        let served: BTreeSet<_> = routes().iter().map(|(path, _)| (*path).to_owned()).collect();
        assert_eq!(described, served);
    }
}
