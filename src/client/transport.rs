//! The loop that sends a request: token, exchange, verdict, wait, repeat.

use bytes::{Bytes, BytesMut};
use reqwest::StatusCode;
use reqwest::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, DATE, HeaderMap, HeaderValue, RETRY_AFTER,
};
use secrecy::ExposeSecret;
use serde::de::DeserializeOwned;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};
use time::OffsetDateTime;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::authorize::Authorize;
use super::error::{ApiError, ApiErrorKind, TransportKind};
use super::error_body::{self, ErrorBody};
use super::http::{Http, NetworkError};
use super::nondeterminism::Nondeterminism;
use super::operation::Idempotency;
use super::quiet::Quiet;
use super::request::Request;
use super::retry::{self, Failure, RetryPolicy, Verdict};
use super::token::Token;
use crate::known_secrets::KnownSecrets;

/// No response of IBM's comes near this size; a longer one would only fill the memory.
pub(super) const MAX_BODY_BYTES: usize = 32 * 1024 * 1024;

/// Headers with the id that IBM gave a request; the first that is present is used (ibm-api.md 1.4).
const REQUEST_ID_HEADERS: [&str; 3] = ["x-correlation-id", "x-request-id", "transaction-id"];

/// Sends requests, and repeats them as its policy allows.
#[derive(Debug)]
pub(super) struct Transport {
    http: Http,
    retry: RetryPolicy,
    nondeterminism: Nondeterminism,
    /// Seconds by which the service's clock is ahead of this machine's.
    clock_offset: AtomicI64,
    known_secrets: KnownSecrets,
    pub(super) quiet: Quiet,
}

/// A complete response.
struct Response {
    status: StatusCode,
    retry_after: Option<Duration>,
    request_id: Option<String>,
    body: Bytes,
    /// How many times the request was sent.
    attempts: u32,
}

impl Transport {
    pub(super) fn new(
        http: Http,
        retry: RetryPolicy,
        nondeterminism: Nondeterminism,
        known_secrets: KnownSecrets,
    ) -> Self {
        Self {
            http,
            retry,
            nondeterminism,
            clock_offset: AtomicI64::new(0),
            known_secrets,
            quiet: Quiet::default(),
        }
    }

    /// What must not be shown.
    pub(super) fn known_secrets(&self) -> &KnownSecrets {
        &self.known_secrets
    }

    /// The service's time, from the `Date` of its last response.
    pub(super) fn service_time(&self) -> OffsetDateTime {
        let offset = time::Duration::seconds(self.clock_offset.load(Ordering::Relaxed));
        let now = OffsetDateTime::from((self.nondeterminism.now)());
        now.checked_add(offset).unwrap_or(now)
    }

    /// Converts a time of the service's clock to this machine's clock.
    pub(super) fn local_time(&self, service_time: OffsetDateTime) -> SystemTime {
        let offset = time::Duration::seconds(self.clock_offset.load(Ordering::Relaxed));
        service_time.checked_sub(offset).unwrap_or(service_time).into()
    }

    fn update_clock(&self, headers: &HeaderMap) {
        let date = headers.get(DATE).and_then(|value| value.to_str().ok());
        if let Some(date) = date.and_then(|date| httpdate::parse_http_date(date).ok()) {
            let offset =
                OffsetDateTime::from(date) - OffsetDateTime::from((self.nondeterminism.now)());
            self.clock_offset.store(offset.whole_seconds(), Ordering::Relaxed);
        }
    }

    /// Sends a request and reads the JSON of its response.
    pub(super) async fn json<T: DeserializeOwned>(
        &self,
        request: &Request,
        auth: &impl Authorize,
        cancel: &CancellationToken,
    ) -> Result<T, ApiError> {
        let response = self.send(request, auth, cancel).await?;
        serde_json::from_slice(&response.body).map_err(|error| {
            // serde's own text may quote the body, which may hold a secret.
            let message = format!(
                "{:?} error in the JSON at line {}, column {}",
                error.classify(),
                error.line(),
                error.column()
            );
            ApiError::new(ApiErrorKind::UnexpectedBody, &request.target)
                .with_status(response.status)
                .with_message(message)
                .with_request_id(response.request_id)
                .with_attempts(response.attempts)
                .with_unknown_outcome(idempotency(request) == Idempotency::Once)
        })
    }

    /// Sends a request whose response has no body of interest.
    pub(super) async fn empty(
        &self,
        request: &Request,
        auth: &impl Authorize,
        cancel: &CancellationToken,
    ) -> Result<(), ApiError> {
        self.send(request, auth, cancel).await.map(drop)
    }

    async fn send(
        &self,
        request: &Request,
        auth: &impl Authorize,
        cancel: &CancellationToken,
    ) -> Result<Response, ApiError> {
        for secret in &request.secrets {
            self.known_secrets.add(secret.expose_secret());
        }
        let started = Instant::now();
        let mut attempts = 0;
        let mut repeats = 0;
        let mut renewed = false;
        loop {
            tokio::select! {
                biased;
                () = cancel.cancelled() => return Err(cancelled(request).with_attempts(attempts)),
                () = self.quiet.over(&request.target.host) => {}
            }
            let token = tokio::select! {
                biased;
                () = cancel.cancelled() => return Err(cancelled(request)),
                token = auth.bearer(&request.target) => token?,
            };
            attempts += 1;
            let (failure, error) =
                match self.attempt(request, token.as_ref(), attempts, cancel).await? {
                    Ok(response) if response.status.is_success() => return Ok(response),
                    Ok(response) => {
                        if response.status == StatusCode::UNAUTHORIZED
                            && !renewed
                            && token.as_ref().is_some_and(|token| auth.refused(token))
                        {
                            renewed = true;
                            continue;
                        }
                        self.refusal(request, response)
                    }
                    Err(error) => no_response(request, error, attempts),
                };
            let verdict = retry::classify(idempotency(request), &failure);
            if verdict != Verdict::Repeat || request.is_dispensable && !failure.asks_to_wait() {
                return Err(error.with_unknown_outcome(verdict == Verdict::Unknown));
            }
            let spent = started.elapsed();
            let jitter = (self.nondeterminism.jitter)();
            let Some(wait) = self.retry.wait(repeats, spent, &failure, jitter) else {
                return Err(error);
            };
            if failure.asks_to_wait() {
                self.quiet.keep(&request.target.host, Instant::now() + wait);
            }
            tokio::select! {
                biased;
                () = cancel.cancelled() => return Err(error.with_kind(ApiErrorKind::Cancelled)),
                () = tokio::time::sleep(wait) => repeats += 1,
            }
        }
    }

    /// One exchange. A read is dropped when the run is cancelled; a change is completed, because
    /// otherwise nobody would know whether it happened.
    async fn attempt(
        &self,
        request: &Request,
        token: Option<&Token>,
        attempt: u32,
        cancel: &CancellationToken,
    ) -> Result<Result<Response, NetworkError>, ApiError> {
        let operation = request.target.operation;
        let builder = self.builder(request, token)?;
        let started = Instant::now();
        let exchange = self.exchange(builder, attempt);
        let result = if operation.method().is_safe() {
            tokio::select! {
                biased;
                () = cancel.cancelled() => return Err(cancelled(request).with_attempts(attempt)),
                result = exchange => result,
            }
        } else {
            exchange.await
        };
        let (status, request_id, cause) = match &result {
            Ok(response) => (Some(response.status), response.request_id.as_deref(), None),
            Err(error) => (None, None, Some(error.cause.as_str())),
        };
        tracing::debug!(
            operation = operation.name(),
            method = operation.method().as_str(),
            path = request.target.path,
            status = status.map(|status| status.as_u16()),
            duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            attempt,
            request_id,
            cause,
            "HTTP exchange"
        );
        Ok(result)
    }

    fn builder(
        &self,
        request: &Request,
        token: Option<&Token>,
    ) -> Result<reqwest::RequestBuilder, ApiError> {
        let client = self.http.client(&request.url).map_err(|error| {
            ApiError::new(ApiErrorKind::Transport(TransportKind::Tls), &request.target)
                .with_message(error.0)
        })?;
        let mut builder = client
            .request(request.target.operation.method(), request.url.clone())
            .header(ACCEPT, HeaderValue::from_static("application/json"));
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        if let Some(token) = token {
            let text = format!("Bearer {}", token.secret().expose_secret());
            let mut value = HeaderValue::try_from(text).map_err(|_| {
                ApiError::new(ApiErrorKind::Unauthenticated, &request.target)
                    .with_message("the token contains characters that no token has".to_owned())
            })?;
            value.set_sensitive(true);
            builder = builder.header(AUTHORIZATION, value);
        }
        if let Some(body) = &request.body {
            builder = builder.header(CONTENT_TYPE, &body.content_type).body(body.bytes.clone());
        }
        Ok(builder)
    }

    async fn exchange(
        &self,
        builder: reqwest::RequestBuilder,
        attempts: u32,
    ) -> Result<Response, NetworkError> {
        let mut response = builder.send().await.map_err(|e| NetworkError::from(&e))?;
        let status = response.status();
        let retry_after = response
            .headers()
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| retry::parse_retry_after(value, (self.nondeterminism.now)()));
        let request_id = REQUEST_ID_HEADERS
            .iter()
            .find_map(|name| response.headers().get(*name)?.to_str().ok())
            .and_then(|id| error_body::request_id(id, &self.known_secrets));
        self.update_clock(response.headers());
        let mut body = BytesMut::new();
        // A body beyond the limit is cut off, which leaves invalid JSON.
        while body.len() <= MAX_BODY_BYTES {
            match response.chunk().await {
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Ok(None) => break,
                // The status of an error response says enough without the rest of its text.
                Err(_) if !status.is_success() => break,
                Err(error) => return Err(NetworkError::from(&error)),
            }
        }
        Ok(Response { status, retry_after, request_id, body: body.freeze(), attempts })
    }

    fn refusal(&self, request: &Request, response: Response) -> (Failure, ApiError) {
        let body = ErrorBody::parse(&response.body, &self.known_secrets);
        let operation = request.target.operation;
        let kind = ApiErrorKind::of(operation, response.status, body.message.as_deref());
        let error = ApiError::new(kind, &request.target)
            .with_status(response.status)
            .with_code(body.code)
            .with_message(body.message)
            .with_request_id(response.request_id.or(body.request_id))
            .with_attempts(response.attempts);
        let (status, retry_after) = (response.status, response.retry_after);
        (Failure::Status { status, retry_after }, error)
    }
}

fn idempotency(request: &Request) -> Idempotency {
    request.target.operation.idempotency()
}

fn cancelled(request: &Request) -> ApiError {
    ApiError::new(ApiErrorKind::Cancelled, &request.target)
}

fn no_response(request: &Request, error: NetworkError, attempts: u32) -> (Failure, ApiError) {
    let NetworkError { kind, sent, cause } = error;
    let error = ApiError::new(ApiErrorKind::Transport(kind), &request.target)
        .with_message(cause)
        .with_attempts(attempts);
    (Failure::NoResponse { kind, sent }, error)
}
