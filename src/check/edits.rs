//! The lines to change for each way of the migration guide, as a patch; pure.

use std::collections::BTreeSet;

use super::configuration::{Call, Object, Reference, Source};
use super::patch::Patch;
use super::place::Place;
use super::served::Served;
use super::workspace::{Called, Workspace};

/// The local name that this provider gets beside the official one.
pub(super) const OWN_NAME: &str = "ibmsm";
/// Our source address.
pub(super) const OWN_SOURCE: &str = "ibm-sm/ibm";
/// What new blocks are written into.
const NEW_FILE: &str = "ibmsm.tf";
/// What JSON syntax is overridden by, since a patch cannot point into it.
const OVERRIDE_FILE: &str = "ibmsm_override.tf";

/// An object of the configuration, with its module.
pub(super) struct Written<'a> {
    pub(super) called: &'a Called,
    pub(super) object: &'a Object,
    pub(super) source: Source,
    pub(super) is_ours_to_serve: bool,
}

/// An address in a module, as seen from the root.
pub(super) fn absolute(module: &[String], address: &str) -> String {
    let module = module.iter().map(|name| format!("module.{name}."));
    format!("{}{address}", module.collect::<String>())
}

/// `FILE:LINE`, or the file alone in JSON syntax.
pub(super) fn at(place: &Place) -> String {
    match place.line {
        Some(line) => format!("{}:{line}", place.file),
        None => place.file.clone(),
    }
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
pub(super) fn in_place(
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
pub(super) struct Beside<'a> {
    pub(super) workspace: &'a Workspace,
    pub(super) served: &'a Served,
    pub(super) patch: &'a mut Patch,
    pub(super) undecided: &'a mut Vec<String>,
}

impl Beside<'_> {
    pub(super) fn edit(&mut self, written: &[Written<'_>]) {
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
        if !paths.is_empty() {
            // The root configures what only its modules use.
            paths.insert(&[]);
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
