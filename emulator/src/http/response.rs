//! Writes a response, corrupted if a fault asks for it.

use crate::faults::Corruption;
use crate::model::timestamp::Timestamp;
use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use bytes::Bytes;
use std::time::{Duration, UNIX_EPOCH};
use tokio_stream::StreamExt as _;

/// How long the first half of a truncated response has to be sent.
const CUT_AFTER: Duration = Duration::from_millis(20);

/// Marks a response that must not be sent: the connection is dropped instead.
#[derive(Clone, Copy, Debug)]
pub struct Dropped;

/// A response with a JSON body.
pub(crate) fn write(
    status: u16,
    headers: Vec<(&'static str, String)>,
    text: String,
    corruption: Option<Corruption>,
) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let media_type = match corruption {
        Some(Corruption::WrongContentType) => "text/html",
        _ => "application/json",
    };
    if !text.is_empty() {
        let media_type = HeaderValue::from_static(media_type);
        response.headers_mut().insert(header::CONTENT_TYPE, media_type);
    }
    match corruption {
        Some(Corruption::Truncated) => {
            let length = HeaderValue::from(text.len());
            response.headers_mut().insert(header::CONTENT_LENGTH, length);
            *response.body_mut() = half(text);
        }
        Some(Corruption::InvalidJson) => *response.body_mut() = Body::from(format!("{{{text}")),
        Some(Corruption::WrongContentType) | None => *response.body_mut() = Body::from(text),
    }
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// The first half of a body, followed by a dropped connection.
fn half(text: String) -> Body {
    let bytes = Bytes::from(text);
    let first = bytes.slice(..bytes.len() / 2);
    let cut = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
    let parts = tokio_stream::iter([Ok(first), Err(cut)]).then(async |part| {
        if part.is_err() {
            // The first half is flushed only while nothing else is ready to be sent.
            tokio::time::sleep(CUT_AFTER).await;
        }
        part
    });
    Body::from_stream(parts)
}

/// The format of the `Date` header.
pub(crate) fn http_date(at: Timestamp) -> String {
    // A timestamp is never before 1970.
    let since_epoch = Duration::from_secs(at.unix().unsigned_abs());
    httpdate::fmt_http_date(UNIX_EPOCH + since_epoch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_dates() {
        let at: Timestamp = "2026-01-10T09:00:00Z".parse().unwrap();
        assert_eq!(http_date(at), "Sat, 10 Jan 2026 09:00:00 GMT");
    }
}
