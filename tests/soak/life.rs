//! One provider process through operations, expiries and faults at random, until
//! everything has converged and is gone again.

use std::collections::BTreeMap;

use fastrand::Rng;
use ibm_sm_emulator::seed::{ACCESS_GROUP_IDS, PAGE_SECRET_GROUP_ID, STATIC_SERVICE_ID};
use serde_json::{Value, json};

use crate::processes::{EmulatorProcess, Memory};
use crate::support::emulator::Emulator;
use crate::support::session::{Said, in_instance};
use crate::world::{ARBITRARY, GROUP, Object, SECRET, World, configure_engine};

/// After so many steps, everything has been allocated once.
const WARM_UP: u32 = 40;

/// What a process may have grown after the warm-up: the allocator keeps what is freed in
/// between, and the 50 versions that each secret may have fill up. A leak of one kilobyte
/// an operation exceeds it within the default of `make soak`.
const MAY_GROW: u64 = 3 << 10;

/// How many objects there are at most.
const OBJECTS: usize = 12;

/// After so many steps the emulator forgets its journal.
const JOURNAL: u32 = 20;

struct Life {
    rng: Rng,
    emulator: Emulator,
    world: World,
    objects: Vec<Object>,
    names: u32,
    operations: BTreeMap<&'static str, u32>,
    errors: BTreeMap<String, u32>,
}

pub(crate) async fn run(steps: u32, seed: u64) {
    let process = EmulatorProcess::start();
    let emulator = Emulator::at(process.url.clone());
    configure_engine(&emulator).await;
    let world = World::start(&emulator).await;
    let provider = world.session.plugin.process.id();
    let mut life = Life {
        rng: Rng::with_seed(seed),
        emulator,
        world,
        objects: Vec::new(),
        names: 0,
        operations: BTreeMap::new(),
        errors: BTreeMap::new(),
    };
    let mut start = Memory::of(provider, process.id());
    for step in 0..steps {
        life.step().await;
        if step % JOURNAL == 0 {
            process.clear_journal();
        }
        if step == WARM_UP {
            start = Memory::of(provider, process.id());
        }
    }
    let end = Memory::of(provider, process.id());
    life.converge().await;
    println!("soak: seed {seed}, {steps} steps");
    println!("operations: {:?}", life.operations);
    println!("errors: {:?}", life.errors);
    println!("memory after {WARM_UP} steps: {start}");
    println!("memory after {steps} steps: {end}");
    end.assert_steady_since(start, MAY_GROW);
}

impl Life {
    async fn step(&mut self) {
        let faulty = self.rng.u8(..4) == 0;
        if faulty {
            let fault = self.fault();
            self.emulator.fault(fault).await;
        }
        let choice = self.rng.u8(..20);
        let (name, outcome) = match choice {
            0..=3 => ("create", self.create().await),
            4..=6 => ("change", self.change().await),
            7 | 8 => ("rotate", self.rotate().await),
            9..=11 => ("refresh", self.refresh().await),
            12 => ("destroy", self.destroy().await),
            13 => ("open", self.open().await),
            14 => ("renew", self.renew().await),
            15 => ("close", self.close().await),
            16 => ("read", self.read().await),
            17 => ("list", self.list().await),
            _ => ("wait", self.wait().await),
        };
        *self.operations.entry(name).or_default() += 1;
        if let Err(errors) = outcome {
            assert!(faulty, "{name} fails without a fault: {errors:?}");
            for error in errors {
                *self.errors.entry(kind(&error)).or_default() += 1;
            }
        }
        self.emulator.clear_faults().await;
    }

    /// A fault for one request, from which an ordinary apply recovers. A create whose
    /// response is lost has a matrix of its own.
    fn fault(&mut self) -> Value {
        let effects = [
            json!({"status": 500}),
            json!({"status": 503, "retry_after": 1}),
            json!({"status": 429, "retry_after": 86400}),
            json!({"status": 403}),
            json!({"status": 401}),
            json!({"reset": "before_commit"}),
        ];
        let lost = [
            json!({"reset": "after_commit"}),
            json!({"body": "truncated"}),
            json!({"body": "invalid_json"}),
        ];
        let method = ["GET", "GET", "PATCH", "DELETE", "POST"][self.rng.usize(..5)];
        let choice = self.rng.usize(..effects.len() + lost.len());
        let mut fault = match effects.get(choice) {
            Some(effect) => effect.clone(),
            None if method == "POST" => effects[0].clone(),
            None => lost[choice - effects.len()].clone(),
        };
        fault["method"] = json!(method);
        fault["nth"] = json!(self.rng.u8(1..4));
        fault
    }

    fn name(&mut self) -> String {
        self.names += 1;
        format!("soak-{}", self.names)
    }

    async fn create(&mut self) -> Result<(), Vec<Said>> {
        if self.objects.len() < OBJECTS {
            let name = self.name();
            let object = match self.rng.u8(..4) {
                0 => Object::new(GROUP, json!({"name": name, "description": "a"})),
                1 => Object::new(ARBITRARY, json!({"name": name, "payload": "p-0"})),
                2 => Object::new(
                    SECRET,
                    json!({"name": name, "ttl": "90d", "access_groups": [ACCESS_GROUP_IDS[0]],
                           "rotation": [{"auto_rotate": true, "interval": 1, "unit": "month"}]}),
                ),
                _ => Object::new(
                    SECRET,
                    json!({"name": name, "ttl": "7d", "service_id": STATIC_SERVICE_ID}),
                ),
            };
            self.objects.push(object);
        }
        let last = self.objects.len() - 1;
        self.world.apply(&mut self.objects[last]).await.map(drop)
    }

    /// One of the objects; an index, since the run needs the rest as well.
    fn any(&mut self) -> Option<usize> {
        (!self.objects.is_empty()).then(|| self.rng.usize(..self.objects.len()))
    }

    async fn change(&mut self) -> Result<(), Vec<Said>> {
        let Some(index) = self.any() else { return Ok(()) };
        let text = format!("text {}", self.rng.u8(..4));
        self.objects[index].config["description"] = json!(text);
        self.world.apply(&mut self.objects[index]).await.map(drop)
    }

    /// A new key, or a new payload.
    async fn rotate(&mut self) -> Result<(), Vec<Said>> {
        let Some(index) = self.any() else { return Ok(()) };
        let now = self.rng.u32(..).to_string();
        let object = &mut self.objects[index];
        match object.resource {
            SECRET => object.config["rotation_triggers"] = json!({ "now": now }),
            ARBITRARY => object.config["payload"] = json!(now),
            _ => {}
        }
        self.world.apply(object).await.map(drop)
    }

    async fn refresh(&mut self) -> Result<(), Vec<Said>> {
        let Some(index) = self.any() else { return Ok(()) };
        self.world.refresh(&mut self.objects[index]).await
    }

    async fn destroy(&mut self) -> Result<(), Vec<Said>> {
        let Some(index) = self.any() else { return Ok(()) };
        self.world.destroy(&mut self.objects[index]).await?;
        self.objects.remove(index);
        Ok(())
    }

    async fn open(&mut self) -> Result<(), Vec<Said>> {
        let lease = json!({"ttl": "1h", "access_groups": [ACCESS_GROUP_IDS[0]]});
        self.world.open_lease(lease).await
    }

    async fn renew(&mut self) -> Result<(), Vec<Said>> {
        if self.world.leases.is_empty() {
            return Ok(());
        }
        let index = self.rng.usize(..self.world.leases.len());
        let outcome = self.world.renew_lease(index).await;
        // The end of a lease is an error, and no fault is needed for it.
        match &outcome {
            Err(errors) if errors.iter().all(|error| error.summary.ends_with(" is lost")) => {
                *self.errors.entry("lease is lost".to_owned()).or_default() += 1;
                Ok(())
            }
            _ => outcome,
        }
    }

    async fn close(&mut self) -> Result<(), Vec<Said>> {
        if self.world.leases.is_empty() {
            return Ok(());
        }
        let index = self.rng.usize(..self.world.leases.len());
        self.world.close_lease(index).await
    }

    async fn read(&mut self) -> Result<(), Vec<Said>> {
        let (_, said) =
            self.world.session.read("ibm_sm_secret_groups", in_instance(json!({}))).await;
        if said.is_empty() { Ok(()) } else { Err(said) }
    }

    async fn list(&mut self) -> Result<(), Vec<Said>> {
        let config = in_instance(json!({}));
        let (_, said) = self.world.session.list(SECRET, config, 100, true).await;
        if said.is_empty() { Ok(()) } else { Err(said) }
    }

    /// Minutes to weeks pass: keys and tokens expire, schedules rotate.
    async fn wait(&mut self) -> Result<(), Vec<Said>> {
        let seconds = [60, 3_600, 86_400, 3_000_000][self.rng.usize(..4)];
        self.emulator.advance(seconds).await;
        Ok(())
    }

    /// Without faults, one apply reaches the configuration, a second one finds nothing to do,
    /// and a destroy leaves nothing behind.
    async fn converge(&mut self) {
        for object in &mut self.objects {
            self.world.apply(object).await.expect("an apply without faults succeeds");
            let changes = self.world.apply(object).await.expect("and so does the next one");
            assert!(!changes, "the second plan is empty: {}", object.config);
        }
        while !self.world.leases.is_empty() {
            self.world.close_lease(0).await.expect("a close without faults succeeds");
        }
        for object in &mut self.objects {
            self.world.destroy(object).await.expect("a destroy without faults succeeds");
        }
        let state = self.emulator.state().await;
        for (path, kept) in [("secrets", 0), ("secret_groups", 1)] {
            let left = state["secrets_manager"][path].as_array().unwrap();
            // One group was there before, in both instances.
            let left: Vec<_> = left.iter().filter(|it| it["id"] != PAGE_SECRET_GROUP_ID).collect();
            assert!(left.len() <= kept, "{path} are left behind: {left:?}");
        }
        assert_eq!(self.emulator.engine_keys().await, 0, "keys are left behind in IAM");
    }
}

/// What kind of error this is: the status of the response, or that there was none.
fn kind(error: &Said) -> String {
    let text = format!("{} {}", error.summary, error.detail);
    match text.split_once(" answered ") {
        Some((_, rest)) => rest.split_whitespace().next().unwrap_or_default().to_owned(),
        None if text.contains("no answer from") => "no response".to_owned(),
        None => error.summary.clone(),
    }
}
