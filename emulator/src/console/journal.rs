//! The journal: what clients asked, and what they were answered.

use crate::console::format;
use crate::console::layout::{self, Page, Section};
use crate::journal::Entry;
use maud::{Markup, html};
use serde_json::value::RawValue;

/// The last entries, newest first.
pub(super) fn page(total: usize, entries: &[Entry]) -> Page {
    let content = html! {
        div.heading {
            h1 { "Journal" }
            form data-send="DELETE /_emulator/journal" data-done="The journal is empty." { button.secondary { "Clear" } }
        }
        p.lead { "Requests to IBM's APIs as they come in. Keys, tokens and payloads are masked." }
        section #journal data-live="" aria-label="Requests" {
            @if entries.is_empty() { (layout::nothing("Nobody has asked for anything yet.")) }
            @else { p { (entries.len()) " of " (total) } }
            ol.journal reversed {
                @for entry in entries.iter().rev() { (shown(entry)) }
            }
        }
    };
    Page {
        title: "Journal".to_owned(),
        section: Section::Journal,
        account: None,
        parents: Vec::new(),
        content,
    }
}

fn shown(entry: &Entry) -> Markup {
    let class = match entry.status {
        Some(200..=299) => "status fine",
        Some(_) => "status refused",
        None => "status dropped",
    };
    html! {
        li value=(entry.seq) {
            details id={ "entry-" (entry.seq) } {
                summary {
                    span class=(class) { @match entry.status { Some(status) => { (status) } None => { "dropped" } } }
                    span.method { (entry.method) }
                    span.operation { (entry.operation.unwrap_or("unknown route")) }
                    span.path { (entry.path) @if !entry.query.is_empty() { "?" (entry.query) } }
                    @if entry.fault { span.badge.fault { "fault" } }
                    time datetime=(entry.time) { (format::moment(entry.time)) }
                }
                dl.details {
                    dt { "Host" } dd { (entry.host) }
                    @if let Some(agent) = &entry.user_agent { dt { "User agent" } dd { (agent) } }
                    dt { "Correlation id" } dd { (entry.correlation_id) }
                }
                (body("Request body", entry.request_body.as_deref()))
                (body("Response body", entry.response_body.as_deref()))
            }
        }
    }
}

fn body(name: &str, body: Option<&RawValue>) -> Markup {
    let value: Option<serde_json::Value> =
        body.and_then(|raw| serde_json::from_str(raw.get()).ok());
    html! {
        h2 { (name) }
        @match value.and_then(|value| serde_json::to_string_pretty(&value).ok()) {
            Some(text) => pre tabindex="0" aria-label=(name) { (text) },
            None => p.nothing { "none" },
        }
    }
}
