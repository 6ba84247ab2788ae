//! Handles one request from end to end: body, caller, faults, operation, journal, response.

use crate::app::App;
use crate::error::{ApiError, ErrorKind, Result};
use crate::faults::{Effect, Moment, RetryAfter};
use crate::http::address::{self, Addressed};
use crate::http::echo;
use crate::http::errors::{self, Family};
use crate::http::operation::{
    ApiRequest, ApiResponse, Handler, IamCall, Operation, SecretsManagerCall,
};
use crate::http::response::{self, Dropped};
use crate::iam::access::{self, Service};
use crate::iam::tokens::{Claims, unauthenticated};
use crate::journal::{self, Entry};
use crate::model::timestamp::Timestamp;
use crate::store::Done;
use crate::transaction::Transaction;
use axum::body::{Body, to_bytes};
use axum::extract::{RawPathParams, Request};
use axum::http::request::Parts;
use axum::http::{Response, header};
use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;

/// Larger bodies are refused.
pub(super) const LARGEST_BODY: usize = 1024 * 1024;
/// Larger bodies of the control API are refused: a state has thousands of secrets.
pub(crate) const LARGEST_STATE: usize = 64 * 1024 * 1024;
const CORRELATION: &str = "x-correlation-id";
const TRANSACTION: &str = "transaction-id";

/// Handles a request to an existing route.
pub async fn serve(
    app: Arc<App>,
    operation: &'static Operation,
    path: Option<RawPathParams>,
    request: Request,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = read(body, LARGEST_BODY, app.patience).await;
    let path: Option<Vec<_>> = path
        .map(|path| path.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect());
    let refused = match (&path, &body) {
        (None, _) => Some(ApiError::new(ErrorKind::Invalid, "The path is not valid UTF-8.")),
        (_, Err(error)) => Some(error.clone()),
        _ => None,
    };
    let request =
        api_request(&parts, path.unwrap_or_default(), body.unwrap_or_default(), app.trace());
    respond(&app, Some(operation), &parts, &request, || match refused {
        Some(error) => app.refused(error),
        None => perform(&app, operation, &request),
    })
    .await
}

/// Refuses a request without a route, in the error format of the API it would belong to.
pub async fn serve_unknown(app: Arc<App>, request: Request, kind: ErrorKind) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = read(body, LARGEST_BODY, app.patience).await.unwrap_or_default();
    let request = api_request(&parts, Vec::new(), body, app.trace());
    let message = format!("{} {} does not exist.", parts.method, parts.uri.path());
    respond(&app, None, &parts, &request, || app.refused(ApiError::new(kind, message))).await
}

/// Runs the operation as one transaction.
fn perform(app: &App, operation: &Operation, request: &ApiRequest) -> Done<ApiResponse> {
    if let Handler::SecretsManager(..) = operation.handler
        && let Err(error) = app.admit(instance_id(request))
    {
        return app.refused(error);
    }
    // The signature is verified before the lock is taken.
    let bearer = bearer(request).and_then(|token| app.tokens.signed(token));
    app.store.transact(|tx| run(app, operation, request, bearer, tx))
}

/// Runs the operation and undoes it, whatever comes of it: tells only whether it would be refused.
/// The journal does not have it.
pub(crate) fn rehearse(
    app: &App,
    operation: &Operation,
    path: Vec<(String, String)>,
    parts: &Parts,
    body: Bytes,
) -> Result<()> {
    let request = api_request(parts, path, body, app.trace());
    let bearer = bearer(&request).and_then(|token| app.tokens.signed(token));
    let mut outcome = None;
    let undone = app.store.transact::<()>(|tx| {
        outcome = Some(run(app, operation, &request, bearer, tx));
        Err(ApiError::new(ErrorKind::Internal, "This was a rehearsal."))
    });
    match outcome {
        Some(outcome) => outcome.map(|_| ()),
        None => undone.outcome,
    }
}

fn run(
    app: &App,
    operation: &Operation,
    request: &ApiRequest,
    bearer: Result<Claims>,
    tx: &mut Transaction<'_>,
) -> Result<ApiResponse> {
    match operation.handler {
        Handler::Public(run) => run(request, tx, &app.tokens),
        Handler::Iam(service, roles, run) => {
            let caller = known(bearer?, tx)?;
            let wanted = access::Requirement {
                account_id: &caller.account.bss,
                service,
                instance: None,
                roles,
            };
            access::permission(tx.state, &caller.iam_id, &wanted, tx.now).require_everywhere()?;
            run(&IamCall { request, caller }, tx)
        }
        Handler::SecretsManager(roles, run) => {
            let caller = known(bearer?, tx)?;
            let id = instance_id(request);
            let instance = tx.state.secrets_manager.instances.get(id).cloned();
            let instance = instance
                .filter(|instance| {
                    request.region.as_ref().is_none_or(|region| *region == instance.region)
                })
                .ok_or_else(|| ApiError::not_found("Instance", id))?;
            let wanted = access::Requirement {
                account_id: &instance.account_id,
                service: Service::SecretsManager,
                instance: Some(&instance.id),
                roles,
            };
            let permission = access::permission(tx.state, &caller.iam_id, &wanted, tx.now);
            if caller.account.bss != instance.account_id || permission.is_empty() {
                return Err(access::forbidden());
            }
            run(&SecretsManagerCall { request, caller, instance, permission }, tx)
        }
    }
}

/// The instance that a path names by its id or CRN.
fn instance_id(request: &ApiRequest) -> &str {
    match request.param("crn") {
        "" => request.param("instance_id"),
        crn => crn.split(':').nth(7).unwrap_or_default(),
    }
}

fn bearer(request: &ApiRequest) -> Result<&str> {
    let value = request
        .header("authorization")
        .ok_or_else(|| unauthenticated("The request has no access token."))?;
    match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.trim()),
        _ => Err(unauthenticated("The access token is not a bearer token.")),
    }
}

/// A token is valid until it expires or its identity is deleted.
fn known(claims: Claims, tx: &Transaction<'_>) -> Result<Claims> {
    if claims.exp <= tx.now.unix() {
        return Err(unauthenticated("The access token has expired."));
    }
    if tx.state.iam.account_of(&claims.iam_id) != Some(claims.account.bss.as_str()) {
        return Err(unauthenticated("The identity of the access token does not exist."));
    }
    Ok(claims)
}

/// A body that arrives in time and has at most `largest` bytes.
pub(crate) async fn read(body: Body, largest: usize, patience: Duration) -> Result<Bytes> {
    match tokio::time::timeout(patience, to_bytes(body, largest)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(_)) => Err(ApiError::new(
            ErrorKind::TooLarge,
            format!("The body is broken or larger than {largest} bytes."),
        )),
        Err(_) => Err(ApiError::new(ErrorKind::Invalid, "The body did not arrive in time.")),
    }
}

fn api_request(
    parts: &Parts,
    path: Vec<(String, String)>,
    body: Bytes,
    trace: String,
) -> ApiRequest {
    // IAM's name for it is the second one.
    let given = [CORRELATION, TRANSACTION]
        .into_iter()
        .find_map(|name| parts.headers.get(name).and_then(|value| value.to_str().ok()));
    let addressed = parts.extensions.get::<Addressed>().cloned().unwrap_or_default();
    ApiRequest {
        path,
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers.clone(),
        body,
        base: address::base_url(&parts.extensions),
        host: addressed.host,
        route: addressed.path,
        region: addressed.region,
        trace: given.map_or(trace, str::to_owned),
    }
}

/// Injects a matching fault, does the work, records it in the journal and writes the response.
async fn respond(
    app: &App,
    operation: Option<&'static Operation>,
    parts: &Parts,
    request: &ApiRequest,
    work: impl FnOnce() -> Done<ApiResponse>,
) -> Response<Body> {
    let method = parts.method.as_str();
    let name = operation.map(|operation| operation.name);
    let now = app.store.clock().now().unix();
    let fault = app.faults.inject(name, method, &request.route, now);
    let (id, effect) = fault.map_or_else(Default::default, |fault| (Some(fault.id), fault.effect));
    if let Some(delay) = effect.delay_milliseconds {
        tokio::time::sleep(Duration::from_millis(delay)).await;
    }
    let held = |moment| id.filter(|_| effect.hold == Some(moment));
    if let Some(id) = held(Moment::BeforeCommit) {
        app.faults.hold(id).await;
    }
    let family = Family::of(parts.uri.path());
    let mut outcome = outcome(app, family, &effect, request, work).await;
    let text = std::mem::take(&mut outcome.body);
    let content_type = request.header("content-type");
    let mut secrets = Vec::new();
    app.journal.record(Entry {
        seq: 0,
        time: outcome.at,
        method: method.to_owned(),
        path: request.route.clone(),
        query: request.query.clone(),
        host: request.host.clone(),
        operation: name,
        status: outcome.status,
        authorized: parts.headers.contains_key(header::AUTHORIZATION),
        content_type: content_type.map(str::to_owned),
        user_agent: request.header("user-agent").map(str::to_owned),
        correlation_id: request.trace.clone(),
        request_body: journal::masked(content_type, &request.body, &mut secrets),
        // What is repeated is in no field that would be masked.
        response_body: match effect.echo {
            Some(_) => None,
            None => journal::masked(None, text.as_bytes(), &mut secrets),
        },
        fault: id.is_some(),
        secrets,
    });
    if app.log {
        log(outcome.at, method, &request.route, outcome.status);
    }
    if let Some(id) = held(Moment::AfterCommit) {
        app.faults.hold(id).await;
    }
    let Some(status) = outcome.status else {
        let mut response = Response::new(Body::empty());
        response.extensions_mut().insert(Dropped);
        return response;
    };
    outcome.headers.push(("date", response::http_date(outcome.at)));
    let request_id = echo::request_id(effect.echo, request);
    if matches!(family, Family::Identity | Family::Groups) {
        outcome.headers.push((TRANSACTION, request_id.clone()));
    }
    outcome.headers.push((CORRELATION, request_id));
    response::write(status, outcome.headers, text, effect.body)
}

/// The response to a request, before it is written.
struct Outcome {
    at: Timestamp,
    /// None if the connection is dropped instead.
    status: Option<u16>,
    headers: Vec<(&'static str, String)>,
    /// JSON, or empty.
    body: String,
}

/// Does the work, unless a fault prevents it, and waits until the changes are on disk.
async fn outcome(
    app: &App,
    family: Family,
    effect: &Effect,
    request: &ApiRequest,
    work: impl FnOnce() -> Done<ApiResponse>,
) -> Outcome {
    let mut outcome = Outcome {
        at: app.store.clock().now(),
        status: None,
        headers: Vec::new(),
        body: String::new(),
    };
    if effect.reset == Some(Moment::BeforeCommit) {
        return outcome;
    }
    let error = effect.status.map(|status| (status, effect.at.unwrap_or(Moment::BeforeCommit)));
    if let Some((status, Moment::BeforeCommit)) = error {
        return outcome.with_error(family, status, effect, request);
    }
    let done = work();
    let result = match done.receipt.written().await {
        Ok(()) => done.outcome,
        Err(error) => Err(error),
    };
    outcome.at = done.at;
    match result {
        Ok(response) => {
            outcome.status = Some(response.status);
            outcome.headers = response.headers;
            outcome.body = response.body.unwrap_or_default();
        }
        Err(error) => {
            let (status, body) = errors::render(family, &error, &request.trace);
            outcome.status = Some(status);
            outcome.body = body.to_string();
            if error.kind == ErrorKind::TooManyRequests {
                outcome.headers.push(("retry-after", "1".to_owned()));
            }
        }
    }
    if let Some((status, Moment::AfterCommit)) = error {
        outcome = outcome.with_error(family, status, effect, request);
    }
    if effect.reset == Some(Moment::AfterCommit) {
        outcome.status = None;
    }
    outcome
}

impl Outcome {
    /// The error that a fault returns instead.
    fn with_error(
        self,
        family: Family,
        status: u16,
        effect: &Effect,
        request: &ApiRequest,
    ) -> Outcome {
        let retry_after = effect.retry_after.as_ref().map(|value| match value {
            RetryAfter::Seconds(seconds) => seconds.to_string(),
            RetryAfter::Date(date) => date.clone(),
        });
        let request_id = echo::request_id(effect.echo, request);
        let mut body = errors::injected(family, status, &request_id);
        if let Some(echo) = effect.echo {
            echo::into_body(echo, request, &mut body);
        }
        Outcome {
            at: self.at,
            status: Some(status),
            headers: retry_after.map(|value| ("retry-after", value)).into_iter().collect(),
            body: body.to_string(),
        }
    }
}

/// Logs to stderr: stdout is for the banner.
fn log(now: Timestamp, method: &str, path: &str, status: Option<u16>) {
    let status = status.map_or_else(|| "dropped".to_owned(), |status| status.to_string());
    eprintln!("{now} {method} {path} {status}");
}
