//! The rows that a run of `terraform apply` does not reach in a moment: lists and renewals, as calls to the provider.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, ensure};
use ibm_sm_provider::plugin::proto::tfplugin6::provider_client::ProviderClient;
use ibm_sm_provider::plugin::proto::tfplugin6::{self as proto};
use serde_json::{Value, json};
use tonic::transport::Channel;

use super::cell::{Continued, LONGEST_EXCHANGE, NOW, Verdict, call, configure_engine, count};
use super::census::{Census, Difference};
use super::columns::{Column, Fault, Process};
use super::gate::Gate;
use super::harness::emulator::Emulator;
use super::harness::state::Snapshot;
use super::harness::world::Programs;
use super::support::session::{Ending, Session, in_instance, said, value};

const LEASE: &str = "ibm_sm_iam_credentials_lease";
const SECRET: &str = "ibm_sm_iam_credentials_secret";
/// Longer than a token lives.
const TTL: &str = "2h";
/// The life of a token.
const TOKEN_EXPIRES_AFTER: u64 = 3_600;
/// The ttl, and the time after which the next lease sweeps an expired one.
const LEASE_IS_SWEPT_AFTER: u64 = 2 * 3_600 + 12 * 60;

type Provider = ProviderClient<Channel>;

/// A row.
pub(crate) struct CallRow {
    /// What the table calls it.
    pub(crate) name: &'static str,
    call: Call,
    undisturbed: Mutex<Option<Arc<Undisturbed>>>,
}

/// What is called.
#[derive(Clone, Copy, PartialEq)]
enum Call {
    List,
    /// A renewal of this type.
    Renew(&'static str),
}

/// A life without a fault.
struct Undisturbed {
    census: Census,
    found: Vec<String>,
    /// The number of requests before the one that the faults meet.
    before: usize,
}

/// All rows of this kind.
pub(crate) fn all() -> Vec<CallRow> {
    let row = |name, call| CallRow { name, call, undisturbed: Mutex::new(None) };
    vec![
        row("list", Call::List),
        row("lease: renew", Call::Renew(LEASE)),
        row("ephemeral: renew", Call::Renew(SECRET)),
    ]
}

impl CallRow {
    /// Lives through this fault.
    pub(crate) fn meets(&self, column: &Column, programs: &Programs) -> Result<Verdict> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let undisturbed = self.undisturbed(programs, &runtime)?;
        runtime.block_on(async {
            let life = Life::begin(self.call, programs)?;
            let continued = life.go(column, &undisturbed).await;
            let left = life.census()?.differs_from(&undisturbed.census);
            let continued = continued.and_then(|continued| {
                ensure!(left == Difference::default(), "left: {left:?}");
                Ok(continued)
            });
            Ok(Verdict { continued, left })
        })
    }

    fn undisturbed(
        &self,
        programs: &Programs,
        runtime: &tokio::runtime::Runtime,
    ) -> Result<Arc<Undisturbed>> {
        let mut known = self.undisturbed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = &*known {
            return Ok(Arc::clone(known));
        }
        let life = Life::begin(self.call, programs)?;
        let (found, before) = runtime.block_on(life.whole_run())?;
        let new = Arc::new(Undisturbed { census: life.census()?, found, before });
        *known = Some(Arc::clone(&new));
        Ok(new)
    }
}

impl Call {
    /// The request that goes wrong, by the emulator's name.
    fn strikes(self) -> &'static str {
        match self {
            Call::List => "list_secrets",
            Call::Renew(_) => "get_secret_metadata",
        }
    }

    /// Makes the call. The inner error has what the provider said.
    async fn make(self, provider: &mut Provider, private: &[u8]) -> Result<Answer> {
        match self {
            Call::List => list(provider).await,
            Call::Renew(resource) => {
                let request = proto::renew_ephemeral_resource::Request {
                    type_name: resource.to_owned(),
                    private: Some(private.to_vec()),
                };
                let answer = provider.renew_ephemeral_resource(request).await?.into_inner();
                Ok(Answer { found: Vec::new(), errors: errors(answer.diagnostics) })
            }
        }
    }
}

/// What the provider answered.
struct Answer {
    found: Vec<String>,
    errors: Vec<String>,
}

impl Answer {
    fn expect_no_errors(self) -> Result<Vec<String>> {
        ensure!(self.errors.is_empty(), "{:?}", self.errors);
        Ok(self.found)
    }
}

struct Life {
    call: Call,
    emulator: Emulator,
    url: String,
    secret_id: String,
}

impl Life {
    /// Everything up to the run.
    fn begin(call_made: Call, programs: &Programs) -> Result<Life> {
        let emulator = Emulator::start(&programs.emulator, NOW)?;
        configure_engine(&emulator)?;
        let owner = emulator.export("TF_VAR_access_group_id")?;
        let secret = json!({ "secret_type": "iam_credentials", "name": "app", "ttl": TTL,
                             "reuse_api_key": false, "access_groups": [owner] });
        call(&emulator, "POST", "secrets", &secret)?;
        let id = &emulator.state()?["secrets_manager"]["secrets"][0]["id"];
        let secret_id = id.as_str().context("no secret")?.to_owned();
        let url = emulator.export("EMULATOR_URL")?.to_owned();
        emulator.take_journal()?;
        Ok(Life { call: call_made, emulator, url, secret_id })
    }

    fn census(&self) -> Result<Census> {
        Census::of(&self.emulator.state()?, &Snapshot::default())
    }

    /// A configured provider, and what it has opened.
    async fn run(&self, url: &str, retries: u32) -> Result<(Session, Vec<u8>)> {
        let mut session = Session::start().await;
        let config = json!({
            "ibmcloud_api_key": self.emulator.export("IBMCLOUD_API_KEY")?,
            "region": "us-south",
            "iam_endpoint": url,
            "secrets_manager_endpoint": format!("{url}/instances/{{instance_id}}"),
            "max_retries": retries,
        });
        let request = proto::configure_provider::Request {
            config: Some(value(&config)),
            ..Default::default()
        };
        let answer = session.provider.configure_provider(request).await?.into_inner();
        ensure!(answer.diagnostics.is_empty(), "{:?}", answer.diagnostics);
        let private = match self.call {
            Call::List => Vec::new(),
            Call::Renew(resource) => self.open(&mut session.provider, resource).await?,
        };
        Ok((session, private))
    }

    async fn open(&self, provider: &mut Provider, resource: &str) -> Result<Vec<u8>> {
        let group = self.emulator.export("TF_VAR_access_group_id")?;
        let config = match resource {
            LEASE => json!({ "access_groups": [group], "ttl": TTL }),
            _ => json!({ "secret_id": self.secret_id }),
        };
        let request = proto::open_ephemeral_resource::Request {
            type_name: resource.to_owned(),
            config: Some(value(&in_instance(config))),
            ..Default::default()
        };
        let answer = provider.open_ephemeral_resource(request).await?.into_inner();
        ensure!(errors(answer.diagnostics.clone()).is_empty(), "{:?}", answer.diagnostics);
        answer.private.context("nothing to close it with")
    }

    /// Closes what was opened, and ends the provider.
    async fn end(&self, mut session: Session, private: &[u8]) -> Result<()> {
        if let Call::Renew(resource) = self.call {
            let request = proto::close_ephemeral_resource::Request {
                type_name: resource.to_owned(),
                private: Some(private.to_vec()),
            };
            let answer = session.provider.close_ephemeral_resource(request).await?.into_inner();
            ensure!(errors(answer.diagnostics.clone()).is_empty(), "{:?}", answer.diagnostics);
        }
        session.end(Ending::Shutdown).await;
        Ok(())
    }

    /// A run without a fault. Returns what it found, and how many requests it sent before the call.
    async fn whole_run(&self) -> Result<(Vec<String>, usize)> {
        let (mut session, private) = self.run(&self.url, 0).await?;
        let mut before = self.emulator.journal()?.len();
        let found = self.call.make(&mut session.provider, &private).await?.expect_no_errors()?;
        // A list is the first to need a token.
        before += usize::from(self.call == Call::List);
        self.end(session, &private).await?;
        Ok((found, before))
    }

    async fn go(&self, column: &Column, undisturbed: &Undisturbed) -> Result<Continued> {
        let gate = match column.fault {
            Fault::Refused => Some(Gate::before(&self.url, undisturbed.before)?),
            _ => None,
        };
        let url = gate.as_ref().map_or(&self.url, |gate| &gate.url);
        let (mut session, private) = self.run(url, column.retries).await?;
        let mut client = session.provider.clone();
        let call = self.call;
        let (survivor, errors) = match &column.fault {
            Fault::Killed(process, moment) => {
                self.hold(moment.name())?;
                let called = tokio::spawn(async move { call.make(&mut client, &private).await });
                self.until_held().await?;
                match process {
                    // Kills it.
                    Process::Provider => drop(session),
                    Process::Terraform => session.end(Ending::Disconnect).await,
                }
                self.emulator.clear_faults()?;
                called.abort();
                (None, vec!["killed".to_owned()])
            }
            Fault::Interrupted(times, moment) => {
                self.hold(moment.name())?;
                let used = private.clone();
                let called = tokio::spawn(async move { call.make(&mut client, &used).await });
                self.until_held().await?;
                session.provider.stop_provider(proto::stop_provider::Request {}).await?;
                if *times > 1 {
                    session.end(Ending::Shutdown).await;
                    self.emulator.clear_faults()?;
                    called.abort();
                    (None, vec!["interrupted".to_owned()])
                } else {
                    self.emulator.clear_faults()?;
                    let answer = called.await??;
                    self.end(session, &private).await?;
                    (None, answer.errors)
                }
            }
            fault => {
                let effect = match fault {
                    Fault::Injected(effect) => Some(with_operation(effect, call.strikes())),
                    Fault::UnknownKey => {
                        if call != Call::List {
                            self.emulator.advance_clock(TOKEN_EXPIRES_AFTER)?;
                        }
                        Some(with_operation(&json!({ "status": 400 }), "create_token"))
                    }
                    Fault::Stalled => {
                        let delay = json!({ "delay_milliseconds": LONGEST_EXCHANGE });
                        Some(with_operation(&delay, call.strikes()))
                    }
                    _ => None,
                };
                if let Some(fault) = &effect {
                    self.emulator.add_fault(fault)?;
                }
                let answer = call.make(&mut client, &private).await?;
                let fired = match &gate {
                    Some(gate) => gate.is_closed(),
                    None => count(&self.emulator, "fired")? > 0,
                };
                ensure!(fired, "the fault did not fire");
                self.emulator.clear_faults()?;
                (Some((session, private)), answer.errors)
            }
        };
        self.go_on(survivor.filter(|_| gate.is_none()), undisturbed).await?;
        let continued = match errors.is_empty() {
            true => Continued::ByItself,
            false => Continued::ByTheNextApply,
        };
        if self.census()?.differs_from(&undisturbed.census) == Difference::default() {
            return Ok(continued);
        }
        self.emulator.advance_clock(LEASE_IS_SWEPT_AFTER)?;
        self.whole_run().await?;
        Ok(Continued::AfterTheTtl)
    }

    /// Calls again: the provider that is still there, and in any case a new one.
    async fn go_on(
        &self,
        survivor: Option<(Session, Vec<u8>)>,
        undisturbed: &Undisturbed,
    ) -> Result<()> {
        if let Some((mut session, private)) = survivor {
            let again = self.call.make(&mut session.provider, &private).await?;
            let found = again.expect_no_errors().context("the same call again")?;
            ensure!(found == undisturbed.found, "found {found:?}");
            self.end(session, &private).await?;
        }
        let (found, _) = self.whole_run().await.context("the next run")?;
        ensure!(found == undisturbed.found, "found {found:?}");
        Ok(())
    }

    fn hold(&self, moment: &str) -> Result<()> {
        let fault = json!({ "hold": moment, "times": 1 });
        self.emulator.add_fault(&with_operation(&fault, self.call.strikes()))
    }

    /// Lets the call go on until it is held.
    async fn until_held(&self) -> Result<()> {
        while count(&self.emulator, "held")? == 0 {
            tokio::task::yield_now().await;
        }
        Ok(())
    }
}

fn with_operation(effect: &Value, operation: &str) -> Value {
    let mut fault = effect.clone();
    fault["operation"] = json!(operation);
    fault
}

async fn list(provider: &mut Provider) -> Result<Answer> {
    let request = proto::list_resource::Request {
        type_name: SECRET.to_owned(),
        config: Some(value(&in_instance(json!({})))),
        limit: 100,
        ..Default::default()
    };
    let mut events = provider.list_resource(request).await?.into_inner();
    let mut answer = Answer { found: Vec::new(), errors: Vec::new() };
    while let Some(event) = events.message().await? {
        answer.errors.extend(errors(event.diagnostic));
        answer.found.extend(event.identity.map(|_| event.display_name));
    }
    Ok(answer)
}

fn errors(diagnostics: Vec<proto::Diagnostic>) -> Vec<String> {
    let said = said(diagnostics).into_iter().filter(|one| one.severity == "error");
    said.map(|one| format!("{}: {}", one.summary, one.detail)).collect()
}
