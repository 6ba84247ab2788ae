//! Decides which way of the migration guide fits a workspace, and what to change; pure.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::configuration::{Object, Source};
use super::edits::{Beside, OWN_SOURCE, Written, absolute, at, in_place};
use super::patch::Patch;
use super::served::{
    CHECKED_ARGUMENTS, OWN_ARGUMENTS, OWN_ATTRIBUTES, OWN_PROVIDER_ARGUMENTS, Served, refused,
};
use super::state::Held;
use super::uses::Used;
use super::workspace::{Called, Workspace};

/// A way of the migration guide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Way {
    /// (a) Beside the official provider, under a local name of its own.
    Beside,
    /// (b) In its place.
    InPlace,
    /// (e) All is here; only the way back is left.
    Back,
    /// There is nothing that this provider serves.
    Nothing,
}

/// An object, and where it is written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Entry {
    /// Its address, without keys of instances.
    pub(super) address: String,
    /// `FILE:LINE`; none if only the state has it.
    pub(super) at: Option<String>,
}

/// A module that would stay with the official provider without a word.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Stays {
    /// Its address.
    pub(super) module: String,
    /// Where it names the official provider.
    pub(super) at: String,
    /// Its objects that this provider serves.
    pub(super) objects: Vec<Entry>,
    /// What to do.
    pub(super) todo: String,
}

/// A version constraint on the official address.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Constraint {
    /// Where it is.
    pub(super) at: String,
    /// The constraint.
    pub(super) version: String,
}

/// What the official provider does not know.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct OnlyOurs {
    /// Which object or provider block.
    pub(super) address: String,
    /// Where it is.
    pub(super) at: Option<String>,
    /// The argument or attribute; none if it is the whole block, or the call of a function.
    pub(super) argument: Option<String>,
}

/// A value that the official provider does not take.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Refused {
    /// Which object.
    pub(super) address: String,
    /// Where it is.
    pub(super) at: Option<String>,
    /// The argument.
    pub(super) argument: &'static str,
    /// What to do.
    pub(super) todo: String,
}

/// The answer.
#[derive(Debug, Serialize)]
pub(super) struct Verdict {
    /// The way.
    pub(super) way: Way,
    /// Whether it takes everything along, as far as files can tell.
    pub(super) fits: bool,
    /// Why this way.
    pub(super) because: String,
    /// What comes here.
    pub(super) moves: Vec<Entry>,
    /// What is here already.
    pub(super) here: Vec<Entry>,
    /// What belongs to other services.
    pub(super) others: Vec<Entry>,
    /// What would stay behind.
    pub(super) stays: Vec<Stays>,
    /// What cannot be decided from files, or has to be done by hand.
    pub(super) undecided: Vec<String>,
    /// What a version under the official address has to meet.
    pub(super) constraints: Vec<Constraint>,
    /// What the way back has to remove first.
    pub(super) only_ours: Vec<OnlyOurs>,
    /// What the way back has to change first.
    pub(super) refused: Vec<Refused>,
    /// Commands, after the patch.
    pub(super) commands: Vec<&'static str>,
    /// The changes, for `patch -p0`.
    pub(super) patch: String,
}

/// Decides.
pub(super) fn verdict(workspace: &Workspace, served: &Served) -> Verdict {
    let written = written(workspace, served);
    let held = held(workspace, served, &written);
    let mut moves = BTreeSet::new();
    let mut here = BTreeSet::new();
    let mut others = BTreeSet::new();
    for one in &written {
        let entry = entry(one.called, one.object);
        match (one.source, one.is_ours_to_serve) {
            (Source::Ours, _) => here.insert(entry),
            (Source::Official, true) => moves.insert(entry),
            (Source::Official, false) => others.insert(entry),
            (Source::Other, _) => false,
        };
    }
    let mut undecided = Vec::new();
    for (held, is_written) in &held {
        let address = absolute(&held.module, &held.address);
        let serves = is_served(served, &held.address, &held.type_name);
        if serves && held.schema_version > 0 {
            undecided.push(format!(
                "{address} was written with schema version {}, and this version of the provider \
                 knows 0: a newer IBM-Cloud/ibm wrote it. Use a newer version of this provider.",
                held.schema_version
            ));
        }
        if !is_written && held.source == Source::Official {
            let entry = Entry { address, at: None };
            if serves {
                undecided.push(format!(
                    "{} is in the state and not in the configuration: the next apply of \
                     IBM-Cloud/ibm deletes it. Write it down again, remove it from the state, or \
                     let that happen first.",
                    entry.address
                ));
            } else {
                others.insert(entry);
            }
        }
    }
    for missing in &workspace.missing {
        undecided.push(format!("{missing} is not installed. Run `terraform init` first."));
    }
    let root_has_backend = workspace.modules.iter().any(|called| called.module.has_backend);
    if workspace.state.is_none() && root_has_backend {
        undecided.push(
            "The state is kept elsewhere, and may hold more than the configuration: \
             `terraform show -json | terraform-provider-ibm check DIR --state -` reads it too."
                .to_owned(),
        );
    }
    let stays = stays(&written);
    let remote_official = workspace
        .modules
        .iter()
        .any(|called| !called.is_local && called.module.local(Source::Official).is_some());
    let constraints = constraints(workspace);
    let (way, because) = if moves.is_empty() && here.is_empty() {
        let because = "nothing in it is served by this provider";
        (Way::Nothing, because.to_owned())
    } else if moves.is_empty() {
        (Way::Back, "everything that this provider serves is with it already".to_owned())
    } else if !others.is_empty() {
        let because = match others.len() {
            1 => "1 object of another service needs IBM-Cloud/ibm, beside this provider".to_owned(),
            many => {
                format!("{many} objects of other services need IBM-Cloud/ibm, beside this provider")
            }
        };
        (Way::Beside, because)
    } else if remote_official {
        let because = "a module from elsewhere requires IBM-Cloud/ibm";
        (Way::Beside, because.to_owned())
    } else if !here.is_empty() {
        (Way::Beside, "some of it is with this provider already, under its own name".to_owned())
    } else {
        (Way::InPlace, "everything of IBM-Cloud/ibm in it is served by this provider".to_owned())
    };
    let mut patch = Patch::default();
    let commands: &[&str] = match way {
        Way::Beside => {
            Beside { workspace, served, patch: &mut patch, undecided: &mut undecided }
                .edit(&written);
            &["terraform init", "terraform plan", "terraform apply"]
        }
        Way::InPlace => {
            in_place(workspace, served, &mut patch, &mut undecided);
            match &workspace.state {
                Some(state) if state.is_empty() => &["terraform init", "terraform plan"],
                _ => &[
                    "terraform state replace-provider IBM-Cloud/ibm ibm-sm/ibm",
                    "terraform init",
                    "terraform plan",
                ],
            }
        }
        Way::Back | Way::Nothing => &[],
    };
    Verdict {
        way,
        fits: stays.is_empty() && undecided.is_empty(),
        because,
        moves: moves.into_iter().collect(),
        here: here.into_iter().collect(),
        others: others.into_iter().collect(),
        stays,
        undecided,
        constraints,
        only_ours: only_ours(workspace, &written),
        refused: refused_values(workspace, &written),
        commands: commands.to_vec(),
        patch: patch.text(&sources(workspace)),
    }
}

fn sources(workspace: &Workspace) -> BTreeMap<&str, &str> {
    let files = workspace.modules.iter().flat_map(|called| &called.module.files);
    files.map(|(file, text)| (file.as_str(), text.as_str())).collect()
}

fn is_served(served: &Served, address: &str, type_name: &str) -> bool {
    match address.starts_with("data.") {
        true => served.data_sources.contains(type_name),
        false => served.resources.contains(type_name),
    }
}

fn written<'a>(workspace: &'a Workspace, served: &Served) -> Vec<Written<'a>> {
    let of_module = |called: &'a Called| {
        called.module.objects.iter().map(move |object| Written {
            called,
            object,
            source: called.module.source(&object.provider.local),
            is_ours_to_serve: is_served(served, &object.address(), &object.type_name),
        })
    };
    workspace.modules.iter().flat_map(of_module).collect()
}

/// What the state holds of the two providers, and whether the configuration has it, under this
/// address or one that it is moved to.
fn held<'a>(
    workspace: &'a Workspace,
    served: &Served,
    written: &[Written<'_>],
) -> Vec<(&'a Held, bool)> {
    let has = |module: &[String], address: &str| {
        written.iter().any(|one| one.called.path == module && one.object.address() == address)
    };
    let state = workspace.state.iter().flatten();
    state
        .filter(|held| {
            held.source != Source::Other && {
                // A data source is read anew; it is nothing that could be left behind.
                let is_data = held.address.starts_with("data.");
                !is_data || !is_served(served, &held.address, &held.type_name)
            }
        })
        .map(|held| {
            let is_moved = || moves_on(workspace, held);
            (held, has(&held.module, &held.address) || is_moved())
        })
        .collect()
}

/// Whether a `moved` block of the module, or of one that calls it, begins at this object or at a
/// module around it. Where it leads is Terraform's to follow.
fn moves_on(workspace: &Workspace, held: &Held) -> bool {
    let address = absolute(&held.module, &held.address);
    workspace.modules.iter().any(|called| {
        called.module.moved.iter().any(|(from, _)| {
            let from = from.split('[').next().unwrap_or(from);
            let from = absolute(&called.path, from);
            address == from || address.starts_with(&format!("{from}."))
        })
    })
}

fn entry(called: &Called, object: &Object) -> Entry {
    let address = absolute(&called.path, &object.address());
    Entry { address, at: Some(at(&object.place)) }
}

fn constraints(workspace: &Workspace) -> Vec<Constraint> {
    let required = workspace.modules.iter().flat_map(|called| called.module.required.values());
    let official = required.filter(|required| required.source == Source::Official);
    let constraints = official.filter_map(|required| {
        Some(Constraint { at: at(&required.place), version: required.version.clone()? })
    });
    constraints.collect::<BTreeSet<_>>().into_iter().collect()
}

/// The modules that are not the user's to edit and whose objects name the official provider.
fn stays(written: &[Written<'_>]) -> Vec<Stays> {
    let mut stays: Vec<Stays> = Vec::new();
    for one in written {
        if one.called.is_local || one.source != Source::Official || !one.is_ours_to_serve {
            continue;
        }
        let module = format!("module.{}", one.called.path.join(".module."));
        let entry = entry(one.called, one.object);
        match stays.iter_mut().find(|stays| stays.module == module) {
            Some(stays) => stays.objects.push(entry),
            None => {
                let required = one.called.module.required.get(&one.object.provider.local);
                let name = one.called.path.last().map(String::as_str).unwrap_or_default();
                stays.push(Stays {
                    at: required.map(|required| at(&required.place)).unwrap_or_default(),
                    objects: vec![entry],
                    todo: format!(
                        "Copy it, `cp -R {} modules/{name}`, let `source` of the call name the copy \
                         without a `version`, run `terraform init`, and check again: the lines for \
                         the copy are written then. Or take a module that requires {OWN_SOURCE}.",
                        one.called.folder
                    ),
                    module,
                });
            }
        }
    }
    stays
}

fn only_ours(workspace: &Workspace, written: &[Written<'_>]) -> Vec<OnlyOurs> {
    let mut only = BTreeSet::new();
    for one in written.iter().filter(|one| one.source != Source::Other) {
        let address = absolute(&one.called.path, &one.object.address());
        let at = Some(at(&one.object.place));
        if matches!(one.object.kind, "ephemeral" | "action") && one.source == Source::Ours {
            only.insert(OnlyOurs { address, at, argument: None });
            continue;
        }
        let own = one.object.arguments.iter().filter(|argument| {
            one.object.kind == "resource"
                && lists(OWN_ARGUMENTS, &one.object.type_name, &argument.name)
        });
        for argument in own {
            let argument = Some(argument.name.clone());
            only.insert(OnlyOurs { address: address.clone(), at: at.clone(), argument });
        }
    }
    for called in &workspace.modules {
        for one in &called.module.uses {
            let at = Some(at(&one.place));
            match &one.used {
                Used::Function { local, name } if called.module.source(local) == Source::Ours => {
                    let address = format!("provider::{local}::{name}");
                    only.insert(OnlyOurs { address, at, argument: None });
                }
                Used::Attribute { type_name, name, attribute }
                    if lists(OWN_ARGUMENTS, type_name, attribute)
                        || lists(OWN_ATTRIBUTES, type_name, attribute) =>
                {
                    let address = absolute(&called.path, &format!("{type_name}.{name}"));
                    only.insert(OnlyOurs { address, at, argument: Some(attribute.clone()) });
                }
                _ => {}
            }
        }
        for block in &called.module.providers {
            if called.module.source(&block.reference.local) == Source::Other {
                continue;
            }
            for argument in &block.arguments {
                if OWN_PROVIDER_ARGUMENTS.contains(&argument.name.as_str()) {
                    only.insert(OnlyOurs {
                        address: absolute(
                            &called.path,
                            &format!("provider.{}", block.reference.of(&block.reference.local)),
                        ),
                        at: Some(at(&block.place)),
                        argument: Some(argument.name.clone()),
                    });
                }
            }
        }
    }
    only.into_iter().collect()
}

fn lists(own: &[(&str, &[&str])], type_name: &str, name: &str) -> bool {
    own.iter().any(|(listed, names)| *listed == type_name && names.contains(&name))
}

/// Values that are written, and where an expression stands instead, those in the state.
fn refused_values(workspace: &Workspace, written: &[Written<'_>]) -> Vec<Refused> {
    let mut all = BTreeSet::new();
    for one in written.iter().filter(|one| one.source == Source::Ours) {
        for argument in CHECKED_ARGUMENTS {
            let Some(given) = one.object.arguments.iter().find(|given| given.name == argument)
            else {
                continue;
            };
            let held = workspace.state.iter().flatten().filter(|held| {
                held.module == one.called.path && held.address == one.object.address()
            });
            let in_the_state = held.flat_map(|held| &held.values);
            let values: Vec<&str> = match given.literal() {
                Some(value) => vec![value],
                None => in_the_state
                    .filter(|(name, _)| *name == argument)
                    .map(|(_, value)| value.as_str())
                    .collect(),
            };
            all.extend(values.into_iter().filter_map(|value| {
                let todo = refused(&one.object.type_name, argument, value)?;
                let Entry { address, at } = entry(one.called, one.object);
                Some(Refused { address, at, argument, todo })
            }));
        }
    }
    all.into_iter().collect()
}
