//! Takes over a state that a `moved` block moves here from another provider.

use super::codec::{Encoded, decode};
use super::diag::{AttributePath, Diagnostics, error};
use super::plan::adopted;
use super::resource::{AnyResource, Stored};
use super::schema::Schema;

/// A state of another provider, or of another type, as it was stored.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The source address of the provider that wrote it.
    pub provider: &'a str,
    /// The resource type that it was written as.
    pub type_name: &'a str,
    /// The version of that type's schema.
    pub schema_version: i64,
    /// The stored object.
    pub json: &'a [u8],
}

/// The state of this provider for `source`. `understood` lists the providers whose
/// states of the same type are understood, as `namespace/type` on any host. The
/// service is not called.
pub fn moved(
    resource: &dyn AnyResource,
    source: Source<'_>,
    understood: &[&str],
) -> Result<Stored, Diagnostics> {
    let refuse = |detail: String| {
        Err(error(
            AttributePath::root(),
            format!("Cannot move this state to {}", resource.type_name()),
            detail,
        ))
    };
    let is_understood = source
        .provider
        .split_once('/')
        .is_some_and(|(_host, address)| understood.contains(&address));
    if !is_understood || source.type_name != resource.type_name() {
        return refuse(format!(
            "It is of type {} of the provider {}. A state can be moved here only from the same \
             type of one of the providers {}. Import the object instead.",
            source.type_name,
            source.provider,
            understood.join(", ")
        ));
    }
    let version = Schema::VERSION;
    if source.schema_version > version {
        return refuse(format!(
            "It has schema version {}, and this version of the provider supports versions up to \
             {version}. Use a newer provider, or import the object instead.",
            source.schema_version
        ));
    }
    match decode(resource.schema(), Encoded::Json(source.json))? {
        Some(state) => Ok(Stored {
            state: Some(adopted(resource.schema(), &state)),
            private: resource.new_private_state(),
        }),
        None => refuse("It is empty. Import the object instead.".to_owned()),
    }
}
