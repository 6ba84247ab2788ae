//! Creates an object exactly once, even if the response is lost.

use std::future::Future;

use super::connection::Instance;
use super::failure::{Advice, Failure};
use crate::client::ApiError;

/// What to do with an object of the same name that exists after a response was lost.
pub enum Existing<F, T> {
    /// Refuse it, since it could be somebody else's and Terraform would later delete it. The
    /// error has the import command with its id, which this function returns.
    Refuse(fn(&F) -> &str),
    /// Adopt it: only this run uses its name, so it is the object that was created.
    Adopt(fn(F) -> T),
}

/// Sends a create. After a lost response the outcome is never assumed: the object is looked up by
/// its name, and created again only if it does not exist.
pub async fn create_once<T, F, Sending, Finding>(
    instance: &Instance,
    send: impl Fn() -> Sending,
    find: impl FnOnce() -> Finding,
    existing: Existing<F, T>,
) -> Result<T, Failure>
where
    Sending: Future<Output = Result<T, ApiError>>,
    Finding: Future<Output = Result<Option<F>, ApiError>>,
{
    let lost = match send().await {
        Err(reason) if reason.outcome_unknown() => reason,
        response => return Ok(response?),
    };
    match (find().await, existing) {
        (Ok(None), _) => Ok(send().await?),
        (Ok(Some(found)), Existing::Adopt(adopt)) => Ok(adopt(found)),
        (Ok(Some(found)), Existing::Refuse(id)) => {
            Err(Failure::Api(lost, Some(Advice::import(instance, id(&found)))))
        }
        (Err(_), _) => Err(lost.into()),
    }
}
