//! Renders a verdict: as text, whose end is a patch, or as JSON.

use std::fmt::Write as _;

use super::verdict::{Entry, Verdict, Way};

/// The verdict as one JSON object.
pub(super) fn json(verdict: &Verdict) -> String {
    let text = serde_json::to_string_pretty(verdict).unwrap_or_default();
    format!("{text}\n")
}

/// The verdict as text. `patch` skips all but its end.
pub(super) fn text(verdict: &Verdict) -> String {
    let mut text = String::new();
    let name = match verdict.way {
        Way::Beside => "(a) beside the official provider",
        Way::InPlace => "(b) in the place of the official provider",
        Way::Back => "(e) only the way back is left",
        Way::Nothing => "none: there is nothing to move",
    };
    let _ = writeln!(text, "Way: {name}\n  because {}", verdict.because);
    entries(&mut text, "Comes here, at the same address", &verdict.moves);
    entries(&mut text, "Is here already", &verdict.here);
    entries(&mut text, "Stays with IBM-Cloud/ibm, since it is of another service", &verdict.others);
    if !verdict.stays.is_empty() {
        text.push_str("\nWOULD SILENTLY STAY BEHIND, way (c):\n");
        for stays in &verdict.stays {
            let _ = writeln!(
                text,
                "  {}: {} names IBM-Cloud/ibm, and a module's own required_providers decides",
                stays.module, stays.at
            );
            for Entry { address, at } in &stays.objects {
                let _ = writeln!(text, "    {address}  {}", at.as_deref().unwrap_or_default());
            }
            let _ = writeln!(text, "    {}", stays.todo);
        }
    }
    if !verdict.undecided.is_empty() {
        text.push_str("\nCannot be decided here:\n");
        for undecided in &verdict.undecided {
            let _ = writeln!(text, "  {undecided}");
        }
    }
    if !verdict.constraints.is_empty() {
        text.push_str("\nA version under the official address, way (d), has to meet:\n");
        for constraint in &verdict.constraints {
            let _ = writeln!(text, "  {}  {}", constraint.version, constraint.at);
        }
    }
    if !verdict.only_ours.is_empty() {
        text.push_str("\nTo be removed before the way back, since IBM-Cloud/ibm lacks it:\n");
        for only in &verdict.only_ours {
            let what = match &only.argument {
                Some(argument) => format!("{argument} in"),
                None if only.address.starts_with("provider::") => "the call of".to_owned(),
                None => "the whole block".to_owned(),
            };
            let at = only.at.as_deref().unwrap_or_default();
            let _ = writeln!(text, "  {what} {}  {at}", only.address);
        }
    }
    if !verdict.refused.is_empty() {
        text.push_str("\nTo be changed before the way back, since IBM-Cloud/ibm refuses it:\n");
        for refused in &verdict.refused {
            let at = refused.at.as_deref().unwrap_or_default();
            let _ = writeln!(text, "  {} in {}  {at}", refused.argument, refused.address);
            let _ = writeln!(text, "    {}", refused.todo);
        }
    }
    if !verdict.commands.is_empty() {
        text.push_str("\nAfter the patch, in this order:\n");
        for command in &verdict.commands {
            let _ = writeln!(text, "  {command}");
        }
    }
    if !verdict.patch.is_empty() {
        let _ = write!(text, "\nThe patch, for `patch -p0`:\n\n{}", verdict.patch);
    }
    text
}

fn entries(text: &mut String, title: &str, entries: &[Entry]) {
    if entries.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{title}:");
    for Entry { address, at } in entries {
        let _ = writeln!(text, "  {address}  {}", at.as_deref().unwrap_or("(in the state only)"));
    }
}
