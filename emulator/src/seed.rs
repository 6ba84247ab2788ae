//! The initial state: fixed ids and keys that examples and tests can refer to.

use crate::iam::access::{Role, Service};
use crate::model::State;
use crate::model::iam::{
    AccessGroup, Account, ApiKey, Policy, Profile, Resource, ServiceId, Subject, User,
};
use crate::model::secrets_manager::Instance;
use crate::model::sensitive::Sensitive;
use crate::model::timestamp::Timestamp;
use anyhow::Context as _;
use std::path::Path;

/// The account that owns everything.
pub const ACCOUNT_ID: &str = "0123456789abcdef0123456789abcdef";
/// The Secrets Manager instance.
pub const INSTANCE_ID: &str = "11111111-2222-4333-8444-555555555555";
/// The region of the instance.
pub const REGION: &str = "us-south";
/// Has all roles: Manager on all instances, Administrator in IAM.
pub const BOOTSTRAP_SERVICE_ID: &str = "ServiceId-bbbbbbbb-cccc-4ddd-8eee-ffffffffffff";
/// The key of [`BOOTSTRAP_SERVICE_ID`].
pub const BOOTSTRAP_API_KEY: &str = "bootstrap-key-0123456789abcdefghijklmnopqrst";
/// Has the roles that the IAM credentials engine needs.
pub const ENGINE_SERVICE_ID: &str = "ServiceId-66666666-7777-4888-8999-aaaaaaaaaaaa";
/// The key of [`ENGINE_SERVICE_ID`].
pub const ENGINE_API_KEY: &str = "engine-key-0123456789abcdefghijklmnopqrstuvw";
/// For secrets with an existing service ID; has no roles and no API key.
pub const STATIC_SERVICE_ID: &str = "ServiceId-f4b2deac-fbb5-4bf7-85de-88426701db97";
/// Writer on the instance.
pub const WRITER_SERVICE_ID: &str = "ServiceId-33333333-4444-4555-8666-777777777777";
/// The key of [`WRITER_SERVICE_ID`].
pub const WRITER_API_KEY: &str = "writer-key-0123456789abcdefghijklmnopqrstuvw";
/// Reader on the instance: metadata only.
pub const READER_SERVICE_ID: &str = "ServiceId-22222222-3333-4444-8555-666666666666";
/// The key of [`READER_SERVICE_ID`].
pub const READER_API_KEY: &str = "reader-key-0123456789abcdefghijklmnopqrstuvw";
/// Access groups for generated service IDs.
pub const ACCESS_GROUP_IDS: [&str; 2] = [
    "AccessGroupId-45884031-54be-4dd7-86ff-112511e92699",
    "AccessGroupId-8c0ed733-dfee-4a94-992b-e2247b86e2a2",
];

/// A user with the same roles as [`BOOTSTRAP_SERVICE_ID`].
pub const USER_IAM_ID: &str = "IBMid-0000000000";
/// The key of [`USER_IAM_ID`].
pub const USER_API_KEY: &str = "person-key-0123456789abcdefghijklmnopqrstuvw";
/// A trusted profile with Manager on the instance, which the bootstrap identity may assume.
pub const PROFILE_ID: &str = "Profile-44444444-5555-4666-8777-888888888888";
/// The name of [`PROFILE_ID`].
pub const PROFILE_NAME: &str = "workload";
/// A compute-resource token that [`PROFILE_ID`] accepts.
pub const CR_TOKEN: &str = "emulated-compute-resource-token";

/// 2026-01-01T00:00:00Z: the creation time of the default objects.
const MADE_AT: i64 = 1_767_225_600;

/// Reads a state from TOML (`.toml`) or JSON, in the format of `GET /_emulator/state`.
pub fn read(path: &Path) -> anyhow::Result<State> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {shown}"))?;
    let is_toml = path.extension().is_some_and(|extension| extension == "toml");
    let parsed = if is_toml {
        toml::from_str(&text).map_err(anyhow::Error::from)
    } else {
        serde_json::from_str(&text).map_err(anyhow::Error::from)
    };
    parsed.with_context(|| format!("{shown} is not a state"))
}

/// The default state.
pub fn default_state() -> State {
    let mut state = State::default();
    let made_at = Timestamp::from_unix(MADE_AT);
    state.iam.accounts.insert(Account {
        id: ACCOUNT_ID.to_owned(),
        name: "Emulated account".to_owned(),
        restrict_create_service_id: false,
    });
    state.secrets_manager.instances.insert(Instance {
        id: INSTANCE_ID.to_owned(),
        account_id: ACCOUNT_ID.to_owned(),
        region: REGION.to_owned(),
        created_at: made_at,
    });
    for (service_id, name, key) in [
        (BOOTSTRAP_SERVICE_ID, "bootstrap", Some(BOOTSTRAP_API_KEY)),
        (ENGINE_SERVICE_ID, "iam-credentials-engine", Some(ENGINE_API_KEY)),
        (STATIC_SERVICE_ID, "application", None),
        (WRITER_SERVICE_ID, "writer", Some(WRITER_API_KEY)),
        (READER_SERVICE_ID, "reader", Some(READER_API_KEY)),
    ] {
        state.iam.service_ids.insert(ServiceId {
            id: service_id.to_owned(),
            account_id: ACCOUNT_ID.to_owned(),
            name: name.to_owned(),
            description: None,
            unique_instance_crns: Vec::new(),
            locked: false,
            revision: 1,
            created_at: made_at,
            modified_at: made_at,
        });
        if let Some(value) = key {
            let id = service_id.replace("ServiceId", "ApiKey");
            let key = api_key(id, iam_id(service_id), name, value, made_at);
            state.iam.api_keys.insert(key);
        }
    }
    state.iam.users.insert(User {
        iam_id: USER_IAM_ID.to_owned(),
        account_id: ACCOUNT_ID.to_owned(),
        name: "Ada Example".to_owned(),
        email: "ada@example.com".to_owned(),
    });
    state.iam.api_keys.insert(api_key(
        "ApiKey-00000000-0000-4000-8000-000000000000".to_owned(),
        USER_IAM_ID.to_owned(),
        "person",
        USER_API_KEY,
        made_at,
    ));
    state.iam.profiles.insert(Profile {
        id: PROFILE_ID.to_owned(),
        account_id: ACCOUNT_ID.to_owned(),
        name: PROFILE_NAME.to_owned(),
        trusted_identities: vec![iam_id(BOOTSTRAP_SERVICE_ID)],
        cr_tokens: vec![Sensitive::new(CR_TOKEN)],
    });
    for (id, name) in ACCESS_GROUP_IDS.into_iter().zip(["object-storage-readers", "log-writers"]) {
        state.iam.access_groups.insert(AccessGroup {
            id: id.to_owned(),
            account_id: ACCOUNT_ID.to_owned(),
            name: name.to_owned(),
            description: String::new(),
            revision: 1,
            created_at: made_at,
            created_by_id: iam_id(BOOTSTRAP_SERVICE_ID),
            last_modified_at: made_at,
            last_modified_by_id: iam_id(BOOTSTRAP_SERVICE_ID),
        });
    }
    let everything = [Role::Manager, Role::Administrator];
    for (number, identity, roles, service) in [
        (1, iam_id(BOOTSTRAP_SERVICE_ID), everything.as_slice(), None),
        (2, iam_id(ENGINE_SERVICE_ID), &[Role::Operator], Some(Service::IamIdentity)),
        (3, iam_id(ENGINE_SERVICE_ID), &[Role::Editor], Some(Service::IamGroups)),
        (4, iam_id(WRITER_SERVICE_ID), &[Role::Writer], Some(Service::SecretsManager)),
        (5, iam_id(READER_SERVICE_ID), &[Role::Reader], Some(Service::SecretsManager)),
        (6, USER_IAM_ID.to_owned(), &everything, None),
        (7, iam_id(PROFILE_ID), &[Role::Manager], Some(Service::SecretsManager)),
    ] {
        state.iam.policies.insert(Policy {
            id: format!("00000000-0000-4000-8000-00000000000{number}"),
            subject: Subject::IamId(identity),
            roles: roles.iter().map(|role| role.crn().to_owned()).collect(),
            resource: Resource {
                account_id: ACCOUNT_ID.to_owned(),
                service_name: service.map(|service| service.name().to_owned()),
                ..Resource::default()
            },
            description: None,
            created_at: made_at,
            created_by_id: iam_id(BOOTSTRAP_SERVICE_ID),
        });
    }
    state.commit();
    state
}

fn api_key(id: String, iam_id: String, name: &str, value: &str, made_at: Timestamp) -> ApiKey {
    ApiKey {
        id,
        account_id: ACCOUNT_ID.to_owned(),
        iam_id,
        name: name.to_owned(),
        description: None,
        apikey: Sensitive::new(value),
        store_value: false,
        locked: false,
        disabled: false,
        action_when_leaked: None,
        expires_at: None,
        revision: 1,
        created_by: self::iam_id(BOOTSTRAP_SERVICE_ID),
        created_at: made_at,
        modified_at: made_at,
    }
}

fn iam_id(service_id: &str) -> String {
    format!("iam-{service_id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOML: &str = r#"
        [[iam.accounts]]
        id = "0123456789abcdef0123456789abcdef"
        name = "mine"

        [[secrets_manager.instances]]
        id = "11111111-2222-4333-8444-555555555555"
        account_id = "0123456789abcdef0123456789abcdef"
        region = "eu-de"
        created_at = "2026-01-01T00:00:00Z"
    "#;

    #[test]
    fn toml_and_json_say_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let toml = folder.path().join("seed.toml");
        std::fs::write(&toml, TOML).unwrap();
        let from_toml = read(&toml).unwrap();
        let instance = from_toml.secrets_manager.instances.get(INSTANCE_ID).unwrap();
        assert_eq!(instance.region, "eu-de");
        let json = folder.path().join("seed.json");
        let written = serde_json::to_string(&from_toml).unwrap();
        std::fs::write(&json, &written).unwrap();
        assert_eq!(serde_json::to_string(&read(&json).unwrap()).unwrap(), written);
    }

    #[test]
    fn a_wrong_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("seed.toml");
        std::fs::write(&path, "colour = 'red'").unwrap();
        let error = format!("{:#}", read(&path).unwrap_err());
        assert!(error.contains("seed.toml is not a state"), "{error}");
        assert!(error.contains("unknown field `colour`"), "{error}");
        let missing = format!("{:#}", read(&folder.path().join("none.json")).unwrap_err());
        assert!(missing.contains("cannot read"), "{missing}");
    }
}
