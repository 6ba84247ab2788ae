//! One request as data: what to send, what may be shown of it, whether it may be repeated.

use bytes::Bytes;
use reqwest::Url;
use reqwest::header::{HeaderName, HeaderValue};
use secrecy::SecretString;
use serde::Serialize;
use url::form_urlencoded;

use super::error::{ApiError, ApiErrorKind, Target};
use super::operation::Operation;

/// A request that can be sent any number of times.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) target: Target,
    /// The id of the object that it is about, if it is about one.
    pub(super) object: Option<String>,
    pub(super) url: Url,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) body: Option<Body>,
    /// Whether other requests can do instead, so that it is repeated only if the service asks for that.
    pub(super) is_dispensable: bool,
    /// Secrets in the body, which no error text may repeat.
    pub(super) secrets: Vec<SecretString>,
}

#[derive(Clone)]
pub(super) struct Body {
    pub(super) content_type: HeaderValue,
    pub(super) bytes: Bytes,
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Body({} bytes)", self.bytes.len())
    }
}

impl Request {
    /// Appends the operation's path to `base`. `ids` fill its placeholders in order, each
    /// percent-encoded as one segment. An id that would change the shape of the path (empty, `.`
    /// or `..`) is refused here, before anything is sent.
    pub(super) fn new(operation: Operation, base: &Url, ids: &[&str]) -> Result<Self, ApiError> {
        let object = ids.first().map(|&id| id.to_owned());
        let mut ids = ids.iter().copied();
        let segments: Vec<&str> = operation
            .path()
            .split('/')
            .skip(1)
            .map(|segment| match segment.starts_with('{') {
                true => ids.next().unwrap_or_default(),
                false => segment,
            })
            .collect();
        let mut url = base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(&segments);
        }
        let request = Self {
            target: Target { operation, host: host_and_port(&url), path: url.path().to_owned() },
            object,
            url,
            headers: Vec::new(),
            body: None,
            is_dispensable: false,
            secrets: Vec::new(),
        };
        match segments.iter().find(|segment| matches!(**segment, "" | "." | "..")) {
            None => Ok(request),
            Some(segment) => {
                Err(request.invalid(format!("\"{segment}\" cannot be an id or name in a path")))
            }
        }
    }

    pub(super) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(super) fn query(mut self, pairs: &[(&str, &str)]) -> Self {
        self.url.query_pairs_mut().extend_pairs(pairs);
        self
    }

    /// Asks for a part of a list.
    pub(super) fn page(self, offset: usize, size: usize) -> Self {
        self.query(&[("offset", &offset.to_string()), ("limit", &size.to_string())])
    }

    /// See [`is_dispensable`](Self::is_dispensable).
    pub(super) fn dispensable(self) -> Self {
        Self { is_dispensable: true, ..self }
    }

    pub(super) fn secret(mut self, secret: Option<&SecretString>) -> Self {
        self.secrets.extend(secret.cloned());
        self
    }

    pub(super) fn json(self, body: &impl Serialize) -> Result<Self, ApiError> {
        self.serialized("application/json", body)
    }

    /// A JSON body in which an absent key means "leave it" (RFC 7396).
    pub(super) fn merge_patch(self, body: &impl Serialize) -> Result<Self, ApiError> {
        self.serialized("application/merge-patch+json", body)
    }

    pub(super) fn form(mut self, pairs: &[(&str, &str)]) -> Self {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(pairs);
        self.body = Some(Body {
            content_type: HeaderValue::from_static("application/x-www-form-urlencoded"),
            bytes: form.finish().into(),
        });
        self
    }

    fn serialized(
        mut self,
        content_type: &'static str,
        body: &impl Serialize,
    ) -> Result<Self, ApiError> {
        match serde_json::to_vec(body) {
            Ok(bytes) => {
                self.body = Some(Body {
                    content_type: HeaderValue::from_static(content_type),
                    bytes: bytes.into(),
                });
                Ok(self)
            }
            Err(_) => Err(self.invalid("the body cannot be written as JSON".to_owned())),
        }
    }

    fn invalid(&self, message: String) -> ApiError {
        ApiError::new(ApiErrorKind::Invalid, &self.target).with_message(message)
    }
}

fn host_and_port(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}
