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
use super::state::{Object, Snapshot};
use super::terraform::{Diagnostic, Run, Severity, Terraform};
use super::traffic;
use super::workspace::Workspace;

/// Attributes that reading an object changes, so that an import may find others.
const CHANGED_BY_READING: [&str; 2] = ["retrieved_at", "updated_at"];

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
        let usual = emulator.exports.clone();
        let workspace = Workspace::new(&programs.terraform, &programs.provider, stand_in, &usual)?;
        let usual = workspace.environment().clone();
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
        let leftover = self.workspace.environment().keys().filter(|n| !self.usual.contains_key(*n));
        let mut all: BTreeMap<String, Option<String>> =
            leftover.map(|name| (name.clone(), None)).collect();
        all.extend(self.usual.iter().map(|(name, value)| (name.clone(), Some(value.clone()))));
        for (name, value) in changes {
            let value = value.as_ref().map(|value| self.fill_exports(value)).transpose()?;
            all.insert(name.clone(), value);
        }
        self.workspace.change_environment(&all);
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
        let log = match &step.fails {
            None => self.apply(step)?,
            Some(fails) => self.apply_and_fail(step, fails)?,
        };
        self.now = self.workspace.state()?;
        if step.trace_is_clean {
            self.check_log(&log).context("log")?;
        }
        self.set_environment(&step.env)?;
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
        if step.fails.is_none() {
            self.plan_again(step).context("second plan")?;
        }
        self.perform(&step.after).context("after")
    }

    /// Plans and applies; the log of both.
    fn apply(&self, step: &Step) -> Result<String> {
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
        Ok(planned.stderr + &applied.stderr)
    }

    /// Applies, and is refused; the log.
    fn apply_and_fail(&mut self, step: &Step, fails: &[Said]) -> Result<String> {
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
        Ok(run.stderr)
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

    /// No key and no token is in the log.
    fn check_log(&self, log: &str) -> Result<()> {
        ensure!(log.contains("ApplyResourceChange"), "the log does not hold the apply");
        let token = self.emulator.administrator_token()?;
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
            if let Some(line) = log.lines().find(|line| line.contains(&secret)) {
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

/// Ok if exactly these diagnostics of the severity were given.
pub(crate) fn check_said(severity: Severity, expected: &[Said], said: &[Diagnostic]) -> Result<()> {
    let mut rest: Vec<&Diagnostic> = said.iter().filter(|s| s.severity == severity).collect();
    for expected in expected {
        let position = rest.iter().position(|said| is_said(expected, said)).with_context(|| {
            format!("{:?} as expected is missing in {said:#?}", expected.summary)
        })?;
        rest.remove(position);
    }
    ensure!(rest.is_empty(), "nobody expected {rest:#?}");
    Ok(())
}

fn is_said(expected: &Said, said: &Diagnostic) -> bool {
    let Said { summary, detail, address, at } = expected;
    let fits = |expected: &Option<String>, found: Option<&str>| {
        expected.is_none() || expected.as_deref() == found
    };
    *summary == said.summary
        && detail.iter().all(|part| said.detail.contains(part))
        && fits(address, said.address.as_deref())
        && fits(at, said.at())
}

fn same_attributes(
    state: &Map<String, Value>,
    imported: &Map<String, Value>,
    differs: &[String],
) -> Result<()> {
    for (name, value) in state {
        let found = imported.get(name).with_context(|| format!("no {name}"))?;
        if differs.contains(name) {
            ensure!(found != value, "{name} does not differ: {value}");
        } else if !CHANGED_BY_READING.contains(&name.as_str()) {
            ensure!(found == value, "{name} is {found} after the import and was {value}");
        }
    }
    Ok(())
}

/// Ok if both states of the emulator hold the same objects.
fn same_objects(before: &Value, after: &Value) -> Result<()> {
    for (service, tables) in before.as_object().context("a state")? {
        for (table, rows) in tables.as_object().context("tables")? {
            let now = &after[service][table];
            let (Value::Array(rows), Value::Array(now)) = (rows, now) else {
                ensure!(rows == now, "{table} was {rows} and is {now}");
                continue;
            };
            let gone: Vec<_> = rows.iter().filter(|row| !now.contains(row)).collect();
            let new: Vec<_> = now.iter().filter(|row| !rows.contains(row)).collect();
            let same = gone.is_empty() && new.is_empty();
            ensure!(same, "{service}.{table}: no more {gone:?}, now {new:?}");
        }
    }
    Ok(())
}
