//! The client against the emulator: two readings of IBM's documents that must agree.

use ibm_sm_emulator::seed;
use ibm_sm_provider::client::{
    ApiError, ApiErrorKind, Arbitrary, ArbitraryPrototype, ArbitraryVersionPrototype, Client,
    ClientConfig, ConfigurationPatch, ConfigurationPrototype, ConfigurationType, Credentials,
    Endpoint, EndpointKind, ExtraRoots, IamCredentials, IamCredentialsPatch,
    IamCredentialsPrototype, IamUrl, InstanceAddress, InstanceClient, JsonObject, KeyOwner,
    Operation, Proxy, RetryPolicy, RotationPolicy, SecretFilter, SecretGroupPatch,
    SecretGroupPrototype, SecretMetadataPatch, SecretPrototype, SecretState, SecretType,
    TransportKind, VersionMetadataPatch, VersionPrototype,
};
use ibm_sm_provider::known_secrets::KnownSecrets;
use ibm_sm_provider::units::rotation::RotationUnit;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

use crate::support::emulator::Emulator;

mod grants;
mod network;

const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

fn client(emulator: &Emulator, key: &str) -> InstanceClient {
    client_of(emulator, key, seed::INSTANCE_ID)
}

fn client_of(emulator: &Emulator, key: &str, instance_id: &str) -> InstanceClient {
    client_with(emulator, Credentials::ApiKey(key.into()), instance_id)
}

fn client_with(emulator: &Emulator, credentials: Credentials, instance_id: &str) -> InstanceClient {
    connect(config(emulator, credentials), instance_id)
}

fn config(emulator: &Emulator, credentials: Credentials) -> ClientConfig {
    let url = emulator.url();
    ClientConfig {
        credentials: Some(credentials),
        iam_url: IamUrl::parse(&url).unwrap(),
        secrets_manager: Endpoint::template(&format!("{url}/instances/{{instance_id}}")).unwrap(),
        retry: RetryPolicy {
            base: Duration::ZERO,
            max_wait: Duration::ZERO,
            ..RetryPolicy::with_max_retries(2)
        },
        extra_roots: ExtraRoots::default(),
        proxy: Proxy::Direct,
        user_agent: "client-test/1".to_owned(),
        not_known_yet: Vec::new(),
        bulk_read: true,
        known_secrets: KnownSecrets::default(),
    }
}

fn connect(config: ClientConfig, instance_id: &str) -> InstanceClient {
    let address = InstanceAddress {
        instance_id: instance_id.to_owned(),
        region: seed::REGION.to_owned(),
        endpoint: EndpointKind::Default,
    };
    Client::new(config).instance(&address, CancellationToken::new()).unwrap()
}

fn object(value: Value) -> JsonObject {
    value.as_object().unwrap().clone()
}

fn engine() -> ConfigurationPrototype {
    ConfigurationPrototype {
        name: "engine".to_owned(),
        api_key: seed::ENGINE_API_KEY.into(),
        disabled: false,
    }
}

fn group(name: &str) -> SecretGroupPrototype {
    SecretGroupPrototype { name: name.to_owned(), description: None }
}

/// A secret with the seed's service ID and nothing optional.
fn secret(name: &str) -> SecretPrototype<IamCredentials> {
    prototype(
        name,
        IamCredentialsPrototype {
            ttl: "1800".parse().unwrap(),
            reuse_api_key: true,
            owner: KeyOwner::ServiceId(seed::STATIC_SERVICE_ID.to_owned()),
            account_id: None,
            rotation: None,
        },
    )
}

fn monthly() -> RotationPolicy {
    RotationPolicy { auto_rotate: true, interval: Some(1), unit: Some(RotationUnit::Month) }
}

fn prototype<T: SecretType>(name: &str, own: T::Prototype) -> SecretPrototype<T> {
    SecretPrototype {
        name: name.to_owned(),
        description: None,
        secret_group_id: None,
        labels: None,
        custom_metadata: None,
        version_custom_metadata: None,
        own,
    }
}

#[tokio::test]
async fn the_life_cycle_of_a_secret_group() {
    let emulator = Emulator::start().await;
    let client = client(&emulator, seed::BOOTSTRAP_API_KEY);
    let prototype = SecretGroupPrototype {
        name: "team-a".to_owned(),
        description: Some("of team a".to_owned()),
    };
    let created = client.create_secret_group(&prototype).await.unwrap();
    assert_eq!(created.name.as_deref(), Some("team-a"));
    assert_eq!(client.get_secret_group(&created.id).await.unwrap(), created);

    let patch = SecretGroupPatch { name: None, description: Some(String::new()) };
    let updated = client.update_secret_group(&created.id, &patch).await.unwrap();
    assert_eq!(updated.name.as_deref(), Some("team-a"));
    assert_eq!(updated.description.as_deref().unwrap_or_default(), "");
    let ids: Vec<String> =
        client.list_secret_groups().await.unwrap().into_iter().map(|group| group.id).collect();
    assert_eq!(ids.len(), 3, "{ids:?}");
    assert!(ids.contains(&created.id) && ids.contains(&"default".to_owned()), "{ids:?}");

    client.delete_secret_group(&created.id).await.unwrap();
    assert!(client.get_secret_group(&created.id).await.unwrap_err().is_not_found());
    assert!(client.delete_secret_group(&created.id).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn the_life_cycle_of_a_configuration() {
    let emulator = Emulator::start().await;
    let client = client(&emulator, seed::BOOTSTRAP_API_KEY);
    let created = client.create_configuration(&engine()).await.unwrap().metadata;
    assert_eq!(created.config_type, ConfigurationType::IamCredentialsConfiguration);
    assert_eq!(created.secret_type, IamCredentials::NAME);
    assert_eq!(created.created_by, format!("iam-{}", seed::BOOTSTRAP_SERVICE_ID));

    let read = client.get_configuration("engine").await.unwrap();
    assert_eq!(read.metadata, created);
    assert_eq!(read.api_key.unwrap().expose_secret(), seed::ENGINE_API_KEY);

    let patch = ConfigurationPatch { api_key: None, disabled: Some(true) };
    let updated = client.update_configuration("engine", &patch).await.unwrap();
    assert_eq!(updated.metadata.disabled, Some(true));
    client.delete_configuration("engine").await.unwrap();
    assert!(client.get_configuration("engine").await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn the_life_cycle_of_iam_credentials() {
    let emulator = Emulator::start().await;
    let client = client(&emulator, seed::BOOTSTRAP_API_KEY);
    client.create_configuration(&engine()).await.unwrap();
    let team = client.create_secret_group(&group("team-a")).await.unwrap();
    let rotation = monthly();
    let prototype = SecretPrototype {
        description: Some("everything set".to_owned()),
        secret_group_id: Some(team.id.clone()),
        labels: Some(vec!["dev".to_owned(), "us-south".to_owned()]),
        custom_metadata: Some(object(json!({"owner": {"team": "a"}}))),
        version_custom_metadata: Some(object(json!({"ticket": "OPS-1"}))),
        own: IamCredentialsPrototype {
            ttl: "7776000".parse().unwrap(),
            owner: KeyOwner::AccessGroups(vec![seed::ACCESS_GROUP_IDS[0].to_owned()]),
            rotation: Some(rotation.clone()),
            ..secret("app").own
        },
        ..secret("app")
    };
    let id = client.create_secret(&prototype).await.unwrap().metadata.common.id;

    let read = client.get_secret::<IamCredentials>(&id).await.unwrap();
    assert!(!read.payload.api_key.unwrap().expose_secret().is_empty());
    let metadata = client.get_secret_metadata::<IamCredentials>(&id).await.unwrap();
    assert_eq!(metadata, read.metadata);
    let (common, own) = (metadata.common, metadata.own);
    assert_eq!(common.secret_type, IamCredentials::NAME);
    assert_eq!(common.secret_group_id, team.id);
    assert_eq!(common.state, Some(SecretState::Active));
    assert_eq!(common.labels, prototype.labels);
    assert_eq!(common.custom_metadata, prototype.custom_metadata);
    assert_eq!(own.ttl.as_deref(), Some("7776000"));
    assert_eq!(own.rotation, Some(rotation));
    assert_eq!(own.service_id_is_static, Some(false));
    assert!(own.next_rotation_date < common.expiration_date);
    let by_name = client.get_secret_by_name::<IamCredentials>("team-a", "app").await.unwrap();
    assert_eq!(by_name.metadata.common.id, id);

    let version = client.get_version_metadata::<IamCredentials>(&id, "current").await.unwrap();
    assert_eq!(version.own.api_key_id, own.api_key_id);
    assert_eq!(version.version_custom_metadata, prototype.version_custom_metadata);
    let patch = VersionMetadataPatch { version_custom_metadata: JsonObject::new() };
    let version =
        client.update_version_metadata::<IamCredentials>(&id, "current", &patch).await.unwrap();
    assert_eq!(version.version_custom_metadata.unwrap_or_default(), JsonObject::new());

    let patch = SecretMetadataPatch {
        name: Some("app-2".to_owned()),
        labels: Some(Vec::new()),
        custom_metadata: Some(JsonObject::new()),
        own: IamCredentialsPatch { rotation: Some(RotationPolicy::default()), ttl: None },
        ..SecretMetadataPatch::<IamCredentials>::default()
    };
    let updated = client.update_secret_metadata(&id, &patch).await.unwrap();
    let (common, own) = (updated.common, updated.own);
    assert_eq!(common.name.as_deref(), Some("app-2"));
    assert_eq!(common.description.as_deref(), Some("everything set"));
    assert_eq!(common.labels.unwrap_or_default(), Vec::<String>::new());
    assert_eq!(common.custom_metadata.unwrap_or_default(), JsonObject::new());
    assert_eq!(own.rotation.unwrap(), RotationPolicy::default());
    assert_eq!(own.next_rotation_date, None);

    client.delete_secret(&id).await.unwrap();
    let read = client.get_secret_metadata::<IamCredentials>(&id).await;
    assert!(read.unwrap_err().is_not_found());
    assert!(client.delete_secret(&id).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn the_life_cycle_of_an_arbitrary_secret() {
    let emulator = Emulator::start().await;
    let client = client(&emulator, seed::BOOTSTRAP_API_KEY);
    let own = ArbitraryPrototype { payload: "first".into(), expiration_date: None };
    let prototype = prototype::<Arbitrary>("text", own);
    let created = client.create_secret(&prototype).await.unwrap().metadata;
    let id = &created.common.id;
    assert_eq!(created.common.secret_type, Arbitrary::NAME);
    let read = client.get_secret::<Arbitrary>(id).await.unwrap();
    assert_eq!(read.payload.payload.unwrap().expose_secret(), "first");

    let version = VersionPrototype::<Arbitrary> {
        version_custom_metadata: Some(object(json!({"ticket": "OPS-1"}))),
        own: ArbitraryVersionPrototype { payload: "second".into() },
    };
    let made = client.create_version(id, &version).await.unwrap();
    assert_eq!(made.metadata.version_custom_metadata, version.version_custom_metadata);
    let current = client.get_version_metadata::<Arbitrary>(id, "current").await.unwrap();
    assert_eq!(current, made.metadata);
    let by_name = client.get_secret_by_name::<Arbitrary>("default", "text").await.unwrap();
    assert_eq!(by_name.payload.payload.unwrap().expose_secret(), "second");

    let found = client.find_secret_by_name::<Arbitrary>("text").await.unwrap().unwrap();
    assert_eq!(found.common.id, *id);
    let listed = client.list_secrets::<Arbitrary>(&SecretFilter::default(), 9).await.unwrap();
    assert_eq!(listed, [found]);
    // Names are unique per type only.
    assert_eq!(client.find_secret_by_name::<IamCredentials>("text").await.unwrap(), None);
    // A secret of another type can be read and told apart.
    let other = client.get_secret_metadata::<IamCredentials>(id).await.unwrap();
    assert_eq!(other.common.secret_type, Arbitrary::NAME);
    assert!(!other.own.is_dynamic());

    let patch = SecretMetadataPatch::<Arbitrary> {
        description: Some("a text".to_owned()),
        ..SecretMetadataPatch::default()
    };
    let updated = client.update_secret_metadata(id, &patch).await.unwrap();
    assert_eq!(updated.common.description.as_deref(), Some("a text"));
    client.delete_secret(id).await.unwrap();
    assert!(client.get_secret::<Arbitrary>(id).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn the_key_of_a_secret_is_accepted_by_iam() {
    let emulator = Emulator::start().await;
    let admin = client(&emulator, seed::BOOTSTRAP_API_KEY);
    admin.create_configuration(&engine()).await.unwrap();
    let id = admin.create_secret(&secret("app")).await.unwrap().metadata.common.id;
    let key = admin.get_secret::<IamCredentials>(&id).await.unwrap().payload.api_key.unwrap();
    // It belongs to a service ID without roles: authenticated, but not authorized.
    let holder = client(&emulator, key.expose_secret());
    let error = holder.list_secret_groups().await.unwrap_err();
    assert_eq!(error.kind(), ApiErrorKind::Forbidden);
}

/// The parts of an error that callers branch on.
fn parts(error: &ApiError) -> (ApiErrorKind, Option<u16>, Operation) {
    (error.kind(), error.status(), error.operation())
}

#[tokio::test]
async fn refusals_are_distinguished() {
    let emulator = Emulator::start().await;
    let admin = client(&emulator, seed::BOOTSTRAP_API_KEY);
    let reader = client(&emulator, seed::READER_API_KEY);

    let early = admin.create_secret(&secret("early")).await.unwrap_err();
    assert_eq!(parts(&early), (ApiErrorKind::Invalid, Some(400), Operation::CreateSecret));
    admin.create_configuration(&engine()).await.unwrap();
    let team = admin.create_secret_group(&group("team-a")).await.unwrap();
    // Its key would expire before the first rotation.
    let mut outlived = secret("b");
    outlived.own.rotation = Some(monthly());
    let in_team = SecretPrototype { secret_group_id: Some(team.id.clone()), ..secret("app") };
    let app = admin.create_secret(&in_team).await.unwrap().metadata.common.id;
    // Only a version with a value can be locked.
    admin.get_secret::<IamCredentials>(&app).await.unwrap();
    emulator.lock(&app).await;

    let errors = [
        (
            reader.get_secret::<IamCredentials>(&app).await.unwrap_err(),
            (ApiErrorKind::Forbidden, Some(403), Operation::GetSecret),
        ),
        (
            admin.get_secret::<IamCredentials>(NOBODY).await.unwrap_err(),
            (ApiErrorKind::NotFound, Some(404), Operation::GetSecret),
        ),
        (
            admin.create_secret(&secret("app")).await.unwrap_err(),
            (ApiErrorKind::Conflict, Some(409), Operation::CreateSecret),
        ),
        (
            admin.delete_secret(&app).await.unwrap_err(),
            (ApiErrorKind::Locked, Some(412), Operation::DeleteSecret),
        ),
        (
            admin.delete_secret_group(&team.id).await.unwrap_err(),
            (ApiErrorKind::Conflict, Some(409), Operation::DeleteSecretGroup),
        ),
        (
            admin.create_secret(&outlived).await.unwrap_err(),
            (ApiErrorKind::Invalid, Some(400), Operation::CreateSecret),
        ),
    ];
    for (error, expected) in errors {
        assert_eq!(parts(&error), expected, "{error}");
        assert!(error.code().unwrap().starts_with("secrets-manager.Error"), "{error}");
        assert!(error.message().is_some_and(|message| message.len() > 5), "{error}");
        let correlation = emulator.journal(expected.2.name()).await;
        let ids: Vec<&str> =
            correlation.iter().filter_map(|entry| entry["correlation_id"].as_str()).collect();
        assert!(ids.contains(&error.request_id().unwrap()), "{error} {ids:?}");
        assert!(!error.outcome_unknown());
    }

    let stranger = client(&emulator, "no-such-key-0123456789abcdefghijklmnopqrstuv");
    let error = stranger.get_secret::<IamCredentials>(&app).await.unwrap_err();
    assert_eq!(parts(&error), (ApiErrorKind::Unauthenticated, Some(400), Operation::GetToken));
    assert_eq!(error.code(), Some("BXNIM0415E"));

    let elsewhere = client_of(&emulator, seed::BOOTSTRAP_API_KEY, NOBODY);
    assert!(elsewhere.list_secret_groups().await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn failures_of_the_service_itself() {
    let emulator = Emulator::start().await;
    let client = client(&emulator, seed::BOOTSTRAP_API_KEY);
    for (status, kind) in [(422, ApiErrorKind::Invalid), (500, ApiErrorKind::Server)] {
        emulator.fault(json!({"operation": "delete_secret", "times": 3, "status": status})).await;
        let error = client.delete_secret(NOBODY).await.unwrap_err();
        assert_eq!(parts(&error), (kind, Some(status), Operation::DeleteSecret));
        let attempts = if status == 500 { 3 } else { 1 };
        assert_eq!(error.attempts(), attempts);
        emulator.clear_faults().await;
    }
    emulator
        .fault(
            json!({"operation": "create_secret_group", "nth": 1, "status": 429, "retry_after": 0}),
        )
        .await;
    client.create_secret_group(&group("team-a")).await.unwrap();
    let statuses: Vec<Value> = emulator
        .journal("create_secret_group")
        .await
        .into_iter()
        .map(|mut entry| entry["status"].take())
        .collect();
    assert_eq!(statuses, [json!(429), json!(201)]);
}

#[tokio::test]
async fn a_create_whose_response_was_lost_is_found_by_its_name() {
    let emulator = Emulator::start().await;
    let client = client(&emulator, seed::BOOTSTRAP_API_KEY);
    client.create_configuration(&engine()).await.unwrap();
    for (name, reset, exists) in
        [("kept", "after_commit", true), ("dropped", "before_commit", false)]
    {
        emulator.fault(json!({"operation": "create_secret", "nth": 1, "reset": reset})).await;
        let error = client.create_secret(&secret(name)).await.unwrap_err();
        assert_eq!(error.kind(), ApiErrorKind::Transport(TransportKind::Reset));
        assert!(error.outcome_unknown());
        let found = client.find_secret_by_name::<IamCredentials>(name).await.unwrap();
        assert_eq!(found.map(|secret| secret.common.name), exists.then(|| Some(name.to_owned())));
    }
    assert_eq!(emulator.journal("create_secret").await.len(), 2, "each was sent once");
}

#[tokio::test]
async fn many_requests_share_one_token_and_an_expired_one_is_replaced() {
    let emulator = Emulator::start().await;
    let client = client(&emulator, seed::BOOTSTRAP_API_KEY);
    let ten = || futures::future::join_all((0..10).map(|_| client.list_secret_groups()));
    assert!(ten().await.iter().all(Result::is_ok));
    assert!(ten().await.iter().all(Result::is_ok));
    assert_eq!(emulator.journal("create_token").await.len(), 1);
    // The token has expired by the service's clock, and not by this machine's.
    emulator.advance(7200).await;
    assert!(ten().await.iter().all(Result::is_ok));
    assert_eq!(emulator.journal("create_token").await.len(), 2);
    let groups = emulator.journal("list_secret_groups").await;
    let refused = groups.iter().filter(|entry| entry["status"] == 401).count();
    assert!((1..=10).contains(&refused), "{refused}");
    assert_eq!(groups.len(), 30 + refused);
}
