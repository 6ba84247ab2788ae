//! Reads of many objects that arrive together, answered from one list instead of one request each.
//!
//! A single read stays a request of its own: [`SharedList::find`] finds nothing for it. From the
//! second object on, a page of the list is requested whenever it may spare two reads, and everyone
//! who wants something waits for it. What a list says is only ever a reason not to read: an object
//! that it lacks, that this process has changed, or that the list tells less of than a read does, is
//! read directly.

use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::error::ApiError;

/// How long a list answers reads, from its start. Terraform refreshes a thousand objects in a few
/// seconds, and what it plans is the picture of one moment anyway; a change elsewhere is as likely
/// to come half a minute later.
const FRESH: Duration = Duration::from_secs(30);

/// Reads that are no further apart arrive together, with any latency of the network.
const TOGETHER: Duration = Duration::from_secs(5);

/// As many objects must be wanted for each page. In an instance in which few objects are ours,
/// lists then cost at most half as many requests as they could have spared.
const READS_PER_PAGE: usize = 2;

/// One page of a list.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// The objects, by id.
    pub(super) entries: Vec<(String, Arc<RawValue>)>,
    /// Whether more pages follow.
    pub(super) has_next: bool,
}

/// Everything that a client shares between its reads.
#[derive(Debug, Default)]
pub(super) struct SharedLists {
    lists: Mutex<HashMap<(String, String), Arc<SharedList>>>,
    changed: Arc<Changed>,
}

/// The ids of all objects that this process has changed, or is changing.
#[derive(Debug, Default)]
struct Changed(Mutex<HashSet<String>>);

/// A list of one kind of object in one place, and who waits for it.
#[derive(Debug)]
pub(super) struct SharedList {
    state: Mutex<State>,
    /// Notified of each page.
    arrived: watch::Sender<()>,
    changed: Arc<Changed>,
}

#[derive(Debug, Default)]
struct State {
    /// What has been asked for since the list began or, without one, in a row.
    wanted: BTreeSet<String>,
    last_wanted: Option<Instant>,
    waiting: BTreeMap<String, usize>,
    list: Option<List>,
    /// An object as it was read directly: the names of its fields.
    sample: Option<(String, BTreeSet<String>)>,
    /// The list failed, or leaves out fields: all is read directly.
    is_off: bool,
}

/// As much of the list as was needed.
#[derive(Debug)]
struct List {
    since: Instant,
    pages: usize,
    /// The number of entries so far.
    offset: usize,
    has_next: bool,
    is_under_way: bool,
    found: HashMap<String, Arc<RawValue>>,
}

/// How to answer a read.
enum Decision {
    Answer(Arc<RawValue>),
    Directly,
    Wait,
    /// Request the page at this offset, and wait.
    Request(usize),
}

impl SharedLists {
    /// The list of one kind of object at this address.
    pub(super) fn list(&self, address: &str, kind: &str) -> Arc<SharedList> {
        let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        let list = lists.entry((address.to_owned(), kind.to_owned())).or_insert_with(|| {
            Arc::new(SharedList {
                state: Mutex::default(),
                arrived: watch::Sender::new(()),
                changed: Arc::clone(&self.changed),
            })
        });
        Arc::clone(list)
    }

    /// From now on no list answers for this object, since a list may be behind.
    pub(super) fn changes(&self, id: &str) {
        self.changed.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned());
    }
}

impl SharedList {
    /// The object as the list has it; `None` if it is to be read directly. `request` gets the page
    /// at an offset; it goes on when this reader is cancelled, since others may wait for it too.
    pub(super) async fn find<F>(
        self: &Arc<Self>,
        id: &str,
        cancel: &CancellationToken,
        request: impl Fn(usize) -> F + Clone + Send + 'static,
    ) -> Option<Arc<RawValue>>
    where
        F: Future<Output = Result<Page, ApiError>> + Send + 'static,
    {
        let mut arrived = self.arrived.subscribe();
        let mut waiting = None;
        loop {
            match self.decide(id, waiting.is_some()) {
                Decision::Answer(json) => return Some(json),
                Decision::Directly => return None,
                Decision::Wait => {}
                Decision::Request(offset) => {
                    tokio::spawn(Arc::clone(self).get(offset, request.clone()));
                }
            }
            waiting.get_or_insert_with(|| Waiting::start(self, id));
            tokio::select! {
                biased;
                () = cancel.cancelled() => return None,
                _ = arrived.changed() => {}
            }
        }
    }

    /// Compares what a read says with what the list says of the same object: a list that leaves out
    /// fields cannot answer a read (ibm-api.md 2.4).
    pub(super) fn read_directly(&self, id: &str, fields: BTreeSet<String>) {
        let mut state = self.lock();
        if state.sample.is_none() {
            state.sample = Some((id.to_owned(), fields));
            state.check_sample();
        }
    }

    fn decide(&self, id: &str, has_waited: bool) -> Decision {
        let is_changed = self.changed.0.lock().unwrap_or_else(PoisonError::into_inner).contains(id);
        let mut state = self.lock();
        if is_changed || state.is_off {
            return Decision::Directly;
        }
        state.want(id, has_waited);
        let pages_wanted = state.wanted.len() / READS_PER_PAGE;
        let Some(list) = &mut state.list else {
            if pages_wanted == 0 {
                return Decision::Directly;
            }
            state.list = Some(List {
                since: Instant::now(),
                pages: 0,
                offset: 0,
                has_next: true,
                is_under_way: true,
                found: HashMap::new(),
            });
            return Decision::Request(0);
        };
        if !has_waited && list.since.elapsed() > FRESH {
            Decision::Directly
        } else if let Some(json) = list.found.get(id) {
            Decision::Answer(Arc::clone(json))
        } else if list.is_under_way {
            Decision::Wait
        } else if list.has_next && list.pages < pages_wanted {
            list.is_under_way = true;
            Decision::Request(list.offset)
        } else {
            Decision::Directly
        }
    }

    /// Gets pages as long as somebody waits for one and it pays.
    async fn get<F>(self: Arc<Self>, mut offset: usize, request: impl Fn(usize) -> F)
    where
        F: Future<Output = Result<Page, ApiError>> + Send + 'static,
    {
        loop {
            // A task of its own, so that not even a panic leaves anybody waiting.
            let page = tokio::spawn(request(offset)).await;
            let next = self.lock().receive(page.ok());
            self.arrived.send_replace(());
            match next {
                Some(next) => offset = next,
                None => return,
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Counts a read. Whoever has waited for a list is answered from it, however long that took.
    fn want(&mut self, id: &str, has_waited: bool) {
        let now = Instant::now();
        let is_over = match &self.list {
            Some(list) => !list.is_under_way && now - list.since > FRESH && !has_waited,
            None => self.last_wanted.is_some_and(|last| now - last > TOGETHER),
        };
        if is_over {
            self.list = None;
            self.wanted.clear();
        }
        self.last_wanted = Some(now);
        if !self.wanted.contains(id) {
            self.wanted.insert(id.to_owned());
        }
    }

    /// Adds a page, or the failure to get one. Returns the offset of the next page if it is needed.
    fn receive(&mut self, page: Option<Result<Page, ApiError>>) -> Option<usize> {
        let page = match page {
            Some(Ok(page)) => page,
            failure => {
                let reason = failure.and_then(Result::err).map(|reason| reason.to_string());
                tracing::warn!(reason, "the list failed; objects are read one by one");
                self.turn_off();
                return None;
            }
        };
        let pages_wanted = self.wanted.len() / READS_PER_PAGE;
        let list = self.list.as_mut()?;
        list.pages += 1;
        list.offset += page.entries.len();
        // A page without entries ends the list, whatever it says of a next one.
        list.has_next = page.has_next && !page.entries.is_empty();
        list.found.extend(page.entries);
        let is_needed = self.waiting.keys().any(|id| !list.found.contains_key(id));
        list.is_under_way = is_needed && list.has_next && list.pages < pages_wanted;
        let next = list.is_under_way.then_some(list.offset);
        self.check_sample();
        next.filter(|_| !self.is_off)
    }

    fn check_sample(&mut self) {
        let (Some((id, fields)), Some(list)) = (&self.sample, &self.list) else { return };
        let Some(json) = list.found.get(id) else { return };
        let listed = fields_of(json);
        let left_out: Vec<_> = fields.difference(&listed).collect();
        if !left_out.is_empty() {
            tracing::warn!(?left_out, "the list leaves out fields; objects are read one by one");
            self.turn_off();
        }
    }

    fn turn_off(&mut self) {
        self.is_off = true;
        self.list = None;
    }
}

/// The names of the fields of an object that have a value.
pub(super) fn fields_of(json: &RawValue) -> BTreeSet<String> {
    let fields: BTreeMap<String, Option<serde::de::IgnoredAny>> =
        serde_json::from_str(json.get()).unwrap_or_default();
    fields.into_iter().filter_map(|(name, value)| value.map(|_| name)).collect()
}

/// Somebody who waits for an object.
struct Waiting {
    list: Arc<SharedList>,
    id: String,
}

impl Waiting {
    fn start(list: &Arc<SharedList>, id: &str) -> Waiting {
        *list.lock().waiting.entry(id.to_owned()).or_default() += 1;
        Waiting { list: Arc::clone(list), id: id.to_owned() }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut state = self.list.lock();
        if let Some(count) = state.waiting.get_mut(&self.id) {
            *count -= 1;
            if *count == 0 {
                state.waiting.remove(&self.id);
            }
        }
    }
}
