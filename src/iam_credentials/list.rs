//! IAM credentials secrets as `terraform query` finds them: metadata only, a
//! list never reads a value.

use serde::Deserialize;

use super::mapping;
use super::model::State;
use crate::client::SecretFilter;
use crate::framework::check::{Rule, count, length, text as text_check};
use crate::framework::diag::{Diagnostics, Report};
use crate::framework::field::{FieldSet, Kind, list};
use crate::framework::list::{ListResource, Listed};
use crate::framework::resource::Call;
use crate::framework::value::{TextList, Value, known_texts};
use crate::scope::connection::Connection;
use crate::scope::failure::Action;
use crate::scope::{self, OBJECT_ID_RULE, Scope, is_object_id};

/// The list of `ibm_sm_iam_credentials_secret`.
pub struct IamCredentialsSecretList {
    fields: FieldSet,
    connection: Connection,
}

/// What to find.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Filters {
    #[serde(flatten)]
    scope: Scope,
    search: Value<String>,
    secret_group_ids: TextList,
    match_all_labels: TextList,
}

impl IamCredentialsSecretList {
    /// The list, calling through this connection.
    pub fn new(connection: Connection) -> Self {
        let mut fields = scope::filters();
        fields.extend([
            scope::search(
                "Part of the id, name, description or a label, or of IBM's name of the type.",
            ),
            list("secret_group_ids", Kind::Text)
                .check(count(1, 201))
                .check_each(text_check(OBJECT_ID_RULE, is_object_id))
                .about("Ids of 1 to 201 secret groups; the secret is in one of them."),
            list("match_all_labels", Kind::Text)
                .check(count(1, 30))
                .check_each(length(2, 64))
                .check_each(without_comma())
                .about("1 to 30 labels; the secret has all of them."),
        ]);
        let fields = FieldSet::new("The IAM credentials secrets of an instance.", fields);
        IamCredentialsSecretList { fields, connection }
    }

    async fn find(
        &self,
        call: &Call,
        filters: &Filters,
        limit: usize,
    ) -> Result<Vec<Listed>, Diagnostics> {
        let instance = self.connection.instance(&filters.scope, call)?;
        let found = instance.client.list_secrets(&filters.of_the_service(), limit).await.map_err(
            |reason| instance.failure(Action::Read, "the IAM credentials secrets", &reason, None),
        )?;
        found
            .into_iter()
            .map(|found| {
                let name = found.common.name.clone().unwrap_or_default();
                let state = State {
                    scope: filters.scope.of(&instance, &found.common.id),
                    metadata: mapping::metadata(found),
                    ..State::default()
                };
                Listed::new(name, &state)
            })
            .collect()
    }
}

impl Filters {
    fn of_the_service(&self) -> SecretFilter {
        let texts = |list: &TextList| list.as_deref_option().map(known_texts).unwrap_or_default();
        SecretFilter {
            search: self.search.as_deref_option().map(str::to_owned),
            groups: texts(&self.secret_group_ids),
            match_all_labels: texts(&self.match_all_labels),
        }
    }
}

impl ListResource for IamCredentialsSecretList {
    type Filters = Filters;

    fn type_name(&self) -> &'static str {
        "ibm_sm_iam_credentials_secret"
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

/// The service takes labels with commas between them.
fn without_comma() -> Rule {
    text_check("have no comma: the service cannot search for one", |label| !label.contains(','))
}
