//! A check that every type makes of its model.

use std::collections::BTreeSet;

use serde::Serialize;

use super::connected::Served;
use super::resource::{InstanceResource, Managed};
use crate::framework::codec::to_object;

/// A managed resource has exactly the attributes that it declares.
pub(crate) fn assert_resource_has_what_it_declares<T: InstanceResource>()
where
    T::Model: Default,
{
    assert_declared::<T>(&Managed::<T::Model>::default(), &[]);
}

/// What is not managed has the attributes that it declares beside those of the instance.
pub(crate) fn assert_model_has_what_is_declared<T: Served>(model: &impl Serialize) {
    assert_declared::<T>(model, &["instance_id", "region", "endpoint_type"]);
}

fn assert_declared<T: Served>(model: &impl Serialize, besides: &[&str]) {
    let mut model: BTreeSet<String> = to_object(model).unwrap().into_keys().collect();
    model.extend(besides.iter().map(|name| (*name).to_owned()));
    let declared: BTreeSet<String> =
        T::schema().iter().map(|attribute| attribute.name.to_owned()).collect();
    assert_eq!(model, declared, "{}", T::TYPE_NAME);
}
