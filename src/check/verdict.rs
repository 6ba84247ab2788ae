//! Decides which way of the migration guide fits a workspace, and what to change; pure.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::configuration::{Call, Object, Place, Reference, Source};
use super::patch::Patch;
use super::state::Held;
use super::workspace::{Called, Workspace};

/// What this provider serves, and what of it the official one does not know.
pub(super) struct Served {
    /// The types of `resource` blocks.
    pub(super) resources: BTreeSet<&'static str>,
    /// The types of `data` blocks.
    pub(super) data_sources: BTreeSet<&'static str>,
    /// Arguments of the provider block that are secret.
    pub(super) sensitive: BTreeSet<&'static str>,
    /// All arguments of the provider block.
    pub(super) block: BTreeSet<&'static str>,
    /// Our version.
    pub(super) version: &'static str,
}

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
    /// The argument; none if it is the whole block.
    pub(super) argument: Option<String>,
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
    /// Commands, after the patch.
    pub(super) commands: Vec<&'static str>,
    /// The changes, for `patch -p0`.
    pub(super) patch: String,
}

/// The arguments of our resources and data sources that the official provider lacks; the contract
/// test compares them with its schema.
pub const OWN_ARGUMENTS: &[(&str, &[&str])] = &[
    ("ibm_sm_arbitrary_secret", &["payload_wo", "payload_wo_version", "store_payload", "timeouts"]),
    ("ibm_sm_iam_credentials_configuration", &["api_key_wo", "api_key_wo_version", "timeouts"]),
    (
        "ibm_sm_iam_credentials_secret",
        &["early_renewal", "rotation_triggers", "store_api_key", "timeouts"],
    ),
    ("ibm_sm_secret_group", &["timeouts"]),
];

/// The arguments of our provider block that the official one lacks.
pub const OWN_PROVIDER_ARGUMENTS: &[&str] = &[
    "adopt_existing",
    "allow_plain_http",
    "bulk_read",
    "ca_cert_file",
    "ca_cert_pem",
    "cleanup_iam_on_destroy",
    "cr_token_file",
    "iam_endpoint",
    "proxy_url",
    "secrets_manager_endpoint",
    "store_api_key",
];

/// The local name that this provider gets beside the official one.
const OWN_NAME: &str = "ibmsm";
/// Our source address.
const OWN_SOURCE: &str = "ibm-sm/ibm";
/// What new blocks are written into.
const NEW_FILE: &str = "ibmsm.tf";
/// What JSON syntax is overridden by, since a patch cannot point into it.
const OVERRIDE_FILE: &str = "ibmsm_override.tf";

/// An object of the configuration, with its module.
struct Written<'a> {
    called: &'a Called,
    object: &'a Object,
    source: Source,
    is_ours_to_serve: bool,
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
        let stay = counted(others.len(), "object");
        (Way::Beside, format!("{stay} of other services needs IBM-Cloud/ibm, beside this provider"))
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
        commands: commands.to_vec(),
        patch: patch.text(&sources(workspace)),
    }
}

fn counted(number: usize, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        number => format!("{number} {what}s"),
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

fn absolute(module: &[String], address: &str) -> String {
    let module = module.iter().map(|name| format!("module.{name}."));
    format!("{}{address}", module.collect::<String>())
}

fn at(place: &Place) -> String {
    match place.line {
        Some(line) => format!("{}:{line}", place.file),
        None => place.file.clone(),
    }
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
        if one.object.kind == "ephemeral" && one.source == Source::Ours {
            only.insert(OnlyOurs { address, at, argument: None });
            continue;
        }
        let own = OWN_ARGUMENTS.iter().find(|(type_name, _)| *type_name == one.object.type_name);
        let own = own.map_or(&[][..], |(_, own)| own);
        for argument in own.iter().filter(|own| one.object.arguments.iter().any(|it| it == *own)) {
            let argument = Some((*argument).to_owned());
            only.insert(OnlyOurs { address: address.clone(), at: at.clone(), argument });
        }
    }
    for called in &workspace.modules {
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

fn path_in(folder: &str, file: &str) -> String {
    match folder {
        "" => file.to_owned(),
        folder => format!("{folder}/{file}"),
    }
}

fn requirement(version: &str) -> String {
    format!("{{ source = \"{OWN_SOURCE}\", version = \">= {version}\" }}")
}

/// Way (b): the entry of `required_providers` names this provider.
fn in_place(
    workspace: &Workspace,
    served: &Served,
    patch: &mut Patch,
    undecided: &mut Vec<String>,
) {
    for called in &workspace.modules {
        let official = called.module.required.iter();
        for (local, required) in official.filter(|(_, it)| it.source == Source::Official) {
            let entry = format!("{local} = {}", requirement(served.version));
            if required.has_aliases {
                undecided.push(format!(
                    "{} takes further configurations (`configuration_aliases`): set its `source` to \
                     \"{OWN_SOURCE}\" and `version` to \">= {}\" by hand.",
                    at(&required.place), served.version
                ));
            } else if required.place.bytes.is_some() {
                let source = called.module.files.get(&required.place.file);
                let source = source.map(String::as_str).unwrap_or_default();
                patch.replace(&required.place, source, &entry);
            } else {
                let block =
                    format!("terraform {{\n  required_providers {{\n    {entry}\n  }}\n}}\n");
                patch.append(&path_in(&called.folder, OVERRIDE_FILE), &block);
            }
        }
    }
}

/// Way (a): a local name of its own for this provider, and a line for each object.
struct Beside<'a> {
    workspace: &'a Workspace,
    served: &'a Served,
    patch: &'a mut Patch,
    undecided: &'a mut Vec<String>,
}

impl Beside<'_> {
    fn edit(&mut self, written: &[Written<'_>]) {
        let mut configurations: BTreeSet<Option<String>> = BTreeSet::new();
        let mut paths: BTreeSet<&[String]> = BTreeSet::new();
        for one in written {
            if one.source == Source::Official && one.is_ours_to_serve && one.called.is_local {
                paths.insert(&one.called.path);
                self.object(one);
                if one.called.path.is_empty() {
                    configurations.insert(one.object.provider.alias.clone());
                } else if one.object.provider.alias.is_some() {
                    self.undecided.push(format!(
                        "{} has a configuration of its own in a module: add \
                         `configuration_aliases`, and pass it, by hand.",
                        absolute(&one.called.path, &one.object.address())
                    ));
                }
            }
        }
        for path in paths {
            let Some(called) = self.workspace.modules.iter().find(|it| it.path == path) else {
                continue;
            };
            self.require(called);
            self.pass(path, &mut configurations);
        }
        self.configure(&configurations);
    }

    fn own_name(called: &Called) -> &str {
        called.module.local(Source::Ours).map_or(OWN_NAME, |(local, _)| local)
    }

    fn object(&mut self, one: &Written<'_>) {
        let Written { called, object, .. } = one;
        let provider = object.provider.of(Self::own_name(called));
        let source = called.module.files.get(&object.place.file).map(String::as_str);
        let source = source.unwrap_or_default();
        if object.place.bytes.is_none() {
            let Object { kind, type_name, name, .. } = object;
            let text =
                format!("{kind} \"{type_name}\" \"{name}\" {{\n  provider = {provider}\n}}\n");
            self.patch.append(&path_in(&called.folder, OVERRIDE_FILE), &text);
        } else if let Some(written) = &object.written {
            let source = called.module.files.get(&written.file).map(String::as_str);
            let line = format!("provider = {provider}");
            self.patch.replace(written, source.unwrap_or_default(), &line);
        } else {
            self.patch.open(&object.place, source, &format!("provider = {provider}"));
        }
    }

    /// Adds this provider to the `required_providers` of a module.
    fn require(&mut self, called: &Called) {
        if called.module.local(Source::Ours).is_some() {
            return;
        }
        if called.module.required.contains_key(OWN_NAME) {
            self.undecided.push(format!(
                "The local name {OWN_NAME} is taken in {}: choose another by hand.",
                if called.folder.is_empty() { "the root module" } else { &called.folder }
            ));
            return;
        }
        let Some((_, official)) = called.module.local(Source::Official) else { return };
        let entry = format!("{OWN_NAME} = {}", requirement(self.served.version));
        if official.block.bytes.is_some() {
            let source = called.module.files.get(&official.block.file).map(String::as_str);
            self.patch.open(&official.block, source.unwrap_or_default(), &entry);
        } else {
            let block = format!("terraform {{\n  required_providers {{\n    {entry}\n  }}\n}}\n");
            self.patch.append(&path_in(&called.folder, OVERRIDE_FILE), &block);
        }
    }

    /// Passes another configuration of this provider wherever one of the official provider is
    /// passed; the default one reaches every module by itself.
    fn pass(&mut self, path: &[String], configurations: &mut BTreeSet<Option<String>>) {
        configurations.insert(None);
        for (depth, name) in path.iter().enumerate() {
            let (caller, _) = path.split_at(depth);
            let caller = self.workspace.modules.iter().find(|it| it.path == caller);
            let call = |call: &&Call| call.name == *name;
            let Some(caller) = caller else { continue };
            let Some(call) = caller.module.calls.iter().find(call) else { continue };
            let passes = |(_, given): &&(Reference, Reference)| {
                caller.module.source(&given.local) == Source::Official && given.alias.is_some()
            };
            let Some((_, given)) = call.providers.iter().find(passes) else { continue };
            if caller.path.is_empty() {
                configurations.insert(given.alias.clone());
            } else {
                self.undecided.push(format!(
                    "{} passes a further configuration from one module to another: pass one of \
                     this provider by hand.",
                    at(&call.place)
                ));
                continue;
            }
            let entry = format!("{OWN_NAME} = {}", given.of(Self::own_name(caller)));
            let source = caller.module.files.get(&call.place.file).map(String::as_str);
            let source = source.unwrap_or_default();
            match &call.passed {
                Some(passed) if passed.bytes.is_some() => {
                    let bytes = passed.bytes.clone().unwrap_or_default();
                    let text = source.get(bytes).unwrap_or_default().trim_end();
                    if text.contains('\n') {
                        self.patch.open(passed, source, &entry);
                    } else {
                        let rest = text.strip_prefix('{').unwrap_or(text).trim_start();
                        self.patch.replace(passed, source, &format!("{{ {entry}, {rest}"));
                    }
                }
                _ => self.undecided.push(format!(
                    "{} is in JSON syntax: add \"{OWN_NAME}\": \"{}\" to its `providers` by hand.",
                    at(&call.place),
                    given.of(Self::own_name(caller))
                )),
            }
        }
    }

    /// Copies the provider blocks of the root. An argument that is a secret stays where it is.
    fn configure(&mut self, configurations: &BTreeSet<Option<String>>) {
        let Some(root) = self.workspace.modules.first() else { return };
        let own = Self::own_name(root);
        for alias in configurations {
            let is = |local: Source, reference: &Reference| {
                root.module.source(&reference.local) == local && reference.alias == *alias
            };
            let mut blocks = root.module.providers.iter();
            if blocks.clone().any(|block| is(Source::Ours, &block.reference)) {
                continue;
            }
            // Without a block, the environment is enough for either provider.
            let Some(block) = blocks.find(|block| is(Source::Official, &block.reference)) else {
                continue;
            };
            let mut text = format!("provider \"{own}\" {{\n");
            if let Some(alias) = alias {
                text.push_str(&format!("  alias = \"{alias}\"\n"));
            }
            for argument in &block.arguments {
                let name = argument.name.as_str();
                let is_public =
                    self.served.block.contains(name) && !self.served.sensitive.contains(name);
                match &argument.text {
                    Some(value) if is_public || !argument.is_literal => {
                        text.push_str(&format!("  {name} = {value}\n"));
                    }
                    _ => {
                        text.push_str(&format!("  # {name}: copy it from {}\n", at(&block.place)));
                        self.undecided.push(format!(
                            "`{name}` in the provider block at {} is written out, and is not \
                             repeated here: copy it, or better, take it from a variable.",
                            at(&block.place)
                        ));
                    }
                }
            }
            text.push_str("}\n");
            self.patch.append(NEW_FILE, &text);
        }
    }
}
