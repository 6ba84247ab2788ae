//! The description of an operation: its name, its route, who may call it, and its handler.

use crate::error::{ApiError, ErrorKind, Result};
use crate::iam::access::{Permission, Service};
use crate::iam::roles::Role;
use crate::iam::tokens::{Claims, Tokens};
use crate::model::secrets_manager::Instance;
use crate::transaction::Transaction;
use axum::http::{HeaderMap, Method};
use bytes::Bytes;
use serde::Serialize;

/// One operation of IBM's APIs.
#[derive(Debug)]
pub struct Operation {
    /// The name in the journal and in faults, such as `create_secret`.
    pub name: &'static str,
    /// The method.
    pub method: Method,
    /// The route, with `{}` around parameters.
    pub path: &'static str,
    /// Who may call it, and the function that handles it.
    pub handler: Handler,
}

/// Who may call an operation, and the function that handles it.
#[derive(Clone, Copy, Debug)]
pub enum Handler {
    /// Anybody may call it: the token service.
    Public(fn(&ApiRequest, &mut Transaction<'_>, &Tokens) -> Result<ApiResponse>),
    /// Callers with one of the roles on an IAM service of their account.
    Iam(Service, &'static [Role], fn(&IamCall<'_>, &mut Transaction<'_>) -> Result<ApiResponse>),
    /// Callers with one of the roles on the instance, or on one of its secret groups.
    SecretsManager(
        &'static [Role],
        fn(&SecretsManagerCall<'_>, &mut Transaction<'_>) -> Result<ApiResponse>,
    ),
}

/// A successful response.
#[derive(Clone, Debug)]
pub struct ApiResponse {
    /// The status.
    pub status: u16,
    /// The JSON text of the body, if there is one.
    pub body: Option<String>,
    /// Additional headers.
    pub headers: Vec<(&'static str, String)>,
}

impl ApiResponse {
    /// A response with a JSON body.
    pub fn json(status: u16, body: impl Serialize) -> Result<ApiResponse> {
        let body = serde_json::to_string(&body)
            .map_err(|error| ApiError::new(ErrorKind::Internal, error.to_string()))?;
        Ok(Self { status, body: Some(body), headers: Vec::new() })
    }

    /// A response without a body.
    pub fn empty(status: u16) -> Result<ApiResponse> {
        Ok(Self { status, body: None, headers: Vec::new() })
    }

    /// Adds a header.
    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// A request as received.
#[derive(Debug)]
pub struct ApiRequest {
    /// The parameters of the path in order.
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
    /// The region in the host name, if an instance was addressed by host name.
    pub region: Option<String>,
    /// The correlation id.
    pub trace: String,
}

/// An authenticated call to IAM.
#[derive(Debug)]
pub struct IamCall<'a> {
    /// The request.
    pub request: &'a ApiRequest,
    /// The caller.
    pub caller: Claims,
}

/// An authenticated call to Secrets Manager.
#[derive(Debug)]
pub struct SecretsManagerCall<'a> {
    /// The request.
    pub request: &'a ApiRequest,
    /// The caller.
    pub caller: Claims,
    /// The instance that is called.
    pub instance: Instance,
    /// Where the caller has the required role.
    pub permission: Permission,
}

impl ApiRequest {
    /// A parameter of the path.
    pub fn param(&self, name: &str) -> &str {
        self.path.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// A header, if it is present and valid text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}
