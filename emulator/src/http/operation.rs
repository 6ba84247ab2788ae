//! An operation: its name, its route, who may call it, and the function that does it.

use crate::iam::access::{Grant, Role, Service};
use crate::iam::tokens::{Claims, Tokens};
use crate::model::vault::Instance;
use crate::refusal::{Refusal, Result};
use crate::store::Step;
use axum::http::{HeaderMap, Method};
use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;

/// One operation of IBM's APIs.
#[derive(Debug)]
pub struct Operation {
    /// Snake case, such as `create_secret`: the name in journal and faults.
    pub name: &'static str,
    /// The method.
    pub method: Method,
    /// The route, with `{}` around parameters.
    pub path: &'static str,
    /// Who may call it and what it does.
    pub handler: Handler,
}

/// Who may call an operation and the function that does it.
#[derive(Clone, Copy, Debug)]
pub enum Handler {
    /// Anybody: the token service.
    Public(fn(&Call, &mut Step<'_>, &Tokens) -> Answer),
    /// A bearer with one of the roles on an IAM service of its account.
    Iam(Service, &'static [Role], fn(&IamCall<'_>, &mut Step<'_>) -> Answer),
    /// A bearer with one of the roles on the instance, or on a secret group of it.
    SecretsManager(&'static [Role], fn(&VaultCall<'_>, &mut Step<'_>) -> Answer),
}

/// What an operation answers.
pub type Answer = Result<Reply>;

/// A granted request.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The JSON body, if there is one.
    pub body: Option<Value>,
    /// More headers.
    pub headers: Vec<(&'static str, String)>,
}

impl Reply {
    /// A body with a status.
    pub fn json(status: u16, body: impl Serialize) -> Answer {
        let body = serde_json::to_value(body)
            .map_err(|error| Refusal::new(crate::refusal::Kind::Internal, error.to_string()))?;
        Ok(Self { status, body: Some(body), headers: Vec::new() })
    }

    /// No body.
    pub fn empty(status: u16) -> Answer {
        Ok(Self { status, body: None, headers: Vec::new() })
    }

    /// The same with one more header.
    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// A request as it came.
#[derive(Debug)]
pub struct Call {
    /// The path's parameters in order.
    pub path: Vec<(String, String)>,
    /// The query, undecoded.
    pub query: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// The host that was addressed.
    pub host: String,
    /// Scheme and host, for links.
    pub base: String,
    /// The path that was addressed, for links.
    pub route: String,
    /// The region of the host name, if an instance was addressed by one.
    pub region: Option<String>,
    /// Names the exchange in answers.
    pub trace: String,
}

/// A request to IAM by a known caller.
#[derive(Debug)]
pub struct IamCall<'a> {
    /// The request.
    pub call: &'a Call,
    /// Who asks.
    pub caller: Claims,
}

/// A request to Secrets Manager by a known caller.
#[derive(Debug)]
pub struct VaultCall<'a> {
    /// The request.
    pub call: &'a Call,
    /// Who asks.
    pub caller: Claims,
    /// The instance it asks.
    pub instance: Instance,
    /// Where it may do what it asks.
    pub grant: Grant,
}

impl Call {
    /// A parameter of the path.
    pub fn param(&self, name: &str) -> &str {
        self.path.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// A header, if it is there and text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}
