//! The one loop that sends: token, exchange, verdict, wait, again.

use bytes::{Bytes, BytesMut};
use reqwest::StatusCode;
use reqwest::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, DATE, HeaderMap, HeaderValue, RETRY_AFTER,
};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};
use time::OffsetDateTime;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::auth::Authorize;
use super::call::Call;
use super::error::{ApiError, ApiErrorKind, TransportKind};
use super::http::{Broken, Http};
use super::problem::{Problem, printable};
use super::retry::{self, Failure, Idempotency, RetryPolicy, Verdict};
use super::sources::Sources;
use super::token::Token;

/// No answer of IBM's comes near this; more would be held in memory for nothing.
const MAX_BODY_BYTES: usize = 32 * 1024 * 1024;

/// Headers that identify a request at IBM, the first present one counts (ibm-api.md 1.4).
const REQUEST_ID_HEADERS: [&str; 3] = ["x-correlation-id", "x-request-id", "transaction-id"];

/// Sends calls, as patiently as its policy says.
#[derive(Debug)]
pub(super) struct Transport {
    http: Http,
    retry: RetryPolicy,
    sources: Sources,
    /// Seconds by which the service's clock is ahead of ours.
    ahead: AtomicI64,
}

/// A complete answer.
struct Reply {
    status: StatusCode,
    retry_after: Option<Duration>,
    request_id: Option<String>,
    body: Bytes,
    /// How many times the request was sent to get it.
    attempts: u32,
}

impl Transport {
    pub(super) fn new(http: Http, retry: RetryPolicy, sources: Sources) -> Self {
        Self { http, retry, sources, ahead: AtomicI64::new(0) }
    }

    /// The service's time of day, from the `Date` of its last answer.
    pub(super) fn service_time(&self) -> OffsetDateTime {
        let ahead = time::Duration::seconds(self.ahead.load(Ordering::Relaxed));
        let now = OffsetDateTime::from((self.sources.now)());
        now.checked_add(ahead).unwrap_or(now)
    }

    /// When it is that moment here.
    pub(super) fn local_time(&self, service_time: OffsetDateTime) -> SystemTime {
        let ahead = time::Duration::seconds(self.ahead.load(Ordering::Relaxed));
        service_time.checked_sub(ahead).unwrap_or(service_time).into()
    }

    fn note_time(&self, headers: &HeaderMap) {
        let date = headers.get(DATE).and_then(|value| value.to_str().ok());
        if let Some(date) = date.and_then(|date| httpdate::parse_http_date(date).ok()) {
            let ahead = OffsetDateTime::from(date) - OffsetDateTime::from((self.sources.now)());
            self.ahead.store(ahead.whole_seconds(), Ordering::Relaxed);
        }
    }

    /// Sends a call and reads the JSON of its answer.
    pub(super) async fn json<T: DeserializeOwned>(
        &self,
        call: &Call,
        auth: &impl Authorize,
        cancel: &CancellationToken,
    ) -> Result<T, ApiError> {
        let reply = self.send(call, auth, cancel).await?;
        serde_json::from_slice(&reply.body).map_err(|error| {
            // serde's own text may quote the body, which may hold a secret.
            let message = format!(
                "{:?} error in the JSON at line {}, column {}",
                error.classify(),
                error.line(),
                error.column()
            );
            ApiError::new(ApiErrorKind::UnexpectedBody, &call.target)
                .with_status(reply.status)
                .with_message(message)
                .with_request_id(reply.request_id)
                .with_attempts(reply.attempts)
                .with_unknown_outcome(call.idempotency == Idempotency::Once)
        })
    }

    /// Sends a call whose answer has no body of interest.
    pub(super) async fn empty(
        &self,
        call: &Call,
        auth: &impl Authorize,
        cancel: &CancellationToken,
    ) -> Result<(), ApiError> {
        self.send(call, auth, cancel).await.map(drop)
    }

    async fn send(
        &self,
        call: &Call,
        auth: &impl Authorize,
        cancel: &CancellationToken,
    ) -> Result<Reply, ApiError> {
        let started = Instant::now();
        let mut attempts = 0;
        let mut repeats = 0;
        let mut renewed = false;
        loop {
            let token = tokio::select! {
                biased;
                () = cancel.cancelled() => return Err(cancelled(call)),
                token = auth.bearer(&call.target) => token?,
            };
            attempts += 1;
            let (failure, error) =
                match self.attempt(call, token.as_ref(), attempts, cancel).await? {
                    Ok(reply) if reply.status.is_success() => return Ok(reply),
                    Ok(reply) => {
                        if reply.status == StatusCode::UNAUTHORIZED
                            && !renewed
                            && token.as_ref().is_some_and(|token| auth.refused(token))
                        {
                            renewed = true;
                            continue;
                        }
                        refusal(call, token.as_ref(), reply)
                    }
                    Err(broken) => no_answer(call, broken, attempts),
                };
            let verdict = retry::classify(call.idempotency, &failure);
            if verdict != Verdict::Repeat {
                return Err(error.with_unknown_outcome(verdict == Verdict::Unknown));
            }
            let spent = started.elapsed();
            let jitter = (self.sources.jitter)();
            let Some(wait) = self.retry.wait(repeats, spent, &failure, jitter) else {
                return Err(error);
            };
            tokio::select! {
                biased;
                () = cancel.cancelled() => return Err(error.with_kind(ApiErrorKind::Cancelled)),
                () = tokio::time::sleep(wait) => repeats += 1,
            }
        }
    }

    /// One exchange. A read is dropped when the run is cancelled; a change is seen to its end,
    /// for nobody would know otherwise whether it happened.
    async fn attempt(
        &self,
        call: &Call,
        token: Option<&Token>,
        attempt: u32,
        cancel: &CancellationToken,
    ) -> Result<Result<Reply, Broken>, ApiError> {
        let request = self.request(call, token)?;
        let started = Instant::now();
        let exchange = self.exchange(request, attempt);
        let result = if call.target.method.is_safe() {
            tokio::select! {
                biased;
                () = cancel.cancelled() => return Err(cancelled(call).with_attempts(attempt)),
                result = exchange => result,
            }
        } else {
            exchange.await
        };
        let (status, request_id, cause) = match &result {
            Ok(reply) => (Some(reply.status), reply.request_id.as_deref(), None),
            Err(broken) => (None, None, Some(broken.cause.as_str())),
        };
        tracing::debug!(
            operation = call.target.operation,
            method = call.target.method.as_str(),
            path = call.target.path,
            status = status.map(|status| status.as_u16()),
            duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            attempt,
            request_id,
            cause,
            "HTTP exchange"
        );
        Ok(result)
    }

    fn request(
        &self,
        call: &Call,
        token: Option<&Token>,
    ) -> Result<reqwest::RequestBuilder, ApiError> {
        let client = self.http.client(&call.url).map_err(|error| {
            ApiError::new(ApiErrorKind::Transport(TransportKind::Tls), &call.target)
                .with_message(error.0)
        })?;
        let mut request = client
            .request(call.target.method.clone(), call.url.clone())
            .header(ACCEPT, HeaderValue::from_static("application/json"));
        for (name, value) in &call.headers {
            request = request.header(name, value);
        }
        if let Some(token) = token {
            let text = format!("Bearer {}", token.secret().expose_secret());
            let mut value = HeaderValue::try_from(text).map_err(|_| {
                ApiError::new(ApiErrorKind::Unauthenticated, &call.target)
                    .with_message("the token has characters that no token has".to_owned())
            })?;
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        if let Some(body) = &call.body {
            request = request.header(CONTENT_TYPE, &body.content_type).body(body.bytes.clone());
        }
        Ok(request)
    }

    async fn exchange(
        &self,
        request: reqwest::RequestBuilder,
        attempts: u32,
    ) -> Result<Reply, Broken> {
        let mut response = request.send().await.map_err(|e| Broken::from(&e))?;
        let status = response.status();
        let retry_after = response
            .headers()
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| retry::parse_retry_after(value, (self.sources.now)()));
        let request_id = request_id(response.headers());
        self.note_time(response.headers());
        let mut body = BytesMut::new();
        // A body beyond the limit is cut, which no JSON survives.
        while body.len() <= MAX_BODY_BYTES {
            match response.chunk().await {
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Ok(None) => break,
                // The status of a refusal says enough without the rest of its text.
                Err(_) if !status.is_success() => break,
                Err(error) => return Err(Broken::from(&error)),
            }
        }
        Ok(Reply { status, retry_after, request_id, body: body.freeze(), attempts })
    }
}

fn cancelled(call: &Call) -> ApiError {
    ApiError::new(ApiErrorKind::Cancelled, &call.target)
}

fn request_id(headers: &HeaderMap) -> Option<String> {
    REQUEST_ID_HEADERS
        .iter()
        .find_map(|name| headers.get(*name)?.to_str().ok())
        .map(|id| printable(id, &[]))
}

fn refusal(call: &Call, token: Option<&Token>, reply: Reply) -> (Failure, ApiError) {
    let secrets: Vec<&SecretString> = call.secrets.iter().chain(token.map(Token::secret)).collect();
    let problem = Problem::parse(&reply.body, &secrets);
    let error = ApiError::new(ApiErrorKind::from_status(reply.status), &call.target)
        .with_status(reply.status)
        .with_code(problem.code)
        .with_message(problem.message)
        .with_request_id(reply.request_id.or(problem.request_id))
        .with_attempts(reply.attempts);
    let failure = Failure::Answered { status: reply.status, retry_after: reply.retry_after };
    (failure, error)
}

fn no_answer(call: &Call, broken: Broken, attempts: u32) -> (Failure, ApiError) {
    let Broken { kind, sent, cause } = broken;
    let error = ApiError::new(ApiErrorKind::Transport(kind), &call.target)
        .with_message(cause)
        .with_attempts(attempts);
    (Failure::Silent { kind, sent }, error)
}

#[cfg(test)]
mod tests;
