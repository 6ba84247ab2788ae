//! What the send loop asks for a token before each attempt.

use std::future::Future;

use super::error::{ApiError, Target};
use super::token::Token;

/// Provides the bearer token of a request.
pub(super) trait Authorize: Sync {
    /// The token for one attempt at `target`; `None` where none is wanted.
    fn bearer(
        &self,
        target: &Target,
    ) -> impl Future<Output = Result<Option<Token>, ApiError>> + Send;

    /// Reports that the service refused `token`. Returns whether the next [`bearer`](Self::bearer)
    /// can be a different one.
    fn refused(&self, token: &Token) -> bool;
}

/// For the token request itself.
#[derive(Debug)]
pub(super) struct Anonymous;

impl Authorize for Anonymous {
    async fn bearer(&self, _: &Target) -> Result<Option<Token>, ApiError> {
        Ok(None)
    }

    fn refused(&self, _: &Token) -> bool {
        false
    }
}
