//! Tests of the documents: every block of HCL in them is an example that a test runs, or valid for
//! the real command and the real provider.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use libtest_mimic::{Failed, Trial};
use regex_lite::Regex;
use serde_json::Value;

use super::modules;
use super::workspace::Workspace;
use super::world::Programs;

/// The documents beside those below `docs/`.
const DOCUMENTS: [&str; 5] = [
    "README.md",
    "CONTRIBUTING.md",
    "DESIGN.md",
    "emulator/README.md",
    "acceptance-tests/README.md",
];

/// Examples that the contract test of the pages runs over the protocol, because they need a
/// Terraform newer than the oldest that is supported.
const OVER_THE_PROTOCOL: [&str; 3] =
    ["action.tf", "list-resource.tfquery.hcl", "import-by-identity.tf"];

/// A block above which this is said is not validated, for the reason that follows.
const NOT_VALIDATED: &str = "<!-- not validated: ";

/// One block of HCL.
struct Block {
    document: PathBuf,
    line: usize,
    text: String,
    excused: Option<String>,
}

/// The test, which prints how many blocks it found and what became of them.
pub(crate) fn trial(programs: std::sync::Arc<Programs>) -> Trial {
    Trial::test("documents/every_block_of_hcl_is_run_or_valid", move || {
        check(&programs).map_err(|reason| Failed::from(format!("{reason:#}")))
    })
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files with one of these endings below a folder of the repository.
fn files(folder: &Path, ends: &[&str]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path, ends)?);
        } else if ends.iter().any(|end| path.to_string_lossy().ends_with(end)) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The blocks of HCL in a document.
fn blocks(document: &Path) -> Result<Vec<Block>> {
    let text = fs::read_to_string(document).with_context(|| document.display().to_string())?;
    let mut found = Vec::new();
    let mut open: Option<Block> = None;
    let mut excused = None;
    for (line, content) in (1..).zip(text.lines()) {
        match &mut open {
            Some(_) if content.starts_with("```") => found.extend(open.take()),
            Some(block) => writeln!(block.text, "{content}")?,
            None if matches!(content, "```terraform" | "```hcl" | "```tf") => {
                let (document, excused) = (document.to_owned(), excused.take());
                open = Some(Block { document, line, text: String::new(), excused });
            }
            None if content.starts_with(NOT_VALIDATED) => {
                let reason = content.trim_start_matches(NOT_VALIDATED).trim_end_matches(" -->");
                excused = Some(reason.to_owned());
            }
            // Another comment, such as the path of the block's file.
            None if content.starts_with("<!-- ") || content.is_empty() => {}
            None => excused = None,
        }
    }
    Ok(found)
}

/// The texts of the examples that a test runs, by a scenario, over the protocol or with
/// `terraform test`.
fn run_examples() -> Result<BTreeSet<String>> {
    let examples = root().join("examples");
    let mut run: BTreeSet<PathBuf> = BTreeSet::new();
    for scenario in files(&root().join("acceptance-tests/scenarios"), &["expect.json"])? {
        let expected: Value = serde_json::from_str(&fs::read_to_string(&scenario)?)?;
        for step in expected["steps"].as_array().into_iter().flatten() {
            let named = step["examples"].as_array().into_iter().flatten();
            run.extend(named.filter_map(Value::as_str).map(|name| examples.join(name)));
        }
    }
    run.extend(files(&examples, &OVER_THE_PROTOCOL)?);
    for test in modules::find(root())? {
        let tests = root().join(test.parent().context("a test is in a folder")?);
        run.extend(files(&tests, &[".tf", ".tftest.hcl"])?);
        let module = files(tests.parent().context("and that in a module")?, &[".tf"])?;
        run.extend(module.into_iter().filter(|file| file.parent() == tests.parent()));
    }
    let texts = run.into_iter().map(|path| {
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        Ok(text.trim_end().to_owned())
    });
    texts.collect()
}

#[expect(clippy::print_stdout, reason = "the count is what this test is for")]
fn check(programs: &Programs) -> Result<()> {
    let mut documents = files(&root().join("docs"), &[".md"])?;
    documents.extend(DOCUMENTS.map(|name| root().join(name)));
    let run_examples = run_examples()?;
    let (mut run, mut valid, mut failed, mut excused) =
        (0, BTreeMap::new(), Vec::new(), Vec::new());
    for document in &documents {
        for block in blocks(document)? {
            let place = format!("{}:{}", block.document.display(), block.line);
            if run_examples.contains(block.text.trim_end()) {
                run += 1;
            } else if let Some(reason) = block.excused {
                excused.push(format!("{place}: {reason}"));
            } else if let Some(verdict) = valid.get(&block.text) {
                ensure!(*verdict, "{place} is not valid, as before");
            } else {
                let verdict = validate(programs, &block.text);
                if let Err(reason) = &verdict {
                    failed.push(format!("{place}: {reason:#}"));
                }
                valid.insert(block.text, verdict.is_ok());
            }
        }
    }
    let checked = run + valid.len();
    ensure!(failed.is_empty(), "not valid:\n{}", failed.join("\n"));
    ensure!(run > 30, "only {run} blocks are examples");
    let all = checked + excused.len();
    println!("HCL blocks: {checked} of {all}: {run} run as examples, {} validated", valid.len());
    for reason in excused {
        println!("  not validated: {reason}");
    }
    Ok(())
}

/// Ok if the command accepts the block: as its own configuration, if it is one, or else as a
/// configuration of the provider, with a declaration for each variable that it does not declare.
fn validate(programs: &Programs, text: &str) -> Result<()> {
    let Programs { terraform, provider, .. } = programs;
    let mut workspace = Workspace::new(terraform, provider, false, &BTreeMap::new())?;
    if text.contains("provider_installation") {
        let settings = workspace.root().join("documented.tfrc");
        fs::write(&settings, text)?;
        let settings = settings.display().to_string();
        workspace.environment.insert("TF_CLI_CONFIG_FILE".to_owned(), settings);
        let run = workspace.run(&["version"])?.expect_code(0)?;
        ensure!(!run.stderr.contains("Error") && !run.stdout.contains("Warning"), "{run:?}");
        return Ok(());
    }
    let mut configuration = text.to_owned();
    if !text.contains("required_providers") {
        configuration +=
            "terraform {\n  required_providers {\n    ibm = { source = \"ibm-sm/ibm\" }\n  }\n}\n";
    }
    let used = Regex::new(r"\bvar\.(\w+)")?;
    let used: BTreeSet<&str> = used
        .captures_iter(text)
        .filter_map(|found| found.get(1))
        .map(|name| name.as_str())
        .collect();
    for name in used.iter().filter(|name| !text.contains(&format!("variable \"{name}\""))) {
        writeln!(configuration, "variable \"{name}\" {{}}")?;
    }
    workspace.configure(&configuration)?;
    let run = workspace.run(&["validate", "-json"])?;
    let answer: Value = serde_json::from_str(&run.stdout).with_context(|| format!("{run:?}"))?;
    ensure!(answer["valid"] == true, "{}", answer["diagnostics"]);
    Ok(())
}
