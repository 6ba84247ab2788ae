//! Follows the migration guide word for word and, with the official provider's own binary, runs what
//! stands beside this one. The page's commands and blocks are the only source of what is followed.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::compare::same_objects;
use super::emulator::Emulator;
use super::terraform::Run;
use super::world::Programs;

const PAGE: &str = include_str!("../../docs/guides/migration.md");
const CONFIGURATION: &str = include_str!("../fixtures/official/step-1-and-2.tf");
const STATE: &str = include_str!("../fixtures/official/step-1.tfstate");
const OBJECTS: &str = include_str!("../fixtures/official/step-1-objects.json");
const IDENTITIES: &str = include_str!("../fixtures/official/identities.tf");
const NOW: &str = "2026-11-24T06:15:00Z";
const HOST: &str = "registry.terraform.io";
const VERSIONS: &str = "terraform {\n  required_providers {\n    ibm = {\n      source  = \
                        \"IBM-Cloud/ibm\"\n      version = \">= 1.70.0, < 3.0.0\"\n    }\n  }\n}\n";
const ACCESS_GROUP: &str =
    "resource \"ibm_iam_access_group\" \"team\" {\n  name = \"log-writers\"\n}\n";
/// The binary of the official provider 2.5.0, to follow the page with it instead of its stand-in.
const OFFICIAL: &str = "ACCEPTANCE_OFFICIAL";
const BARE: &str = "resource \"ibm_sm_secret_group\" \"bare\" {\n  instance_id = \
                    local.instance_id\n  name        = \"bare-group\"\n}\n";

/// What the page says between two of its fences.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    /// Run these lines; the last one exits with the code.
    Run(Vec<String>, i32),
    /// The last output has each of these lines.
    Says(Vec<String>),
    /// Write this file.
    Write(String, String),
    /// Use this CLI configuration; an empty one is the tests' own.
    Settings(String),
    /// The state has so many resources of each provider.
    State(Vec<(String, usize)>),
}

/// The ways of the page, by name.
fn ways() -> Result<Vec<(String, Vec<Step>)>> {
    let mut ways: Vec<(String, Vec<Step>)> = Vec::new();
    let (mut file, mut code, mut settings) = (None, 0, false);
    let mut lines = PAGE.lines();
    while let Some(line) = lines.next() {
        if let Some(comment) = line.strip_prefix("<!-- ").and_then(|it| it.strip_suffix(" -->")) {
            let (word, rest) = comment.split_once(' ').unwrap_or((comment, ""));
            match word {
                "begin" => ways.push((rest.to_owned(), Vec::new())),
                "file" => file = Some(rest.to_owned()),
                "exits" => code = rest.parse()?,
                "settings" => settings = true,
                "own-settings" => {
                    let steps = &mut ways.last_mut().context("no way has begun")?.1;
                    steps.push(Step::Settings(String::new()));
                }
                "state" => {
                    let counts = rest.split(", ").map(|count| {
                        let (source, number) = count.split_once(' ').context("SOURCE NUMBER")?;
                        Ok((source.to_owned(), number.parse()?))
                    });
                    let counts = counts.collect::<Result<_>>()?;
                    ways.last_mut().context("no way has begun")?.1.push(Step::State(counts));
                }
                _ => bail!("unknown marker {line}"),
            }
        } else if let Some(language) = line.strip_prefix("```") {
            let text: Vec<String> =
                lines.by_ref().take_while(|line| *line != "```").map(str::to_owned).collect();
            let steps = &mut ways.last_mut().context("a fence before the first way")?.1;
            steps.push(match language {
                "sh" => Step::Run(text, std::mem::take(&mut code)),
                "text" => Step::Says(text),
                "hcl" if std::mem::take(&mut settings) => Step::Settings(text.join("\n")),
                "terraform" => Step::Write(
                    file.take().context("a block that goes into no file")?,
                    text.join("\n") + "\n",
                ),
                other => bail!("nothing follows a fence of {other:?}"),
            });
        }
    }
    Ok(ways)
}

/// A test of a name, with what it runs.
type Test = (String, Box<dyn FnOnce(&Programs) -> Result<()> + Send>);

/// One test for each way, and one for what the page warns of.
pub(crate) fn tests() -> Result<Vec<Test>> {
    let mut tests: Vec<Test> = Vec::new();
    for (name, steps) in ways()? {
        let way = name.clone();
        let run = move |programs: &Programs| Follower::begin(programs, &way)?.follow(&steps);
        tests.push((format!("guide/{name}"), Box::new(run)));
    }
    ensure!(tests.len() == 6, "the page has six ways that are followed, not {}", tests.len());
    tests.push(("guide/replace_provider_takes_everything".to_owned(), Box::new(takes_everything)));
    if std::env::var_os(OFFICIAL).is_some() {
        tests.push(("guide/modules_beside_it".to_owned(), Box::new(modules_beside_it)));
        tests.push(("guide/its_types_of_iam".to_owned(), Box::new(its_types_of_iam)));
    }
    Ok(tests)
}

/// Our modules and the official provider in one configuration.
fn modules_beside_it(programs: &Programs) -> Result<()> {
    let repository = env!("CARGO_MANIFEST_DIR");
    let mut follower = Follower::begin(programs, "nothing")?;
    follower.run(&format!("cp -R '{repository}/examples' '{repository}/modules' ."), 0)?;
    follower.folder = follower.folder.join("examples/with-official-provider");
    follower.whole_life(&[])
}

/// The types of IAM that configurations have beside ours, and data sources that read them.
fn its_types_of_iam(programs: &Programs) -> Result<()> {
    let follower = Follower::begin(programs, "nothing")?;
    fs::write(follower.folder.join("main.tf"), IDENTITIES)?;
    follower.whole_life(&["-var text=two -var 'roles=[\"Editor\", \"Viewer\"]'"])
}

/// The advice of the first README, in a workspace with a resource of another service.
fn takes_everything(programs: &Programs) -> Result<()> {
    let mut follower = Follower::begin(programs, "beside")?;
    let versions = VERSIONS.replace("IBM-Cloud/ibm", "ibm-sm/ibm").replace("version", "# version");
    fs::write(follower.folder.join("versions.tf"), versions)?;
    follower.run("terraform state replace-provider IBM-Cloud/ibm ibm-sm/ibm", 0)?;
    follower.run("terraform init", 0)?;
    follower.run("terraform plan", 1)?;
    follower.says("does not support resource type")
}

/// Somebody with a workspace, who does what the page says.
struct Follower {
    root: TempDir,
    folder: PathBuf,
    emulator: Emulator,
    environment: BTreeMap<String, String>,
    said: String,
}

impl Follower {
    /// The workspace that a way begins with.
    fn begin(programs: &Programs, way: &str) -> Result<Follower> {
        let root = tempfile::Builder::new().prefix("guide-").tempdir()?;
        let official = std::env::var_os(OFFICIAL).map(fs::canonicalize).transpose()?;
        let emulator = if official.is_some() {
            let certificates = root.path().join("certificates");
            Emulator::start_at_the_hosts_of_ibm(&programs.emulator, NOW, &certificates)?
        } else {
            Emulator::start(&programs.emulator, NOW)?
        };
        if way != "nothing" {
            emulator.add(serde_json::from_str(OBJECTS)?)?;
        }
        let folder = root.path().join("work");
        for name in ["work", "home", "tmp", "bin", "elsewhere/team"] {
            fs::create_dir_all(root.path().join(name))?;
        }
        symlink(&programs.provider, root.path().join("bin/terraform-provider-ibm"))?;
        // A command that is a path need not be called `terraform`, as the page calls it.
        if programs.terraform.command.is_absolute() {
            symlink(&programs.terraform.command, root.path().join("bin/terraform"))?;
        }
        let official = official.map_or_else(std::env::current_exe, Ok)?;
        install(root.path(), "ibm-sm/ibm", env!("CARGO_PKG_VERSION"), &programs.provider)?;
        install(root.path(), "ibm-cloud/ibm", "2.5.0", &official)?;
        let mut state: Value = serde_json::from_str(&STATE.replace("REGISTRY_HOST", HOST))?;
        let resources = state["resources"].as_array_mut().context("no resources")?;
        let mut configuration = CONFIGURATION.to_owned();
        if matches!(way, "beside" | "module") {
            let provider = format!("provider[\"{HOST}/ibm-cloud/ibm\"]");
            let id = "AccessGroupId-8c0ed733-dfee-4a94-992b-e2247b86e2a2";
            let attributes = json!({ "id": id, "name": "log-writers" });
            resources.push(json!({
                "mode": "managed", "type": "ibm_iam_access_group", "name": "team",
                "provider": provider,
                "instances": [{ "schema_version": 0, "attributes": attributes }],
            }));
            fs::write(folder.join("other.tf"), ACCESS_GROUP)?;
        }
        if way == "module" {
            ensure!(configuration.contains(BARE), "the fixture has the group");
            configuration = configuration.replace(BARE, "");
            let variable = "variable \"instance_id\" {}\n";
            let module = BARE.replace("local.", "var.");
            let module = format!("{VERSIONS}{variable}{module}");
            fs::write(root.path().join("elsewhere/team/main.tf"), module)?;
            // An archive is unpacked into a copy, as what comes from a registry is.
            let source = root.path().join("elsewhere/team.tar.gz");
            let packed = Command::new("tar")
                .arg("-czf")
                .arg(&source)
                .arg("-C")
                .arg(root.path().join("elsewhere/team"))
                .arg("main.tf")
                .status()?;
            ensure!(packed.success(), "tar packs the module");
            let call = format!(
                "module \"team\" {{\n  source      = {source:?}\n  instance_id = \
                 local.instance_id\n}}\n"
            );
            fs::write(folder.join("team.tf"), call)?;
            for resource in resources.iter_mut().filter(|it| it["name"] == "bare") {
                resource["module"] = json!("module.team");
            }
        }
        if matches!(way, "nothing" | "own") {
            configuration.clear();
            resources.clear();
        } else if way == "renamed" {
            configuration = "provider \"ibm\" {\n  region = \"us-south\"\n}\n".to_owned();
            resources.retain(|it| it["name"] == "bare");
        } else {
            fs::write(folder.join("versions.tf"), VERSIONS)?;
        }
        fs::write(folder.join("main.tf"), configuration)?;
        fs::write(folder.join("terraform.tfstate"), serde_json::to_string_pretty(&state)?)?;
        let mut environment = emulator.exports.clone();
        let path = std::env::var("PATH").unwrap_or_default();
        let text = |path: &Path| path.display().to_string();
        environment.insert("PATH".to_owned(), format!("{}:{path}", text(&root.path().join("bin"))));
        environment.insert("HOME".to_owned(), text(&root.path().join("home")));
        environment.insert("TMPDIR".to_owned(), text(&root.path().join("tmp")));
        environment.insert("TF_IN_AUTOMATION".to_owned(), "1".to_owned());
        // A plan with any change fails.
        environment.insert("TF_CLI_ARGS_plan".to_owned(), "-detailed-exitcode".to_owned());
        environment.insert("TF_CLI_CONFIG_FILE".to_owned(), text(&root.path().join("cli.tfrc")));
        let follower = Follower { folder, root, emulator, environment, said: String::new() };
        follower.settle("")?;
        Ok(follower)
    }

    /// Writes the CLI configuration: where the tests' providers are, unless the page says it.
    fn settle(&self, page: &str) -> Result<()> {
        let mirror = self.root.path().join("registry");
        let text = match page {
            "" => format!(
                "provider_installation {{\n  filesystem_mirror {{\n    path = {mirror:?}\n  }}\n}}\n"
            ),
            page => self.here(page),
        };
        fs::write(self.root.path().join("cli.tfrc"), format!("disable_checkpoint = true\n{text}"))?;
        Ok(())
    }

    /// The page's example paths are in the temporary folder.
    fn here(&self, text: &str) -> String {
        text.replace("/path/to", &self.root.path().display().to_string())
    }

    fn follow(mut self, steps: &[Step]) -> Result<()> {
        for step in steps {
            match step {
                Step::Run(lines, code) => {
                    let (last, others) = lines.split_last().context("an empty fence")?;
                    others.iter().try_for_each(|line| self.run(line, 0))?;
                    self.run(last, *code)?;
                }
                Step::Says(lines) => lines.iter().try_for_each(|line| self.says(line))?,
                Step::Write(file, text) => fs::write(self.folder.join(file), text)?,
                Step::Settings(text) => self.settle(text)?,
                Step::State(counts) => {
                    let found = self.count()?;
                    let expected: BTreeMap<_, _> = counts.iter().cloned().collect();
                    ensure!(found == expected, "the state has {found:?}, not {expected:?}");
                }
            }
        }
        Ok(())
    }

    fn run(&mut self, line: &str, code: i32) -> Result<()> {
        let mut child = Command::new("sh")
            .args(["-c", &self.here(line)])
            .current_dir(&self.folder)
            .env_clear()
            .envs(&self.environment)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        // What asks is answered; what does not ask may have closed its input already.
        let _ = child.stdin.take().context("no input")?.write_all(b"yes\n");
        let run = Run::of(child)?.expect_code(code).with_context(|| line.to_owned())?;
        self.said = without_colours(&format!("{}{}", run.stdout, run.stderr));
        Ok(())
    }

    fn says(&self, line: &str) -> Result<()> {
        ensure!(self.said.contains(line), "{line:?} is not in {}", self.said);
        Ok(())
    }

    /// Creates everything, makes each change, and leaves nothing.
    fn whole_life(mut self, changes: &[&str]) -> Result<()> {
        let objects = |emulator: &Emulator| -> Result<Value> {
            let mut state = emulator.state()?;
            // The official provider never gives one back.
            state["iam"]["refresh_tokens"].take();
            Ok(state)
        };
        let before = objects(&self.emulator)?;
        self.run("terraform init", 0)?;
        self.run("terraform apply -auto-approve", 0)?;
        self.run("terraform plan", 0)?;
        for change in changes {
            self.run(&format!("terraform apply -auto-approve {change}"), 0)?;
            self.run(&format!("terraform plan {change}"), 0)?;
        }
        self.run("terraform destroy -auto-approve", 0)?;
        same_objects(&before, &objects(&self.emulator)?)
    }

    fn count(&self) -> Result<BTreeMap<String, usize>> {
        let text = fs::read_to_string(self.folder.join("terraform.tfstate"))?;
        let state: Value = serde_json::from_str(&text)?;
        let mut counts = BTreeMap::new();
        for resource in state["resources"].as_array().context("no resources")? {
            let provider = resource["provider"].as_str().context("no provider")?;
            let address = provider.split('"').nth(1).context("no address")?;
            let source = address.split_once('/').context("no host")?.1;
            *counts.entry(source.to_owned()).or_default() += 1;
        }
        Ok(counts)
    }
}

fn without_colours(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text.chars();
    while let Some(letter) = rest.next() {
        match letter {
            '\u{1b}' => drop(rest.by_ref().find(|letter| *letter == 'm')),
            letter => plain.push(letter),
        }
    }
    plain
}

/// Puts a binary where the tests' own settings look for providers, unpacked.
fn install(root: &Path, source: &str, version: &str, binary: &Path) -> Result<()> {
    let platform = match std::env::consts::ARCH {
        "aarch64" => format!("{}_arm64", platform_of(std::env::consts::OS)),
        _ => format!("{}_amd64", platform_of(std::env::consts::OS)),
    };
    let folder = root.join("registry").join(HOST).join(source).join(version).join(platform);
    fs::create_dir_all(&folder)?;
    symlink(binary, folder.join(format!("terraform-provider-ibm_v{version}")))?;
    Ok(())
}

fn platform_of(system: &str) -> &str {
    match system {
        "macos" => "darwin",
        system => system,
    }
}
