//! One token for all requests, renewed before it expires with a single request in flight.

use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use secrecy::{ExposeSecret, SecretString};
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};
use tracing::Instrument;

use super::error::{ApiError, ApiErrorKind, Target};
use super::jwt;
use super::nondeterminism::Nondeterminism;

/// A token this close to its expiration is not used any more (ibm-api.md 1.6).
const MARGIN: Duration = Duration::from_secs(10);
/// After a failed early renewal, the next one is not attempted for this long.
const RENEWAL_PAUSE: Duration = Duration::from_secs(60);
/// The longest lifetime of IBM's tokens, in seconds (ibm-api.md 1.5).
const MAX_LIFETIME: u64 = 3600;

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
    /// Seconds from now. Preferred, because it does not depend on two clocks agreeing.
    pub(super) expires_in: Option<u64>,
    /// Seconds since 1970.
    pub(super) expiration: Option<u64>,
}

impl IssuedToken {
    /// A token that comes without IAM's response: only its own claims say when it expires.
    pub(super) fn given(value: SecretString) -> Self {
        let expiration = jwt::expiration(value.expose_secret());
        let expires_in = if expiration.is_none() { Some(MAX_LIFETIME) } else { None };
        Self { value, expires_in, expiration }
    }
}

/// The token in use and the request for the next one.
#[derive(Debug)]
pub(super) struct TokenCache {
    state: Mutex<State>,
    nondeterminism: Nondeterminism,
}

#[derive(Debug, Default)]
struct State {
    cached: Option<CachedToken>,
    flight: Option<Flight>,
}

type Flight = Shared<BoxFuture<'static, Result<Token, ApiError>>>;

#[derive(Debug)]
struct CachedToken {
    token: Token,
    /// From then on a new one is requested while this one is still used.
    renew_at: SystemTime,
    /// From then on this one is not used.
    unusable_at: SystemTime,
}

impl CachedToken {
    /// `None` for a token without a known lifetime: it is used by those who waited for it only.
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
    pub(super) fn new(nondeterminism: Nondeterminism) -> Self {
        Self { state: Mutex::default(), nondeterminism }
    }

    /// A cache that has a token already.
    pub(super) fn holding(issued: &IssuedToken, nondeterminism: Nondeterminism) -> Self {
        let token = Token::new(issued.value.clone());
        let cached = CachedToken::new(&token, issued, (nondeterminism.now)());
        Self { state: Mutex::new(State { cached, flight: None }), nondeterminism }
    }

    /// The token in use, or the next one.
    ///
    /// `fetch` runs in a task of its own: a caller that goes away does not disturb the others, and
    /// nobody waits while the old token can be used. A failure reaches those who waited for that
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
            let now = (self.nondeterminism.now)();
            if let Some(cached) = state.cached.as_ref().filter(|cached| now < cached.unusable_at) {
                let token = cached.token.clone();
                if now >= cached.renew_at && state.flight.is_none() {
                    state.flight = Some(self.launch(target, fetch()));
                }
                return Ok(token);
            }
            state.flight.get_or_insert_with(|| self.launch(target, fetch())).clone()
        };
        flight.await
    }

    /// Removes a token that a service refused; a newer one stays. If it was the one in use,
    /// `meanwhile` runs before anybody can request the next one.
    pub(super) fn remove(&self, refused: &Token, meanwhile: impl FnOnce()) {
        let mut state = self.lock();
        if state.cached.take_if(|cached| cached.token.is(refused)).is_some() {
            meanwhile();
        }
    }

    /// Removes the token in use.
    pub(super) fn clear(&self) {
        self.lock().cached = None;
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
        let now = (self.nondeterminism.now)();
        let mut state = self.lock();
        state.flight = None;
        match result {
            Ok(issued) => {
                let token = Token::new(issued.value.clone());
                state.cached = CachedToken::new(&token, &issued, now);
                Ok(token)
            }
            Err(error) => {
                if let Some(cached) = &mut state.cached {
                    cached.renew_at = now + RENEWAL_PAUSE;
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
    use std::cell::Cell;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::sync::oneshot;

    use super::super::operation::Operation;
    use super::*;

    /// A cache, its clock, and the number of fetches.
    struct Setup {
        cache: Arc<TokenCache>,
        now: Arc<Mutex<SystemTime>>,
        fetches: AtomicUsize,
    }

    fn target() -> Target {
        Target {
            operation: Operation::GetToken,
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
            let clock = Arc::clone(&now);
            let nondeterminism = Nondeterminism {
                now: Arc::new(move || *clock.lock().unwrap()),
                jitter: Arc::new(|| 0.0),
            };
            Self {
                cache: Arc::new(TokenCache::new(nondeterminism)),
                now,
                fetches: AtomicUsize::new(0),
            }
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

        /// Waits for a fetch that nobody else waits for.
        async fn settle(&self) {
            let flight = self.cache.lock().flight.clone();
            if let Some(flight) = flight {
                flight.await.ok();
            }
        }
    }

    #[tokio::test]
    async fn a_token_is_used_until_shortly_before_it_expires() {
        // Lifetime as IAM states it; for how long the token is used.
        for (expires_in, expiration, used_for) in [
            (Some(3600), None, 3590),
            (None, Some(1_003_600), 3590),
            // The lifetime takes precedence, since the clocks need not agree.
            (Some(900), Some(7), 890),
        ] {
            let setup = Setup::new();
            let first = issued("a", expires_in, expiration);
            assert_eq!(setup.get(Ok(first)).await.unwrap(), "a");
            setup.advance(used_for - 1);
            // From 80 % on a new one is requested, but this one is still used.
            assert_eq!(setup.get(Err(failure())).await.unwrap(), "a");
            setup.settle().await;
            setup.advance(1);
            assert_eq!(setup.get(hour("b")).await.unwrap(), "b");
        }
    }

    #[tokio::test]
    async fn a_token_without_a_usable_lifetime_is_used_once() {
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
    async fn an_ageing_token_is_renewed_in_the_background() {
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
    async fn a_caller_that_goes_away_does_not_disturb_the_others() {
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
    async fn a_fetch_that_panics_does_not_block_the_next() {
        let setup = Setup::new();
        let dying = async { panic!("on purpose") };
        let error = setup.get_later(dying).await.unwrap_err();
        assert!(error.is_cancelled());
        assert_eq!(setup.get(hour("a")).await.unwrap(), "a");
    }

    #[tokio::test]
    async fn only_the_refused_token_is_removed() {
        let setup = Setup::new();
        let removed = Cell::new(0);
        let fetch = |value| async move { hour(value) };
        let old = setup.cache.get(&target(), || fetch("a")).await.unwrap();
        setup.cache.remove(&old, || removed.set(removed.get() + 1));
        assert_eq!(setup.get(hour("b")).await.unwrap(), "b");
        // Another caller learns late that the old one was refused.
        setup.cache.remove(&old, || removed.set(removed.get() + 1));
        assert_eq!(setup.get(hour("c")).await.unwrap(), "b");
        assert_eq!(removed.get(), 1);
    }

    #[tokio::test]
    async fn a_cache_can_start_with_a_token_and_be_cleared() {
        let Setup { cache, .. } = Setup::new();
        let given = issued("given", Some(3600), None);
        let setup = Setup {
            cache: Arc::new(TokenCache::holding(&given, cache.nondeterminism.clone())),
            ..Setup::new()
        };
        assert_eq!(setup.get(hour("a")).await.unwrap(), "given");
        setup.cache.clear();
        assert_eq!(setup.get(hour("a")).await.unwrap(), "a");
        let ended = issued("given", None, Some(1_000_000));
        let setup = Setup {
            cache: Arc::new(TokenCache::holding(&ended, cache.nondeterminism.clone())),
            ..Setup::new()
        };
        assert_eq!(setup.get(hour("a")).await.unwrap(), "a");
    }

    #[tokio::test]
    async fn a_cache_does_not_show_its_token() {
        let setup = Setup::new();
        setup.get(hour("s3cret")).await.unwrap();
        let shown = format!("{:?} {:?}", setup.cache, issued("s3cret", None, None));
        assert!(shown.contains("CachedToken") && !shown.contains("s3cret"), "{shown}");
    }
}
