//! The initial state: fixed ids and keys that examples and tests can refer to.

use crate::iam::access::Service;
use crate::iam::roles::Role;
use crate::model::State;
use crate::model::iam::{
    AccessGroup, Account, ApiKey, Limits, Policy, PolicyApi, Profile, Resource, ServiceId, Subject,
    User,
};
use crate::model::secrets_manager::{Instance, SecretGroup};
use crate::model::sensitive::Sensitive;
use crate::model::timestamp::Timestamp;
use anyhow::Context as _;
use std::collections::BTreeMap;
use std::path::Path;

/// The account that the other objects are in, unless they say otherwise.
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
/// The same, in the API and CLI examples of IBM's page on IAM credentials.
pub const PAGE_SERVICE_ID: &str = "ServiceId-c0c7cfa4-b24e-4917-ad74-278f2fee5ba0";
/// The secret group of that page's examples; it is in both instances.
pub const PAGE_SECRET_GROUP_ID: &str = "bfc0a4a9-3d58-4fda-945b-76756af516aa";
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

/// A second account, for credentials of one account in an instance of the other.
pub const OTHER_ACCOUNT_ID: &str = "fedcba9876543210fedcba9876543210";
/// The Secrets Manager instance of [`OTHER_ACCOUNT_ID`].
pub const OTHER_INSTANCE_ID: &str = "99999999-aaaa-4bbb-8ccc-dddddddddddd";
/// The region of [`OTHER_INSTANCE_ID`].
pub const OTHER_REGION: &str = "eu-de";
/// Has all roles in [`OTHER_ACCOUNT_ID`].
pub const OTHER_BOOTSTRAP_SERVICE_ID: &str = "ServiceId-dddddddd-eeee-4fff-8000-111111111111";
/// The key of [`OTHER_BOOTSTRAP_SERVICE_ID`].
pub const OTHER_BOOTSTRAP_API_KEY: &str = "another-key-0123456789abcdefghijklmnopqrstuv";
/// For secrets with an existing service ID of [`OTHER_ACCOUNT_ID`].
pub const OTHER_STATIC_SERVICE_ID: &str = "ServiceId-eeeeeeee-ffff-4000-8111-222222222222";
/// An access group of [`OTHER_ACCOUNT_ID`].
pub const OTHER_ACCESS_GROUP_ID: &str = "AccessGroupId-aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee";

/// 2026-01-01T00:00:00Z: the creation time of the default objects.
const MADE_AT: i64 = 1_767_225_600;

/// Reads a state from TOML (`.toml`) or JSON, in the format of `GET /_emulator/state`.
pub fn read(path: &Path) -> anyhow::Result<State> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {shown}"))?;
    let is_toml = path.extension().is_some_and(|extension| extension == "toml");
    let parsed = if is_toml {
        toml::from_str(&text).map_err(anyhow::Error::from)
    } else if text.trim_start().starts_with('[') {
        // serde would take a list for a struct whose fields all have defaults.
        Err(anyhow::anyhow!("it is a list"))
    } else {
        serde_json::from_str(&text).map_err(anyhow::Error::from)
    };
    parsed.with_context(|| format!("{shown} is not a state"))
}

/// The default state.
pub fn default_state() -> State {
    let mut state = State::default();
    accounts(&mut state);
    identities(&mut state);
    access_groups(&mut state);
    policies(&mut state);
    authorizations(&mut state);
    state.commit();
    state
}

fn made_at() -> Timestamp {
    Timestamp::from_unix(MADE_AT)
}

fn accounts(state: &mut State) {
    for (account, name, instance, region, owner) in [
        (ACCOUNT_ID, "Emulated account", INSTANCE_ID, REGION, BOOTSTRAP_SERVICE_ID),
        (
            OTHER_ACCOUNT_ID,
            "Another account",
            OTHER_INSTANCE_ID,
            OTHER_REGION,
            OTHER_BOOTSTRAP_SERVICE_ID,
        ),
    ] {
        state.iam.accounts.insert(Account {
            id: account.to_owned(),
            name: name.to_owned(),
            restrict_create_service_id: false,
            settings: BTreeMap::new(),
            revision: 0,
            limits: Limits::default(),
        });
        state.secrets_manager.instances.insert(Instance {
            id: instance.to_owned(),
            account_id: account.to_owned(),
            region: region.to_owned(),
            created_at: made_at(),
        });
        state.secrets_manager.secret_groups.insert(SecretGroup {
            id: PAGE_SECRET_GROUP_ID.to_owned(),
            instance_id: instance.to_owned(),
            name: "examples".to_owned(),
            description: "Secrets of the examples in IBM's documentation".to_owned(),
            created_by: iam_id(owner),
            created_at: made_at(),
            updated_at: made_at(),
        });
    }
}

fn identities(state: &mut State) {
    for (account, service_id, name, key) in [
        (ACCOUNT_ID, BOOTSTRAP_SERVICE_ID, "bootstrap", Some(BOOTSTRAP_API_KEY)),
        (ACCOUNT_ID, ENGINE_SERVICE_ID, "iam-credentials-engine", Some(ENGINE_API_KEY)),
        (ACCOUNT_ID, STATIC_SERVICE_ID, "application", None),
        (ACCOUNT_ID, PAGE_SERVICE_ID, "example", None),
        (ACCOUNT_ID, WRITER_SERVICE_ID, "writer", Some(WRITER_API_KEY)),
        (ACCOUNT_ID, READER_SERVICE_ID, "reader", Some(READER_API_KEY)),
        (
            OTHER_ACCOUNT_ID,
            OTHER_BOOTSTRAP_SERVICE_ID,
            "other-bootstrap",
            Some(OTHER_BOOTSTRAP_API_KEY),
        ),
        (OTHER_ACCOUNT_ID, OTHER_STATIC_SERVICE_ID, "other-application", None),
    ] {
        state.iam.service_ids.insert(ServiceId {
            id: service_id.to_owned(),
            account_id: account.to_owned(),
            group_id: None,
            name: name.to_owned(),
            description: None,
            unique_instance_crns: Vec::new(),
            locked: false,
            revision: 1,
            created_at: made_at(),
            modified_at: made_at(),
        });
        if let Some(value) = key {
            let id = service_id.replace("ServiceId", "ApiKey");
            let key = api_key(account, id, iam_id(service_id), name, value);
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
        ACCOUNT_ID,
        "ApiKey-00000000-0000-4000-8000-000000000000".to_owned(),
        USER_IAM_ID.to_owned(),
        "person",
        USER_API_KEY,
    ));
    state.iam.profiles.insert(Profile {
        id: PROFILE_ID.to_owned(),
        account_id: ACCOUNT_ID.to_owned(),
        name: PROFILE_NAME.to_owned(),
        trusted_identities: vec![iam_id(BOOTSTRAP_SERVICE_ID)],
        cr_tokens: vec![Sensitive::new(CR_TOKEN)],
    });
}

fn access_groups(state: &mut State) {
    let [readers, writers] = ACCESS_GROUP_IDS;
    for (account, id, name, owner) in [
        (ACCOUNT_ID, readers, "object-storage-readers", BOOTSTRAP_SERVICE_ID),
        (ACCOUNT_ID, writers, "log-writers", BOOTSTRAP_SERVICE_ID),
        (OTHER_ACCOUNT_ID, OTHER_ACCESS_GROUP_ID, "other-readers", OTHER_BOOTSTRAP_SERVICE_ID),
    ] {
        state.iam.access_groups.insert(AccessGroup {
            id: id.to_owned(),
            account_id: account.to_owned(),
            name: name.to_owned(),
            description: String::new(),
            revision: 1,
            created_at: made_at(),
            created_by_id: iam_id(owner),
            last_modified_at: made_at(),
            last_modified_by_id: iam_id(owner),
        });
    }
}

fn policies(state: &mut State) {
    let everything = [Role::Manager, Role::Administrator];
    for (number, account, identity, roles, service) in [
        (1, ACCOUNT_ID, iam_id(BOOTSTRAP_SERVICE_ID), everything.as_slice(), None),
        (2, ACCOUNT_ID, iam_id(ENGINE_SERVICE_ID), &[Role::Operator], Some(Service::IamIdentity)),
        (3, ACCOUNT_ID, iam_id(ENGINE_SERVICE_ID), &[Role::Editor], Some(Service::IamGroups)),
        (4, ACCOUNT_ID, iam_id(WRITER_SERVICE_ID), &[Role::Writer], Some(Service::SecretsManager)),
        (5, ACCOUNT_ID, iam_id(READER_SERVICE_ID), &[Role::Reader], Some(Service::SecretsManager)),
        (6, ACCOUNT_ID, USER_IAM_ID.to_owned(), &everything, None),
        (7, ACCOUNT_ID, iam_id(PROFILE_ID), &[Role::Manager], Some(Service::SecretsManager)),
        (90, OTHER_ACCOUNT_ID, iam_id(OTHER_BOOTSTRAP_SERVICE_ID), &everything, None),
    ] {
        let policy = policy(number, Subject::IamId(identity), roles, account, service);
        state.iam.policies.insert(policy);
    }
}

/// What an instance needs for credentials of another account: policies there that name its own
/// account (ibm-api.md 4.2). Each of the two accounts authorizes the other.
fn authorizations(state: &mut State) {
    for (number, source, target) in
        [(91, OTHER_ACCOUNT_ID, ACCOUNT_ID), (93, ACCOUNT_ID, OTHER_ACCOUNT_ID)]
    {
        for (number, role, service) in [
            (number, Role::Operator, Service::IamIdentity),
            (number + 1, Role::MemberManage, Service::IamGroups),
        ] {
            let subject = Subject::Service {
                account_id: source.to_owned(),
                service_name: Service::SecretsManager.name().to_owned(),
                service_instance: None,
                more: Vec::new(),
            };
            state.iam.policies.insert(policy(number, subject, &[role], target, Some(service)));
        }
    }
}

fn policy(
    number: u8,
    subject: Subject,
    roles: &[Role],
    account: &str,
    service: Option<Service>,
) -> Policy {
    let owner = match account {
        OTHER_ACCOUNT_ID => OTHER_BOOTSTRAP_SERVICE_ID,
        _ => BOOTSTRAP_SERVICE_ID,
    };
    Policy {
        id: format!("00000000-0000-4000-8000-0000000000{number:02}"),
        subject,
        roles: roles.iter().map(|role| role.crn().to_owned()).collect(),
        resource: Resource {
            account_id: account.to_owned(),
            service_name: service.map(|service| service.name().to_owned()),
            ..Resource::default()
        },
        description: None,
        api: PolicyApi::V1,
        rule: None,
        pattern: None,
        revision: 0,
        created_at: made_at(),
        created_by_id: iam_id(owner),
        replaced: None,
    }
}

fn api_key(account: &str, id: String, iam_id: String, name: &str, value: &str) -> ApiKey {
    ApiKey {
        id,
        account_id: account.to_owned(),
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
        created_by: match account {
            OTHER_ACCOUNT_ID => self::iam_id(OTHER_BOOTSTRAP_SERVICE_ID),
            _ => self::iam_id(BOOTSTRAP_SERVICE_ID),
        },
        created_at: made_at(),
        modified_at: made_at(),
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
    fn toml_and_json_are_equivalent() {
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
    fn errors_name_the_file() {
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
