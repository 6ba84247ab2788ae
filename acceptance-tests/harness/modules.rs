//! Runs the tests of modules and examples: each `*.tftest.hcl` with `terraform test`, in a copy of the
//! sources and against an emulator of its own, and searches what it leaves for secrets.
//!
//! `terraform test` keeps states in memory, so the states searched are those that it prints.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::compare::same_objects;
use super::emulator::Emulator;
use super::leaks::{Leaks, Tally};
use super::secrecy::{self, Secrets};
use super::terraform::Run;
use super::workspace::Workspace;
use super::world::Programs;

/// What is copied: tests refer to modules beside them.
const SOURCES: [&str; 2] = ["modules", "examples"];
/// Objects of the emulator that tests in the same folder find there.
const SEED: &str = "seed.json";
/// A module in `tests/stand-ins` takes the place of one whose provider is not at hand.
const STAND_INS: &str = "tests/stand-ins";
/// A file of tests whose states shall have keys.
const STORES_KEYS: &str = "stores_keys.tftest.hcl";
/// A program that runs `terraform test` as users do.
const PROGRAM: &str = "test.sh";

/// Every test file and program below the sources, as a path in the repository.
pub(crate) fn find(repository: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for source in SOURCES {
        walk(&repository.join(source), &mut |path| {
            let name = path.to_string_lossy();
            if name.ends_with(".tftest.hcl") || name.ends_with(PROGRAM) {
                found.push(path.strip_prefix(repository)?.to_owned());
            }
            Ok(())
        })?;
    }
    found.sort();
    ensure!(found.len() > SOURCES.len(), "no tests of modules: {found:?}");
    Ok(found)
}

/// Runs one of them.
pub(crate) fn run(programs: &Programs, repository: &Path, test: &Path) -> Result<()> {
    let emulator = Emulator::start(&programs.emulator, "2026-01-10T08:00:00Z")?;
    let Programs { terraform, provider, .. } = programs;
    let mut workspace = Workspace::new(terraform, provider, false, &emulator.exports)?;
    copy(repository, &workspace)?;
    let tests = test.parent().context("a test is in a folder")?;
    if test.ends_with(PROGRAM) {
        return program(programs, &workspace, test);
    }
    if let Ok(seed) = fs::read_to_string(repository.join(tests).join(SEED)) {
        emulator.add(serde_json::from_str(&seed)?)?;
    }
    let before = emulator.state()?;
    workspace.folder = workspace.folder.join(tests.parent().context("tests are in a module")?);
    use_stand_ins(&workspace)?;
    workspace.run(&["get"])?.expect_code(0)?;
    workspace.trace();
    let file = test.file_name().context("a test is a file")?.to_string_lossy();
    let filter = format!("-filter=tests/{file}");
    let run = workspace.run(&["test", "-json", "-verbose", &filter])?;
    check(&run)?;
    same_objects(&before, &emulator.state()?).context("the test left something")?;
    search(&emulator, &workspace, &run, file == STORES_KEYS, &programs.leaks)
}

/// Ok if all run blocks passed; the error has those that failed, with Terraform's diagnostics.
fn check(run: &Run) -> Result<()> {
    let mut said = Vec::new();
    let mut passed = None;
    for line in run.stdout.lines().filter(|line| line.starts_with('{')) {
        let event: Value = serde_json::from_str(line).context("a line of terraform's output")?;
        let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or("");
        match text("/type") {
            "test_run" if text("/test_run/progress") == "complete" => {
                said.push(text("/@message").to_owned());
            }
            "diagnostic" if text("/diagnostic/severity") == "error" => said.push(format!(
                "{}:{}: {}\n{}",
                text("/diagnostic/range/filename"),
                event["diagnostic"]["range"]["start"]["line"],
                text("/diagnostic/summary"),
                text("/diagnostic/detail")
            )),
            "test_summary" => passed = event["test_summary"]["passed"].as_u64(),
            _ => {}
        }
    }
    let report = || format!("{}\n{}", said.join("\n"), run.stderr);
    ensure!(run.code == Some(0), "terraform test failed:\n{}", report());
    ensure!(passed.is_some_and(|passed| passed > 0), "terraform test ran nothing:\n{}", report());
    Ok(())
}

/// Ok if nothing that was printed, logged or written has a secret. States have one exactly if they are
/// asked to.
fn search(
    emulator: &Emulator,
    workspace: &Workspace,
    run: &Run,
    stores_keys: bool,
    tally: &Tally,
) -> Result<()> {
    let mut secrets = Secrets::new();
    for secret in emulator.secrets()? {
        secrecy::plant(&mut secrets, &secret, "what was sent or received as a secret");
    }
    secrecy::plant_state(&mut secrets, &emulator.state()?);
    secrets.retain(|secret, _| !secret.is_empty());
    tally.plant(secrets.len());
    let (own, no_holders) = (workspace.written(), BTreeMap::new());
    let leaks = || Leaks::of(&secrets, &own, &no_holders, BTreeSet::new());
    let (states, rest): (Vec<&str>, Vec<&str>) = run.stdout.lines().partition(|line| {
        ["test_state", "test_plan"].iter().any(|kind| line.contains(&format!("\"type\":{kind:?}")))
    });
    let mut all = leaks()?;
    all.text("output", rest.join("\n").as_bytes());
    all.text("stderr", run.stderr.as_bytes());
    all.folder(workspace.root())?;
    if stores_keys {
        let mut kept = leaks()?;
        kept.text("states", states.join("\n").as_bytes());
        ensure!(kept.end(&Tally::default()).is_err(), "no state has a key, or none was found");
    } else {
        all.text("states", states.join("\n").as_bytes());
    }
    all.end(tally)
}

/// Runs a program of an example as a user would: with the commands that it needs on the `PATH`, and
/// Terraform's settings, but without an emulator.
fn program(programs: &Programs, workspace: &Workspace, test: &Path) -> Result<()> {
    let commands = programs.emulator.parent().context("the emulator is in a folder")?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    let paths = std::iter::once(commands.to_owned()).chain(std::env::split_paths(&path));
    let settings = ["HOME", "TMPDIR", "TERRAFORM", "TF_CLI_CONFIG_FILE"];
    let environment = &workspace.environment;
    let process = Command::new("sh")
        .arg(workspace.folder.join(test))
        .env_clear()
        .env("PATH", std::env::join_paths(paths)?)
        .envs(settings.iter().filter_map(|name| Some((name, environment.get(*name)?))))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    Run::of(process)?.expect_code(0).map(drop)
}

/// Copies the sources, so that nothing is written beside them.
fn copy(repository: &Path, workspace: &Workspace) -> Result<()> {
    for source in SOURCES {
        walk(&repository.join(source), &mut |path| {
            let place = path.strip_prefix(repository)?;
            let folder = place.parent().context("a file is in a folder")?;
            fs::create_dir_all(workspace.folder.join(folder))?;
            let Some(name) = place.to_str() else { bail!("{} is not UTF-8", path.display()) };
            workspace.add(name, &fs::read_to_string(path)?)?;
            // Some are programs.
            Ok(fs::set_permissions(workspace.folder.join(name), fs::metadata(path)?.permissions())?)
        })?;
    }
    Ok(())
}

fn use_stand_ins(workspace: &Workspace) -> Result<()> {
    let stand_ins = workspace.folder.join(STAND_INS);
    if !stand_ins.exists() {
        return Ok(());
    }
    for entry in fs::read_dir(&stand_ins)? {
        let entry = entry?;
        let place = workspace.folder.join(entry.file_name());
        fs::remove_dir_all(&place).with_context(|| place.display().to_string())?;
        fs::rename(entry.path(), place)?;
    }
    Ok(())
}

/// Calls `each` with every file below this folder, but not what Terraform keeps there.
fn walk(folder: &Path, each: &mut impl FnMut(&Path) -> Result<()>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.file_name().is_some_and(|name| name == ".terraform") {
            continue;
        }
        if path.is_dir() { walk(&path, each)? } else { each(&path)? }
    }
    Ok(())
}
