//! Says how a workspace of the official provider comes here, and back; reads files, changes nothing, and talks to nobody.

mod configuration;
mod edits;
mod patch;
mod place;
mod report;
mod served;
mod state;
mod uses;
mod verdict;
mod workspace;

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use thiserror::Error;

use self::served::Served;
pub use self::served::{OWN_ARGUMENTS, OWN_ATTRIBUTES, OWN_PROVIDER_ARGUMENTS};
use self::verdict::verdict;
use self::workspace::{StateFrom, Unreadable};
use crate::framework::provider::Provider;

/// The line of the program's usage.
pub const SUMMARY: &str =
    "check DIR  say how the workspace in DIR comes here from IBM-Cloud/ibm; see check --help";

const USAGE: &str = "\
terraform-provider-ibm check DIR [--state FILE] [--json]

Says which way of the migration guide fits the workspace in DIR, what would silently stay with
IBM-Cloud/ibm, and which lines to change, as a patch. Reads *.tf, *.tofu, their JSON
forms, the modules that they call, and terraform.tfstate; changes nothing, and talks to nobody.

  --state FILE  read this state, or this output of `terraform show -json`; - is standard input
  --json        print one JSON object
  --help        print this help

Apply the patch with: terraform-provider-ibm check DIR > migration.patch; cd DIR; patch -p0 < FILE

Exit code: 0 the way fits; 1 something would stay behind, or cannot be decided; 2 the command is
wrong, or something cannot be read.";

/// Why nothing can be said.
#[derive(Debug, Error)]
enum Failure {
    #[error("{0}; see terraform-provider-ibm check --help")]
    Usage(String),
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    #[error("cannot write to stdout: {0}")]
    Print(#[from] io::Error),
}

/// What is asked for.
struct Options {
    folder: PathBuf,
    state: StateFrom,
    json: bool,
}

/// Runs the command with the arguments after `check`. Every message has been printed when it
/// returns.
pub fn main(
    arguments: impl Iterator<Item = String>,
    provider: &dyn Provider,
    version: &'static str,
) -> ExitCode {
    match run(arguments, provider, version) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(failure) => {
            let _ = writeln!(io::stderr(), "{failure}");
            ExitCode::from(2)
        }
    }
}

fn run(
    arguments: impl Iterator<Item = String>,
    provider: &dyn Provider,
    version: &'static str,
) -> Result<bool, Failure> {
    let Some(options) = parse(arguments)? else {
        writeln!(io::stdout(), "{USAGE}")?;
        return Ok(true);
    };
    let workspace = workspace::read(&options.folder, options.state)?;
    let verdict = verdict(&workspace, &served(provider, version));
    let text = if options.json { report::json(&verdict) } else { report::text(&verdict) };
    io::stdout().lock().write_all(text.as_bytes())?;
    Ok(verdict.fits)
}

/// The options; none if the help is asked for.
fn parse(arguments: impl Iterator<Item = String>) -> Result<Option<Options>, Failure> {
    let usage = |text: String| Failure::Usage(text);
    let (mut folder, mut state, mut json) = (None, StateFrom::Folder, false);
    let mut arguments = arguments;
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "-h" | "-help" | "--help" => return Ok(None),
            "-json" | "--json" => json = true,
            "-state" | "--state" => {
                let file = arguments.next();
                state = match file.ok_or_else(|| usage("--state needs a file".to_owned()))? {
                    file if file == "-" => StateFrom::Stdin,
                    file => StateFrom::File(file.into()),
                };
            }
            option if option.starts_with('-') => {
                return Err(usage(format!("unknown argument {option:?}")));
            }
            _ if folder.is_some() => return Err(usage("more than one folder".to_owned())),
            path => folder = Some(PathBuf::from(path)),
        }
    }
    let folder = folder.ok_or_else(|| usage("no folder was given".to_owned()))?;
    Ok(Some(Options { folder, state, json }))
}

fn served(provider: &dyn Provider, version: &'static str) -> Served {
    let registry = provider.registry();
    let block = provider.schema();
    Served {
        resources: registry.resources.iter().map(|resource| resource.type_name()).collect(),
        data_sources: registry.data_sources.iter().map(|source| source.type_name()).collect(),
        sensitive: block.iter().filter(|it| it.sensitive).map(|it| it.name).collect(),
        block: block.iter().map(|it| it.name).collect(),
        version,
    }
}
