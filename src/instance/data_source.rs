//! What a data source of an instance implements.

use std::future::Future;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::connected::{Connected, Served};
use super::connection::Instance;
use super::reference::{self, InstanceRef};
use crate::framework::context::Context;
use crate::framework::data_source::{DataSource, view};
use crate::framework::diag::{Diagnostics, Report};
use crate::framework::schema::{Attribute, Schema};

/// A data source, in terms of its own model.
pub trait InstanceDataSource: Served {
    /// The typed model of configuration and result.
    type Model: Serialize + DeserializeOwned + Send + Sync + 'static;

    /// Checks rules across attributes. The configuration may contain unknown values.
    fn validate(_config: &Self::Model) -> Diagnostics {
        Diagnostics::default()
    }

    /// The object's id in its instance; `None` for a data source about the whole instance.
    fn id(found: &Self::Model) -> Option<&str>;

    /// Looks up the object. What it adds to `warnings` is shown even if that fails.
    fn read(
        instance: &Instance,
        config: Self::Model,
        warnings: &mut Diagnostics,
    ) -> impl Future<Output = Result<Self::Model, Diagnostics>> + Send;
}

/// The model of a data source together with the instance.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DataSourceModel<M> {
    #[serde(flatten)]
    instance: InstanceRef,
    #[serde(flatten)]
    model: M,
}

/// The schema of a data source: those of `attributes` that its model has, and the common ones of
/// the instance. An attribute replaces the common one of the same name.
pub fn data_source_schema<M: Default + Serialize>(
    description: &'static str,
    own: impl IntoIterator<Item = Attribute>,
) -> Schema {
    let own: Vec<Attribute> = own.into_iter().collect();
    let is_own = |name: &str| own.iter().any(|attribute| attribute.name == name);
    let mut attributes: Vec<Attribute> =
        reference::attributes().into_iter().filter(|attribute| !is_own(attribute.name)).collect();
    attributes.extend(own);
    view::<DataSourceModel<M>>(description, attributes)
}

impl<T: InstanceDataSource> DataSource for Connected<T> {
    type Model = DataSourceModel<T::Model>;

    fn type_name(&self) -> &'static str {
        T::TYPE_NAME
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn validate(&self, config: &Self::Model) -> Diagnostics {
        T::validate(&config.model)
    }

    async fn read(&self, context: Context, config: Self::Model) -> Report<Option<Self::Model>> {
        let DataSourceModel { instance: reference, model } = config;
        let instance = match self.connection.instance(&reference, &context) {
            Ok(instance) => instance,
            Err(diagnostics) => return Report::with(None, diagnostics),
        };
        let mut diagnostics = Diagnostics::default();
        match T::read(&instance, model, &mut diagnostics).await {
            Ok(model) => {
                let reference = match T::id(&model) {
                    Some(id) => instance.reference(&reference, id),
                    None => instance.own_reference(&reference),
                };
                Report::with(Some(DataSourceModel { instance: reference, model }), diagnostics)
            }
            Err(failed) => {
                diagnostics.add_diagnostics(failed);
                Report::with(None, diagnostics)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::schema::{AttributeConstraint, string};
    use crate::framework::value::Value;

    #[derive(Default, Serialize)]
    struct Model {
        name: Value<String>,
    }

    #[test]
    fn the_configuration_names_the_object_and_the_rest_is_computed() {
        let own = [string("name").read_only(), string("other")];
        let schema = data_source_schema::<Model>("A thing.", own);
        let shown: Vec<_> = schema.iter().map(|one| (one.name, one.constraint.clone())).collect();
        assert_eq!(
            shown,
            [
                ("id", AttributeConstraint::Computed),
                ("instance_id", AttributeConstraint::Required),
                ("region", AttributeConstraint::OptionalComputed),
                ("endpoint_type", AttributeConstraint::Optional),
                ("name", AttributeConstraint::Computed),
            ]
        );
    }
}
