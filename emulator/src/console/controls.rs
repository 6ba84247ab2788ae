//! Clock, faults, switches, and the state as a whole: forms over the control API.

use crate::clock::Mode;
use crate::console::format;
use crate::console::layout::{self, Page, Section};
use crate::faults::Fault;
use crate::http;
use crate::model::Switches;
use crate::model::timestamp::Timestamp;
use maud::{Markup, html};
use serde_json::Value;

/// A switch with its choices, the default first.
const SWITCHES: [(&str, &str, &[&str]); 10] = [
    ("on_reuse_expiry", "When the lease of a reused key ends", &["regenerate", "destroy"]),
    ("first_read", "First read of a key", &["adds_version", "fills_version"]),
    ("ttl_echo", "How a time to live is returned", &["seconds", "as_given"]),
    ("custom_metadata_patch", "How a patch changes metadata", &["replace", "merge"]),
    ("iam_lock_reply", "Answer to locking in IAM", &["empty", "entity"]),
    ("configuration_reply", "Answer to creating a configuration", &["with_key", "without_key"]),
    ("list_entries", "What lists tell of secrets", &["whole", "brief"]),
    ("second_engine", "Answer to a second engine", &["bad_request", "conflict"]),
    ("taken_name", "Answer to a name that is taken", &["conflict", "bad_request"]),
    ("rotation_month", "A month of a rotation interval", &["thirty_days", "calendar"]),
];
/// The switches that are numbers.
const NUMBERS: [(&str, &str); 2] = [
    ("iam_propagation_seconds", "Seconds until new keys and policies are effective"),
    ("rate_limit_per_second", "Requests a second that each instance answers, 0 for any number"),
];
const MOMENTS: &[&str] = &["before_commit", "after_commit"];

/// All controls.
pub(super) fn page(mode: Mode, now: Timestamp, switches: &Switches, faults: &[Fault]) -> Page {
    let content = html! {
        h1 { "Controls" }
        div.columns {
            (clock(mode, now))
            (whole_state())
        }
        (fault_section(faults))
        (switch_section(switches))
    };
    Page {
        title: "Controls".to_owned(),
        section: Section::Controls,
        account: None,
        parents: Vec::new(),
        content,
    }
}

fn clock(mode: Mode, now: Timestamp) -> Markup {
    html! {
        section.panel aria-labelledby="clock-title" {
            h2 #clock-title { "Clock" }
            div #clock-state data-live="" {
                p.big { time data-clock=(now.unix()) data-mode=(if mode == Mode::Frozen { "frozen" } else { "system" }) datetime=(now) { (format::moment(now)) } }
                @match mode {
                    Mode::Frozen => {
                        p { "The clock stands still." }
                        form data-send="PUT /_emulator/clock" data-body=r#"{"mode":"system"}"# data-done="The clock shows the system's time." {
                            button.secondary #run { "Run with the system's time" }
                        }
                    }
                    Mode::System => {
                        p { "The clock is running." }
                        form data-send="PUT /_emulator/clock" data-body=r#"{"mode":"frozen"}"# data-done="The clock is frozen." {
                            button.secondary #freeze { "Freeze" }
                        }
                    }
                }
            }
            form.plain data-send="PUT /_emulator/clock" data-body=r#"{"mode":"frozen"}"# data-done="The clock is set." {
                div.field {
                    label for="set-now" { "Freeze at" }
                    input #set-now name="now" required placeholder="2026-01-10T09:00:00Z" autocomplete="off";
                }
                button.secondary { "Set" }
            }
            form.plain #advance data-send="POST /_emulator/clock/advance" data-done="The clock was advanced." {
                div.field {
                    label for="amount" { "Advance by" }
                    input #amount type="number" min="1" value="30" required data-factor="unit" name="seconds" data-type="number";
                }
                div.field {
                    label for="unit" { "Unit" }
                    select #unit { option value="1" { "seconds" } option value="60" selected { "minutes" }
                        option value="3600" { "hours" } option value="86400" { "days" } }
                }
                button { "Advance" }
            }
        }
    }
}

fn whole_state() -> Markup {
    html! {
        section.panel aria-labelledby="state-title" {
            h2 #state-title { "State" }
            p { "A snapshot is the whole state with all keys, as a file." }
            a.button.secondary #snapshot href="/_emulator/state" download="snapshot.json" { "Save a snapshot" }
            form.plain data-send="PUT /_emulator/state" data-confirm="Replace everything with the snapshot?" data-done="The snapshot is restored." {
                div.field {
                    label for="snapshot-file" { "Snapshot" }
                    input #snapshot-file type="file" accept=".json,application/json" required data-type="file";
                }
                button.secondary { "Restore" }
            }
            form data-send="POST /_emulator/reset" data-confirm="Reset state, clock, faults and journal to the start?" data-done="Everything is as at the start." {
                button.danger { "Reset" }
            }
        }
    }
}

fn fault_section(faults: &[Fault]) -> Markup {
    html! {
        section aria-labelledby="faults-title" {
            h2 #faults-title { "Faults" }
            div #faults data-live="" {
                @if faults.is_empty() { (layout::nothing("No fault is set: every request is answered.")) }
                @else {
                    div.scroll tabindex="0" role="region" aria-label="Table of faults" {
                        table {
                            thead { tr { th scope="col" { "Fault" } th scope="col" { "Matched" } th scope="col" { "Fired" } th scope="col" { "Held" } } }
                            tbody { @for fault in faults { tr {
                                th scope="row" { code { (described(fault)) } }
                                td.number { (fault.matched) } td.number { (fault.fired) } td.number { (fault.held) }
                            } } }
                        }
                    }
                    form data-send="DELETE /_emulator/faults" data-done="No fault is set." { button.secondary #remove-faults { "Remove all" } }
                }
            }
            h3 { "Add a fault" }
            form.grid #add-fault data-send="POST /_emulator/faults" data-done="The fault is set." {
                fieldset {
                    legend { "Which requests" }
                    (choice("operation", "Operation", http::operations().map(|it| it.name), "any"))
                    (text("path", "Part of the path", "text"))
                    (text("nth", "Only the n-th", "number"))
                    (text("times", "At most so many times", "number"))
                    (text("above_per_second", "Only above so many a second", "number"))
                    (text("probability", "Probability, 0 to 1", "number"))
                }
                fieldset {
                    legend { "What goes wrong" }
                    (text("status", "Status", "number"))
                    (text("retry_after", "Retry-After in seconds", "number"))
                    (text("delay_milliseconds", "Delay in milliseconds", "number"))
                    (choice("at", "Status comes", MOMENTS.iter().copied(), "instead of the operation"))
                    (choice("reset", "Drop the connection", MOMENTS.iter().copied(), "no"))
                    (choice("hold", "Hold the request", MOMENTS.iter().copied(), "no"))
                    (choice("body", "Corrupt the response", ["truncated", "invalid_json", "wrong_content_type"].into_iter(), "no"))
                }
                button { "Add fault" }
            }
        }
    }
}

fn choice(
    name: &str,
    label: &str,
    values: impl Iterator<Item = &'static str>,
    none: &str,
) -> Markup {
    html! {
        div.field {
            label for={ "fault-" (name) } { (label) }
            select id={ "fault-" (name) } name=(name) { option value="" { (none) } @for value in values { option value=(value) { (value) } } }
        }
    }
}

fn text(name: &str, label: &str, kind: &str) -> Markup {
    html! {
        div.field {
            label for={ "fault-" (name) } { (label) }
            input id={ "fault-" (name) } name=(name) type=(kind) data-type=(kind) step=[(kind == "number").then_some("any")] autocomplete="off";
        }
    }
}

/// A fault without its counts.
fn described(fault: &Fault) -> String {
    let mut value = serde_json::to_value(fault).unwrap_or_default();
    if let Some(fields) = value.as_object_mut() {
        for name in ["id", "matched", "fired", "held"] {
            fields.remove(name);
        }
    }
    value.to_string()
}

fn switch_section(switches: &Switches) -> Markup {
    let now = serde_json::to_value(switches).unwrap_or_default();
    html! {
        section aria-labelledby="switches-title" {
            h2 #switches-title { "Switches" }
            p { "Behaviour on which IBM's documentation is silent or contradicts itself. The first choice is the default." }
            form.grid #switches data-send="PUT /_emulator/switches" data-done="The switches are set." {
                @for (name, label, choices) in SWITCHES {
                    div.field {
                        label for={ "switch-" (name) } { (label) }
                        select id={ "switch-" (name) } name=(name) {
                            @for choice in choices {
                                option value=(choice) selected[now.get(name).and_then(Value::as_str) == Some(choice)] { (choice.replace('_', " ")) }
                            }
                        }
                    }
                }
                @for (name, label) in NUMBERS {
                    div.field {
                        label for={ "switch-" (name) } { (label) }
                        input id={ "switch-" (name) } name=(name) type="number" data-type="number" min="0" value=[now.get(name)];
                    }
                }
                button { "Set switches" }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_switch_and_every_choice_is_there() {
        let defaults = serde_json::to_value(Switches::default()).unwrap();
        let known: BTreeSet<_> = defaults.as_object().unwrap().keys().map(String::as_str).collect();
        let shown =
            SWITCHES.iter().map(|(name, ..)| *name).chain(NUMBERS.iter().map(|(name, _)| *name));
        assert_eq!(shown.collect::<BTreeSet<_>>(), known);
        for (name, _, choices) in SWITCHES {
            assert_eq!(defaults[name], choices[0], "{name}");
            for choice in choices {
                let body = serde_json::json!({ name: choice });
                serde_json::from_value::<Switches>(body).unwrap();
            }
        }
    }
}
