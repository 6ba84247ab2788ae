//! `ephemeral "ibm_sm_arbitrary_secret"`: the payload of a secret for the duration of a run, in
//! no plan and no state.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::kind::no_payload;
use super::model::{Arbitrary, Payload};
use crate::framework::diag::{Diagnostics, path};
use crate::framework::schema::{Schema, string};
use crate::framework::value::Value;
use crate::instance::{Instance, InstanceEphemeral, Lent, Served, lookup_attributes};
use crate::secret::{self, NamedSecret, SecretKind};

/// `ephemeral "ibm_sm_arbitrary_secret"`.
pub struct ArbitraryEphemeral;

/// The typed model of configuration and result.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Model {
    #[serde(flatten)]
    named: NamedSecret,
    #[serde(flatten)]
    payload: Payload,
    expiration_date: Value<String>,
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Model").field("named", &self.named).finish_non_exhaustive()
    }
}

/// Nothing needs to be closed.
#[derive(Debug, Serialize, Deserialize)]
pub struct Private {}

impl Served for ArbitraryEphemeral {
    const TYPE_NAME: &'static str = Arbitrary::TYPE_NAME;

    fn schema() -> Schema {
        let mut attributes = lookup_attributes();
        attributes.extend(secret::lookup_attributes());
        attributes.extend([
            string("payload").computed().sensitive().description("The secret itself."),
            string("expiration_date")
                .computed()
                .description("When the secret expires, RFC 3339; null if it does not."),
        ]);
        Schema::new(
            "The payload of an arbitrary secret for the duration of a run, in no plan and no state.",
            attributes,
        )
    }
}

impl InstanceEphemeral for ArbitraryEphemeral {
    type Model = Model;
    type Private = Private;

    fn validate(config: &Model) -> Diagnostics {
        config.named.validate()
    }

    async fn open(
        instance: &Instance,
        config: Model,
        _: &mut Diagnostics,
    ) -> Result<Lent<Model, Private>, Diagnostics> {
        let lookup = config.named.lookup();
        let before = lookup.metadata::<Arbitrary>(instance).await?;
        let secret = lookup.value::<Arbitrary>(instance, &before).await?;
        let payload = Arbitrary::payload(&secret.payload);
        let common = secret.metadata.common;
        if !payload.payload.is_value() {
            let mut diagnostics = Diagnostics::default();
            diagnostics.add_error(no_payload(
                path(lookup.attribute()),
                &lookup.describe::<Arbitrary>(),
                common.state_description.as_deref().unwrap_or("unknown"),
            ));
            return Err(diagnostics);
        }
        let model = Model {
            named: config.named.found(&common),
            payload,
            expiration_date: common.expiration_date.map(|end| end.to_string()).into(),
        };
        Ok(Lent { model, private: Private {}, renew_at: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instance::testing::assert_model_has_what_is_declared;

    #[test]
    fn the_model_has_exactly_the_declared_attributes() {
        assert_model_has_what_is_declared::<ArbitraryEphemeral>(&Model::default());
    }
}
