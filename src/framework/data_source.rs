//! What a data source implements.

use std::future::Future;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::codec::{to_model, to_object};
use super::context::{Context, Pending};
use super::diag::{Diagnostics, Report};
use super::schema::{Attribute, Schema};
use super::value::{Object, ValueAny, unknown_to_null};

/// A data source, in terms of its own model.
pub trait DataSource: Send + Sync + 'static {
    /// The typed model of configuration and result.
    type Model: Serialize + DeserializeOwned + Send + 'static;

    /// The full type name.
    fn type_name(&self) -> &'static str;
    /// Every attribute: those to look up by, and those that are found.
    fn schema(&self) -> &Schema;
    /// Checks rules across attributes. The configuration may contain unknown values.
    fn validate(&self, config: &Self::Model) -> Diagnostics;
    /// Looks up the object; `None` only together with an error.
    fn read(
        &self,
        context: Context,
        config: Self::Model,
    ) -> impl Future<Output = Report<Option<Self::Model>>> + Send;
}

/// A schema of those declared attributes that `Model` has.
///
/// For a model that does not serialize it would be empty, which the golden schema
/// would show.
pub fn view<Model: Default + Serialize>(
    description: &'static str,
    declared: impl IntoIterator<Item = Attribute>,
) -> Schema {
    let model = to_object(&Model::default()).unwrap_or_default();
    let shown = declared.into_iter().filter(|attribute| model.contains_key(attribute.name));
    Schema::new(description, shown.collect())
}

/// The untyped form of a data source, which the plugin calls.
pub trait AnyDataSource: Send + Sync {
    /// The full type name.
    fn type_name(&self) -> &'static str;
    /// Every attribute.
    fn schema(&self) -> &Schema;
    /// Checks a configuration that may contain unknown values.
    fn validate(&self, config: &Object) -> Diagnostics;
    /// Looks up the object.
    fn read(&self, context: Context, config: Object) -> Pending<'_, Report<Option<Object>>>;
}

impl<D: DataSource> AnyDataSource for D {
    fn type_name(&self) -> &'static str {
        DataSource::type_name(self)
    }

    fn schema(&self) -> &Schema {
        DataSource::schema(self)
    }

    fn validate(&self, config: &Object) -> Diagnostics {
        let mut diagnostics = DataSource::schema(self).validate(config);
        match to_model(config) {
            Ok(model) => diagnostics.add_diagnostics(DataSource::validate(self, &model)),
            Err(bug) => diagnostics.add_diagnostics(bug),
        }
        diagnostics
    }

    fn read(&self, context: Context, config: Object) -> Pending<'_, Report<Option<Object>>> {
        Box::pin(async move {
            let model = match to_model(&config) {
                Ok(model) => model,
                Err(bug) => return Report::with(None, bug),
            };
            let Report { value, diagnostics } = DataSource::read(self, context, model).await;
            match value.as_ref().map(to_object).transpose() {
                Ok(found) => {
                    Report::with(found.map(|found| with_configuration(found, config)), diagnostics)
                }
                Err(bug) => Report::with(None, bug),
            }
        })
    }
}

/// The result: configured values exactly as configured, everything else wholly known.
pub(super) fn with_configuration(found: Object, config: Object) -> Object {
    let given = config.into_iter().filter(|(_, value)| *value != ValueAny::Null);
    found.into_iter().map(|(name, value)| (name, unknown_to_null(value))).chain(given).collect()
}

#[cfg(test)]
mod tests {
    use super::super::schema::{number, string};
    use super::super::value::{Value, ValueAny};
    use super::*;

    #[derive(Default, Serialize)]
    struct Model {
        name: Value<String>,
        size: Value<i64>,
    }

    #[test]
    fn a_view_has_the_attributes_of_the_model() {
        let declared = [string("name").required(), number("size"), string("secret").sensitive()];
        let view = view::<Model>("A thing.", declared);
        let shown: Vec<_> = view.iter().map(|attribute| attribute.name).collect();
        assert_eq!(shown, ["name", "size"]);
    }

    #[test]
    fn a_result_has_the_configured_values_and_nothing_unknown() {
        let object = |entries: &[(&str, ValueAny)]| -> Object {
            entries.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
        };
        let text = |text: &str| ValueAny::String(text.to_owned());
        let found =
            object(&[("id", text("1")), ("ttl", text("3600")), ("size", ValueAny::Unknown)]);
        let config = object(&[("id", ValueAny::Null), ("ttl", text("1h"))]);
        assert_eq!(
            with_configuration(found, config),
            object(&[("id", text("1")), ("ttl", text("1h")), ("size", ValueAny::Null)])
        );
    }
}
