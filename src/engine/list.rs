//! Configurations of the IAM credentials engine as `terraform query` finds them.
//!
//! An instance has at most one. Its key is in no answer of the list, and the
//! list asks for nothing else.

use serde::Deserialize;

use super::model::{State, state};
use crate::framework::diag::{Diagnostics, Report};
use crate::framework::field::FieldSet;
use crate::framework::list::{ListResource, Listed};
use crate::framework::resource::Call;
use crate::framework::value::Value;
use crate::scope::connection::Connection;
use crate::scope::failure::Action;
use crate::scope::{self, Scope};

/// The list of `ibm_sm_iam_credentials_configuration`.
pub struct EngineConfigurationList {
    fields: FieldSet,
    connection: Connection,
}

/// What to find.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Filters {
    #[serde(flatten)]
    scope: Scope,
    search: Value<String>,
}

impl EngineConfigurationList {
    /// The list, calling through this connection.
    pub fn new(connection: Connection) -> Self {
        let mut fields = scope::filters();
        fields.push(scope::search("Part of the name, or of IBM's names of the kind."));
        let fields = FieldSet::new(
            "The configuration of the IAM credentials engine of an instance, if there is one. \
             Configurations of other engines are not shown.",
            fields,
        );
        EngineConfigurationList { fields, connection }
    }

    async fn find(
        &self,
        call: &Call,
        filters: &Filters,
        limit: usize,
    ) -> Result<Vec<Listed>, Diagnostics> {
        let instance = self.connection.instance(&filters.scope, call)?;
        let found = instance
            .client
            .list_configurations(filters.search.as_deref_option(), limit)
            .await
            .map_err(|reason| {
                instance.failure(Action::Read, "the IAM credentials configurations", &reason, None)
            })?;
        let nothing_known = State { scope: filters.scope.clone(), ..State::default() };
        found
            .into_iter()
            .map(|metadata| {
                let name = metadata.name.clone();
                Listed::new(name, &state(&nothing_known, &instance, metadata, None))
            })
            .collect()
    }
}

impl ListResource for EngineConfigurationList {
    type Filters = Filters;

    fn type_name(&self) -> &'static str {
        "ibm_sm_iam_credentials_configuration"
    }

    fn fields(&self) -> &FieldSet {
        &self.fields
    }

    async fn list(
        &self,
        call: Call,
        filters: Filters,
        limit: usize,
        _: bool,
    ) -> Report<Vec<Listed>> {
        Report::found(self.find(&call, &filters, limit).await)
    }
}
