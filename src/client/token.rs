//! One token for all calls, renewed ahead of its end with a single request in flight.

use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use secrecy::{ExposeSecret, SecretString};
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};
use tracing::Instrument;

use super::error::{ApiError, ApiErrorKind, Target};
use super::jwt;
use super::sources::Sources;

/// A token this close to its end is not used any more (ibm-api.md 1.6).
const MARGIN: Duration = Duration::from_secs(10);
/// After a failed early renewal the old token does without another for this long.
const RENEWAL_PAUSE: Duration = Duration::from_secs(60);
/// No token of IBM's lives longer, in seconds (ibm-api.md 1.5).
const LONGEST_LIFE: u64 = 3600;

/// A bearer token in use. Clones are the same token.
#[derive(Clone, Debug)]
pub(super) struct Token(Arc<SecretString>);

impl Token {
    pub(super) fn new(value: SecretString) -> Self {
        Self(Arc::new(value))
    }

    pub(super) fn secret(&self) -> &SecretString {
        &self.0
    }

    fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// A token as it is issued.
#[derive(Debug)]
pub(super) struct IssuedToken {
    pub(super) value: SecretString,
    /// Seconds from now. Preferred: it does not depend on two clocks agreeing.
    pub(super) expires_in: Option<u64>,
    /// Seconds since 1970.
    pub(super) expiration: Option<u64>,
}

impl IssuedToken {
    /// A token that comes without its reply: its end is what it says itself.
    pub(super) fn given(value: SecretString) -> Self {
        let expiration = jwt::expiration(value.expose_secret());
        let expires_in = if expiration.is_none() { Some(LONGEST_LIFE) } else { None };
        Self { value, expires_in, expiration }
    }
}

/// The token in use and the request for the next one.
#[derive(Debug)]
pub(super) struct TokenCache {
    state: Mutex<State>,
    sources: Sources,
}

#[derive(Debug, Default)]
struct State {
    held: Option<Held>,
    flight: Option<Flight>,
}

type Flight = Shared<BoxFuture<'static, Result<Token, ApiError>>>;

#[derive(Debug)]
struct Held {
    token: Token,
    /// From here on a new one is asked for while this one still serves.
    renew_at: SystemTime,
    /// From here on this one is of no use.
    unusable_at: SystemTime,
}

impl Held {
    /// `None` for a token that does not say how long it lives: it serves only who asked for it.
    fn new(token: &Token, issued: &IssuedToken, now: SystemTime) -> Option<Self> {
        let life = match (issued.expires_in, issued.expiration) {
            (Some(seconds), _) => Duration::from_secs(seconds),
            (None, Some(epoch)) => SystemTime::UNIX_EPOCH
                .checked_add(Duration::from_secs(epoch))?
                .duration_since(now)
                .ok()?,
            (None, None) => return None,
        };
        Some(Self {
            token: token.clone(),
            renew_at: now.checked_add(life / 5 * 4)?,
            unusable_at: now.checked_add(life.checked_sub(MARGIN)?)?,
        })
    }
}

impl TokenCache {
    pub(super) fn new(sources: Sources) -> Self {
        Self { state: Mutex::default(), sources }
    }

    /// A cache that has a token already.
    pub(super) fn holding(issued: &IssuedToken, sources: Sources) -> Self {
        let token = Token::new(issued.value.clone());
        let held = Held::new(&token, issued, (sources.now)());
        Self { state: Mutex::new(State { held, flight: None }), sources }
    }

    /// The token in use, or the next one.
    ///
    /// `fetch` runs apart from its callers: one that goes away does not disturb the others, and
    /// while the old token serves nobody waits. A failure reaches everybody who waited for that
    /// request and nobody later. `target` names the request in an error.
    pub(super) async fn get<F>(
        self: &Arc<Self>,
        target: &Target,
        fetch: impl FnOnce() -> F,
    ) -> Result<Token, ApiError>
    where
        F: Future<Output = Result<IssuedToken, ApiError>> + Send + 'static,
    {
        let flight = {
            let mut state = self.lock();
            let now = (self.sources.now)();
            if let Some(held) = state.held.as_ref().filter(|held| now < held.unusable_at) {
                let token = held.token.clone();
                if now >= held.renew_at && state.flight.is_none() {
                    state.flight = Some(self.launch(target, fetch()));
                }
                return Ok(token);
            }
            state.flight.get_or_insert_with(|| self.launch(target, fetch())).clone()
        };
        flight.await
    }

    /// Forgets a token that a service refused; a newer one stays. If it was the one in use,
    /// `with_it` is done before anybody can ask for the next one.
    pub(super) fn forget(&self, refused: &Token, with_it: impl FnOnce()) {
        let mut state = self.lock();
        if state.held.take_if(|held| held.token.is(refused)).is_some() {
            with_it();
        }
    }

    /// Forgets the token in use.
    pub(super) fn clear(&self) {
        self.lock().held = None;
    }

    fn launch<F>(self: &Arc<Self>, target: &Target, fetch: F) -> Flight
    where
        F: Future<Output = Result<IssuedToken, ApiError>> + Send + 'static,
    {
        let fetch = fetch.in_current_span();
        let cache = Arc::clone(self);
        let request = tokio::spawn(async move { cache.land(fetch.await) });
        let cache = Arc::clone(self);
        let target = target.clone();
        async move {
            // A task that ends without a result was stopped together with its runtime.
            request.await.unwrap_or_else(|_| {
                cache.land(Err(ApiError::new(ApiErrorKind::Cancelled, &target)))
            })
        }
        .boxed()
        .shared()
    }

    fn land(&self, result: Result<IssuedToken, ApiError>) -> Result<Token, ApiError> {
        let now = (self.sources.now)();
        let mut state = self.lock();
        state.flight = None;
        match result {
            Ok(issued) => {
                let token = Token::new(issued.value.clone());
                state.held = Held::new(&token, &issued, now);
                Ok(token)
            }
            Err(error) => {
                if let Some(held) = &mut state.held {
                    held.renew_at = now + RENEWAL_PAUSE;
                }
                Err(error)
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code panics while it holds the lock; should one, the state is still whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;
    use reqwest::Method;
    use std::cell::Cell;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::sync::oneshot;

    use super::*;

    /// A cache, the hand of its clock, and what its fetches are to give.
    struct Setup {
        cache: Arc<TokenCache>,
        now: Arc<Mutex<SystemTime>>,
        fetches: AtomicUsize,
    }

    fn target() -> Target {
        Target {
            operation: "get_token",
            method: Method::POST,
            host: "iam.test".to_owned(),
            path: "/identity/token".to_owned(),
        }
    }

    fn failure() -> ApiError {
        ApiError::new(ApiErrorKind::Server, &target())
    }

    fn issued(value: &str, expires_in: Option<u64>, expiration: Option<u64>) -> IssuedToken {
        IssuedToken { value: value.into(), expires_in, expiration }
    }

    fn hour(value: &str) -> Result<IssuedToken, ApiError> {
        Ok(issued(value, Some(3600), None))
    }

    impl Setup {
        fn new() -> Self {
            let now = Arc::new(Mutex::new(SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000)));
            let hand = Arc::clone(&now);
            let sources =
                Sources { now: Arc::new(move || *hand.lock().unwrap()), jitter: Arc::new(|| 0.0) };
            Self { cache: Arc::new(TokenCache::new(sources)), now, fetches: AtomicUsize::new(0) }
        }

        fn advance(&self, seconds: u64) {
            *self.now.lock().unwrap() += Duration::from_secs(seconds);
        }

        async fn get(&self, next: Result<IssuedToken, ApiError>) -> Result<String, ApiError> {
            self.get_later(async move { next }).await
        }

        async fn get_later(
            &self,
            next: impl Future<Output = Result<IssuedToken, ApiError>> + Send + 'static,
        ) -> Result<String, ApiError> {
            let fetch = || {
                self.fetches.fetch_add(1, Ordering::Relaxed);
                next
            };
            let token = self.cache.get(&target(), fetch).await?;
            Ok(token.secret().expose_secret().to_owned())
        }

        fn fetches(&self) -> usize {
            self.fetches.load(Ordering::Relaxed)
        }

        /// Lets a fetch that nobody waits for end.
        async fn settle(&self) {
            let flight = self.cache.lock().flight.clone();
            if let Some(flight) = flight {
                flight.await.ok();
            }
        }
    }

    #[tokio::test]
    async fn a_token_serves_until_shortly_before_its_end() {
        // Life as it is told; how long the token serves.
        for (expires_in, expiration, serves) in [
            (Some(3600), None, 3590),
            (None, Some(1_003_600), 3590),
            // The life counts, for the clocks need not agree.
            (Some(900), Some(7), 890),
        ] {
            let setup = Setup::new();
            let first = issued("a", expires_in, expiration);
            assert_eq!(setup.get(Ok(first)).await.unwrap(), "a");
            setup.advance(serves - 1);
            // From 80 % on a new one is asked for, but this one still serves.
            assert_eq!(setup.get(Err(failure())).await.unwrap(), "a");
            setup.settle().await;
            setup.advance(1);
            assert_eq!(setup.get(hour("b")).await.unwrap(), "b");
        }
    }

    #[tokio::test]
    async fn a_token_of_unknown_or_hardly_any_life_serves_once() {
        for (expires_in, expiration) in [
            (None, None),
            (Some(10), None),
            (Some(0), None),
            (None, Some(1_000_010)),
            (None, Some(0)),
            (Some(u64::MAX), None),
            (None, Some(u64::MAX)),
        ] {
            let setup = Setup::new();
            let first = issued("a", expires_in, expiration);
            assert_eq!(setup.get(Ok(first)).await.unwrap(), "a");
            assert_eq!(setup.get(hour("b")).await.unwrap(), "b", "{expires_in:?} {expiration:?}");
        }
    }

    #[tokio::test]
    async fn an_ageing_token_is_replaced_behind_the_back_of_its_users() {
        let setup = Setup::new();
        setup.get(hour("a")).await.unwrap();
        setup.advance(2879);
        assert_eq!(setup.get(hour("b")).await.unwrap(), "a");
        assert_eq!(setup.fetches(), 1, "younger than 80 %");
        setup.advance(1);
        let (arrive, arrived) = oneshot::channel();
        let slow = async move { arrived.await.unwrap() };
        assert_eq!(setup.get_later(slow).await.unwrap(), "a");
        for _ in 0..3 {
            assert_eq!(setup.get(hour("c")).await.unwrap(), "a");
        }
        assert_eq!(setup.fetches(), 2, "one in flight");
        arrive.send(hour("b")).unwrap();
        setup.settle().await;
        assert_eq!(setup.get(hour("c")).await.unwrap(), "b");
        assert_eq!(setup.fetches(), 2);
    }

    #[tokio::test]
    async fn a_failed_early_renewal_is_tried_again_after_a_minute() {
        let setup = Setup::new();
        setup.get(hour("a")).await.unwrap();
        setup.advance(2880);
        assert_eq!(setup.get(Err(failure())).await.unwrap(), "a");
        setup.settle().await;
        setup.advance(59);
        assert_eq!(setup.get(hour("b")).await.unwrap(), "a");
        assert_eq!(setup.fetches(), 2);
        setup.advance(1);
        assert_eq!(setup.get(hour("b")).await.unwrap(), "a");
        setup.settle().await;
        assert_eq!(setup.get(hour("c")).await.unwrap(), "b");
        assert_eq!(setup.fetches(), 3);
    }

    #[tokio::test]
    async fn a_failure_reaches_those_who_waited_for_it_and_nobody_later() {
        let setup = Setup::new();
        let results = join_all((0..5).map(|_| setup.get(Err(failure())))).await;
        for result in results {
            assert_eq!(result.unwrap_err().kind(), ApiErrorKind::Server);
        }
        assert_eq!(setup.fetches(), 1);
        assert_eq!(setup.get(hour("a")).await.unwrap(), "a");
    }

    #[tokio::test]
    async fn a_caller_that_leaves_takes_nothing_from_the_others() {
        let setup = Setup::new();
        let (arrive, arrived) = oneshot::channel();
        let slow = async move { arrived.await.unwrap() };
        let first = setup.get_later(slow);
        assert!(first.now_or_never().is_none(), "it waits, and is dropped");
        let second = setup.get(hour("b"));
        arrive.send(hour("a")).unwrap();
        assert_eq!(second.await.unwrap(), "a");
        assert_eq!(setup.fetches(), 1);
    }

    #[tokio::test]
    async fn a_fetch_that_dies_does_not_block_the_next() {
        let setup = Setup::new();
        let dying = async { panic!("on purpose") };
        let error = setup.get_later(dying).await.unwrap_err();
        assert!(error.is_cancelled());
        assert_eq!(setup.get(hour("a")).await.unwrap(), "a");
    }

    #[tokio::test]
    async fn only_the_refused_token_is_forgotten() {
        let setup = Setup::new();
        let forgotten = Cell::new(0);
        let fetch = |value| async move { hour(value) };
        let old = setup.cache.get(&target(), || fetch("a")).await.unwrap();
        setup.cache.forget(&old, || forgotten.set(forgotten.get() + 1));
        assert_eq!(setup.get(hour("b")).await.unwrap(), "b");
        // Somebody else hears late that the old one was refused.
        setup.cache.forget(&old, || forgotten.set(forgotten.get() + 1));
        assert_eq!(setup.get(hour("c")).await.unwrap(), "b");
        assert_eq!(forgotten.get(), 1);
    }

    #[tokio::test]
    async fn a_cache_can_begin_with_a_token_and_be_emptied() {
        let Setup { cache, .. } = Setup::new();
        let given = issued("given", Some(3600), None);
        let setup = Setup {
            cache: Arc::new(TokenCache::holding(&given, cache.sources.clone())),
            ..Setup::new()
        };
        assert_eq!(setup.get(hour("a")).await.unwrap(), "given");
        setup.cache.clear();
        assert_eq!(setup.get(hour("a")).await.unwrap(), "a");
        let ended = issued("given", None, Some(1_000_000));
        let setup = Setup {
            cache: Arc::new(TokenCache::holding(&ended, cache.sources.clone())),
            ..Setup::new()
        };
        assert_eq!(setup.get(hour("a")).await.unwrap(), "a");
    }

    #[tokio::test]
    async fn a_cache_does_not_show_what_it_holds() {
        let setup = Setup::new();
        setup.get(hour("s3cret")).await.unwrap();
        let shown = format!("{:?} {:?}", setup.cache, issued("s3cret", None, None));
        assert!(shown.contains("Held") && !shown.contains("s3cret"), "{shown}");
    }
}
