//! The wizard: the steps of IBM's page "Creating IAM credentials in the UI", in their order.

use crate::console::layout::{self, Page, Section};
use crate::console::secrets;
use crate::http::secrets_manager::settings::IAM_NAME_PREFIX;
use crate::model::State;
use crate::model::secrets_manager::{Instance, within};
use maud::{Markup, html};

const SCREENS: [(&str, &str); 5] = [
    ("type", "Secret type"),
    ("details", "Details"),
    ("lease", "Lease"),
    ("access", "Assign access"),
    ("review", "Review"),
];

/// Steps 4 to 19.
pub(super) fn page(state: &State, instance: &Instance) -> Page {
    let path = secrets::path(instance);
    let api = format!("/instances/{}/api/v2", instance.id);
    let content = html! {
        h1 { "Add a secret" }
        p.id { "Secrets Manager, " (instance.region) ", " (instance.id) }
        noscript { p.note { "The wizard needs JavaScript." } }
        ol.progress aria-label="Steps" {
            @for (id, name) in SCREENS { li data-for=(id) { (name) } }
        }
        form #wizard novalidate data-api=(api) data-home=(path) {
            div.refusal #refusal role="alert" tabindex="-1" {}
            (secret_type(state, instance))
            (details(state, instance))
            (lease())
            (access(state, instance))
            (review())
            div.buttons.bar {
                a.button.ghost href=(path) { "Cancel" }
                button.secondary #back type="button" { "Back" }
                button #next type="submit" { "Next" }
            }
        }
        script type="module" src="/_emulator/console/assets/wizard.js" {}
    };
    let parents = vec![
        ("Resource list".to_owned(), "/_emulator/console".to_owned()),
        ("Secrets".to_owned(), path),
    ];
    Page {
        title: "Add a secret".to_owned(),
        section: Section::Resources,
        account: Some(instance.account_id.clone()),
        parents,
        content,
    }
}

/// A screen; `steps` are those of IBM's page.
fn screen(id: &str, title: &str, steps: &str, content: Markup) -> Markup {
    html! {
        section data-screen=(id) hidden aria-labelledby={ (id) "-title" } {
            h2 id={ (id) "-title" } tabindex="-1" { (title) }
            p.steps { "Steps " (steps) " of IBM's page" }
            (content)
        }
    }
}

fn secret_type(state: &State, instance: &Instance) -> Markup {
    let mut configurations = state.secrets_manager.configurations.values();
    let has_engine = configurations.any(|it| it.instance_id == instance.id && it.is_engine());
    let keys = state.iam.api_keys.values().filter(|it| !it.name.starts_with(IAM_NAME_PREFIX));
    let content = html! {
        p { "To create or add secrets, you need the Writer service role or higher." }
        fieldset.tiles {
            legend { "Secret type" }
            label.tile {
                input type="radio" name="secret_type" value="iam_credentials" aria-describedby="type-about";
                span {
                    strong { "IAM credentials" }
                    span #type-about { "A service ID and an API key, made when the secret is read, and revoked at the end of its lease." }
                }
            }
        }
        @if !has_engine {
            fieldset.panel #engine {
                legend { "The engine is not configured" }
                p.note { "IAM credentials require a configuration step before you can create them: the engine needs an API key with which it works in IAM." }
                div.field {
                    label for="engine-key" { "API key of the engine" }
                    select #engine-key {
                        @for key in keys { option value=(key.id) selected[key.name == "iam-credentials-engine"] { (key.name) } }
                    }
                }
                button.secondary #configure type="button" { "Configure the engine" }
            }
        }
    };
    screen("type", "Select a secret type", "4 and 5", content)
}

fn details(state: &State, instance: &Instance) -> Markup {
    let prefix = within(&instance.id, "");
    let content = html! {
        (field("name", "Name", html! { input #name name="name" autocomplete="off" aria-describedby="name-help"; },
            "It is also part of the name of the API key: Secrets-Manager-IAM-Secret-name. A later change of the name is not reflected in IAM."))
        (field("description", "Description (optional)", html! { textarea #description name="description" rows="2" aria-describedby="description-help" {} }, "Do not use personal data."))
        (field("secret_group_id", "Secret group", html! {
            select #secret_group_id name="secret_group_id" aria-describedby="secret_group_id-help" {
                option value="default" { "Default" }
                @for group in state.secrets_manager.secret_groups.starting_with(&prefix) { option value=(group.id) { (group.name) } }
            }
        }, "Access to all secrets of a group can be granted at once."))
        details.more #new-group {
            summary { "Create a group" }
            div.field { label for="group-name" { "Name of the group" } input #group-name autocomplete="off"; }
            div.field { label for="group-description" { "Description of the group" } input #group-description autocomplete="off"; }
            button.secondary #create-group type="button" { "Create" }
        }
        (field("labels", "Labels (optional)", html! { input #labels name="labels" autocomplete="off" aria-describedby="labels-help"; },
            "Separated by commas. They help to search for similar secrets."))
        (metadata("custom_metadata", "Metadata of the secret (optional)"))
        (metadata("version_custom_metadata", "Metadata of its first version (optional)"))
    };
    screen("details", "Describe the secret", "6 to 10", content)
}

fn metadata(name: &str, label: &str) -> Markup {
    html! {
        (field(name, label, html! {
            textarea id=(name) name=(name) rows="3" spellcheck="false" aria-describedby={ (name) "-help" } {}
        }, "JSON. It must not have confidential data."))
        div.field.file {
            label for={ (name) "-file" } { "Or from a file" span.unseen { ": " (label) } }
            input id={ (name) "-file" } type="file" accept=".json,application/json" data-into=(name);
        }
    }
}

fn lease() -> Markup {
    let content = html! {
        fieldset.row {
            legend { "Lease duration" }
            div.field {
                label for="ttl" { "Time to live" }
                input #ttl name="ttl" type="number" value="12" aria-describedby="ttl-help";
            }
            div.field {
                label for="ttl-unit" { "Unit" }
                select #ttl-unit { option value="m" { "minutes" } option value="h" selected { "hours" } option value="d" { "days" } }
            }
        }
        p.help #ttl-help { "How long the API key remains valid. At the end of the lease it is revoked automatically." }
        p.note { "Minimum duration is 1 minute. Maximum is 90 days." }
        div.check {
            input #reuse_api_key name="reuse_api_key" type="checkbox" aria-describedby="reuse-help";
            label for="reuse_api_key" { "Reuse IAM credentials until lease expires" }
        }
        p.help #reuse-help { "On: each read returns the same API key until the lease ends. Off: each read makes a new one, and manual rotation is not supported." }
        div.check {
            input #auto_rotate type="checkbox" disabled aria-describedby="rotate-help";
            label for="auto_rotate" { "Automatic rotation" }
        }
        p.help #rotate-help { "Only if credentials are reused. The interval must not exceed the lease." }
        fieldset.row #interval hidden {
            legend { "Rotation interval" }
            div.field { label for="rotation" { "Every" } input #rotation name="rotation" type="number" value="1"; }
            div.field { label for="rotation-unit" { "Unit of the interval" } select #rotation-unit { option value="day" { "days" } option value="month" selected { "months" } } }
        }
    };
    screen("lease", "Set the lease", "11 to 14", content)
}

fn access(state: &State, instance: &Instance) -> Markup {
    let service_ids =
        state.iam.service_ids.values().filter(|it| {
            it.account_id == instance.account_id && !it.name.starts_with(IAM_NAME_PREFIX)
        });
    let groups = state.iam.access_groups.values().filter(|it| it.account_id == instance.account_id);
    let content = html! {
        fieldset {
            legend { "Source account" }
            (radio("account", "current", "Current account", true))
            (radio("account", "specific", "A specific account", false))
            div #specific-account hidden {
                (field("account_id", "Account ID", html! { input #account_id name="account_id" autocomplete="off" aria-describedby="account_id-help"; }, "32 hexadecimal digits."))
            }
        }
        fieldset {
            legend { "Scope of access" }
            (radio("scope", "service_id", "An existing service ID", true))
            (radio("scope", "access_groups", "Access groups, for a new service ID", false))
        }
        div data-scope="service_id current" {
            (field("service_id", "Service ID", html! {
                select #service_id name="service_id" aria-describedby="service_id-help" {
                    option value="" { "Select one" }
                    @for it in service_ids { option value=(it.id) { (it.name) " (" (it.id) ")" } }
                }
            }, "The API key inherits its access. Only the API key is made and managed."))
        }
        div data-scope="service_id specific" hidden {
            (field("service_id_text", "ID of the service ID", html! { input #service_id_text name="service_id" autocomplete="off" aria-describedby="service_id_text-help"; },
                "Such as ServiceId-c0c7cfa4-b24e-4917-ad74-278f2fee5ba0."))
        }
        fieldset data-scope="access_groups current" hidden {
            legend { "Access groups" }
            p.help { "Up to 10." }
            @for it in groups {
                div.check {
                    input id=(it.id) name="access_groups" type="checkbox" value=(it.id);
                    label for=(it.id) { (it.name) " " span.id { (it.id) } }
                }
            }
        }
        div data-scope="access_groups specific" hidden {
            (field("access_groups_text", "IDs of the access groups", html! { textarea #access_groups_text name="access_groups" rows="3" aria-describedby="access_groups_text-help" {} }, "One in each line, up to 10."))
        }
        p.note data-scope="access_groups" hidden {
            "Assign access policies to the access groups and not to service IDs: service ID and API key are deleted, and new ones made, once the lease ends."
        }
        p.note { "What is made in IAM is locked: the API key, and with access groups the service ID too. Each read locks it again." }
    };
    screen("access", "Assign access", "15 to 17", content)
}

fn review() -> Markup {
    let content = html! {
        dl.details #summary {}
        h3 { "The same by other clients" }
        div.columns {
            (layout::snippet("review-hcl", "Terraform", ""))
            (layout::snippet("review-curl", "curl", ""))
        }
    };
    screen("review", "Review", "18 and 19", content)
}

fn field(id: &str, label: &str, input: Markup, help: &str) -> Markup {
    html! {
        div.field {
            label for=(id) { (label) }
            (input)
            p.help id={ (id) "-help" } { (help) }
        }
    }
}

fn radio(name: &str, value: &str, label: &str, checked: bool) -> Markup {
    let id = format!("{name}-{value}");
    html! {
        div.check {
            input id=(id) type="radio" name=(name) value=(value) checked[checked];
            label for=(id) { (label) }
        }
    }
}
