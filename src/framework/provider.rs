//! What a provider serves, as lists in which the plugin looks types up.

use super::action::AnyAction;
use super::data_source::AnyDataSource;
use super::diag::{AttributePath, Diagnostics, error};
use super::ephemeral::AnyEphemeralResource;
use super::function::Function;
use super::list::AnyListResource;
use super::resource::AnyResource;
use super::schema::Schema;
use super::value::Object;
use crate::known_secrets::KnownSecrets;

/// Everything that is served.
#[derive(Default)]
pub struct Registry {
    /// Managed resources.
    pub resources: Vec<Box<dyn AnyResource>>,
    /// Data sources.
    pub data_sources: Vec<Box<dyn AnyDataSource>>,
    /// Ephemeral resources.
    pub ephemeral_resources: Vec<Box<dyn AnyEphemeralResource>>,
    /// List resources, each with the type name of a managed resource.
    pub list_resources: Vec<Box<dyn AnyListResource>>,
    /// Actions.
    pub actions: Vec<Box<dyn AnyAction>>,
    /// Functions.
    pub functions: Vec<Function>,
}

/// A provider.
pub trait Provider: Send + Sync + 'static {
    /// The attributes of the provider block.
    fn schema(&self) -> &Schema;
    /// Checks a provider block that may contain unknown values.
    fn validate(&self, config: &Object) -> Diagnostics;
    /// Replaces an earlier configuration by this one.
    fn configure(&self, config: &Object) -> Diagnostics;
    /// The providers, as `namespace/type`, whose states of the same resource types a
    /// `moved` block can move here.
    fn understood_providers(&self) -> &'static [&'static str];
    /// What the provider has learnt and nothing may show. Whoever decodes values adds to it.
    fn known_secrets(&self) -> &KnownSecrets;
    /// Everything that is served.
    fn registry(&self) -> &Registry;
}

macro_rules! find {
    ($find:ident, $list:ident, $any:ty, $category:literal) => {
        #[doc = concat!("The ", $category, " of this type, or an error that it is not served.")]
        pub fn $find(&self, type_name: &str) -> Result<&$any, Diagnostics> {
            self.$list
                .iter()
                .map(AsRef::as_ref)
                .find(|served| served.type_name() == type_name)
                .ok_or_else(|| not_served($category, type_name))
        }
    };
}

impl Registry {
    find!(resource, resources, dyn AnyResource, "resource");
    find!(data_source, data_sources, dyn AnyDataSource, "data source");
    find!(ephemeral_resource, ephemeral_resources, dyn AnyEphemeralResource, "ephemeral resource");
    find!(list_resource, list_resources, dyn AnyListResource, "list resource");
    find!(action, actions, dyn AnyAction, "action");
}

fn not_served(category: &str, type_name: &str) -> Diagnostics {
    error(
        AttributePath::root(),
        format!("Unknown {category} type"),
        format!(
            "This provider does not serve the {category} type {type_name:?}. Check \
             its name, and that this is the version of the provider that the configuration wants."
        ),
    )
}
