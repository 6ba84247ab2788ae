//! Identities: the attributes that identify an object, and imports by them.

use super::diag::{AttributePath, Diagnostics, error};
use super::resource::AnyResource;
use super::schema::{Attribute, IdentityAttribute};
use super::value::{Object, ValueAny, attribute, wholly_known};

/// The identity of the object that `state` describes; `None` until all of it is
/// known.
pub fn identity(attributes: &[IdentityAttribute], state: &Object) -> Option<Object> {
    attributes
        .iter()
        .map(|IdentityAttribute { name, .. }| {
            let value = attribute(state, name);
            let known = *value != ValueAny::Null && wholly_known(value);
            known.then(|| ((*name).to_owned(), value.clone()))
        })
        .collect()
}

/// The attributes of a resource's identity with their declarations.
pub fn identity_schema(
    resource: &dyn AnyResource,
) -> impl Iterator<Item = (&'static IdentityAttribute, &Attribute)> {
    resource.identity().iter().filter_map(|part| Some((part, resource.schema().get(part.name)?)))
}

/// The state of an import by `identity`, which the read that follows completes.
pub fn import_by_identity(
    resource: &dyn AnyResource,
    identity: &Object,
) -> Result<Object, Diagnostics> {
    let parts = resource.identity();
    for IdentityAttribute { name, .. } in parts.iter().filter(|part| !part.optional) {
        if !matches!(attribute(identity, name), ValueAny::String(text) if !text.is_empty()) {
            let names: Vec<&str> = parts.iter().map(|part| part.name).collect();
            return Err(error(
                AttributePath::new(*name),
                "Incomplete identity",
                format!(
                    "An identity consists of {}; {name} is missing: add it to the \
                     identity of the import block.",
                    names.join(", ")
                ),
            ));
        }
    }
    Ok(resource
        .schema()
        .iter()
        .map(|declared| (declared.name.to_owned(), attribute(identity, declared.name).clone()))
        .collect())
}
