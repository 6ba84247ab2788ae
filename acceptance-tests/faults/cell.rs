//! One cell: a life in which one operation meets one fault, what continues it, and what is left at its end.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::process::Child;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, bail, ensure};
use regex_lite::Regex;
use rustix::process::Signal;
use serde_json::{Value, json};

use super::census::{Census, Difference};
use super::columns::{Column, Fault, Moment, Process};
use super::gate::Gate;
use super::harness::emulator::Emulator;
use super::harness::terraform::{Diagnostic, Run};
use super::harness::workspace::Workspace;
use super::harness::world::Programs;
use super::operations::{self, Operation, TIMEOUTS};
use super::processes::{Providers, interrupt, signal, until};

/// When every life begins.
pub(crate) const NOW: &str = "2026-01-10T08:00:00Z";
/// The ttl of a lease, and the time after which the next one sweeps it.
const LEASE_IS_SWEPT_AFTER: u64 = 22 * 60;
/// Longer than the provider waits for a response to anything that has no `timeouts`.
pub(crate) const LONGEST_EXCHANGE: u64 = 30_500;
const APPLY: [&str; 4] = ["apply", "-auto-approve", "-json", "-input=false"];

/// What continued the life after its fault.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Continued {
    /// Nothing had to: the run got over it.
    ByItself,
    /// The next apply.
    ByTheNextApply,
    /// The command or the import block that the provider printed, and the apply after it.
    AsTold(String),
    /// The next apply; what the first run left in the service was swept after its ttl.
    AfterTheTtl,
    /// The next apply, with the state of before the run: Terraform had left an empty file.
    WithTheFormerState,
}

/// What became of a life.
#[derive(Debug)]
pub(crate) struct Verdict {
    /// What continued it, or why it did not converge.
    pub(crate) continued: Result<Continued>,
    /// What is there that should not be.
    pub(crate) left: Difference,
}

/// Something that a test of the matrix itself does to a life.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Sabotage {
    /// Nothing.
    None,
    /// A service ID that nobody manages.
    Orphan,
    /// A second version of the secret.
    Duplicate,
    /// A label that the configuration does not have.
    Drift,
    /// A fault at a request that nobody sends.
    NoFault,
}

/// An operation, and what its life without a fault is like.
pub(crate) struct Row {
    /// The operation.
    pub(crate) operation: Operation,
    undisturbed: Mutex<Option<Arc<Undisturbed>>>,
}

/// A life without a fault.
struct Undisturbed {
    census: Census,
    /// The operations of the apply that the faults meet, in order.
    requests: Vec<String>,
}

impl Row {
    /// The row of this operation.
    pub(crate) fn of(operation: Operation) -> Row {
        Row { operation, undisturbed: Mutex::new(None) }
    }

    /// Lives through this fault.
    pub(crate) fn meets(&self, column: &Column, programs: &Programs) -> Result<Verdict> {
        self.lives(column, programs, Sabotage::None)
    }

    fn lives(&self, column: &Column, programs: &Programs, sabotage: Sabotage) -> Result<Verdict> {
        let undisturbed = self.undisturbed(programs)?;
        let mut life = Life::begin(programs, &self.operation, column.is_stalled())?;
        let met = life.meet(column, &undisturbed).context("the run with the fault");
        let continued = met.and_then(|first| life.go_on(&first));
        life.sabotage(sabotage)?;
        let continued = continued.and_then(|continued| life.settle(continued, &undisturbed));
        let left = life.census()?.differs_from(&undisturbed.census);
        let continued = continued.and_then(|continued| {
            ensure!(left == Difference::default(), "left: {left:?}");
            Ok(continued)
        });
        Ok(Verdict { continued, left })
    }

    fn undisturbed(&self, programs: &Programs) -> Result<Arc<Undisturbed>> {
        let mut known = self.undisturbed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = &*known {
            return Ok(Arc::clone(known));
        }
        let life = Life::begin(programs, &self.operation, false)?;
        life.emulator.take_journal()?;
        life.workspace.run(&APPLY)?.expect_code(0).context("the life without a fault")?;
        let requests = life.emulator.take_journal()?;
        let requests = requests.into_iter().filter_map(|exchange| exchange.operation).collect();
        life.workspace.run(&APPLY)?.expect_code(0)?;
        life.plan_is_empty()?;
        let new = Arc::new(Undisturbed { census: life.census()?, requests });
        *known = Some(Arc::clone(&new));
        Ok(new)
    }
}

/// Lives through a fault, and plants something in the world after it.
pub(crate) fn sabotaged(programs: &Programs, sabotage: Sabotage) -> Result<Verdict> {
    let mut operation = operations::secret_patch();
    if sabotage == Sabotage::NoFault {
        operation.strikes = "delete_secret";
    }
    let fault = Fault::Injected(json!({ "status": 500 }));
    Row::of(operation).lives(&Column { name: "", fault, retries: 0 }, programs, sabotage)
}

impl Column {
    fn is_stalled(&self) -> bool {
        matches!(self.fault, Fault::Stalled)
    }
}

struct Life<'a> {
    operation: &'a Operation,
    emulator: Emulator,
    workspace: Workspace,
    providers: Providers,
    /// Whether Terraform has lost its state, and had it back.
    restored: bool,
}

impl Life<'_> {
    /// Everything up to the operation.
    fn begin<'a>(programs: &Programs, operation: &'a Operation, hurried: bool) -> Result<Life<'a>> {
        let emulator = Emulator::start(&programs.emulator, NOW)?;
        if !operation.brings_its_engine() {
            configure_engine(&emulator)?;
        }
        let providers = Providers::of(&programs.provider)?;
        let terraform = &programs.terraform;
        let mut workspace =
            Workspace::new(terraform, &providers.script(), false, &emulator.exports)?;
        workspace.environment.insert("MAX_RETRIES".to_owned(), "0".to_owned());
        let timeouts = match hurried {
            true => {
                "timeouts {\n    create = \"1s\"\n    read = \"1s\"\n    update = \"1s\"\n    \
                     delete = \"1s\"\n  }"
            }
            false => "",
        };
        if let Some(before) = &operation.before {
            workspace.configure(&before.replace(TIMEOUTS, timeouts))?;
            workspace.run(&APPLY)?.expect_code(0).context("the life before")?;
        }
        if operation.is_about_an_orphan() {
            orphan(&emulator).context("the secret is deleted without its credentials")?;
        }
        workspace.configure(&operation.then.replace(TIMEOUTS, timeouts))?;
        Ok(Life { operation, emulator, workspace, providers, restored: false })
    }

    /// Applies while the fault is there, and checks that it was.
    fn meet(&mut self, column: &Column, undisturbed: &Undisturbed) -> Result<Run> {
        let normal = self.workspace.environment.clone();
        self.workspace.environment.insert("MAX_RETRIES".to_owned(), column.retries.to_string());
        let strikes = self.operation.strikes;
        let run = match &column.fault {
            Fault::Refused => self.refuse(undisturbed)?,
            Fault::Injected(effect) => self.inject(strikes, effect)?,
            Fault::UnknownKey => self.inject("create_token", &json!({ "status": 400 }))?,
            Fault::Stalled => {
                let is_limited = self.operation.then.contains(TIMEOUTS)
                    || self.operation.before.as_ref().is_some_and(|it| it.contains(TIMEOUTS));
                let has_limit = is_limited && !self.operation.opens() && strikes != "create_token";
                let delay = if has_limit { 1_300 } else { LONGEST_EXCHANGE };
                self.inject(strikes, &json!({ "delay_milliseconds": delay }))?
            }
            Fault::Killed(process, moment) => {
                self.hold(*moment, *process == Process::Provider, |life, mut terraform| {
                    match process {
                        Process::Terraform => terraform.kill()?,
                        Process::Provider => {
                            signal(life.providers.at_work()?, Signal::KILL)?;
                        }
                    }
                    life.emulator.clear_faults()?;
                    Run::of(terraform)
                })?
            }
            Fault::Interrupted(times, moment) => {
                let former = self.state_file()?;
                let run = self.hold(*moment, false, |life, mut terraform| {
                    interrupt(&mut terraform, life.providers.at_work()?, *times, || {
                        life.emulator.clear_faults()
                    })
                })?;
                self.restore(former, &run)?;
                run
            }
        };
        self.providers.wait()?;
        self.emulator.clear_faults()?;
        self.workspace.environment = normal;
        Ok(run)
    }

    fn state_file(&self) -> Result<String> {
        let read = fs::read_to_string(self.workspace.folder.join("terraform.tfstate"));
        read.or_else(|error| match error.kind() {
            ErrorKind::NotFound => Ok(String::new()),
            _ => Err(error.into()),
        })
    }

    /// Does what a user has to do when Terraform exits, after a second interrupt, between emptying
    /// its state file and writing it: it says then that data may be lost, and makes no backup
    /// of a state that an operation has left as it was.
    fn restore(&mut self, former: String, run: &Run) -> Result<()> {
        if former.is_empty() || !self.state_file()?.is_empty() {
            return Ok(());
        }
        ensure!(run.stdout.contains("data loss may have occurred"), "the state is gone");
        fs::write(self.workspace.folder.join("terraform.tfstate"), former)?;
        self.restored = true;
        Ok(())
    }

    fn refuse(&mut self, undisturbed: &Undisturbed) -> Result<Run> {
        let Operation { strikes, nth, .. } = self.operation;
        let mut matching =
            undisturbed.requests.iter().enumerate().filter(|(_, name)| name == strikes);
        let index = usize::try_from(nth.unwrap_or(1) - 1)?;
        let (before, _) = matching.nth(index).context("the operation does not happen")?;
        let url = self.emulator.export("EMULATOR_URL")?.to_owned();
        let gate = Gate::before(&url, before)?;
        for value in self.workspace.environment.values_mut() {
            *value = value.replace(&url, &gate.url);
        }
        let run = self.workspace.run(&APPLY)?;
        ensure!(gate.is_closed(), "the fault did not fire");
        Ok(run)
    }

    fn inject(&self, operation: &str, effect: &Value) -> Result<Run> {
        self.add_fault(operation, effect)?;
        let run = self.workspace.run(&APPLY)?;
        ensure!(count(&self.emulator, "fired")? > 0, "the fault did not fire");
        Ok(run)
    }

    fn add_fault(&self, operation: &str, effect: &Value) -> Result<()> {
        let mut fault = effect.clone();
        fault["operation"] = json!(operation);
        if operation == self.operation.strikes && self.operation.nth.is_some() {
            fault["nth"] = json!(self.operation.nth);
        }
        self.emulator.add_fault(&fault)
    }

    /// Holds the request, and does something then. A request that is `lost` never gets through,
    /// if it is held before the commit.
    fn hold(
        &self,
        moment: Moment,
        lost: bool,
        act: impl FnOnce(&Self, Child) -> Result<Run>,
    ) -> Result<Run> {
        let mut fault = json!({ "hold": moment.name(), "times": 1 });
        if lost {
            fault["reset"] = json!(moment.name());
        }
        self.add_fault(self.operation.strikes, &fault)?;
        let mut terraform = self.workspace.start(&APPLY)?;
        until(|| {
            ensure!(terraform.try_wait()?.is_none(), "the fault did not fire");
            Ok(count(&self.emulator, "held")? > 0)
        })?;
        act(self, terraform)
    }

    /// Applies again, and does what the provider says if that fails.
    fn go_on(&self, first: &Run) -> Result<Continued> {
        let second = self.workspace.run(&APPLY)?;
        if second.code == Some(0) {
            return Ok(match first.code {
                _ if self.restored => Continued::WithTheFormerState,
                Some(0) => Continued::ByItself,
                _ => Continued::ByTheNextApply,
            });
        }
        let told = told(&second)?.or(told(first)?);
        let Some(Told { command, block }) = told else {
            second.expect_code(0).context("the next apply, which names no command")?;
            bail!("unreachable");
        };
        // Command and block say the same: one is tried after a kill, the other after all else.
        if let (Some(block), None) = (block, first.code) {
            self.workspace.add("import.tf", &block)?;
            self.workspace.run(&APPLY)?.expect_code(0).context(block.clone())?;
            return Ok(Continued::AsTold(block));
        }
        let arguments: Vec<&str> = command.split(' ').skip(1).collect();
        self.workspace.run(&arguments)?.expect_code(0).context(command.clone())?;
        self.workspace.run(&APPLY)?.expect_code(0).with_context(|| format!("after {command}"))?;
        Ok(Continued::AsTold(command))
    }

    /// Checks the plan, and waits for the ttl of what only the next lease can sweep.
    fn settle(&self, continued: Continued, undisturbed: &Undisturbed) -> Result<Continued> {
        self.plan_is_empty()?;
        let left = self.census()?.differs_from(&undisturbed.census);
        if left == Difference::default() || !self.operation.opens() {
            return Ok(continued);
        }
        self.emulator.advance_clock(LEASE_IS_SWEPT_AFTER)?;
        self.plan_is_empty()?;
        Ok(Continued::AfterTheTtl)
    }

    fn plan_is_empty(&self) -> Result<()> {
        let plan = ["plan", "-json", "-input=false", "-detailed-exitcode", "-out=again.bin"];
        let run = self.workspace.run(&plan)?;
        if run.code == Some(2) {
            bail!("the plan afterwards is not empty: {}", self.workspace.plan("again.bin")?);
        }
        run.expect_code(0).context("the plan afterwards")?;
        self.providers.wait()
    }

    fn census(&self) -> Result<Census> {
        Census::of(&self.emulator.state()?, &self.workspace.state()?)
    }

    fn sabotage(&self, sabotage: Sabotage) -> Result<()> {
        let secrets = self.emulator.state()?;
        let id = secrets["secrets_manager"]["secrets"][0]["id"].as_str().unwrap_or_default();
        match sabotage {
            Sabotage::None | Sabotage::NoFault => Ok(()),
            Sabotage::Orphan => {
                let mut rows = secrets["iam"]["service_ids"].clone();
                let mut planted = rows[0].take();
                planted["id"] = json!("ServiceId-00000000-0000-4000-8000-000000000000");
                self.emulator.add(json!({ "iam": { "service_ids": [planted] } }))
            }
            Sabotage::Duplicate => {
                call(&self.emulator, "POST", &format!("secrets/{id}/versions"), &json!({}))
            }
            Sabotage::Drift => {
                let labels = json!({ "labels": ["planted"] });
                call(&self.emulator, "PATCH", &format!("secrets/{id}/metadata"), &labels)
            }
        }
    }
}

/// Configures the engine, as somebody else.
pub(crate) fn configure_engine(emulator: &Emulator) -> Result<()> {
    let api_key = emulator.export("TF_VAR_engine_api_key")?;
    let body = json!({ "config_type": "iam_credentials_configuration", "name": "engine",
                       "api_key": api_key });
    call(emulator, "POST", "configurations", &body)
}

/// Deletes the only secret, while the engine has no rights in IAM.
fn orphan(emulator: &Emulator) -> Result<()> {
    let state = emulator.state()?;
    let id = state["secrets_manager"]["secrets"][0]["id"].as_str().context("no secret")?;
    let engine = "iam-ServiceId-66666666-7777-4888-8999-aaaaaaaaaaaa";
    let policies = state["iam"]["policies"].as_array().context("no policies")?;
    let of_engine: Vec<_> =
        policies.iter().filter(|policy| policy["subject"]["iam_id"] == engine).collect();
    ensure!(!of_engine.is_empty(), "the engine has no rights");
    for policy in &of_engine {
        let id = policy["id"].as_str().context("no id")?;
        let answer = emulator.call("DELETE", &format!("/v1/policies/{id}"), None)?;
        ensure!(answer.status == 204, "{}", answer.body);
    }
    call(emulator, "DELETE", &format!("secrets/{id}"), &json!(null))?;
    emulator.add(json!({ "iam": { "policies": of_engine } }))
}

/// Calls Secrets Manager as the account's administrator.
pub(crate) fn call(emulator: &Emulator, method: &str, path: &str, body: &Value) -> Result<()> {
    let instance = emulator.export("SECRETS_MANAGER_INSTANCE_ID")?;
    let path = format!("/instances/{instance}/api/v2/{path}");
    let answer = emulator.call(method, &path, Some(body))?;
    ensure!(answer.status < 300, "{method} {path} answered {}: {}", answer.status, answer.body);
    Ok(())
}

/// A count of the only fault.
pub(crate) fn count(emulator: &Emulator, name: &str) -> Result<u64> {
    emulator.control("GET", "faults", None)?["faults"][0][name].as_u64().context("no count")
}

/// What a run has told its user to do.
struct Told {
    /// The command.
    command: String,
    /// The import block that does the same.
    block: Option<String>,
}

/// The one thing that a run has told its user to do, with the address of the object that it is about.
fn told(run: &Run) -> Result<Option<Told>> {
    let command = Regex::new("`(terraform (?:import|untaint) [^`]+)`")?;
    let block = Regex::new("(?s)import \\{.*?\\}")?;
    let mut found = BTreeMap::new();
    for Diagnostic { detail, address, .. } in run.diagnostics()? {
        for captures in command.captures_iter(&detail) {
            let address = address.as_deref().context("a command without an object")?;
            let with_address = |text: &str| text.replace("ADDRESS", address);
            let command = captures.get(1).map(|text| text.as_str()).unwrap_or_default();
            let block = block.find(&detail).map(|block| with_address(block.as_str()));
            found.insert(with_address(command), block);
        }
    }
    ensure!(found.len() <= 1, "more than one command: {found:?}");
    Ok(found.into_iter().next().map(|(command, block)| Told { command, block }))
}
