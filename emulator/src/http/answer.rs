//! An answer as HTTP, spoilt where a fault asks for it.

use crate::faults::Spoilt;
use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use bytes::Bytes;
use std::time::Duration;
use tokio_stream::StreamExt as _;

/// How long the half of a truncated answer gets to leave.
const CUT_AFTER: Duration = Duration::from_millis(20);

/// The response with that JSON text.
pub(crate) fn write(
    status: u16,
    headers: Vec<(&'static str, String)>,
    text: String,
    spoilt: Option<Spoilt>,
) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let media_type = match spoilt {
        Some(Spoilt::WrongContentType) => "text/html",
        _ => "application/json",
    };
    if !text.is_empty() {
        let media_type = HeaderValue::from_static(media_type);
        response.headers_mut().insert(header::CONTENT_TYPE, media_type);
    }
    match spoilt {
        Some(Spoilt::Truncated) => {
            let length = HeaderValue::from(text.len());
            response.headers_mut().insert(header::CONTENT_LENGTH, length);
            *response.body_mut() = half(text);
        }
        Some(Spoilt::InvalidJson) => *response.body_mut() = Body::from(format!("{{{text}")),
        Some(Spoilt::WrongContentType) | None => *response.body_mut() = Body::from(text),
    }
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
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
