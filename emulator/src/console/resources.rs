//! The resource list: the instances, and what clients must be given to reach them.

use crate::console::layout::{Page, Section};
use crate::console::{connect, layout};
use crate::model::State;
use crate::model::secrets_manager::within;
use maud::html;

/// Steps 1 and 2 of IBM's page.
pub(super) fn page(state: &State, url: &str) -> Page {
    let manager = &state.secrets_manager;
    let content = html! {
        h1 { "Resource list" }
        p.lead { "Select an instance of Secrets Manager to see its secrets, or to add one." }
        section #instances data-live="" aria-labelledby="instances-title" {
            h2 #instances-title { "Instances" }
            @if manager.instances.is_empty() { (layout::nothing("This state has no instance.")) }
            ul.cards {
                @for instance in manager.instances.values() {
                    @let secrets = manager.secrets.values().filter(|it| it.instance_id == instance.id).count();
                    @let groups = 1 + manager.secret_groups.starting_with(&within(&instance.id, "")).count();
                    @let account = state.iam.accounts.get(&instance.account_id).map_or("", |it| it.name.as_str());
                    li.card {
                        h3 { a href={ "/_emulator/console/instances/" (instance.id) } { "Secrets Manager, " (instance.region) } }
                        p.id { (instance.id) }
                        p { (account) ": " (plural(secrets, "secret")) ", " (plural(groups, "group")) }
                    }
                }
            }
        }
        (connect::section(state, url))
    };
    Page {
        title: "Resource list".to_owned(),
        section: Section::Resources,
        account: None,
        parents: Vec::new(),
        content,
    }
}

fn plural(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
