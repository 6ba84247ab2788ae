//! Taking over what others wrote: identities to import by, and states that move
//! here from another provider.

use super::codec::{Encoded, decode};
use super::diag::{AttributePath, Diagnostics, error};
use super::field::Field;
use super::plan::adopted;
use super::private::Private;
use super::resource::{AnyResource, Stored};
use super::value::{Object, ValueAny, attribute, wholly_known};

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

/// Providers whose states are understood, by the end of their source address:
/// the official one, and this one under whatever host.
const KNOWN_PROVIDERS: &[&str] = &["/ibm-cloud/ibm", "/ibm-sm/ibm", "/ibm-sm/ibm-sm"];

/// The state that `source` becomes here. Nothing is called.
pub fn moved(resource: &dyn AnyResource, source: Source<'_>) -> Result<Stored, Diagnostics> {
    let refuse = |detail: String| {
        Err(error(
            AttributePath::root(),
            format!("Cannot move this state to {}", resource.type_name()),
            detail,
        ))
    };
    let known = KNOWN_PROVIDERS.iter().any(|end| source.provider.ends_with(end));
    if !known || source.type_name != resource.type_name() {
        return refuse(format!(
            "It is of type {} of the provider {}. A state can be moved here from the same type of \
             the official provider (IBM-Cloud/ibm). Else import the object instead.",
            source.type_name, source.provider
        ));
    }
    let version = resource.fields().schema().version;
    if source.schema_version > version {
        return refuse(format!(
            "It has schema version {}, and this version of the provider understands versions up to \
             {version}. Use a newer provider, or import the object instead.",
            source.schema_version
        ));
    }
    match decode(resource.fields(), Encoded::Json(source.json))? {
        Some(state) => Ok(Stored {
            state: Some(adopted(resource.fields(), &state)),
            private: Private::default().to_bytes(),
        }),
        None => refuse("It is empty.".to_owned()),
    }
}

/// The identity of the object that `state` describes; none while a part of it is
/// not known.
pub fn identity(names: &[&'static str], state: &Object) -> Option<Object> {
    names
        .iter()
        .map(|name| {
            let value = attribute(state, name);
            let known = *value != ValueAny::Null && wholly_known(value);
            known.then(|| ((*name).to_owned(), value.clone()))
        })
        .collect()
}

/// The declaration of an identity: the named attributes of the resource.
pub fn identity_fields(resource: &dyn AnyResource) -> impl Iterator<Item = &Field> {
    resource.identity().iter().filter_map(|name| resource.fields().get(name))
}

/// The stub that a following read completes. The region may be left out: it is
/// the provider's then.
pub fn import_by_identity(
    resource: &dyn AnyResource,
    identity: &Object,
) -> Result<Object, Diagnostics> {
    let names = resource.identity();
    for name in names.iter().filter(|name| **name != OPTIONAL) {
        if !matches!(attribute(identity, name), ValueAny::String(text) if !text.is_empty()) {
            return Err(error(
                AttributePath::new(*name),
                "Incomplete identity",
                format!("An identity gives {}; {name} is missing.", names.join(", ")),
            ));
        }
    }
    Ok(resource
        .fields()
        .iter()
        .map(|field| (field.name.to_owned(), attribute(identity, field.name).clone()))
        .collect())
}

/// The one attribute that an identity may leave out.
pub const OPTIONAL: &str = "region";
