//! The life of a configuration, from the first apply to an emulator that is as
//! it was, with everything that is checked on the way.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Map, Value};

use super::emulator::{Emulator, Exchange};
use super::expect::{Action, Change, Import, Reason, Requests, Said, Scenario, Step};
use super::matcher::{Around, check};
use super::outside::perform;
use super::said::check_said;
use super::same::{same_attributes, same_objects};
use super::state::{Object, Snapshot};
use super::terraform::{Diagnostic, Run, Severity, Terraform};
use super::traffic;
use super::workspace::Workspace;

/// Stands in variables for a token of the account's administrator.
const TOKEN: &str = "{ADMINISTRATOR_TOKEN}";

/// The programs that a life needs.
#[derive(Debug)]
pub(crate) struct Programs {
    /// The command line.
    pub(crate) terraform: Terraform,
    /// The provider's binary.
    pub(crate) provider: PathBuf,
    /// The emulator's binary.
    pub(crate) emulator: PathBuf,
}

/// A configuration and its surroundings at some moment.
pub(crate) struct Life {
    folder: PathBuf,
    /// The service.
    pub(crate) emulator: Emulator,
    /// The user.
    pub(crate) workspace: Workspace,
    /// The state after the step before.
    pub(crate) before: Snapshot,
    /// The state now.
    pub(crate) now: Snapshot,
    /// What the last apply that failed said.
    pub(crate) told: Vec<Diagnostic>,
    /// Ids that calls kept, by name.
    pub(crate) kept: BTreeMap<String, String>,
    usual: BTreeMap<String, String>,
}

/// Lives the scenario of this folder.
pub(crate) fn live(programs: &Programs, folder: &Path) -> Result<()> {
    let scenario = Scenario::read(&folder.join("expect.json"))?;
    let mut life = Life::begin(programs, folder, &scenario.now, scenario.stand_in)?;
    life.perform(&scenario.seed).context("seed")?;
    let empty = life.emulator.state()?;
    for (index, step) in scenario.steps.iter().enumerate() {
        life.step(index + 1, step).with_context(|| format!("step {}", index + 1))?;
    }
    life.destroy_and_import(&scenario)?;
    life.left_nothing(&empty)
}

impl Life {
    /// A new emulator and a new workspace.
    pub(crate) fn begin(
        programs: &Programs,
        folder: &Path,
        now: &str,
        stand_in: bool,
    ) -> Result<Life> {
        let emulator = Emulator::start(&programs.emulator, now)?;
        let Programs { terraform, provider, .. } = programs;
        let workspace = Workspace::new(terraform, provider, stand_in, &emulator.exports)?;
        let usual = workspace.environment.clone();
        Ok(Life {
            folder: folder.to_owned(),
            emulator,
            workspace,
            before: Snapshot::default(),
            now: Snapshot::default(),
            told: Vec::new(),
            kept: BTreeMap::new(),
            usual,
        })
    }

    /// A file beside the expectations; `../` leads to what scenarios share.
    pub(crate) fn file(&self, name: &str) -> Result<String> {
        let path = self.folder.join(name);
        fs::read_to_string(&path).with_context(|| path.display().to_string())
    }

    /// Does all of this.
    pub(crate) fn perform(&mut self, actions: &[Action]) -> Result<()> {
        actions.iter().try_for_each(|action| perform(action, self))
    }

    /// `text` with the values of `{ADDRESS.ATTRIBUTE}` and of `{NAME}`s kept.
    pub(crate) fn fill(&self, text: &str) -> String {
        let kept = self.kept.iter();
        kept.fold(self.now.fill(text), |text, (name, id)| text.replace(&format!("{{{name}}}"), id))
    }

    /// Gives the next commands the usual variables with these changes.
    pub(crate) fn set_environment(
        &mut self,
        changes: &BTreeMap<String, Option<String>>,
    ) -> Result<()> {
        let mut environment = self.usual.clone();
        for (name, value) in changes {
            match value {
                Some(value) => environment.insert(name.clone(), self.fill_exports(value)?),
                None => environment.remove(name),
            };
        }
        self.workspace.environment = environment;
        Ok(())
    }

    fn fill_exports(&self, text: &str) -> Result<String> {
        let mut filled = text.to_owned();
        for (name, value) in &self.emulator.exports {
            filled = filled.replace(&format!("{{{name}}}"), value);
        }
        if filled.contains(TOKEN) {
            filled = filled.replace(TOKEN, &self.emulator.administrator_token()?);
        }
        Ok(filled)
    }

    fn step(&mut self, number: usize, step: &Step) -> Result<()> {
        let standard = format!("step-{number}.tf");
        let configuration = self.file(step.config.as_deref().unwrap_or(&standard))?;
        self.workspace.configure(&configuration)?;
        let mut environment = step.env.clone();
        if step.trace_is_clean {
            environment.insert("TF_LOG".to_owned(), Some("TRACE".to_owned()));
        }
        self.set_environment(&environment)?;
        self.perform(&step.before).context("before")?;
        self.emulator.take_journal()?;
        self.before = self.workspace.state()?;
        let runs = match &step.fails {
            None => self.apply(step)?,
            Some(fails) => vec![self.apply_and_fail(step, fails)?],
        };
        self.now = self.workspace.state()?;
        for run in &runs {
            self.no_secret_in(&run.stdout).context("output")?;
            self.no_secret_in(&run.stderr).context("log")?;
            let logged = run.stderr.contains("provider.terraform-provider-ibm");
            ensure!(logged == step.trace_is_clean, "the log holds the provider's lines: {logged}");
        }
        self.set_environment(&step.env)?;
        self.check_outcome(step)?;
        if step.fails.is_none() {
            self.plan_again(step).context("second plan")?;
        }
        self.perform(&step.after).context("after")
    }

    fn check_outcome(&self, step: &Step) -> Result<()> {
        if let Some(expected) = &step.state {
            self.check_state(expected).context("state")?;
        }
        let tainted = self.now.objects.iter().filter(|(_, object)| object.tainted);
        let tainted: Vec<&String> = tainted.map(|(address, _)| address).collect();
        ensure!(tainted.iter().copied().eq(&step.tainted), "tainted: {tainted:?}");
        for (name, expected) in &step.outputs {
            let found = self.now.outputs.get(name).with_context(|| format!("no output {name}"))?;
            self.check_value(expected, found, self.before.outputs.get(name))
                .with_context(|| format!("output {name}"))?;
        }
        Ok(())
    }

    /// Plans and applies.
    fn apply(&self, step: &Step) -> Result<Vec<Run>> {
        let mut arguments = vec!["plan", "-json", "-input=false", "-out=plan.bin"];
        arguments.extend(step.args.iter().map(String::as_str));
        let planned = self.workspace.run(&arguments)?.expect_code(0).context("plan")?;
        let received = self.emulator.take_journal()?;
        traffic::only_reads(&received)?;
        self.check_requests(step.refresh.as_ref(), received).context("refresh")?;
        let plan = self.workspace.plan("plan.bin")?;
        let expected = step.plan.as_ref().context("no plan to expect")?;
        ensure!(*expected == plan.changes, "the plan is {plan}");
        let applied = self
            .workspace
            .run(&["apply", "-json", "-input=false", "plan.bin"])?
            .expect_code(0)
            .context("apply")?;
        let received = self.emulator.take_journal()?;
        if let Some(expected) = step.tokens {
            traffic::count_tokens(expected, &received)?;
        }
        self.check_requests(step.requests.as_ref(), received).context("requests")?;
        check_said(
            Severity::Warning,
            &step.warns,
            &[planned.diagnostics()?, applied.diagnostics()?].concat(),
        )
        .context("warnings")?;
        Ok(vec![planned, applied])
    }

    /// Applies, and is refused.
    fn apply_and_fail(&mut self, step: &Step, fails: &[Said]) -> Result<Run> {
        let mut arguments = vec!["apply", "-auto-approve", "-json", "-input=false"];
        arguments.extend(step.args.iter().map(String::as_str));
        let before = self.emulator.state()?;
        let run = match &step.interrupt_after {
            None => self.workspace.run(&arguments)?,
            Some(operation) => self.interrupt(&arguments, operation)?,
        };
        let run = run.expect_code(1)?;
        let said = run.diagnostics()?;
        check_said(Severity::Error, fails, &said).context("errors")?;
        check_said(Severity::Warning, &step.warns, &said).context("warnings")?;
        self.check_requests(step.requests.as_ref(), self.emulator.take_journal()?)
            .context("requests")?;
        self.told = said;
        if !step.changes_something {
            same_objects(&before, &self.emulator.state()?).context("something was changed")?;
        }
        Ok(run)
    }

    /// Runs a command and sends it SIGINT once the emulator has received the
    /// operation.
    fn interrupt(&self, arguments: &[&str], operation: &str) -> Result<Run> {
        let mut command = self.workspace.start(arguments)?;
        let arrived = |exchange: &Exchange| exchange.operation.as_deref() == Some(operation);
        while !self.emulator.journal()?.iter().any(arrived) {
            ensure!(command.try_wait()?.is_none(), "it ended before {operation}");
            thread::yield_now();
        }
        let process = Pid::from_raw(i32::try_from(command.id())?).context("no process id")?;
        kill_process(process, Signal::INT)?;
        Run::of(command)
    }

    fn plan_again(&self, step: &Step) -> Result<()> {
        let arguments = ["plan", "-json", "-input=false", "-detailed-exitcode", "-out=again.bin"];
        let run = self.workspace.run(&arguments)?;
        if run.code == Some(2) {
            bail!("something changes: {}", self.workspace.plan("again.bin")?);
        }
        run.expect_code(0)?;
        let received = self.emulator.take_journal()?;
        traffic::only_reads(&received)?;
        if !step.reads_keys {
            traffic::no_keys_read(&received)?;
        }
        self.check_requests(step.second_plan.as_ref(), received)
    }

    fn check_requests(&self, expected: Option<&Requests>, received: Vec<Exchange>) -> Result<()> {
        expected.map_or(Ok(()), |expected| traffic::compare(expected, received))
    }

    fn check_state(&self, expected: &BTreeMap<String, Map<String, Value>>) -> Result<()> {
        let addresses: Vec<&String> = self.now.objects.keys().collect();
        ensure!(addresses.iter().copied().eq(expected.keys()), "the objects are {addresses:?}");
        for (address, expected) in expected {
            let Object { attributes, .. } = &self.now.objects[address];
            let before = self.before.objects.get(address);
            for (name, expected) in expected {
                let found = attributes
                    .get(name)
                    .with_context(|| format!("{address} has no attribute {name}"))?;
                self.check_value(expected, found, before.and_then(|it| it.attributes.get(name)))
                    .with_context(|| format!("{address}.{name}"))?;
            }
        }
        Ok(())
    }

    fn check_value(&self, expected: &Value, found: &Value, before: Option<&Value>) -> Result<()> {
        let lookup = |place: &str| self.now.lookup(place).cloned();
        check(expected, found, &Around { before, lookup: &lookup })
    }

    /// No key that the emulator or the state knows is in the text, and no token.
    pub(crate) fn no_secret_in(&self, text: &str) -> Result<()> {
        let token = self.emulator.administrator_token()?;
        // All tokens begin with the same header.
        let header = token.split('.').next().unwrap_or(&token).to_owned();
        let mut secrets = vec![("the head of a token".to_owned(), header)];
        for (name, value) in &self.emulator.exports {
            if name.to_lowercase().ends_with("api_key") {
                secrets.push((name.clone(), value.clone()));
            }
        }
        for (address, object) in &self.now.objects {
            if let Some(Value::String(key)) = object.attributes.get("api_key") {
                secrets.push((format!("{address}.api_key"), key.clone()));
            }
        }
        for (name, secret) in secrets {
            if let Some(line) = text.lines().find(|line| line.contains(&secret)) {
                bail!("{name} is in it: {line}");
            }
        }
        Ok(())
    }

    /// Destroys everything, having seen that an import finds the same.
    fn destroy_and_import(&mut self, scenario: &Scenario) -> Result<()> {
        if self.now.objects.is_empty() {
            ensure!(scenario.destroy.requests.is_none(), "there is nothing to destroy");
            return Ok(());
        }
        if scenario.import.skipped_because.is_none() {
            self.import(&scenario.import).context("import")?;
        }
        let plan = ["plan", "-destroy", "-json", "-input=false", "-out=end.bin"];
        self.workspace.run(&plan)?.expect_code(0).context("plan of the destroy")?;
        self.emulator.take_journal()?;
        let apply = ["apply", "-json", "-input=false", "end.bin"];
        self.workspace.run(&apply)?.expect_code(0).context("destroy")?;
        self.check_requests(scenario.destroy.requests.as_ref(), self.emulator.take_journal()?)
            .context("requests of the destroy")?;
        let left = self.workspace.state()?.objects;
        ensure!(left.is_empty(), "the destroy left {:?} in the state", left.keys());
        Ok(())
    }

    /// Imports every object by its id into an empty state, where the same
    /// configuration then changes nothing.
    fn import(&self, expected: &Import) -> Result<()> {
        let named = expected.differs.keys().chain(&expected.updates);
        let unknown: Vec<_> = named.filter(|it| !self.now.objects.contains_key(*it)).collect();
        ensure!(unknown.is_empty(), "there is no {unknown:?}");
        let mut blocks = String::new();
        for (address, object) in &self.now.objects {
            let id = object.attributes.get("id").context("no id")?;
            blocks += &format!("import {{\n  to = {address}\n  id = {id}\n}}\n");
        }
        let elsewhere = self.workspace.elsewhere("import")?;
        elsewhere.add("import.tf", &blocks)?;
        elsewhere.run(&["plan", "-json", "-input=false", "-out=plan.bin"])?.expect_code(0)?;
        let plan = elsewhere.plan("plan.bin")?;
        for (address, object) in &self.now.objects {
            let change = plan.changes.get(address).context("not in the plan")?;
            let wanted = match expected.updates.contains(address) {
                true => Reason::Update,
                false => Reason::NoOp,
            };
            ensure!(*change == Change::Plain(wanted), "the plan for {address} is {change:?}");
            let imported = plan.imported.get(address).context("not imported")?;
            let differs = expected.differs.get(address).map_or(&[][..], Vec::as_slice);
            same_attributes(&object.attributes, imported, differs)
                .with_context(|| address.clone())?;
        }
        Ok(())
    }

    /// Whether the emulator holds what it held before, in Secrets Manager and in
    /// IAM.
    pub(crate) fn left_nothing(&self, empty: &Value) -> Result<()> {
        same_objects(empty, &self.emulator.state()?).context("the end is not as the beginning")
    }
}
