//! The frame around all pages, and the headers that they are sent with.

use crate::clock::Mode;
use crate::console::format;
use crate::error::{ApiError, ErrorKind};
use crate::http::errors::{self, Family};
use crate::model::timestamp::Timestamp;
use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use maud::{DOCTYPE, Markup, html};

/// No script, style or frame but the console's own, and nothing inline.
const POLICY: &str = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";

/// An entry of the menu.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Resources,
    Timeline,
    Journal,
    Controls,
}

/// What differs from page to page.
pub(super) struct Page {
    pub(super) title: String,
    pub(super) section: Section,
    /// The account of the instance that it is about: no key of another one is of use there.
    pub(super) account: Option<String>,
    /// The pages above it: name and path.
    pub(super) parents: Vec<(String, String)>,
    pub(super) content: Markup,
}

/// A key that the console can work with, without its value.
pub(super) struct Identity {
    pub(super) key_id: String,
    pub(super) account_id: String,
    pub(super) name: String,
    /// It comes first, so it is selected unless another one is chosen.
    pub(super) is_default: bool,
}

/// What all pages show.
pub(super) struct Frame {
    pub(super) now: Timestamp,
    pub(super) mode: Mode,
    pub(super) identities: Vec<Identity>,
}

/// The whole page.
pub(super) fn render(frame: &Frame, page: Page) -> String {
    let menu = [
        (Section::Resources, "Resource list", "/_emulator/console"),
        (Section::Timeline, "Time line", "/_emulator/console/timeline"),
        (Section::Journal, "Journal", "/_emulator/console/journal"),
        (Section::Controls, "Controls", "/_emulator/console/controls"),
    ];
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (page.title) " – Secrets Manager emulator" }
                link rel="icon" href="/_emulator/console/assets/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/_emulator/console/assets/console.css";
                script type="module" src="/_emulator/console/assets/console.js" {}
            }
            body {
                a.skip href="#content" { "Skip to content" }
                header.top {
                    a.product href="/_emulator/console" { "Secrets Manager " span { "emulator" } }
                    nav aria-label="Menu" {
                        ul {
                            @for (section, name, path) in menu {
                                li {
                                    a href=(path) aria-current=[(section == page.section).then_some("page")] { (name) }
                                }
                            }
                        }
                    }
                    (clock(frame))
                    (identities(&frame.identities, page.account.as_deref()))
                }
                main #content tabindex="-1" {
                    @if !page.parents.is_empty() {
                        nav.trail aria-label="Breadcrumb" {
                            ol {
                                @for (name, path) in &page.parents { li { a href=(path) { (name) } } }
                            }
                        }
                    }
                    (page.content)
                }
                p #status role="status" {}
                dialog #confirm aria-labelledby="confirm-text" {
                    form method="dialog" {
                        p #confirm-text {}
                        div.buttons {
                            button.secondary value="" { "Cancel" }
                            button.danger value="yes" { "Go on" }
                        }
                    }
                }
            }
        }
    };
    page.into_string()
}

fn clock(frame: &Frame) -> Markup {
    let (mode, word) = match frame.mode {
        Mode::Frozen => ("frozen", "frozen"),
        Mode::System => ("system", "running"),
    };
    html! {
        a.clock #clock data-live="" href="/_emulator/console/controls" {
            span.label { "Clock, " (word) }
            time data-clock=(frame.now.unix()) data-mode=(mode) datetime=(frame.now) { (format::moment(frame.now)) }
        }
    }
}

fn identities(identities: &[Identity], account: Option<&str>) -> Markup {
    let of_use = |it: &&Identity| account.is_none_or(|account| account == it.account_id);
    html! {
        div.acting {
            label for="acting-as" { "Acting as" }
            select #acting-as data-account=(account.unwrap_or_default()) {
                @for identity in identities.iter().filter(of_use) {
                    option value=(identity.key_id) { (identity.name) }
                }
            }
        }
    }
}

/// A line that tells where to find what a table lacks.
pub(super) fn nothing(text: &str) -> Markup {
    html! { p.nothing { (text) } }
}

/// A text to copy.
pub(super) fn snippet(id: &str, name: &str, text: &str) -> Markup {
    html! {
        div.snippet {
            div.bar {
                h3 { (name) }
                button.ghost type="button" data-copy=(id) { "Copy" span.unseen { " " (name) } }
            }
            pre #(id) tabindex="0" aria-label=(name) { (text) }
        }
    }
}

/// A page as a response.
pub(super) fn html(text: String) -> Response<Body> {
    with_headers(200, "text/html; charset=utf-8", text.into())
}

/// Leads to another page.
pub(super) fn redirect(path: &'static str) -> Response<Body> {
    let mut response = with_headers(302, "text/html; charset=utf-8", Body::empty());
    response.headers_mut().insert(header::LOCATION, HeaderValue::from_static(path));
    // The same path answers programs in another way.
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept"));
    response
}

/// Data for the scripts.
pub(super) fn json(status: u16, body: &serde_json::Value) -> Response<Body> {
    with_headers(status, "application/json", body.to_string().into())
}

/// A refusal, in the control API's format.
pub(super) fn failed(error: &ApiError) -> Response<Body> {
    let (status, body) = errors::render(Family::Control, error, "console");
    json(status, &body)
}

/// A refusal where a page was wanted.
pub(super) fn refused(error: &ApiError) -> Response<Body> {
    match error.kind {
        ErrorKind::NotFound => with_headers(404, "text/html; charset=utf-8", missing(error).into()),
        _ => failed(error),
    }
}

fn missing(error: &ApiError) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                title { "Not found – Secrets Manager emulator" }
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                link rel="stylesheet" href="/_emulator/console/assets/console.css";
            }
            body {
                main {
                    h1 { "Not found" }
                    p { (error.message) }
                    p { a href="/_emulator/console" { "To the resource list" } }
                }
            }
        }
    };
    page.into_string()
}

/// A response with the headers that everything here has.
pub(super) fn with_headers(status: u16, media_type: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, media_type),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
