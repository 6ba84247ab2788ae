//! Creates an object exactly once, even if the response is lost.

use std::future::Future;

use crate::client::{ApiError, ApiErrorKind, TransportKind};

/// What a create came to.
#[derive(Debug)]
pub enum Outcome<T, F> {
    /// The service created the object, and said so.
    Created(T),
    /// An object of this name exists: the create did not succeed for this reason.
    Found(F, ApiError),
}

impl<T> Outcome<T, T> {
    /// Whichever of the two it is: only this run uses the name, so what is found is what was
    /// created.
    pub fn into_either(self) -> T {
        match self {
            Outcome::Created(object) | Outcome::Found(object, _) => object,
        }
    }
}

/// Sends a create. If its response is lost, the outcome is never assumed: the object is looked up by
/// its name, and created again only if it does not exist. It is looked up too if the service
/// says that it exists already, since an earlier run may have created it and lost its response.
pub async fn create_once<T, F, Sending, Finding>(
    send: impl Fn() -> Sending,
    find: impl Fn() -> Finding,
) -> Result<Outcome<T, F>, ApiError>
where
    Sending: Future<Output = Result<T, ApiError>>,
    Finding: Future<Output = Result<Option<F>, ApiError>>,
{
    let mut sent_again = false;
    loop {
        let reason = match send().await {
            Err(reason) if reason.outcome_unknown() || reason.is_conflict() => reason,
            response => return Ok(Outcome::Created(response?)),
        };
        // A slow request may still be carried out, even though nothing exists yet.
        let is_over = reason.kind() != ApiErrorKind::Transport(TransportKind::Timeout);
        match find().await {
            Ok(Some(found)) => return Ok(Outcome::Found(found, reason)),
            Ok(None) if reason.outcome_unknown() && is_over && !sent_again => sent_again = true,
            Ok(None) | Err(_) => return Err(reason),
        }
    }
}
