//! Creating an object exactly once, also when the response is lost.

use std::future::Future;

use super::connection::Instance;
use super::failure::{Advice, Failure};
use crate::client::ApiError;

/// What becomes of an object of the wanted name that exists after a response was lost.
pub enum Existing<F, T> {
    /// It could be somebody else's, and Terraform would later delete it: the user is told its id,
    /// which this gives, and the import command.
    Refuse(fn(&F) -> &str),
    /// Its name is this run's alone, so it is what was created.
    Adopt(fn(F) -> T),
}

/// Sends a create. A lost response is never guessed: when it is not known whether the request took
/// effect, the object is looked up by its name, and created again only if it is not there.
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
