//! The lists that find secrets for `terraform query`: metadata only, without reading a value.

use std::marker::PhantomData;

use serde::Deserialize;

use super::kind::{Secret, SecretKind};
use crate::client::SecretFilter;
use crate::framework::schema::{Schema, Type, list};
use crate::framework::validators::{Validator, checked, count, length, matching};
use crate::framework::value::{StringList, Value, known_strings};
use crate::instance::{Failure, Found, Instance, InstanceList, Served, list_schema, search};
use crate::units::id::{OBJECT_ID_RULE, check_object_id};

/// The list of a secret type.
pub struct SecretList<K>(PhantomData<fn() -> K>);

/// The filters of the list.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Filters {
    search: Value<String>,
    secret_group_ids: StringList,
    match_all_labels: StringList,
}

impl From<&Filters> for SecretFilter {
    fn from(filters: &Filters) -> Self {
        let strings =
            |list: &StringList| list.as_deref_option().map(known_strings).unwrap_or_default();
        SecretFilter {
            search: filters.search.as_deref_option().map(str::to_owned),
            groups: strings(&filters.secret_group_ids),
            match_all_labels: strings(&filters.match_all_labels),
        }
    }
}

impl<K: SecretKind> Served for SecretList<K> {
    const TYPE_NAME: &'static str = K::TYPE_NAME;

    fn schema() -> Schema {
        let filters = vec![
            search("Part of the id, name, description or a label, or of IBM's name for the type."),
            list("secret_group_ids", Type::String)
                .validator(count(1, 201))
                .element_validator(checked(OBJECT_ID_RULE, check_object_id))
                .description("Ids of secret groups; the secret is in one of them."),
            list("match_all_labels", Type::String)
                .validator(count(1, 30))
                .element_validator(length(2, 64))
                .element_validator(without_comma())
                .description("Labels; the secret has all of them."),
        ];
        list_schema(K::LIST, filters)
    }
}

impl<K: SecretKind> InstanceList for SecretList<K> {
    type Filters = Filters;
    type Model = Secret<K>;

    const OBJECTS: &'static str = K::OBJECTS;

    async fn list(
        instance: &Instance,
        filters: &Filters,
        limit: usize,
    ) -> Result<Vec<Found<Secret<K>>>, Failure> {
        let found = instance.client.list_secrets::<K::Api>(&filters.into(), limit).await?;
        let found = found.into_iter().map(|metadata| {
            let id = metadata.common.id.clone();
            let display_name = metadata.common.name.clone().unwrap_or_default();
            let mut model = Secret::default();
            model.set_metadata(metadata);
            Found { id, display_name, model }
        });
        Ok(found.collect())
    }
}

/// The service expects labels separated by commas.
fn without_comma() -> Validator {
    matching("have no comma: the service cannot search for one", |label| !label.contains(','))
}
