//! What a scenario file may say. A word that is not known here is an error, so
//! that a typo never makes an expectation pass.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::emulator::Exchange;

/// `expect.json`: the life of one configuration.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    /// What the scenario shows, for the reader of it and of the report.
    pub(crate) about: String,
    /// The provider stands in for the official source address.
    #[serde(default)]
    pub(crate) stand_in: bool,
    /// What the emulator's clock shows at the start.
    #[serde(default = "start")]
    pub(crate) now: String,
    /// Done to the emulator before the life begins; what it makes stays.
    #[serde(default)]
    pub(crate) seed: Vec<Action>,
    /// Applies one after the other.
    pub(crate) steps: Vec<Step>,
    /// What the import at the end may find.
    #[serde(default)]
    pub(crate) import: Import,
    /// What the destroy at the end must send.
    #[serde(default)]
    pub(crate) destroy: Destroy,
}

fn start() -> String {
    "2026-01-10T08:00:00Z".to_owned()
}

/// One apply.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Step {
    /// What the step shows, for the reader.
    #[serde(rename = "about", default)]
    _about: String,
    /// The configuration; without it `step-N.tf`.
    pub(crate) config: Option<String>,
    /// Variables of the environment that differ from the usual ones; null takes
    /// one away. `{NAME}` stands for what the emulator exports under that name,
    /// `{ADMINISTRATOR_TOKEN}` for a token.
    #[serde(default)]
    pub(crate) env: BTreeMap<String, Option<String>>,
    /// Done before the step.
    #[serde(default)]
    pub(crate) before: Vec<Action>,
    /// More arguments of `terraform plan`.
    #[serde(default)]
    pub(crate) args: Vec<String>,
    /// Every object of the plan and what happens to it.
    pub(crate) plan: Option<BTreeMap<String, Change>>,
    /// The attributes of an object that the plan shows as known after apply: all
    /// of them, for the addresses of interest.
    #[serde(default)]
    pub(crate) known_after_apply: BTreeMap<String, BTreeSet<String>>,
    /// Requests while planning, which are those of the refresh.
    pub(crate) refresh: Option<Requests>,
    /// Requests while applying.
    pub(crate) requests: Option<Requests>,
    /// How many tokens are asked for while applying.
    pub(crate) tokens: Option<usize>,
    /// Requests while planning a second time, when nothing changes.
    pub(crate) second_plan: Option<Requests>,
    /// Texts that the refresh of this step finds as an `api_key` or a `payload` and
    /// that the apply changes back: the plan has them, and no state.
    #[serde(default)]
    pub(crate) finds: BTreeSet<String>,
    /// Whether the configuration asks for keys each time it is planned, as a data
    /// source does. Without it a plan that changes nothing reads none.
    #[serde(default)]
    pub(crate) reads_keys: bool,
    /// What the ephemeral resources of the configuration leave in IAM. A plan
    /// opens them too, so with this it reads keys, and makes and deletes what it
    /// opens.
    pub(crate) opens: Option<Opening>,
    /// Every object in the state afterwards, with the attributes of interest.
    pub(crate) state: Option<BTreeMap<String, Map<String, Value>>>,
    /// Addresses that are tainted afterwards.
    #[serde(default)]
    pub(crate) tainted: Vec<String>,
    /// Output values of interest.
    #[serde(default)]
    pub(crate) outputs: Map<String, Value>,
    /// The errors, all of them. Without this the step succeeds.
    pub(crate) fails: Option<Vec<Said>>,
    /// Whether a step that fails may have changed something all the same.
    #[serde(default)]
    pub(crate) changes_something: bool,
    /// The warnings, all of them.
    #[serde(default)]
    pub(crate) warns: Vec<Said>,
    /// Runs with the log at the level TRACE, which has to be free of keys and
    /// tokens.
    #[serde(default)]
    pub(crate) trace_is_clean: bool,
    /// Interrupts the apply once the emulator has answered this.
    pub(crate) interrupt_after: Option<Moment>,
    /// The configuration kills terraform in the middle of the apply.
    #[serde(default)]
    pub(crate) killed: bool,
    /// Done after the step.
    #[serde(default)]
    pub(crate) after: Vec<Action>,
}

/// A moment of a run, told by what the emulator has answered.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Moment {
    /// An operation, whatever the answer.
    Operation(String),
    /// An operation that was answered with this status.
    Answer(Answer),
}

/// An operation and the status of its answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Answer {
    operation: String,
    status: u16,
}

impl Moment {
    /// Whether this exchange is it.
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
    /// Nothing: IAM is as before the plan.
    LeavesNothing,
    /// A key.
    LeavesAKey,
}

/// What a plan does to an object.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(untagged)]
pub(crate) enum Change {
    /// Anything but a replacement.
    Plain(Reason),
    /// Delete and create, because of these attributes; none if the user asked
    /// for it or the object is tainted.
    Replace {
        /// Their names.
        replace: BTreeSet<String>,
    },
}

/// Changes that need no reason.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Reason {
    /// Nothing.
    NoOp,
    /// A new object.
    Create,
    /// A change in place.
    Update,
    /// Its end.
    Delete,
    /// It stays where it is, and leaves the state.
    Forget,
}

/// The requests of a phase, without those for tokens.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Requests {
    /// These in this order.
    InOrder(Vec<Request>),
    /// These in any order.
    AnyOrder(AnyOrder),
}

/// Requests of objects that do not wait for each other.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnyOrder {
    /// All of them.
    pub(crate) any_order: Vec<Request>,
    /// Pairs of operations: every request of the first comes before any of the
    /// second.
    #[serde(default)]
    pub(crate) precedes: Vec<(String, String)>,
}

/// One request.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Request {
    /// An operation with any body.
    Operation(String),
    /// An operation with more to say about it.
    Detailed(DetailedRequest),
}

/// A request with its body.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DetailedRequest {
    /// The emulator's name of the operation.
    pub(crate) operation: String,
    /// The whole body.
    pub(crate) body: Option<Value>,
    /// The status of the answer.
    pub(crate) status: Option<u16>,
}

/// One diagnostic.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Said {
    /// The whole summary, or a word for it.
    pub(crate) summary: String,
    /// Parts of the detail, each of which is in it.
    pub(crate) detail: Vec<String>,
    /// The address of the object.
    pub(crate) address: Option<String>,
    /// The line of the configuration that it points at, without indentation.
    pub(crate) at: Option<String>,
}

/// Something that happens outside of the configuration.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub(crate) enum Action {
    /// Sets the engine up with the emulator's key for it.
    Engine,
    /// Moves the emulator's clock forward by so many seconds.
    AdvanceClock(u64),
    /// Gives the emulator a fault.
    Fault(Value),
    /// Takes all faults away.
    ClearFaults,
    /// Adds objects, in the form of the emulator's state, from a file.
    AddObjects(String),
    /// Puts a state file in place.
    UseState(String),
    /// Makes a folder of this name beside the one of the life, with this
    /// configuration, for a run of its own: `$TERRAFORM -chdir=../NAME …`.
    Beside {
        /// The name.
        folder: String,
        /// The file of the configuration.
        config: String,
    },
    /// The emulator's state has these values at these JSON pointers; `$same_as`
    /// refers to another pointer.
    Holds(BTreeMap<String, Value>),
    /// Runs terraform with these arguments, and it succeeds.
    Terraform(Vec<String>),
    /// Calls one of IBM's APIs as somebody else would.
    Call(Call),
    /// Imports this address by the id that the last error told to import.
    ImportAsTold(String),
    /// The token service takes the key at `ADDRESS.ATTRIBUTE`.
    KeyWorks(String),
    /// The token service takes the key that was at `ADDRESS.ATTRIBUTE` after the
    /// step before.
    FormerKeyWorks(String),
    /// The token service refuses the key that was at `ADDRESS.ATTRIBUTE` after
    /// the step before.
    FormerKeyIsDead(String),
}

/// One call of IBM's APIs as the account's administrator.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Call {
    /// The HTTP method.
    pub(crate) method: String,
    /// The path below the emulator's address. `{SM}` is the API of the instance,
    /// `{ADDRESS.ATTRIBUTE}` a value in the state, `{NAME}` one that was kept.
    pub(crate) path: String,
    /// The JSON body.
    pub(crate) body: Option<Value>,
    /// The status of the answer.
    pub(crate) status: u16,
    /// Members of the answer.
    #[serde(default)]
    pub(crate) answer: Map<String, Value>,
    /// Keeps the `id` in the answer under this name.
    pub(crate) keep: Option<String>,
}

/// The import of everything at the end of a life.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Import {
    /// Attributes by address whose imported value differs from the state, each
    /// of which must differ.
    #[serde(default)]
    pub(crate) differs: BTreeMap<String, Vec<String>>,
    /// Addresses that a plan after the import updates.
    #[serde(default)]
    pub(crate) updates: Vec<String>,
    /// Why this life has no import.
    pub(crate) skipped_because: Option<String>,
}

/// The destroy at the end of a life.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Destroy {
    /// Requests while destroying, after the refresh.
    pub(crate) requests: Option<Requests>,
}

/// `cases.json`: inputs that are refused, one test each.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Table {
    /// What the cases have in common, for the reader of it and of the report.
    pub(crate) about: String,
    /// By name.
    pub(crate) cases: BTreeMap<String, Case>,
}

/// One refused input.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    /// Lines for the place `# CASE` of `case.tf`.
    #[serde(default)]
    pub(crate) lines: Vec<String>,
    /// As in [`Step`].
    #[serde(default)]
    pub(crate) env: BTreeMap<String, Option<String>>,
    /// As in [`Scenario`].
    #[serde(default)]
    pub(crate) seed: Vec<Action>,
    /// The errors, all of them.
    pub(crate) fails: Vec<Said>,
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

/// Reads an expectation file.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    serde_json::from_str(&text).with_context(|| path.display().to_string())
}

impl Scenario {
    /// The scenario of this file; one that would check nothing is an error.
    pub(crate) fn read(path: &Path) -> Result<Scenario> {
        let scenario: Scenario = read(path)?;
        ensure!(!scenario.steps.is_empty(), "a life has at least one step");
        for (index, step) in scenario.steps.iter().enumerate() {
            ensure!(
                step.plan.is_some() != (step.fails.is_some() || step.killed),
                "step {} says either what it plans or how it ends",
                index + 1
            );
        }
        Ok(scenario)
    }
}
