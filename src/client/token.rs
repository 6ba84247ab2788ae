//! One token for all calls, renewed ahead of its end with a single request in flight.

use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use secrecy::SecretString;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};
use tracing::Instrument;

use super::error::{ApiError, ApiErrorKind, Target};
use super::sources::Sources;

/// A token this close to its end is not used any more (ibm-api.md 1.6).
const MARGIN: Duration = Duration::from_secs(10);
/// After a failed early renewal the old token does without another for this long.
const RENEWAL_PAUSE: Duration = Duration::from_secs(60);

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

    /// Forgets a token that a service refused; a newer one stays.
    pub(super) fn forget(&self, refused: &Token) {
        let mut state = self.lock();
        if state.held.as_ref().is_some_and(|h| h.token.is(refused)) {
            state.held = None;
        }
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
