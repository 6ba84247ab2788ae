//! Receives bodies that a client has compressed, as IBM's SDKs do if they are told to, and those of the
//! control API.

use crate::app::App;
use crate::error::{ApiError, ErrorKind, Result};
use crate::http::errors::{self, Family};
use crate::http::exchange::{LARGEST_BODY, LARGEST_STATE, read};
use crate::http::response;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Response, header};
use axum::middleware::Next;
use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use std::io::Read as _;
use std::sync::Arc;

/// Passes a request on with its body as it was before the client compressed it. Plain bodies for IBM's
/// APIs are left to the exchange, which also records what is wrong with them.
pub(crate) async fn decode(
    State(app): State<Arc<App>>,
    request: Request,
    next: Next,
) -> Response<Body> {
    let family = Family::of(request.uri().path());
    let is_compressed = request.headers().contains_key(header::CONTENT_ENCODING);
    if !is_compressed && family != Family::Control {
        return next.run(request).await;
    }
    let largest = if family == Family::Control { LARGEST_STATE } else { LARGEST_BODY };
    let (mut parts, body) = request.into_parts();
    let body = read(body, largest, app.patience).await;
    match body.and_then(|body| decoded(&parts.headers, body, largest)) {
        Ok(body) => {
            if is_compressed {
                parts.headers.remove(header::CONTENT_ENCODING);
                // It has the compressed one.
                parts.headers.remove(header::CONTENT_LENGTH);
            }
            next.run(Request::from_parts(parts, Body::from(body))).await
        }
        Err(error) => {
            let (status, body) = errors::render(family, &error, &app.trace());
            response::write(status, Vec::new(), body.to_string(), None)
        }
    }
}

/// The body without the encodings that its header names, at most `largest` bytes.
fn decoded(headers: &HeaderMap, mut body: Bytes, largest: usize) -> Result<Bytes> {
    let mut encodings = Vec::new();
    for value in headers.get_all(header::CONTENT_ENCODING) {
        let names = String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase();
        encodings.extend(names.split(',').map(|name| name.trim().to_owned()));
    }
    // The last one was applied last.
    for encoding in encodings.iter().rev() {
        match encoding.as_str() {
            "" | "identity" => {}
            "gzip" | "x-gzip" => body = unzipped(&body, largest)?,
            other => {
                return Err(ApiError::new(
                    ErrorKind::MediaType,
                    format!("The content encoding '{other}' is not known: gzip and identity are."),
                ));
            }
        }
    }
    Ok(body)
}

fn unzipped(body: &[u8], largest: usize) -> Result<Bytes> {
    let mut text = Vec::new();
    let limit = u64::try_from(largest).unwrap_or(u64::MAX);
    let read = MultiGzDecoder::new(body).take(limit.saturating_add(1)).read_to_end(&mut text);
    match read {
        Ok(length) if length <= largest => Ok(text.into()),
        Ok(_) => Err(ApiError::new(
            ErrorKind::TooLarge,
            format!("The body is larger than {largest} bytes when it is decompressed."),
        )),
        Err(_) => Err(ApiError::new(ErrorKind::Invalid, "The body is not valid gzip.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write as _;

    fn zipped(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn decode(encodings: &[&'static str], body: Vec<u8>) -> std::result::Result<String, ErrorKind> {
        let mut headers = HeaderMap::new();
        for encoding in encodings {
            headers.append(header::CONTENT_ENCODING, encoding.parse().unwrap());
        }
        let text = decoded(&headers, body.into(), 1000).map_err(|error| error.kind)?;
        Ok(String::from_utf8(text.to_vec()).unwrap())
    }

    #[test]
    fn encodings() {
        let plain = || b"{}".to_vec();
        let text = || Ok("{}".to_owned());
        assert_eq!(decode(&[], plain()), text());
        assert_eq!(decode(&["identity"], plain()), text());
        assert_eq!(decode(&["gzip"], zipped(b"{}")), text());
        assert_eq!(decode(&["X-GZIP"], zipped(b"{}")), text());
        assert_eq!(decode(&["gzip, identity"], zipped(b"{}")), text());
        assert_eq!(decode(&["gzip", "gzip"], zipped(&zipped(b"{}"))), text());
        assert_eq!(decode(&["gzip"], zipped(&[b' '; 1000])).map(|it| it.len()), Ok(1000));
        assert_eq!(decode(&["gzip"], zipped(&[b' '; 1001])), Err(ErrorKind::TooLarge));
        assert_eq!(decode(&["gzip"], zipped(&vec![0; 50_000_000])), Err(ErrorKind::TooLarge));
        assert_eq!(decode(&["gzip"], plain()), Err(ErrorKind::Invalid));
        let whole = zipped(b"{}");
        let half = whole.split_at(whole.len() / 2).0.to_vec();
        assert_eq!(decode(&["gzip"], half), Err(ErrorKind::Invalid));
        assert_eq!(decode(&["br"], plain()), Err(ErrorKind::MediaType));
        assert_eq!(decode(&["gzip, deflate"], plain()), Err(ErrorKind::MediaType));
    }
}
