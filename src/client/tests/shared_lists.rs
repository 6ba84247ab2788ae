//! Reads that share a list: whatever happens at the same time, each reader gets what a read of its
//! own would have given at some moment, and nobody waits in vain.

use fastrand::Rng;
use serde_json::json;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::client::error::{ApiError, ApiErrorKind, Target};
use crate::client::operation::Operation;
use crate::client::shared_list::{Page, SharedList, SharedLists};

const FRESH: Duration = Duration::from_secs(30);
const PAGE: usize = 4;

/// What the service says of its objects, and said before.
#[derive(Default)]
struct Service {
    /// By id: every value with the moment since when, null while it does not exist.
    objects: BTreeMap<String, Vec<(Instant, Option<u32>)>>,
    pages: usize,
}

type Shared = Arc<Mutex<Service>>;

impl Service {
    fn write(&mut self, id: &str, value: Option<u32>) {
        self.objects.entry(id.to_owned()).or_default().push((Instant::now(), value));
    }

    fn value(&self, id: &str) -> Option<u32> {
        self.objects.get(id).and_then(|history| history.last()).and_then(|(_, value)| *value)
    }

    /// Whether the object had this value at some moment from `since` on.
    fn had(&self, id: &str, value: Option<u32>, since: Instant) -> bool {
        let history = &self.objects[id];
        let ends = history.iter().skip(1).map(|(end, _)| *end).chain([Instant::now()]);
        history.iter().zip(ends).any(|((_, had), end)| *had == value && end >= since)
    }

    fn page(&self, offset: usize, hides: impl Fn(&str) -> bool) -> Page {
        let exist: Vec<_> =
            self.objects.keys().filter(|id| self.value(id).is_some() && !hides(id)).collect();
        let entries: Vec<_> = exist
            .iter()
            .skip(offset)
            .take(PAGE)
            .map(|id| ((*id).clone(), raw(&json!({"id": id, "value": self.value(id)}))))
            .collect();
        Page { has_next: exist.len() > offset + entries.len(), entries }
    }
}

fn raw(json: &serde_json::Value) -> Arc<serde_json::value::RawValue> {
    serde_json::value::to_raw_value(json).unwrap().into()
}

fn refused() -> ApiError {
    let target = Target {
        operation: Operation::ListSecrets,
        host: "host".to_owned(),
        path: "/path".to_owned(),
    };
    ApiError::new(ApiErrorKind::Forbidden, &target)
}

/// How the service behaves in one run.
#[derive(Clone, Copy)]
struct Weather {
    /// The longest exchange, in milliseconds.
    slow: u64,
    fails: f64,
    hides: bool,
}

/// Everything that one run of the property needs.
struct Run {
    service: Shared,
    lists: SharedLists,
    list: Arc<SharedList>,
    weather: Weather,
    chance: RefCell<Rng>,
    /// When this process has last changed an object.
    own_changes: RefCell<BTreeMap<String, Instant>>,
    direct: Cell<usize>,
}

impl Run {
    fn random(&self, below: u64) -> u64 {
        self.chance.borrow_mut().u64(0..below.max(1))
    }

    fn an_id(&self, objects: u64) -> String {
        format!("{:03}", self.random(objects))
    }

    async fn read(&self, id: &str) {
        let started = Instant::now();
        let cancel = CancellationToken::new();
        let (service, weather) = (Arc::clone(&self.service), self.weather);
        let seed = self.random(u64::MAX);
        let request = move |offset| {
            let service = Arc::clone(&service);
            let mut chance = Rng::with_seed(seed ^ offset as u64);
            async move {
                service.lock().unwrap().pages += 1;
                sleep(Duration::from_millis(chance.u64(0..=weather.slow))).await;
                if chance.f64() < weather.fails {
                    return Err(refused());
                }
                let hides = |id: &str| weather.hides && id.ends_with('7');
                let page = service.lock().unwrap().page(offset, hides);
                sleep(Duration::from_millis(chance.u64(0..=weather.slow))).await;
                Ok(page)
            }
        };
        let found = self.list.find(id, &cancel, request).await;
        let value = match found {
            Some(json) => {
                let json: serde_json::Value = serde_json::from_str(json.get()).unwrap();
                assert_eq!(json["id"], id);
                json["value"].as_u64().map(|value| u32::try_from(value).unwrap())
            }
            None => {
                self.direct.set(self.direct.get() + 1);
                sleep(Duration::from_millis(self.random(self.weather.slow))).await;
                self.service.lock().unwrap().value(id)
            }
        };
        let since = started.checked_sub(FRESH).unwrap_or(started);
        let own = self.own_changes.borrow().get(id).copied().filter(|at| *at <= started);
        let since = own.map_or(since, |own| own.max(since));
        let service = self.service.lock().unwrap();
        assert!(service.had(id, value, since), "{id}: {value:?}, of {:?}", service.objects[id]);
    }

    /// A change by this process.
    async fn change(&self, id: &str, value: Option<u32>) {
        self.lists.changes(id);
        sleep(Duration::from_millis(self.random(self.weather.slow))).await;
        self.service.lock().unwrap().write(id, value);
        let at = Instant::now();
        sleep(Duration::from_millis(self.random(self.weather.slow))).await;
        self.own_changes.borrow_mut().insert(id.to_owned(), at);
    }
}

/// One run with this seed. Returns the numbers of readers, of direct reads and of pages.
async fn run(seed: u64) -> (usize, usize, usize) {
    let mut chance = Rng::with_seed(seed);
    let objects: u64 = chance.u64(1..40);
    let weather = Weather {
        slow: [1, 50, 2_000, 60_000][chance.usize(0..4)],
        fails: [0.0, 0.0, 0.3][chance.usize(0..3)],
        hides: chance.f64() < 0.3,
    };
    let tasks: usize = if chance.u8(0..10) == 0 { 100 } else { chance.usize(1..30) };
    let spread = [0, 10, 1_000, 90_000][chance.usize(0..4)];
    let service = Shared::default();
    for id in 0..objects {
        service.lock().unwrap().write(&format!("{id:03}"), Some(0));
    }
    let lists = SharedLists::default();
    let run = Rc::new(Run {
        list: lists.list("here", "secrets"),
        lists,
        service,
        weather,
        chance: RefCell::new(chance),
        own_changes: RefCell::default(),
        direct: Cell::new(0),
    });
    let local = tokio::task::LocalSet::new();
    let readers = Rc::new(Cell::new(0));
    let mut handles = Vec::new();
    for task in 0..tasks {
        let (run, readers) = (Rc::clone(&run), Rc::clone(&readers));
        handles.push(local.spawn_local(async move {
            sleep(Duration::from_millis(run.random(spread))).await;
            let id = run.an_id(objects);
            let value = Some(u32::try_from(task).unwrap() + 1).filter(|_| run.random(4) > 0);
            match run.random(10) {
                0 => run.change(&id, value).await,
                1 => run.service.lock().unwrap().write(&id, value),
                2 => {
                    run.change(&id, value).await;
                    run.read(&id).await;
                    readers.set(readers.get() + 1);
                }
                _ => {
                    run.read(&id).await;
                    readers.set(readers.get() + 1);
                }
            }
        }));
    }
    local.await;
    for handle in handles {
        handle.await.unwrap();
    }
    let pages = run.service.lock().unwrap().pages;
    (readers.get(), run.direct.get(), pages)
}

#[test]
fn each_reader_gets_what_a_read_of_its_own_would_have_given() {
    let (mut readers, mut requests, mut answered) = (0, 0, 0);
    for seed in 0..3_000 {
        let checked = std::panic::catch_unwind(|| {
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            runtime.enable_time().start_paused(true).build().unwrap().block_on(run(seed))
        });
        let (read, direct, pages) = checked.unwrap_or_else(|_| panic!("seed {seed}"));
        assert!(pages * 2 <= read, "seed {seed}: {pages} pages for {read} readers");
        readers += read;
        requests += direct + pages;
        answered += read - direct;
    }
    // Without this, a list that never answers would pass.
    assert!(answered * 5 > readers, "{answered} of {readers} answered");
    assert!(requests < readers, "{requests} requests for {readers} readers");
}
