//! The lifecycle of one configuration: its steps, an import, and a destroy after
//! which the emulator is as it was, with every check on the way.

use std::collections::BTreeMap;
use std::path::Path;
use std::thread;

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Map, Value, json};

use super::actions::perform;
use super::compare::{same_attributes, same_objects};
use super::diagnostics::{check_diagnostics, without_repeats};
use super::emulator::Exchange;
use super::expect::{
    Change, ExpectedDiagnostic, Import, Moment, Opening, PlainChange, Requests, Scenario, Step,
};
use super::matcher::{References, check};
use super::requests;
use super::state::Object;
use super::terraform::{Diagnostic, Run, Severity};
use super::world::{Programs, World};

/// A scenario that is under way.
struct Lifecycle {
    world: World,
}

/// Runs the scenario in this folder.
pub(crate) fn run(programs: &Programs, folder: &Path, scenario: &Scenario) -> Result<()> {
    let mut world = World::start(programs, folder, &scenario.now, scenario.stand_in)?;
    world.holders.clone_from(&scenario.holds_secrets);
    perform(&scenario.seed, &mut world).context("seed")?;
    let before = world.emulator.state()?;
    let mut lifecycle = Lifecycle { world };
    for (index, step) in scenario.steps.iter().enumerate() {
        lifecycle.step(index + 1, step).with_context(|| format!("step {}", index + 1))?;
    }
    lifecycle.import_and_destroy(scenario)?;
    lifecycle.world.search().context("after the last step")?;
    for holder in scenario.holds_secrets.keys() {
        let path = lifecycle.world.workspace.root().join(holder);
        ensure!(path.exists(), "{holder} does not exist");
    }
    lifecycle.world.check_nothing_left(&before)
}

impl Lifecycle {
    fn step(&mut self, number: usize, step: &Step) -> Result<()> {
        let standard = format!("step-{number}.tf");
        let mut configuration = self.world.file(step.config.as_deref().unwrap_or(&standard))?;
        for example in &step.examples {
            configuration = format!("{configuration}\n{}", World::example(example)?);
        }
        self.world.workspace.configure(&configuration)?;
        self.world.set_environment(&step.env)?;
        perform(&step.before, &mut self.world).context("before")?;
        self.world.emulator.take_journal()?;
        self.world.before = self.world.workspace.state()?;
        self.world.plant()?;
        let succeeds = step.plan.is_some();
        match succeeds {
            true => self.apply(step)?,
            false => self.apply_and_fail(step)?,
        }
        self.world.now = self.world.workspace.state()?;
        self.check_outcome(step)?;
        if succeeds {
            self.plan_again(step).context("second plan")?;
        }
        self.world.search()?;
        perform(&step.after, &mut self.world).context("after")
    }

    fn check_outcome(&self, step: &Step) -> Result<()> {
        if let Some(expected) = &step.state {
            self.check_state(expected).context("state")?;
        }
        let tainted = self.world.now.objects.iter().filter(|(_, object)| object.tainted);
        let tainted: Vec<&String> = tainted.map(|(address, _)| address).collect();
        ensure!(tainted.iter().copied().eq(&step.tainted), "tainted: {tainted:?}");
        for (name, expected) in &step.outputs {
            let found =
                self.world.now.outputs.get(name).with_context(|| format!("no output {name}"))?;
            self.check_value(expected, found, self.world.before.outputs.get(name))
                .with_context(|| format!("output {name}"))?;
        }
        Ok(())
    }

    /// Plans and applies a step that succeeds.
    fn apply(&self, step: &Step) -> Result<()> {
        let mut arguments = vec!["plan", "-json", "-input=false", "-out=plan.bin"];
        arguments.extend(step.args.iter().map(String::as_str));
        let before = self.world.emulator.state()?;
        let planned = self.world.workspace.run(&arguments)?.expect_code(0).context("plan")?;
        let received = self.world.emulator.take_journal()?;
        self.only_plans(step, &before, &received)?;
        self.check_requests(step.refresh.as_ref(), received).context("refresh")?;
        let plan = self.world.workspace.plan("plan.bin")?;
        let expected = step.plan.as_ref().context("the step expects no plan")?;
        ensure!(*expected == plan.changes, "the plan is {plan}");
        for (address, expected) in &step.known_after_apply {
            let found = plan.unknown.get(address).context("not in the plan")?;
            ensure!(found == expected, "known after apply in {address}: {found:?}");
        }
        let applied = self
            .world
            .workspace
            .run(&["apply", "-json", "-input=false", "plan.bin"])?
            .expect_code(0)
            .context("apply")?;
        let received = self.world.emulator.take_journal()?;
        if let Some(expected) = step.tokens {
            requests::count_tokens(expected, &received)?;
        }
        self.check_requests(step.requests.as_ref(), received).context("requests")?;
        let found = without_repeats([planned.diagnostics()?, applied.diagnostics()?].concat());
        self.check_diagnostics(Severity::Warning, &step.warns, &found).context("warnings")
    }

    /// Ok if planning did nothing that planning this step may not do.
    fn only_plans(&self, step: &Step, before: &Value, received: &[Exchange]) -> Result<()> {
        requests::only_reads(received, step.opens.is_some())?;
        if step.opens == Some(Opening::LeavesNothing) {
            let iam = |state: &Value| json!({ "iam": state["iam"] });
            same_objects(&iam(before), &iam(&self.world.emulator.state()?))
                .context("the plan did not close what it opened")?;
        }
        Ok(())
    }

    /// Applies a step that fails or is killed.
    fn apply_and_fail(&mut self, step: &Step) -> Result<()> {
        let mut arguments = vec!["apply", "-auto-approve", "-json", "-input=false"];
        arguments.extend(step.args.iter().map(String::as_str));
        let before = self.world.emulator.state()?;
        let run = match &step.interrupt_after {
            None => self.world.workspace.run(&arguments)?,
            Some(moment) => self.interrupt(&arguments, moment)?,
        };
        let run = if step.killed { run.expect_killed()? } else { run.expect_code(1)? };
        let diagnostics = run.diagnostics()?;
        let fails = step.fails.as_deref().unwrap_or_default();
        self.check_diagnostics(Severity::Error, fails, &diagnostics).context("errors")?;
        self.check_diagnostics(Severity::Warning, &step.warns, &diagnostics).context("warnings")?;
        self.check_requests(step.requests.as_ref(), self.world.emulator.take_journal()?)
            .context("requests")?;
        self.world.diagnostics = diagnostics;
        if !step.changes_something {
            same_objects(&before, &self.world.emulator.state()?)
                .context("a failed apply changed something")?;
        }
        Ok(())
    }

    /// Runs a command and sends it SIGINT at this moment.
    fn interrupt(&self, arguments: &[&str], moment: &Moment) -> Result<Run> {
        let mut command = self.world.workspace.start(arguments)?;
        while !self.world.emulator.journal()?.iter().any(|exchange| moment.is(exchange)) {
            ensure!(command.try_wait()?.is_none(), "terraform exited before {moment:?}");
            thread::yield_now();
        }
        let process = Pid::from_raw(i32::try_from(command.id())?).context("no process id")?;
        kill_process(process, Signal::INT)?;
        self.world.workspace.finish(command, arguments)
    }

    /// Expected details may refer to the state before the step, and to saved ids.
    fn check_diagnostics(
        &self,
        severity: Severity,
        expected: &[ExpectedDiagnostic],
        found: &[Diagnostic],
    ) -> Result<()> {
        let filled: Vec<_> =
            expected.iter().map(|it| it.filled(|text| self.world.fill(text))).collect();
        check_diagnostics(severity, &filled, found)
    }

    fn plan_again(&self, step: &Step) -> Result<()> {
        let arguments = ["plan", "-json", "-input=false", "-detailed-exitcode", "-out=again.bin"];
        let before = self.world.emulator.state()?;
        let run = self.world.workspace.run(&arguments)?;
        if run.code == Some(2) {
            bail!("the second plan is not empty: {}", self.world.workspace.plan("again.bin")?);
        }
        run.expect_code(0)?;
        let received = self.world.emulator.take_journal()?;
        self.only_plans(step, &before, &received)?;
        if !step.reads_keys && step.opens.is_none() {
            requests::no_keys_read(&received)?;
        }
        self.check_requests(step.second_plan.as_ref(), received)
    }

    fn check_requests(&self, expected: Option<&Requests>, received: Vec<Exchange>) -> Result<()> {
        expected.map_or(Ok(()), |expected| requests::compare(expected, received))
    }

    fn check_state(&self, expected: &BTreeMap<String, Map<String, Value>>) -> Result<()> {
        let addresses: Vec<&String> = self.world.now.objects.keys().collect();
        ensure!(addresses.iter().copied().eq(expected.keys()), "the state holds {addresses:?}");
        for (address, expected) in expected {
            let Object { attributes, .. } = &self.world.now.objects[address];
            let before = self.world.before.objects.get(address);
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
        let lookup = |place: &str| self.world.now.lookup(place).cloned();
        check(expected, found, &References { before, lookup: &lookup })
    }

    /// Checks that an import finds what the state holds, and destroys everything.
    fn import_and_destroy(&mut self, scenario: &Scenario) -> Result<()> {
        if self.world.now.objects.is_empty() {
            ensure!(scenario.destroy.requests.is_none(), "there is nothing to destroy");
            return Ok(());
        }
        if scenario.import.skipped_because.is_none() {
            self.import(&scenario.import).context("import")?;
        }
        let plan = ["plan", "-destroy", "-json", "-input=false", "-out=end.bin"];
        self.world.workspace.run(&plan)?.expect_code(0).context("destroy plan")?;
        self.world.emulator.take_journal()?;
        let apply = ["apply", "-json", "-input=false", "end.bin"];
        self.world.workspace.run(&apply)?.expect_code(0).context("destroy")?;
        self.check_requests(
            scenario.destroy.requests.as_ref(),
            self.world.emulator.take_journal()?,
        )
        .context("destroy requests")?;
        let left = self.world.workspace.state()?.objects;
        ensure!(left.is_empty(), "the destroy left {:?} in the state", left.keys());
        Ok(())
    }

    /// Imports every object by its id into an empty state. The same configuration
    /// then has nothing to change.
    fn import(&self, expected: &Import) -> Result<()> {
        let named = expected.differs.keys().chain(&expected.updates);
        let unknown: Vec<_> =
            named.filter(|it| !self.world.now.objects.contains_key(*it)).collect();
        ensure!(unknown.is_empty(), "there is no {unknown:?}");
        let mut blocks = String::new();
        for (address, object) in &self.world.now.objects {
            let id = object.attributes.get("id").context("no id")?;
            blocks += &format!("import {{\n  to = {address}\n  id = {id}\n}}\n");
        }
        let elsewhere = self.world.workspace.elsewhere("import")?;
        elsewhere.add("import.tf", &blocks)?;
        elsewhere.run(&["plan", "-json", "-input=false", "-out=plan.bin"])?.expect_code(0)?;
        let plan = elsewhere.plan("plan.bin")?;
        for (address, object) in &self.world.now.objects {
            let change = plan.changes.get(address).context("not in the plan")?;
            let expected_change = match expected.updates.contains(address) {
                true => PlainChange::Update,
                false => PlainChange::NoOp,
            };
            ensure!(
                *change == Change::Plain(expected_change),
                "the plan for {address} is {change:?}"
            );
            let imported = plan.imported.get(address).context("not imported")?;
            let differs = expected.differs.get(address).map_or(&[][..], Vec::as_slice);
            same_attributes(&object.attributes, imported, differs)
                .with_context(|| address.clone())?;
        }
        Ok(())
    }
}
