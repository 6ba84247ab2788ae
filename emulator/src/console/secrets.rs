//! The table of an instance's secrets.

use crate::console::layout::{Page, Section};
use crate::console::{format, layout};
use crate::model::State;
use crate::model::secret::{Kind, Secret};
use crate::model::secrets_manager::{DEFAULT_GROUP, Instance, within};
use crate::model::timestamp::Timestamp;
use maud::{Markup, html};

/// More rows would make a page that nobody reads.
const ROWS: usize = 200;

/// Step 3 of IBM's page.
pub(super) fn page(state: &State, instance: &Instance, search: &str, now: Timestamp) -> Page {
    let (total, found) = find(state, instance, search);
    let path = path(instance);
    let content = html! {
        div.heading {
            h1 { "Secrets" }
            a.button href={ (path) "/add" } { "Add" }
        }
        p.id { "Secrets Manager, " (instance.region) ", " (instance.id) }
        nav.tabs aria-label="Instance" {
            ul {
                li { a href=(path) aria-current="page" { "Secrets" } }
                li { a href={ (path) "/groups" } { "Secret groups" } }
            }
        }
        form.search role="search" method="get" {
            label for="search" { "Search by name or label" }
            input #search type="search" name="q" value=(search);
            button.secondary { "Search" }
        }
        section #secrets data-live="" aria-label="Secrets" {
            @if found.is_empty() {
                @if search.is_empty() {
                    (layout::nothing("No secrets yet. Add one, or let a client create it."))
                } @else {
                    (layout::nothing("No secret has that in its name or its labels."))
                }
            } @else {
                div.scroll tabindex="0" role="region" aria-label="Table of secrets" {
                    table {
                        caption { (total) " in this instance" @if found.len() < total { ", " (found.len()) " shown" } }
                        thead { tr { th scope="col" { "Name" } th scope="col" { "Type" } th scope="col" { "Group" }
                            th scope="col" { "State" } th scope="col" { "Lease" } th scope="col" { "Next rotation" }
                            th scope="col" { "Versions" } th scope="col" { "Locks" } } }
                        tbody { @for secret in found { (row(state, secret, &path, now)) } }
                    }
                }
            }
        }
    };
    let parents = vec![("Resource list".to_owned(), "/_emulator/console".to_owned())];
    Page {
        title: "Secrets".to_owned(),
        section: Section::Resources,
        account: Some(instance.account_id.clone()),
        parents,
        content,
    }
}

/// The path of an instance's page.
pub(super) fn path(instance: &Instance) -> String {
    format!("/_emulator/console/instances/{}", instance.id)
}

/// The name of a secret group.
pub(super) fn group_name<'a>(state: &'a State, instance_id: &str, id: &'a str) -> &'a str {
    let groups = &state.secrets_manager.secret_groups;
    match groups.get(&within(instance_id, id)) {
        Some(group) => &group.name,
        None if id == DEFAULT_GROUP => "Default",
        None => id,
    }
}

/// The state as a label.
pub(super) fn badge(secret: &Secret) -> Markup {
    let (_, name) = secret.state();
    html! { span.badge.(name) { (name) } }
}

/// How long the current lease lasts.
pub(super) fn lease(secret: &Secret, now: Timestamp) -> Markup {
    let current = secret.current().filter(|version| version.payload_available());
    match (current, secret.expiration_date()) {
        (Some(_), Some(end)) => format::countdown(end, now),
        (None, Some(end)) if end <= now => html! { "ended" },
        _ if matches!(secret.kind, Kind::Arbitrary { .. }) => html! { "does not end" },
        _ => html! { "begins at the first read" },
    }
}

/// When the secret is rotated next.
pub(super) fn next_rotation(secret: &Secret, now: Timestamp) -> Markup {
    match secret.next_rotation_date() {
        Some(next) => html! { "in " (format::countdown(next, now)) },
        None => html! { "none" },
    }
}

fn row(state: &State, secret: &Secret, path: &str, now: Timestamp) -> Markup {
    html! {
        tr {
            th scope="row" {
                a href={ (path) "/secrets/" (secret.id) } { (secret.name) }
                @if !secret.labels.is_empty() {
                    span.labels { @for label in &secret.labels { span.label { (label) } } }
                }
            }
            td { (secret.kind.secret_type().replace('_', " ")) }
            td { (group_name(state, &secret.instance_id, &secret.secret_group_id)) }
            td { (badge(secret)) }
            td.number { (lease(secret, now)) }
            td.number { (next_rotation(secret, now)) }
            td.number { (secret.versions.len()) }
            td.number { (secret.locks_total()) }
        }
    }
}

/// How many secrets the instance has, and those that match, newest first.
fn find<'a>(state: &'a State, instance: &Instance, search: &str) -> (usize, Vec<&'a Secret>) {
    let wanted = search.to_lowercase();
    let all = state.secrets_manager.secrets.values();
    let own: Vec<_> = all.filter(|secret| secret.instance_id == instance.id).collect();
    let mut found: Vec<_> = own
        .iter()
        .copied()
        .filter(|secret| {
            let mut texts = secret.labels.iter().chain([&secret.name]);
            texts.any(|text| text.to_lowercase().contains(&wanted))
        })
        .collect();
    found.sort_by(|a, b| b.created_at.cmp(&a.created_at).then_with(|| a.id.cmp(&b.id)));
    found.truncate(ROWS);
    (own.len(), found)
}
