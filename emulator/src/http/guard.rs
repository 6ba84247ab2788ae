//! Refuses what web pages send: every page that a developer has open can reach this machine's ports.

use crate::app::App;
use crate::error::{ApiError, ErrorKind};
use crate::http::address::{self, Addressed};
use crate::http::errors::{self, Family};
use crate::http::response;
use axum::body::{Body, HttpBody as _};
use axum::extract::{Request, State};
use axum::http::{Method, Response, header};
use axum::middleware::Next;
use std::net::IpAddr;
use std::sync::Arc;

/// Passes a request on, unless a page of another site may have sent it.
pub(crate) async fn check(
    State(app): State<Arc<App>>,
    request: Request,
    next: Next,
) -> Response<Body> {
    match refusal(&app.hosts, &request) {
        None => next.run(request).await,
        Some(error) => {
            let family = Family::of(request.uri().path());
            let (status, body) = errors::render(family, &error, &app.trace());
            response::write(status, Vec::new(), body.to_string(), None)
        }
    }
}

fn refusal(hosts: &[String], request: &Request) -> Option<ApiError> {
    // The target of a request can name a host too. Only programs send no host at all.
    let addressed =
        request.extensions().get::<Addressed>().map(|addressed| addressed.host.as_str());
    let headers = request.headers().get_all(header::HOST).iter();
    let named = headers.map(|value| value.to_str().unwrap_or_default());
    let mut named = addressed.filter(|host| !host.is_empty()).into_iter().chain(named);
    if let Some(host) = named.find(|host| !is_own(host, hosts)) {
        return Some(ApiError::new(
            ErrorKind::Forbidden,
            format!(
                "'{host}' is not a name of this emulator, and a web page could use it to get here. Use localhost, an IP address or IBM's names, or start the emulator with --allow-host."
            ),
        ));
    }
    let sent = |name| request.headers().get(name).map(|value| value.to_str().unwrap_or_default());
    let foreign_origin = sent("origin").is_some_and(|origin| {
        !origin.eq_ignore_ascii_case(&address::base_url(request.extensions()))
    });
    let foreign_site =
        sent("sec-fetch-site").is_some_and(|it| !matches!(it, "same-origin" | "none"));
    if foreign_origin || foreign_site {
        return Some(ApiError::new(
            ErrorKind::Forbidden,
            "The request comes from a web page of another origin, which this emulator does not serve.",
        ));
    }
    // Pages can send other types to any site without asking it first.
    let is_write = matches!(*request.method(), Method::POST | Method::PUT);
    if is_write && Family::of(request.uri().path()) == Family::Control {
        let content_type = sent(header::CONTENT_TYPE.as_str());
        let is_json = content_type.is_some_and(|given| {
            let media_type = given.split(';').next().unwrap_or_default().trim();
            media_type.eq_ignore_ascii_case("application/json")
        });
        let is_empty = content_type.is_none() && request.body().is_end_stream();
        if !is_json && !is_empty {
            return Some(ApiError::new(
                ErrorKind::MediaType,
                "The control API takes bodies of the content type application/json only.",
            ));
        }
    }
    None
}

/// Whether a `Host` header, or the host of a target, names this emulator. A page can have its own name
/// lead here (DNS rebinding), but it can do so with no IP address, `localhost` or name of IBM's.
fn is_own(host: &str, more: &[String]) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    address.parse::<IpAddr>().is_ok()
        || name == "localhost"
        || name.ends_with(".localhost")
        || address::ibm_host(&name).is_some()
        || more.iter().any(|more| more.eq_ignore_ascii_case(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_names() {
        let more = ["emulator.test".to_owned()];
        for (host, expected) in [
            ("localhost:8484", true),
            ("LOCALHOST", true),
            ("localhost.:8484", true),
            ("a.localhost:8484", true),
            ("127.0.0.1:8484", true),
            ("127.0.0.1", true),
            ("[::1]:8484", true),
            ("[::1]", true),
            ("192.0.2.1:8484", true),
            ("iam.cloud.ibm.com", true),
            ("abc.us-south.secrets-manager.appdomain.cloud:443", true),
            ("emulator.test:8484", true),
            ("Emulator.test", true),
            ("", false),
            (":8484", false),
            ("evil.example@localhost", false),
            ("evil.example", false),
            ("evil.example:8484", false),
            ("127.0.0.1.evil.example:8484", false),
            ("localhost.evil.example", false),
            ("evil-localhost", false),
            ("iam.cloud.ibm.com.evil.example", false),
            ("localhost:8484.evil.example", false),
            ("[evil.example]:8484", false),
        ] {
            assert_eq!(is_own(host, &more), expected, "{host}");
        }
    }
}
