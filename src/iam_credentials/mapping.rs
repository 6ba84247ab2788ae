//! Converts Terraform's model of IAM credentials to and from IBM's API types; no client, clock or log.

use secrecy::ExposeSecret;

use super::model::{ApiKey, Own, Rotation, Secret};
use crate::client::{
    self, IamCredentialsMetadata, IamCredentialsPatch, IamCredentialsPrototype, KeyOwner,
    RotationPolicy,
};
use crate::framework::diag::{Diagnostics, error, path};
use crate::framework::value::{StringList, Value, known_list, known_strings};
use crate::units::rotation::RotationUnit;
use crate::units::ttl::{TTL_RULE, Ttl};
use crate::units::written::Written;

/// The type's part of the request that creates the secret.
pub(super) fn prototype(plan: &Secret) -> Result<IamCredentialsPrototype, Diagnostics> {
    let own = &plan.own;
    Ok(IamCredentialsPrototype {
        ttl: ttl(own)?,
        reuse_api_key: !own.is_dynamic(),
        owner: owner(&own.access_groups, &own.service_id),
        account_id: given(&own.account_id),
        rotation: own.rotation.is_value().then(|| rotation_policy(own)),
    })
}

/// The owner of the key. Validation ensures that exactly one of the two is set.
pub(super) fn owner(access_groups: &StringList, service_id: &Value<String>) -> KeyOwner {
    match access_groups {
        Value::Value(groups) => KeyOwner::AccessGroups(known_strings(groups)),
        Value::Null | Value::Unknown => KeyOwner::ServiceId(given(service_id).unwrap_or_default()),
    }
}

/// The type's part of the request that updates the secret: only what differs.
pub(super) fn patch(prior: &Secret, plan: &Secret) -> Result<IamCredentialsPatch, Diagnostics> {
    let (before, after) = (&prior.own, &plan.own);
    Ok(IamCredentialsPatch {
        ttl: if before.ttl == after.ttl { None } else { Some(ttl(after)?) },
        rotation: (before.rotation != after.rotation).then(|| rotation_policy(after)),
    })
}

/// The metadata as the service describes it.
pub(super) fn own(metadata: IamCredentialsMetadata) -> Own {
    let time = |time: Option<client::Timestamp>| time.map(|time| time.to_string()).into();
    let rotation = metadata.rotation.unwrap_or_default();
    Own {
        ttl: metadata.ttl.map(Written::new).into(),
        access_groups: metadata.access_groups.map_or(Value::Null, known_list),
        service_id: metadata.service_id.into(),
        service_id_is_static: metadata.service_id_is_static.into(),
        account_id: metadata.account_id.into(),
        reuse_api_key: metadata.reuse_api_key.into(),
        rotation: Value::Value(vec![Value::Value(Rotation {
            auto_rotate: Value::Value(rotation.auto_rotate),
            interval: rotation.interval.into(),
            unit: rotation.unit.into(),
        })]),
        api_key_id: metadata.api_key_id.into(),
        next_rotation_date: time(metadata.next_rotation_date),
        retrieved_at: time(metadata.retrieved_at),
    }
}

/// The value of a secret.
pub(super) fn payload(payload: &client::ApiKey) -> ApiKey {
    let key = payload.api_key.as_ref();
    ApiKey { api_key: key.map(|key| key.expose_secret().to_owned()).into() }
}

fn given(value: &Value<String>) -> Option<String> {
    value.as_deref_option().map(str::to_owned)
}

fn ttl(own: &Own) -> Result<Ttl, Diagnostics> {
    own.ttl()
        .ok_or_else(|| error(path("ttl"), "Invalid ttl", format!("The value must {TTL_RULE}.")))
}

fn rotation_policy(own: &Own) -> RotationPolicy {
    let Some(Rotation { interval, unit, .. }) = own.active_rotation() else {
        return RotationPolicy::default();
    };
    RotationPolicy {
        auto_rotate: true,
        interval: interval.as_option(),
        unit: unit.as_ref_option().filter(|unit| RotationUnit::is_offered(unit)).cloned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::framework::value::known;

    fn monthly(interval: i64) -> Value<Vec<Value<Rotation>>> {
        Value::Value(vec![Value::Value(Rotation {
            auto_rotate: Value::Value(true),
            interval: Value::Value(interval),
            unit: Value::Value(RotationUnit::Month),
        })])
    }

    fn minimal() -> Secret {
        let mut plan = Secret::default();
        plan.own.ttl = Value::Value(Written::new("30m"));
        plan.own.service_id = known("ServiceId-1");
        plan.own.reuse_api_key = Value::Value(true);
        // What the configuration leaves out is unknown in the plan of a create.
        plan.own.account_id = Value::Unknown;
        plan.own.rotation = Value::Unknown;
        plan
    }

    fn full() -> Secret {
        let mut plan = minimal();
        plan.own.service_id = Value::Unknown;
        plan.own.access_groups = known_list(["AccessGroupId-1", "AccessGroupId-2"]);
        plan.own.account_id = known("0123456789abcdef0123456789abcdef");
        plan.own.rotation = monthly(1);
        plan
    }

    #[test]
    fn a_prototype_contains_what_is_set_and_omits_what_is_unknown() {
        assert_eq!(
            serde_json::to_value(prototype(&minimal()).unwrap()).unwrap(),
            json!({"ttl": "1800", "reuse_api_key": true, "service_id": "ServiceId-1"})
        );
        assert_eq!(
            serde_json::to_value(prototype(&full()).unwrap()).unwrap(),
            json!({"ttl": "1800", "reuse_api_key": true,
                   "access_groups": ["AccessGroupId-1", "AccessGroupId-2"],
                   "account_id": "0123456789abcdef0123456789abcdef",
                   "rotation": {"auto_rotate": true, "interval": 1, "unit": "month"}})
        );
    }

    #[test]
    fn a_dynamic_secret_does_not_reuse_its_key() {
        let mut plan = minimal();
        plan.own.reuse_api_key = Value::Value(false);
        assert!(!prototype(&plan).unwrap().reuse_api_key);
    }

    #[test]
    fn a_ttl_that_is_not_a_duration_is_not_sent() {
        let mut plan = minimal();
        plan.own.ttl = Value::Value(Written::new("soon"));
        assert!(prototype(&plan).is_err());
        assert!(patch(&minimal(), &plan).is_err());
    }

    #[test]
    fn a_patch_contains_only_changes() {
        let prior = full();
        let off = Value::Value(vec![Value::Value(Rotation {
            auto_rotate: Value::Value(false),
            ..Rotation::default()
        })]);
        type Change = fn(&mut Own);
        let changes: [(Change, Json); 3] = [
            (|own| own.ttl = Value::Value(Written::new("90d")), json!({"ttl": "7776000"})),
            (
                |own| own.rotation = monthly(2),
                json!({"rotation": {"auto_rotate": true, "interval": 2, "unit": "month"}}),
            ),
            (|own| own.retrieved_at = Value::Unknown, json!({})),
        ];
        for (change, expected) in changes {
            let mut plan = prior.clone();
            change(&mut plan.own);
            assert_eq!(serde_json::to_value(patch(&prior, &plan).unwrap()).unwrap(), expected);
        }
        let mut plan = prior.clone();
        plan.own.rotation = off;
        assert_eq!(
            serde_json::to_value(patch(&prior, &plan).unwrap()).unwrap(),
            json!({"rotation": {"auto_rotate": false}})
        );
    }

    #[test]
    fn what_the_service_omits_is_null_and_no_rotation_is_off() {
        let own = own(serde_json::from_value(json!({})).unwrap());
        assert_eq!(own.access_groups, Value::Null);
        assert_eq!(own.api_key_id, Value::Null);
        let rotation = Rotation { auto_rotate: Value::Value(false), ..Rotation::default() };
        assert_eq!(own.rotation, Value::Value(vec![Value::Value(rotation)]));
    }

    #[test]
    fn a_key_is_not_printed() {
        let payload = payload(&client::ApiKey { api_key: Some("hush-hush".into()) });
        assert_eq!(payload.api_key, known("hush-hush"));
        assert!(!format!("{payload:?}").contains("hush"));
    }
}
