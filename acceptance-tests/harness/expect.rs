//! The format of scenario files. An unknown key is an error, so a typo never turns
//! an expectation off. `on_opentofu`, in any object, replaces members next to it if
//! OpenTofu runs the scenario.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::cli::{OnlyOn, Product, settle};
use super::emulator::Exchange;

/// `expect.json`: the lifecycle of one configuration.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    /// What the scenario shows, in a sentence for its readers and the report.
    pub(crate) about: String,
    /// The commands that can run it, if not all can.
    pub(crate) only_on: Option<OnlyOn>,
    /// Installs the provider under the official provider's source address.
    #[serde(default)]
    pub(crate) stand_in: bool,
    /// Files that hold secrets, below the folder of the run, each with the reason.
    #[serde(default)]
    pub(crate) holds_secrets: BTreeMap<String, String>,
    /// The time on the emulator's clock at the start.
    #[serde(default = "start")]
    pub(crate) now: String,
    /// Actions before the first step. What they create may outlive the scenario.
    #[serde(default)]
    pub(crate) seed: Vec<Action>,
    /// The steps, in order.
    pub(crate) steps: Vec<Step>,
    /// How the import at the end may differ from the state.
    #[serde(default)]
    pub(crate) import: Import,
    /// What the destroy at the end sends.
    #[serde(default)]
    pub(crate) destroy: Destroy,
}

fn start() -> String {
    "2026-01-10T08:00:00Z".to_owned()
}

/// One configuration, planned and applied.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Step {
    /// What the step shows, in a sentence for its readers.
    #[serde(rename = "about", default)]
    _about: String,
    /// The configuration file, `step-N.tf` by default.
    pub(crate) config: Option<String>,
    /// Files of `examples/` that are added to the configuration, to the letter.
    #[serde(default)]
    pub(crate) examples: Vec<String>,
    /// Changes to the default environment; null removes a variable. `{NAME}` is
    /// replaced with the emulator's export of that name, `{ADMINISTRATOR_TOKEN}`
    /// with a token.
    #[serde(default)]
    pub(crate) env: BTreeMap<String, Option<String>>,
    /// Actions before the step.
    #[serde(default)]
    pub(crate) before: Vec<Action>,
    /// More arguments for `terraform plan`.
    #[serde(default)]
    pub(crate) args: Vec<String>,
    /// What the plan does to each object in it; none may be left out.
    pub(crate) plan: Option<BTreeMap<String, Change>>,
    /// By address, all attributes that are known after apply only. Addresses may be
    /// left out.
    #[serde(default)]
    pub(crate) known_after_apply: BTreeMap<String, BTreeSet<String>>,
    /// Requests while planning, which the refresh sends.
    pub(crate) refresh: Option<Requests>,
    /// Requests while applying.
    pub(crate) requests: Option<Requests>,
    /// How many tokens are requested while applying.
    pub(crate) tokens: Option<usize>,
    /// Requests while planning a second time, after the apply.
    pub(crate) second_plan: Option<Requests>,
    /// Whether each plan of the configuration reads keys, as one with a data source
    /// does. Otherwise an empty plan must not read any.
    #[serde(default)]
    pub(crate) reads_keys: bool,
    /// What the configuration's ephemeral resources leave in IAM. A plan opens
    /// them too, so with this it may read keys, and create and delete secrets.
    pub(crate) opens: Option<Opening>,
    /// Every object in the state afterwards. Attributes may be left out.
    pub(crate) state: Option<BTreeMap<String, Map<String, Value>>>,
    /// All addresses that are tainted afterwards.
    #[serde(default)]
    pub(crate) tainted: Vec<String>,
    /// Output values. Outputs may be left out.
    #[serde(default)]
    pub(crate) outputs: Map<String, Value>,
    /// All errors. Without this, the step succeeds.
    pub(crate) fails: Option<Vec<ExpectedDiagnostic>>,
    /// Whether a step that fails may leave changes in the emulator.
    #[serde(default)]
    pub(crate) changes_something: bool,
    /// All warnings.
    #[serde(default)]
    pub(crate) warns: Vec<ExpectedDiagnostic>,
    /// Interrupts the apply as soon as the emulator has answered this.
    pub(crate) interrupt_after: Option<Moment>,
    /// The configuration kills terraform while it applies.
    #[serde(default)]
    pub(crate) killed: bool,
    /// Actions after the step.
    #[serde(default)]
    pub(crate) after: Vec<Action>,
}

/// A moment in a run, which is when the emulator has answered a request.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Moment {
    /// To this operation, with any status.
    Operation(String),
    /// To this operation, with this status.
    Answer(Answer),
}

/// An operation and the status of the response.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Answer {
    operation: String,
    status: u16,
}

impl Moment {
    /// Whether this exchange is the one.
    pub(crate) fn is(&self, exchange: &Exchange) -> bool {
        match self {
            Moment::Operation(operation) => exchange.operation.as_ref() == Some(operation),
            Moment::Answer(Answer { operation, status }) => {
                exchange.operation.as_ref() == Some(operation) && exchange.status == Some(*status)
            }
        }
    }
}

/// What ephemeral resources leave in IAM when they are closed.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Opening {
    /// Nothing: IAM is as it was before the plan.
    LeavesNothing,
    /// A key.
    LeavesAKey,
}

/// What a plan does to an object.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(untagged)]
pub(crate) enum Change {
    /// Anything but a replacement.
    Plain(PlainChange),
    /// A replacement, forced by these attributes: none if the user asked for it or
    /// the object is tainted.
    Replace {
        /// Their names.
        replace: BTreeSet<String>,
    },
}

/// A change that no attribute has to force.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum PlainChange {
    /// No change.
    NoOp,
    /// The object is created.
    Create,
    /// The object is changed in place.
    Update,
    /// The object is deleted.
    Delete,
    /// The object leaves the state, and still exists.
    Forget,
}

/// The requests that a command sends, except those for tokens.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Requests {
    /// These in this order.
    InOrder(Vec<Request>),
    /// These in any order.
    AnyOrder(AnyOrder),
}

/// Requests for objects that Terraform handles concurrently.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnyOrder {
    /// All of them.
    pub(crate) any_order: Vec<Request>,
    /// Pairs of operations: every request for the first comes before any request
    /// for the second.
    #[serde(default)]
    pub(crate) precedes: Vec<(String, String)>,
}

/// One request.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Request {
    /// An operation with any body.
    Operation(String),
    /// An operation with a given body or status.
    Detailed(DetailedRequest),
}

/// A request with its body or the status of the response.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DetailedRequest {
    /// The emulator's name of the operation.
    pub(crate) operation: String,
    /// The whole body.
    pub(crate) body: Option<Value>,
    /// The status of the response.
    pub(crate) status: Option<u16>,
}

/// One expected diagnostic.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExpectedDiagnostic {
    /// The whole summary, or one of the [matcher](super::matcher)'s `$` words.
    pub(crate) summary: String,
    /// Texts that the detail contains. In a lifecycle, `{ADDRESS.ATTRIBUTE}` is replaced with a
    /// value in the state before the step, `{NAME}` with a saved id.
    pub(crate) detail: Vec<String>,
    /// The address of the object.
    pub(crate) address: Option<String>,
    /// The line of the configuration that it points to, without indentation.
    pub(crate) at: Option<String>,
}

/// Something that a scenario does before, between or after its steps.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub(crate) enum Action {
    /// Configures the IAM credentials engine with the emulator's key for it.
    Engine,
    /// Moves the emulator's clock forward by this many seconds.
    AdvanceClock(u64),
    /// Adds a fault to the emulator.
    Fault(Value),
    /// Removes all faults.
    ClearFaults,
    /// Adds the objects in this file, which has the form of the emulator's state.
    AddObjects(String),
    /// Makes this file the Terraform state.
    UseState(String),
    /// Puts this file next to the configuration, where it stays.
    AddFile(String),
    /// Creates a second workspace next to the scenario's, which a configuration can
    /// run Terraform in: `$TERRAFORM -chdir=../FOLDER …`.
    Beside {
        /// The name of its folder.
        folder: String,
        /// Its configuration file.
        config: String,
    },
    /// Checks the values at these JSON pointers in the emulator's state. `$same_as`
    /// refers to another pointer.
    Holds(BTreeMap<String, Value>),
    /// Runs terraform with these arguments and expects it to succeed.
    Terraform(Vec<String>),
    /// Calls one of IBM's APIs, as another user would.
    Call(Call),
    /// Runs the `terraform import` that the last error suggested, for this address.
    ImportAsTold(String),
    /// Runs the `terraform import` of `examples/` for this address, with the object's own id in
    /// the place of the one that is shown.
    ImportAsShown(String),
    /// The token service accepts the key at `ADDRESS.ATTRIBUTE`.
    KeyWorks(String),
    /// The token service accepts the key that the previous step left at
    /// `ADDRESS.ATTRIBUTE`.
    FormerKeyWorks(String),
    /// The token service refuses the key that the previous step left at
    /// `ADDRESS.ATTRIBUTE`.
    FormerKeyIsDead(String),
}

/// One call to IBM's APIs, made as the account's administrator.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Call {
    /// The HTTP method.
    pub(crate) method: String,
    /// The path. `{SM}` is replaced with the base path of the instance's API,
    /// `{ADDRESS.ATTRIBUTE}` with a value in the state, `{NAME}` with a saved id.
    pub(crate) path: String,
    /// The JSON body.
    pub(crate) body: Option<Value>,
    /// The status of the response.
    pub(crate) status: u16,
    /// Members of the response body.
    #[serde(default)]
    pub(crate) answer: Map<String, Value>,
    /// Saves the `id` in the response under this name.
    pub(crate) keep: Option<String>,
}

/// The import of every object at the end of a scenario.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Import {
    /// By address, the attributes whose imported value must differ from the state.
    #[serde(default)]
    pub(crate) differs: BTreeMap<String, Vec<String>>,
    /// Addresses that the plan after the import updates.
    #[serde(default)]
    pub(crate) updates: Vec<String>,
    /// Why this scenario imports nothing.
    pub(crate) skipped_because: Option<String>,
}

/// The destroy at the end of a scenario.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Destroy {
    /// Requests while destroying, after the refresh.
    pub(crate) requests: Option<Requests>,
}

/// `cases.json`: a table of invalid inputs, with a test for each.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Table {
    /// What the cases show, in a sentence for their readers and the report.
    pub(crate) about: String,
    /// The cases, by name.
    pub(crate) cases: BTreeMap<String, Case>,
}

/// One invalid input.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    /// The lines that replace `# CASE` in `case.tf`.
    #[serde(default)]
    pub(crate) lines: Vec<String>,
    /// As in [`Step`].
    #[serde(default)]
    pub(crate) env: BTreeMap<String, Option<String>>,
    /// As in [`Scenario`].
    #[serde(default)]
    pub(crate) seed: Vec<Action>,
    /// All errors.
    pub(crate) fails: Vec<ExpectedDiagnostic>,
}

/// `runs.json`: a table of runs that fail while they hold leases, with a test for each.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FailedRuns {
    /// What the runs show, in a sentence for their readers and the report.
    pub(crate) about: String,
    /// As in [`Scenario`].
    #[serde(default)]
    pub(crate) seed: Vec<Action>,
    /// As in [`Step`].
    #[serde(default)]
    pub(crate) env: BTreeMap<String, Option<String>>,
    /// The runs, by name.
    pub(crate) runs: BTreeMap<String, FailedRun>,
}

/// One run that fails.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FailedRun {
    /// The lines that are applied before, in the same place.
    #[serde(default)]
    pub(crate) first: Vec<String>,
    /// The lines that replace `# CASE` in `case.tf`.
    pub(crate) lines: Vec<String>,
    /// Actions before the run.
    #[serde(default)]
    pub(crate) before: Vec<Action>,
    /// The command, `apply` by default.
    #[serde(default = "apply")]
    pub(crate) command: Vec<String>,
    /// The plan file that is applied.
    pub(crate) plan_file: Option<String>,
    /// The exit code.
    #[serde(default = "failure")]
    pub(crate) exits: i32,
    /// The configuration kills terraform.
    #[serde(default)]
    pub(crate) killed: bool,
    /// The provider may still close what is open after terraform has ended.
    #[serde(default)]
    pub(crate) closes_later: bool,
    /// All errors.
    #[serde(default)]
    pub(crate) fails: Vec<ExpectedDiagnostic>,
    /// All warnings.
    #[serde(default)]
    pub(crate) warns: Vec<ExpectedDiagnostic>,
}

fn apply() -> Vec<String> {
    ["apply", "-auto-approve"].map(str::to_owned).into()
}

fn failure() -> i32 {
    1
}

impl ExpectedDiagnostic {
    /// The same with its details filled in.
    pub(crate) fn filled(&self, fill: impl Fn(&str) -> String) -> ExpectedDiagnostic {
        let detail = self.detail.iter().map(|text| fill(text)).collect();
        ExpectedDiagnostic { detail, ..self.clone() }
    }
}

impl Request {
    /// The emulator's name of the operation.
    pub(crate) fn operation(&self) -> &str {
        match self {
            Request::Operation(operation) => operation,
            Request::Detailed(request) => &request.operation,
        }
    }
}

/// Reads what this product is expected to do. What the other one is expected to do
/// has to be well-formed too.
pub(crate) fn read<T: DeserializeOwned>(path: &Path, product: Product) -> Result<T> {
    let context = || path.display().to_string();
    let text = std::fs::read_to_string(path).with_context(context)?;
    let expected: Value = serde_json::from_str(&text).with_context(context)?;
    let parse = |product| {
        let mut expected = expected.clone();
        settle(&mut expected, product);
        serde_json::from_value(expected).with_context(context)
    };
    Product::ALL.into_iter().try_for_each(|other| parse(other).map(drop::<T>))?;
    parse(product)
}

impl Scenario {
    /// Reads a scenario; one that would check nothing is an error.
    pub(crate) fn read(path: &Path, product: Product) -> Result<Scenario> {
        let scenario: Scenario = read(path, product)?;
        ensure!(!scenario.steps.is_empty(), "a scenario needs at least one step");
        for (index, step) in scenario.steps.iter().enumerate() {
            ensure!(
                step.plan.is_some() != (step.fails.is_some() || step.killed),
                "step {} must have either `plan`, or `fails` or `killed`",
                index + 1
            );
        }
        Ok(scenario)
    }
}
