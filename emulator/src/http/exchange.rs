//! One exchange from end to end: faults, body, caller, operation, journal, answer.

use crate::App;
use crate::faults::{Effect, Reset, Spoilt};
use crate::http::errors::{self, Family};
use crate::http::operation::{Answer, Call, Handler, IamCall, Operation, Reply, VaultCall};
use crate::http::server::{Addressed, Scheme};
use crate::iam::access::{self, Service};
use crate::iam::tokens::{Claims, unauthenticated};
use crate::journal::{self, Entry};
use crate::model::timestamp::Timestamp;
use crate::refusal::{Kind, Refusal, Result};
use crate::store::Step;
use axum::body::{Body, to_bytes};
use axum::extract::{RawPathParams, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Response, StatusCode, header};
use bytes::Bytes;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio_stream::StreamExt as _;

/// Larger bodies are refused.
const LARGEST_BODY: usize = 1024 * 1024;
/// A body that does not arrive within that time is not waited for.
const BODY_DEADLINE: Duration = Duration::from_secs(30);
/// How long the half of a truncated answer gets to leave.
const CUT_AFTER: Duration = Duration::from_millis(20);
const CORRELATION: &str = "x-correlation-id";

/// Marks an answer that must not be sent: the connection is dropped instead.
#[derive(Clone, Copy, Debug)]
pub struct Dropped;

/// Serves a route that exists.
pub async fn serve(
    app: Arc<App>,
    operation: &'static Operation,
    path: Option<RawPathParams>,
    request: Request,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = read(body).await;
    let path: Option<Vec<_>> = path.map(|path| {
        path.iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    });
    let refused = match (&path, &body) {
        (None, _) => Some(Refusal::new(Kind::Invalid, "The path is not valid UTF-8.")),
        (_, Err(refusal)) => Some(refusal.clone()),
        _ => None,
    };
    let call = call(
        &parts,
        path.unwrap_or_default(),
        body.unwrap_or_default(),
        app.trace(),
    );
    answer(&app, Some(operation), &parts, &call, |now| match refused {
        Some(refusal) => (now, Err(refusal)),
        None => perform(&app, operation, &call),
    })
    .await
}

/// Serves what does not exist, in the form of the API it would belong to.
pub async fn serve_unknown(app: Arc<App>, request: Request, kind: Kind) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = read(body).await.unwrap_or_default();
    let call = call(&parts, Vec::new(), body, app.trace());
    let message = format!("{} {} does not exist.", parts.method, parts.uri.path());
    answer(&app, None, &parts, &call, |now| {
        (now, Err(Refusal::new(kind, message)))
    })
    .await
}

/// Does the operation as one step.
fn perform(app: &App, operation: &Operation, call: &Call) -> (Timestamp, Answer) {
    // The signature is checked before the lock is taken.
    let bearer = bearer(call).and_then(|token| app.tokens.signed(token));
    app.store.step(|step| match operation.handler {
        Handler::Public(run) => run(call, step, &app.tokens),
        Handler::Iam(service, roles, run) => {
            let caller = known(bearer?, step)?;
            let wanted = access::Request {
                account_id: &caller.account.bss,
                service,
                instance: None,
                roles,
            };
            access::grant(step.state, &caller.iam_id, &wanted, step.now).require_everywhere()?;
            run(&IamCall { call, caller }, step)
        }
        Handler::SecretsManager(roles, run) => {
            let caller = known(bearer?, step)?;
            let id = call.param("instance_id");
            let instance = step.state.secrets_manager.instances.get(id).cloned();
            let instance = instance
                .filter(|instance| {
                    call.region
                        .as_ref()
                        .is_none_or(|region| *region == instance.region)
                })
                .ok_or_else(|| Refusal::not_found("Instance", id))?;
            let wanted = access::Request {
                account_id: &instance.account_id,
                service: Service::SecretsManager,
                instance: Some(&instance.id),
                roles,
            };
            let grant = access::grant(step.state, &caller.iam_id, &wanted, step.now);
            if caller.account.bss != instance.account_id || grant.is_empty() {
                return Err(access::forbidden());
            }
            let vault = VaultCall {
                call,
                caller,
                instance,
                grant,
            };
            run(&vault, step)
        }
    })
}

fn bearer(call: &Call) -> Result<&str> {
    let value = call
        .header("authorization")
        .ok_or_else(|| unauthenticated("The request has no access token."))?;
    match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.trim()),
        _ => Err(unauthenticated("The access token is not a bearer token.")),
    }
}

/// A token counts until it ends or its identity is gone.
fn known(claims: Claims, step: &Step<'_>) -> Result<Claims> {
    if claims.exp <= step.now.unix() {
        return Err(unauthenticated("The access token has expired."));
    }
    if step.state.iam.account_of(&claims.iam_id) != Some(claims.account.bss.as_str()) {
        return Err(unauthenticated(
            "The identity of the access token does not exist.",
        ));
    }
    Ok(claims)
}

async fn read(body: Body) -> Result<Bytes> {
    match tokio::time::timeout(BODY_DEADLINE, to_bytes(body, LARGEST_BODY)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(_)) => Err(Refusal::new(
            Kind::TooLarge,
            format!("The body is broken or larger than {LARGEST_BODY} bytes."),
        )),
        Err(_) => Err(Refusal::new(
            Kind::Invalid,
            "The body did not arrive in time.",
        )),
    }
}

fn call(parts: &Parts, path: Vec<(String, String)>, body: Bytes, trace: String) -> Call {
    let given = parts
        .headers
        .get(CORRELATION)
        .and_then(|value| value.to_str().ok());
    let addressed = parts
        .extensions
        .get::<Addressed>()
        .cloned()
        .unwrap_or_default();
    let scheme = parts
        .extensions
        .get::<Scheme>()
        .map_or("http", |scheme| scheme.name());
    Call {
        path,
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers.clone(),
        body,
        base: format!("{scheme}://{}", addressed.host),
        host: addressed.host,
        route: addressed.path,
        region: addressed.region,
        trace: given.map_or(trace, str::to_owned),
    }
}

/// Strikes with a fault if one waits, does the work, journals, and writes the answer.
async fn answer(
    app: &App,
    operation: Option<&'static Operation>,
    parts: &Parts,
    call: &Call,
    work: impl FnOnce(Timestamp) -> (Timestamp, Answer),
) -> Response<Body> {
    let method = parts.method.as_str();
    let fault = app.faults.strike(
        operation.map(|operation| operation.name),
        method,
        &call.route,
    );
    let effect = fault.clone().unwrap_or_default();
    if let Some(delay) = effect.delay_milliseconds {
        tokio::time::sleep(Duration::from_millis(delay)).await;
    }
    let family = Family::of(parts.uri.path());
    let mut headers = Vec::new();
    let (now, status, body) = if effect.reset == Some(Reset::BeforeCommit) {
        (app.store.clock().now(), None, None)
    } else if let Some(status) = effect.status {
        headers.extend(
            effect
                .retry_after
                .map(|seconds| ("retry-after", seconds.to_string())),
        );
        let body = errors::injected(family, status, &call.trace);
        (app.store.clock().now(), Some(status), Some(body))
    } else {
        let (now, outcome) = work(app.store.clock().now());
        let (status, body) = match outcome {
            Ok(Reply {
                status,
                body,
                headers: more,
            }) => {
                headers.extend(more);
                (status, body)
            }
            Err(refusal) => {
                let (status, body) = errors::render(family, &refusal, &call.trace);
                (status, Some(body))
            }
        };
        let lost = effect.reset == Some(Reset::AfterCommit);
        (now, Some(status).filter(|_| !lost), body)
    };
    let text = body.as_ref().map(Value::to_string).unwrap_or_default();
    app.journal.record(Entry {
        seq: 0,
        time: now,
        method: method.to_owned(),
        path: call.route.clone(),
        query: call.query.clone(),
        host: call.host.clone(),
        operation: operation.map(|operation| operation.name),
        status,
        authorized: parts.headers.contains_key(header::AUTHORIZATION),
        content_type: call.header("content-type").map(str::to_owned),
        user_agent: call.header("user-agent").map(str::to_owned),
        correlation_id: call.trace.clone(),
        request_body: journal::masked(call.header("content-type"), &call.body),
        response_body: journal::masked(None, text.as_bytes()),
        fault: fault.is_some(),
    });
    if app.log {
        log(now, method, &call.route, status);
    }
    let mut response = match status {
        Some(status) => written(status, text, &effect),
        None => {
            let mut response = Response::new(Body::empty());
            response.extensions_mut().insert(Dropped);
            return response;
        }
    };
    headers.push(("date", now.http_date()));
    headers.push((CORRELATION, call.trace.clone()));
    if matches!(family, Family::Identity | Family::Groups) {
        headers.push(("transaction-id", call.trace.clone()));
    }
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

fn written(status: u16, text: String, effect: &Effect) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let media_type = match effect.body {
        Some(Spoilt::WrongContentType) => "text/html",
        _ => "application/json",
    };
    if !text.is_empty() {
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    }
    match effect.body {
        Some(Spoilt::Truncated) => {
            response
                .headers_mut()
                .insert(header::CONTENT_LENGTH, HeaderValue::from(text.len()));
            *response.body_mut() = half(text);
        }
        Some(Spoilt::InvalidJson) => *response.body_mut() = Body::from(format!("{{{text}")),
        Some(Spoilt::WrongContentType) | None => *response.body_mut() = Body::from(text),
    }
    response
}

/// The first half of a body, and then the end of the connection.
fn half(text: String) -> Body {
    let bytes = Bytes::from(text);
    let first = bytes.slice(..bytes.len() / 2);
    let cut = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
    let parts = tokio_stream::iter([Ok(first), Err(cut)]).then(async |part| {
        if part.is_err() {
            // The first half leaves only when there is a moment without anything to send.
            tokio::time::sleep(CUT_AFTER).await;
        }
        part
    });
    Body::from_stream(parts)
}

/// One line on stderr: stdout belongs to what was asked to be printed.
fn log(now: Timestamp, method: &str, path: &str, status: Option<u16>) {
    let status = status.map_or_else(|| "dropped".to_owned(), |status| status.to_string());
    eprintln!("{now} {method} {path} {status}");
}
