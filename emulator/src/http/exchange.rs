//! One exchange from end to end: faults, body, caller, operation, journal, answer.

use crate::App;
use crate::faults::{Effect, Reset};
use crate::http::answer;
use crate::http::errors::{self, Family};
use crate::http::operation::{Call, Handler, IamCall, Operation, Reply, VaultCall};
use crate::http::server::{Addressed, Scheme};
use crate::iam::access::{self, Service};
use crate::iam::tokens::{Claims, unauthenticated};
use crate::journal::{self, Entry};
use crate::model::timestamp::Timestamp;
use crate::refusal::{Kind, Refusal, Result};
use crate::store::{Done, Step};
use axum::body::{Body, to_bytes};
use axum::extract::{RawPathParams, Request};
use axum::http::request::Parts;
use axum::http::{Response, header};
use bytes::Bytes;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// Larger bodies are refused.
const LARGEST_BODY: usize = 1024 * 1024;
/// A body that does not arrive within that time is not waited for.
const BODY_DEADLINE: Duration = Duration::from_secs(30);
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
    let path: Option<Vec<_>> = path
        .map(|path| path.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect());
    let refused = match (&path, &body) {
        (None, _) => Some(Refusal::new(Kind::Invalid, "The path is not valid UTF-8.")),
        (_, Err(refusal)) => Some(refusal.clone()),
        _ => None,
    };
    let call = call(&parts, path.unwrap_or_default(), body.unwrap_or_default(), app.trace());
    answer(&app, Some(operation), &parts, &call, || match refused {
        Some(refusal) => app.refused(refusal),
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
    answer(&app, None, &parts, &call, || app.refused(Refusal::new(kind, message))).await
}

/// Does the operation as one step.
fn perform(app: &App, operation: &Operation, call: &Call) -> Done<Reply> {
    // The signature is checked before the lock is taken.
    let bearer = bearer(call).and_then(|token| app.tokens.signed(token));
    app.store.step(|step| match operation.handler {
        Handler::Public(run) => run(call, step, &app.tokens),
        Handler::Iam(service, roles, run) => {
            let caller = known(bearer?, step)?;
            let wanted =
                access::Request { account_id: &caller.account.bss, service, instance: None, roles };
            access::grant(step.state, &caller.iam_id, &wanted, step.now).require_everywhere()?;
            run(&IamCall { call, caller }, step)
        }
        Handler::SecretsManager(roles, run) => {
            let caller = known(bearer?, step)?;
            let id = call.param("instance_id");
            let instance = step.state.secrets_manager.instances.get(id).cloned();
            let instance = instance
                .filter(|instance| {
                    call.region.as_ref().is_none_or(|region| *region == instance.region)
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
            let vault = VaultCall { call, caller, instance, grant };
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
        return Err(unauthenticated("The identity of the access token does not exist."));
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
        Err(_) => Err(Refusal::new(Kind::Invalid, "The body did not arrive in time.")),
    }
}

fn call(parts: &Parts, path: Vec<(String, String)>, body: Bytes, trace: String) -> Call {
    let given = parts.headers.get(CORRELATION).and_then(|value| value.to_str().ok());
    let addressed = parts.extensions.get::<Addressed>().cloned().unwrap_or_default();
    let scheme = parts.extensions.get::<Scheme>().map_or("http", |scheme| scheme.name());
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
    work: impl FnOnce() -> Done<Reply>,
) -> Response<Body> {
    let method = parts.method.as_str();
    let name = operation.map(|operation| operation.name);
    let fault = app.faults.strike(name, method, &call.route);
    let effect = fault.clone().unwrap_or_default();
    if let Some(delay) = effect.delay_milliseconds {
        tokio::time::sleep(Duration::from_millis(delay)).await;
    }
    let family = Family::of(parts.uri.path());
    let mut outcome = outcome(app, family, &effect, call, work).await;
    let text = outcome.body.as_ref().map(Value::to_string).unwrap_or_default();
    let content_type = call.header("content-type");
    app.journal.record(Entry {
        seq: 0,
        time: outcome.at,
        method: method.to_owned(),
        path: call.route.clone(),
        query: call.query.clone(),
        host: call.host.clone(),
        operation: name,
        status: outcome.status,
        authorized: parts.headers.contains_key(header::AUTHORIZATION),
        content_type: content_type.map(str::to_owned),
        user_agent: call.header("user-agent").map(str::to_owned),
        correlation_id: call.trace.clone(),
        request_body: journal::masked(content_type, &call.body),
        response_body: journal::masked(None, text.as_bytes()),
        fault: fault.is_some(),
    });
    if app.log {
        log(outcome.at, method, &call.route, outcome.status);
    }
    let Some(status) = outcome.status else {
        let mut response = Response::new(Body::empty());
        response.extensions_mut().insert(Dropped);
        return response;
    };
    outcome.headers.push(("date", outcome.at.http_date()));
    outcome.headers.push((CORRELATION, call.trace.clone()));
    if matches!(family, Family::Identity | Family::Groups) {
        outcome.headers.push(("transaction-id", call.trace.clone()));
    }
    answer::write(status, outcome.headers, text, effect.body)
}

/// What came out of an exchange.
struct Outcome {
    at: Timestamp,
    /// None when the connection is dropped instead.
    status: Option<u16>,
    headers: Vec<(&'static str, String)>,
    body: Option<Value>,
}

/// Does the work, unless a fault comes first, and waits until it is on the disk.
async fn outcome(
    app: &App,
    family: Family,
    effect: &Effect,
    call: &Call,
    work: impl FnOnce() -> Done<Reply>,
) -> Outcome {
    let mut outcome =
        Outcome { at: app.store.clock().now(), status: None, headers: Vec::new(), body: None };
    if effect.reset == Some(Reset::BeforeCommit) {
        return outcome;
    }
    if let Some(status) = effect.status {
        let retry_after = effect.retry_after.map(|seconds| ("retry-after", seconds.to_string()));
        outcome.headers.extend(retry_after);
        outcome.status = Some(status);
        outcome.body = Some(errors::injected(family, status, &call.trace));
        return outcome;
    }
    let done = work();
    let result = match done.receipt.written().await {
        Ok(()) => done.outcome,
        Err(refusal) => Err(refusal),
    };
    outcome.at = done.at;
    match result {
        Ok(reply) => {
            outcome.status = Some(reply.status);
            outcome.headers = reply.headers;
            outcome.body = reply.body;
        }
        Err(refusal) => {
            let (status, body) = errors::render(family, &refusal, &call.trace);
            outcome.status = Some(status);
            outcome.body = Some(body);
        }
    }
    if effect.reset == Some(Reset::AfterCommit) {
        outcome.status = None;
    }
    outcome
}

/// One line on stderr: stdout belongs to what was asked to be printed.
fn log(now: Timestamp, method: &str, path: &str, status: Option<u16>) {
    let status = status.map_or_else(|| "dropped".to_owned(), |status| status.to_string());
    eprintln!("{now} {method} {path} {status}");
}
