//! Reads a workspace: the configuration of its root and of every module that it calls, and a
//! state.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Component, Path, PathBuf};

use serde::Deserialize;
use thiserror::Error;

use super::configuration::Module;
use super::state::{self, Held, StateError};

/// A module as often as it is called.
#[derive(Debug)]
pub(super) struct Called {
    /// The names of the calls that lead to it; none for the root.
    pub(super) path: Vec<String>,
    /// Its folder, relative to the workspace; the root's is empty.
    pub(super) folder: String,
    /// Whether the folder is in the workspace and the user's to edit, not a copy that Terraform
    /// made.
    pub(super) is_local: bool,
    /// Its configuration.
    pub(super) module: Module,
}

/// Everything that was read.
#[derive(Debug)]
pub(super) struct Workspace {
    /// The root first, each module after its caller.
    pub(super) modules: Vec<Called>,
    /// Calls whose module is not there yet, as addresses.
    pub(super) missing: Vec<String>,
    /// The state; none if there is none to read.
    pub(super) state: Option<Vec<Held>>,
}

/// What cannot be read.
#[derive(Debug, Error)]
pub(super) enum Unreadable {
    #[error("cannot read {path}: {reason}. Check the path and its permissions.")]
    File { path: String, reason: io::Error },
    #[error(
        "{folder} has no configuration: no *.tf, *.tofu, *.tf.json or *.tofu.json. Give the folder that you run terraform in."
    )]
    Empty { folder: String },
    #[error("{file}:{line}:{column}: {message}. `terraform validate` says more.")]
    Syntax { file: String, line: usize, column: usize, message: String },
    #[error("cannot use the state {path}: {reason}.")]
    State { path: String, reason: StateError },
    #[error("cannot use {path}: it is not as terraform writes it. Run `terraform init` again.")]
    Modules { path: String },
}

/// `.terraform/modules/modules.json`.
#[derive(Default, Deserialize)]
struct Installed {
    #[serde(rename = "Modules")]
    modules: Vec<InstalledModule>,
}

#[derive(Deserialize)]
struct InstalledModule {
    #[serde(rename = "Key")]
    key: String,
    #[serde(rename = "Dir")]
    folder: String,
}

/// Modules that call one another deeper than this are a circle, which Terraform refuses too.
const DEEPEST: usize = 50;

/// Where the state comes from.
pub(super) enum StateFrom {
    /// `terraform.tfstate` in the folder, if there is one.
    Folder,
    /// Standard input.
    Stdin,
    /// A file.
    File(PathBuf),
}

/// Reads everything. Nothing else of the folder is looked at, and nothing is written.
pub(super) fn read(folder: &Path, state: StateFrom) -> Result<Workspace, Unreadable> {
    let installed = installed(folder)?;
    let mut missing = Vec::new();
    let mut modules = Vec::new();
    // (path of calls, folder, whether it is the user's)
    let mut todo = vec![(Vec::new(), String::new(), true)];
    while let Some((path, relative, is_local)) = todo.pop() {
        let module = module(folder, &relative)?;
        for call in module.calls.iter().rev() {
            let path: Vec<String> = path.iter().chain([&call.name]).cloned().collect();
            let is_path = call.source.starts_with("./") || call.source.starts_with("../");
            let found = installed.get(&path.join(".")).cloned();
            let by_source = is_path.then(|| joined(&relative, &call.source));
            match found.or(by_source) {
                Some(found) if path.len() <= DEEPEST && folder.join(&found).is_dir() => {
                    // No patch reaches what is outside, and others may use it.
                    let is_inside = !found.starts_with("..") && Path::new(&found).is_relative();
                    todo.push((path, found, is_local && is_path && is_inside));
                }
                _ => missing.push(format!("module.{}", path.join(".module."))),
            }
        }
        modules.push(Called { path, folder: relative, is_local, module });
    }
    if modules.first().is_none_or(|root| root.module.files.is_empty()) {
        return Err(Unreadable::Empty { folder: folder.display().to_string() });
    }
    Ok(Workspace { modules, missing, state: read_state(folder, state)? })
}

fn installed(folder: &Path) -> Result<BTreeMap<String, String>, Unreadable> {
    let path = folder.join(".terraform/modules/modules.json");
    let installed: Installed = match fs::read_to_string(&path) {
        Ok(text) => serde_json::from_str(&text)
            .map_err(|_| Unreadable::Modules { path: path.display().to_string() })?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Installed::default(),
        Err(reason) => return Err(unreadable(&path, reason)),
    };
    Ok(installed.modules.into_iter().map(|module| (module.key, module.folder)).collect())
}

/// `source` as seen from `folder`, without `.` and `..` where possible.
fn joined(folder: &str, source: &str) -> String {
    let mut path = PathBuf::new();
    for part in Path::new(folder).join(source).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if path.file_name().is_some() => {
                path.pop();
            }
            part => path.push(part),
        }
    }
    path.to_string_lossy().into_owned()
}

/// What the names of files of a configuration end with.
const ENDINGS: [&str; 4] = [".tf", ".tf.json", ".tofu", ".tofu.json"];

fn module(root: &Path, relative: &str) -> Result<Module, Unreadable> {
    let folder = root.join(relative);
    let entries = fs::read_dir(&folder).map_err(|reason| unreadable(&folder, reason))?;
    let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    let names: Result<Vec<String>, io::Error> = names.collect();
    let mut names = names.map_err(|reason| unreadable(&folder, reason))?;
    // Terraform leaves out what editors leave behind.
    names.retain(|name| {
        ENDINGS.iter().any(|ending| name.ends_with(ending))
            && !name.starts_with(['.', '#'])
            && !name.ends_with('~')
    });
    // OpenTofu takes `a.tofu` in the place of `a.tf`; Terraform does not read it.
    let replaced: Vec<String> = names
        .iter()
        .filter(|name| name.ends_with(".tofu") || name.ends_with(".tofu.json"))
        .map(|name| name.replace(".tofu", ".tf"))
        .collect();
    names.retain(|name| !replaced.contains(name));
    let is_override = |name: &str| {
        let stem = name.trim_end_matches(".json");
        let stem = stem.strip_suffix(".tf").or_else(|| stem.strip_suffix(".tofu")).unwrap_or(stem);
        stem == "override" || stem.ends_with("_override")
    };
    names.sort_by_key(|name| (is_override(name), name.clone()));
    let mut module = Module::default();
    for name in names {
        let path = folder.join(&name);
        let text = fs::read_to_string(&path).map_err(|reason| unreadable(&path, reason))?;
        let file = joined(relative, &name);
        module.add(&file, text).map_err(|error| {
            let (line, column) = error.at;
            Unreadable::Syntax { file, line, column, message: error.message }
        })?;
    }
    Ok(module)
}

fn read_state(folder: &Path, from: StateFrom) -> Result<Option<Vec<Held>>, Unreadable> {
    let (path, text) = match from {
        StateFrom::Stdin => {
            let mut text = String::new();
            let read = io::stdin().lock().read_to_string(&mut text);
            let path = PathBuf::from("of standard input");
            read.map_err(|reason| unreadable(&path, reason))?;
            (path, text)
        }
        StateFrom::File(path) => {
            let text = fs::read_to_string(&path).map_err(|reason| unreadable(&path, reason))?;
            (path, text)
        }
        StateFrom::Folder => {
            let path = folder.join("terraform.tfstate");
            match fs::read_to_string(&path) {
                Ok(text) => (path, text),
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(reason) => return Err(unreadable(&path, reason)),
            }
        }
    };
    let read = state::read(&text);
    read.map(Some).map_err(|reason| Unreadable::State { path: path.display().to_string(), reason })
}

fn unreadable(path: &Path, reason: io::Error) -> Unreadable {
    Unreadable::File { path: path.display().to_string(), reason }
}
