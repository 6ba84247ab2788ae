//! One secret: its lease, its versions and locks, what stands behind it, and what can be done with it.

use crate::console::graph::Graph;
use crate::console::layout::{self, Page, Section};
use crate::console::{format, recipes, secrets, timeline};
use crate::error::{ApiError, Result};
use crate::model::State;
use crate::model::lease::{Rotation, Unit};
use crate::model::secret::{Kind, Secret, Source, Version};
use crate::model::secrets_manager::Instance;
use crate::model::timestamp::Timestamp;
use maud::{Markup, html};

/// The page of a secret.
pub(super) fn page(
    state: &State,
    instance: &Instance,
    id: &str,
    url: &str,
    now: Timestamp,
) -> Result<Page> {
    let found = state.secrets_manager.secrets.get(id).filter(|it| it.instance_id == instance.id);
    let secret = found.ok_or_else(|| ApiError::not_found("Secret", id))?;
    let api = format!("/instances/{}/api/v2/secrets/{}", instance.id, secret.id);
    let content = html! {
        div.heading { h1 { (secret.name) } (secrets::badge(secret)) }
        p.id { (secret.id) }
        @if let Some(description) = &secret.description { p.lead { (description) } }
        section #lease data-live="" aria-label="Lease" {
            dl.figures {
                div { dt { "Lease" } dd { (secrets::lease(secret, now)) } }
                div { dt { "Next rotation" } dd { (secrets::next_rotation(secret, now)) } }
                div { dt { "Versions" } dd { (secret.versions.len()) } }
                div { dt { "Locks" } dd { (secret.locks_total()) } }
            }
        }
        (value(secret, &api))
        section #objects data-live="" aria-labelledby="objects-title" {
            h2 #objects-title { "Behind it in IAM" }
            (Graph::of(state, secret).draw())
        }
        section #versions data-live="" aria-labelledby="versions-title" {
            h2 #versions-title { "Versions and locks" }
            (versions(secret, &api, now))
        }
        section #leases data-live="" aria-labelledby="leases-title" {
            h2 #leases-title { "Leases and rotations" }
            (timeline::draw([secret], now))
        }
        section #details data-live="" aria-labelledby="details-title" {
            h2 #details-title { "Details" }
            (details(state, secret))
        }
        @if let Some(body) = recipes::body_of(secret) {
            section aria-labelledby="recipes-title" {
                h2 #recipes-title { "The same by other clients" }
                div.columns {
                    (layout::snippet("recipe-hcl", "Terraform", &recipes::hcl(&body, instance)))
                    (layout::snippet("recipe-curl", "curl", &recipes::curl(&body, instance, url)))
                }
            }
        }
        section aria-labelledby="delete-title" {
            h2 #delete-title { "Delete" }
            form data-send={ "DELETE " (api) } data-confirm="Delete this secret and its credentials?"
                data-then=(secrets::path(instance)) {
                button.danger { "Delete secret" }
            }
        }
    };
    let parents = vec![
        ("Resource list".to_owned(), "/_emulator/console".to_owned()),
        ("Secrets".to_owned(), secrets::path(instance)),
    ];
    Ok(Page {
        title: secret.name.clone(),
        section: Section::Resources,
        account: Some(instance.account_id.clone()),
        parents,
        content,
    })
}

fn value(secret: &Secret, api: &str) -> Markup {
    let (field, is_dynamic) = match &secret.kind {
        Kind::IamCredentials(settings) => ("api_key", !settings.reuse_api_key),
        Kind::Arbitrary { .. } => ("payload", false),
    };
    let can_rotate = matches!(secret.kind, Kind::IamCredentials(_)) && !is_dynamic;
    html! {
        section aria-labelledby="value-title" {
            h2 #value-title { "Value" }
            p {
                @if is_dynamic { "Each read makes a new API key. " } @else if can_rotate { "The first read makes the API key. " }
                "Reading is a request like any client's: it is in the journal."
            }
            div.buttons {
                button #show-value type="button" data-read=(api) data-field=(field) aria-expanded="false" aria-controls="value" { "Read and show" }
                @if can_rotate {
                    form data-send={ "POST " (api) "/versions" } data-done="Rotated: there is a new key." { button.secondary { "Rotate now" } }
                }
            }
            p.value-line { output #value aria-label="Value" hidden {} }
        }
    }
}

fn versions(secret: &Secret, api: &str, now: Timestamp) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="Table of versions" {
            table {
                thead { tr { th scope="col" { "Version" } th scope="col" { "Created" } th scope="col" { "By" } th scope="col" { "Lease" }
                    th scope="col" { "Data" } th scope="col" { "Locks" } th scope="col" { span.unseen { "Actions" } } } }
                tbody {
                    @for (position, version) in secret.versions.iter().enumerate().rev() {
                        (version_row(secret, position, version, api, now))
                    }
                }
            }
        }
    }
}

fn version_row(
    secret: &Secret,
    position: usize,
    version: &Version,
    api: &str,
    now: Timestamp,
) -> Markup {
    let alias = secret.alias(position);
    let send = format!("{api}/versions/{}/locks_bulk", version.id);
    html! {
        tr {
            th scope="row" {
                (position + 1)
                @if let Some(alias) = &alias { " " span.label { (alias.name()) } }
                div.id { (version.id) }
            }
            td.number { (format::moment(version.created_at)) }
            td { @if version.auto_rotated { "schedule" } @else { "a client" } }
            td.number {
                @match version.expiration_date {
                    Some(end) if version.payload_available() => { (format::countdown(end, now)) }
                    Some(_) => { "ended" }
                    None => { "none" }
                }
            }
            td { @if version.payload_available() { "available" } @else { "none" } }
            td {
                @for lock in &version.locks {
                    form.inline data-send={ "DELETE " (send) "?name=" (encoded(&lock.name)) } data-done="Unlocked." {
                        span.label { (lock.name) }
                        button.ghost id={ "unlock-" (version.id) "-" (lock.name) } { "Unlock" span.unseen { " " (lock.name) } }
                    }
                }
                @if version.locks.is_empty() { "none" }
            }
            td {
                @if alias.is_some() {
                    form.inline data-send={ "POST " (send) } data-body=r#"{"locks":[{"name":"console"}]}"# data-done="Locked." {
                        button.ghost id={ "lock-" (version.id) } { "Lock" span.unseen { " version " (position + 1) } }
                    }
                }
            }
        }
    }
}

fn details(state: &State, secret: &Secret) -> Markup {
    html! {
        dl.details {
            dt { "Type" } dd { (secret.kind.secret_type()) }
            dt { "Secret group" } dd { (secrets::group_name(state, &secret.instance_id, &secret.secret_group_id)) }
            dt { "Labels" } dd { @if secret.labels.is_empty() { "none" } @for label in &secret.labels { span.label { (label) } " " } }
            @if let Kind::IamCredentials(settings) = &secret.kind {
                dt { "Lease duration" } dd { (format::duration(i64::from(settings.ttl.seconds()))) }
                dt { "Reuse IAM credentials" } dd { @if settings.reuse_api_key { "On" } @else { "Off" } }
                dt { "Automatic rotation" }
                dd { (rotation(&settings.rotation)) }
                dt { "Source account" } dd { (settings.account_id.as_deref().unwrap_or("current account")) }
                dt { "Access" }
                dd {
                    @match &settings.source {
                        Source::ServiceId(id) => { "service ID " (id) }
                        Source::AccessGroups(ids) => { "access groups " (ids.join(", ")) }
                    }
                }
            }
            dt { "Created" } dd { (format::moment(secret.created_at)) " by " (secret.created_by) }
            dt { "Last read" } dd { @match secret.retrieved_at { Some(at) => { (format::moment(at)) } None => { "never" } } }
            @if !secret.custom_metadata.is_empty() {
                dt { "Metadata" }
                dd { pre tabindex="0" aria-label="Metadata" { (serde_json::to_string_pretty(&secret.custom_metadata).unwrap_or_default()) } }
            }
        }
    }
}

/// A text as a value in a query.
fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn rotation(rotation: &Rotation) -> String {
    let unit = match rotation.unit {
        Some(Unit::Day) => "day",
        Some(Unit::Month) => "month",
        None => "",
    };
    match rotation.interval.filter(|_| rotation.auto_rotate) {
        Some(1) => format!("every {unit}"),
        Some(number) => format!("every {number} {unit}s"),
        None => "Off".to_owned(),
    }
}
