//! The life of a configuration, from the first apply to an emulator that is as
//! it was, with everything that is checked on the way.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Map, Value, json};

use super::emulator::{Emulator, Exchange};
use super::expect::{Action, Change, Import, Moment, Opening, Reason, Requests, Scenario, Step};
use super::matcher::{Around, check};
use super::outside::perform;
use super::said::{check_said, once};
use super::same::{same_attributes, same_objects};
use super::secrecy::{self, Secrets};
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
    /// The keys that the state holds now.
    held: BTreeSet<String>,
    usual: BTreeMap<String, String>,
}

/// Lives the scenario of this folder.
pub(crate) fn live(programs: &Programs, folder: &Path, scenario: &Scenario) -> Result<()> {
    let mut life = Life::begin(programs, folder, &scenario.now, scenario.stand_in)?;
    life.perform(&scenario.seed).context("seed")?;
    let empty = life.emulator.state()?;
    for (index, step) in scenario.steps.iter().enumerate() {
        life.step(index + 1, step).with_context(|| format!("step {}", index + 1))?;
    }
    life.destroy_and_import(scenario)?;
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
            held: BTreeSet::new(),
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
                Some(value) => {
                    environment.insert(name.clone(), self.fill_exports(&self.fill(value))?)
                }
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
        let mut secrets = self.secrets()?;
        let succeeds = step.plan.is_some();
        let runs = match succeeds {
            true => self.apply(step)?,
            false => vec![self.apply_and_fail(step)?],
        };
        self.now = self.workspace.state()?;
        secrets.extend(self.secrets()?);
        for run in &runs {
            secrecy::none_printed(&secrets, &run.stdout).context("output")?;
            secrecy::none_printed(&secrets, &run.stderr).context("log")?;
            let logged = run.stderr.contains("provider.terraform-provider-ibm");
            ensure!(logged == step.trace_is_clean, "the log holds the provider's lines: {logged}");
        }
        // What the user lets into files is no secret in them.
        secrets.retain(|_, secret| !self.is_given(secret, &configuration));
        let held_before = std::mem::take(&mut self.held);
        self.held = secrecy::none_in_state(&secrets, &self.workspace.folder)?;
        self.set_environment(&step.env)?;
        self.check_outcome(step)?;
        if succeeds {
            let folder = &self.workspace.folder;
            let around = &(&held_before | &self.held) | &step.finds;
            secrecy::none_in_plan(&secrets, &folder.join("plan.bin"), &around)?;
            self.plan_again(step).context("second plan")?;
            secrecy::none_in_plan(&secrets, &folder.join("again.bin"), &self.held)?;
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
        let before = self.emulator.state()?;
        let planned = self.workspace.run(&arguments)?.expect_code(0).context("plan")?;
        let received = self.emulator.take_journal()?;
        self.only_plans(step, &before, &received)?;
        self.check_requests(step.refresh.as_ref(), received).context("refresh")?;
        let plan = self.workspace.plan("plan.bin")?;
        let expected = step.plan.as_ref().context("no plan to expect")?;
        ensure!(*expected == plan.changes, "the plan is {plan}");
        for (address, expected) in &step.known_after_apply {
            let found = plan.unknown.get(address).context("not in the plan")?;
            ensure!(found == expected, "known after apply in {address}: {found:?}");
        }
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
            &once([planned.diagnostics()?, applied.diagnostics()?].concat()),
        )
        .context("warnings")?;
        Ok(vec![planned, applied])
    }

    /// Ok if a plan did no more than a plan of this step may do.
    fn only_plans(&self, step: &Step, before: &Value, received: &[Exchange]) -> Result<()> {
        traffic::only_reads(received, step.opens.is_some())?;
        if step.opens == Some(Opening::LeavesNothing) {
            let iam = |state: &Value| json!({ "iam": state["iam"] });
            same_objects(&iam(before), &iam(&self.emulator.state()?))
                .context("what the plan opened is not closed")?;
        }
        Ok(())
    }

    /// Applies, and is refused or killed.
    fn apply_and_fail(&mut self, step: &Step) -> Result<Run> {
        let mut arguments = vec!["apply", "-auto-approve", "-json", "-input=false"];
        arguments.extend(step.args.iter().map(String::as_str));
        let before = self.emulator.state()?;
        let run = match &step.interrupt_after {
            None => self.workspace.run(&arguments)?,
            Some(moment) => self.interrupt(&arguments, moment)?,
        };
        let run = if step.killed { run.expect_killed()? } else { run.expect_code(1)? };
        let said = run.diagnostics()?;
        let fails = step.fails.as_deref().unwrap_or_default();
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

    /// Runs a command and sends it SIGINT at the moment.
    fn interrupt(&self, arguments: &[&str], moment: &Moment) -> Result<Run> {
        let mut command = self.workspace.start(arguments)?;
        while !self.emulator.journal()?.iter().any(|exchange| moment.is(exchange)) {
            ensure!(command.try_wait()?.is_none(), "it ended before {moment:?}");
            thread::yield_now();
        }
        let process = Pid::from_raw(i32::try_from(command.id())?).context("no process id")?;
        kill_process(process, Signal::INT)?;
        Run::of(command)
    }

    fn plan_again(&self, step: &Step) -> Result<()> {
        let arguments = ["plan", "-json", "-input=false", "-detailed-exitcode", "-out=again.bin"];
        let before = self.emulator.state()?;
        let run = self.workspace.run(&arguments)?;
        if run.code == Some(2) {
            bail!("something changes: {}", self.workspace.plan("again.bin")?);
        }
        run.expect_code(0)?;
        let received = self.emulator.take_journal()?;
        self.only_plans(step, &before, &received)?;
        if !step.reads_keys && step.opens.is_none() {
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

    /// Every key that exists now, and what every token begins with.
    pub(crate) fn secrets(&self) -> Result<Secrets> {
        let mut secrets = secrecy::keys(&self.emulator.state()?);
        let token = self.emulator.administrator_token()?;
        let header = token.split('.').next().unwrap_or(&token).to_owned();
        secrets.insert("the head of a token".to_owned(), header);
        Ok(secrets)
    }

    /// Whether the user has this secret in the configuration, or gives it by a
    /// variable that is not ephemeral.
    fn is_given(&self, secret: &str, configuration: &str) -> bool {
        let text = format!("{configuration}{}", self.workspace.common(configuration));
        let stored = |name: &str| {
            let declaration = format!("variable {name:?} {{");
            let block = text.split_once(&declaration).and_then(|(_, rest)| rest.split_once('}'));
            block.is_some_and(|(block, _)| !block.contains("ephemeral"))
        };
        let by_variable = |(name, value): (&String, &String)| {
            value == secret && name.strip_prefix("TF_VAR_").is_some_and(stored)
        };
        text.contains(secret) || self.workspace.environment.iter().any(by_variable)
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
