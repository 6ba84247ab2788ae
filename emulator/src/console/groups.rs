//! The secret groups of an instance.

use crate::console::layout::{Page, Section};
use crate::console::secrets;
use crate::model::State;
use crate::model::secrets_manager::{DEFAULT_GROUP, Instance, within};
use maud::{Markup, html};

/// The table of groups, and a form for a new one.
pub(super) fn page(state: &State, instance: &Instance) -> Page {
    let path = secrets::path(instance);
    let prefix = within(&instance.id, "");
    let content = html! {
        h1 { "Secret groups" }
        p.id { "Secrets Manager, " (instance.region) ", " (instance.id) }
        nav.tabs aria-label="Instance" {
            ul {
                li { a href=(path) { "Secrets" } }
                li { a href={ (path) "/groups" } aria-current="page" { "Secret groups" } }
            }
        }
        section #groups data-live="" aria-label="Groups" {
            div.scroll tabindex="0" role="region" aria-label="Table of groups" {
                table {
                    thead { tr { th scope="col" { "Name" } th scope="col" { "Description" } th scope="col" { "Id" } th scope="col" { "Secrets" } } }
                    tbody {
                        (row(state, instance, DEFAULT_GROUP, "Default", "Always there"))
                        @for group in state.secrets_manager.secret_groups.starting_with(&prefix) {
                            (row(state, instance, &group.id, &group.name, &group.description))
                        }
                    }
                }
            }
        }
        section aria-labelledby="new-group" {
            h2 #new-group { "New group" }
            form.plain data-send={ "POST /instances/" (instance.id) "/api/v2/secret_groups" } data-done="The group exists." {
                div.field { label for="group-name" { "Name" } input #group-name name="name" required; }
                div.field { label for="group-description" { "Description" } input #group-description name="description"; }
                button { "Create" }
            }
        }
    };
    let parents = vec![("Resource list".to_owned(), "/_emulator/console".to_owned())];
    Page {
        title: "Secret groups".to_owned(),
        section: Section::Resources,
        account: Some(instance.account_id.clone()),
        parents,
        content,
    }
}

fn row(state: &State, instance: &Instance, id: &str, name: &str, description: &str) -> Markup {
    let secrets = state.secrets_manager.secrets.values();
    let count = secrets.filter(|it| it.instance_id == instance.id && it.secret_group_id == id);
    html! {
        tr {
            th scope="row" { (name) }
            td { (description) }
            td.id { (id) }
            td.number { (count.count()) }
        }
    }
}
