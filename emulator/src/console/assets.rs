//! Scripts, styles and the icon, embedded in the binary.

use crate::console::layout;
use axum::body::Body;
use axum::extract::Path;
use axum::http::Response;

const ASSETS: [(&str, &str, &str); 4] = [
    ("console.css", "text/css; charset=utf-8", include_str!("assets/console.css")),
    ("console.js", "text/javascript; charset=utf-8", include_str!("assets/console.js")),
    ("wizard.js", "text/javascript; charset=utf-8", include_str!("assets/wizard.js")),
    ("icon.svg", "image/svg+xml", include_str!("assets/icon.svg")),
];

pub(super) async fn get(Path(name): Path<String>) -> Response<Body> {
    match ASSETS.iter().find(|(known, ..)| *known == name) {
        Some((_, media_type, text)) => layout::with_headers(200, media_type, Body::from(*text)),
        None => layout::with_headers(404, "text/plain; charset=utf-8", Body::empty()),
    }
}
