//! Responses of IBM's APIs, byte by byte, to each operation of the client.

use std::time::Duration;

use ibm_sm_provider::client::{
    ApiError, Arbitrary, ArbitraryPatch, ArbitraryPrototype, ArbitraryVersionPrototype, Client,
    ClientConfig, Configuration, ConfigurationMetadata, ConfigurationPatch, ConfigurationPrototype,
    Credentials, Endpoint, EndpointError, EndpointKind, ExtraRoots, IamCredentials, IamUrl,
    InstanceAddress, InstanceClient, Proxy, RetryPolicy, Secret, SecretFilter, SecretGroup,
    SecretGroupPatch, SecretGroupPrototype, SecretLock, SecretMetadata, SecretMetadataPatch,
    SecretPrototype, SecretType, Timestamp, TrustedProfile, Version, VersionMetadata,
    VersionMetadataPatch, VersionPrototype,
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::fmt::Debug;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::api::{self, ID, INSTANCE};
use crate::checks::{HIDDEN, contains};
use crate::input::Input;

/// Longer than any exchange with a server that responds at once.
const END: Duration = Duration::from_secs(10);

/// The caller that has a token to begin with.
const BEARER: u8 = 3;

/// No error is longer, whatever the server says.
const LONGEST_ERROR: usize = 16 << 10;

/// Four bytes: the operation, who asks, which of the two exchanges the rest is the response
/// to, and its status (0: the rest has a head of its own).
pub(crate) fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let (operation, caller, exchange) = (input.byte(), input.byte(), input.byte());
    let status = input.pick(&[200, 0, 400, 401, 403, 404, 409, 412, 422, 429, 500, 503, 201, 204]);
    let body = input.rest();
    read_everything(body);
    let response = match status {
        0 => (body.to_vec(), true),
        status => api::response(status, "", body),
    };
    let instead_of_a_token = exchange % 4 == 1 && caller % 4 != BEARER;
    let responder = Box::new(move |request: &api::Request<'_>| {
        let is_token = request.path.ends_with("/identity/token");
        if is_token == (exchange % 4 == 1) { response.clone() } else { api::mood(request, 0) }
    });
    api::with(responder, |url| async move {
        let client = client(&url, caller);
        let result = timeout(END, perform(&client, operation)).await.expect("an operation ends");
        if let Err(error) = result {
            check(&error, &known(operation, instead_of_a_token));
        }
        // A time of the server's, however absurd, is a time.
        let now = client.service_time();
        let _ = client.local_time(now);
    });
}

/// The secrets that are known when an operation fails. A response that comes instead of a token may
/// make up one that nobody has.
fn known(operation: u8, instead_of_a_token: bool) -> Vec<&'static str> {
    let login = |secret: &&'static str| if *secret == "token" { "login" } else { *secret };
    let sent = secrets(operation).iter();
    if instead_of_a_token { sent.map(login).collect() } else { sent.copied().collect() }
}

/// The secrets that an operation sends, with the token.
fn secrets(operation: u8) -> &'static [&'static str] {
    match operation % 28 {
        5 | 11 => &["token", "payload"],
        16 | 20 => &["token", "engine"],
        24 => &["token", "login"],
        _ => &["token"],
    }
}

/// An error is short, one line, and has none of the secrets that the request had.
fn check(error: &ApiError, secrets: &[&str]) {
    let text = format!("{error} {error:?}");
    assert!(text.len() <= LONGEST_ERROR, "an error of {} bytes", text.len());
    for secret in secrets {
        let secret = format!("{HIDDEN}-{secret}");
        assert!(!text.contains(&secret), "an error holds a secret: {text:.400}");
    }
    let shown = error.to_string();
    assert!(!shown.chars().any(char::is_control), "an error holds a control character: {shown:?}");
}

fn secret(name: &str) -> secrecy::SecretString {
    format!("{HIDDEN}-{name}").into()
}

fn client(url: &str, caller: u8) -> InstanceClient {
    let profile = TrustedProfile::Id("Profile-1".to_owned());
    let credentials = match caller % 4 {
        1 => Credentials::RefreshToken { refresh_token: secret("login"), access_token: None },
        2 => Credentials::AssumedProfile { api_key: secret("login"), profile },
        BEARER => Credentials::BearerToken(secret("token")),
        _ => Credentials::ApiKey(secret("login")),
    };
    let secrets_manager = Endpoint::template(url).unwrap();
    connect(credentials, IamUrl::parse(url).unwrap(), secrets_manager, INSTANCE).unwrap()
}

/// A client for an instance.
pub(crate) fn connect(
    credentials: Credentials,
    iam_url: IamUrl,
    secrets_manager: Endpoint,
    instance_id: &str,
) -> Result<InstanceClient, EndpointError> {
    let config = ClientConfig {
        credentials: Some(credentials),
        iam_url,
        secrets_manager,
        extra_roots: ExtraRoots::default(),
        proxy: Proxy::Direct,
        // One repetition, so that a response may ask for a wait; none is granted.
        retry: RetryPolicy {
            base: Duration::ZERO,
            max_wait: Duration::ZERO,
            total: Duration::from_millis(50),
            max_retries: 1,
        },
        user_agent: "fuzz/1".to_owned(),
        not_known_yet: Vec::new(),
        bulk_read: true,
        known_secrets: ibm_sm_provider::known_secrets::KnownSecrets::default(),
    };
    let address = InstanceAddress {
        instance_id: instance_id.to_owned(),
        region: "us-south".to_owned(),
        endpoint: EndpointKind::Default,
    };
    Client::new(config).instance(&address, CancellationToken::new())
}

async fn perform(client: &InstanceClient, operation: u8) -> Result<(), ApiError> {
    let all = usize::MAX;
    match operation % 28 {
        0 => client.get_secret::<IamCredentials>(ID).await.map(drop),
        1 => client.get_secret::<Arbitrary>(ID).await.map(drop),
        2 => client.get_secret_by_name::<IamCredentials>("default", "a-name").await.map(drop),
        3 => client.get_secret_metadata::<IamCredentials>(ID).await.map(drop),
        4 => client.get_secret_metadata::<Arbitrary>(ID).await.map(drop),
        5 => client.create_secret::<Arbitrary>(&prototype()).await.map(drop),
        6 => {
            let own = ArbitraryPatch::default();
            let patch = SecretMetadataPatch { own, ..SecretMetadataPatch::default() };
            client.update_secret_metadata::<Arbitrary>(ID, &patch).await.map(drop)
        }
        7 => client.delete_secret(ID).await,
        8 => client.find_secret_by_name::<IamCredentials>("a-name").await.map(drop),
        9 => client.list_secrets::<IamCredentials>(&SecretFilter::default(), 10).await.map(drop),
        10 => client.list_secrets::<Arbitrary>(&SecretFilter::default(), 10).await.map(drop),
        11 => {
            let own = ArbitraryVersionPrototype { payload: secret("payload") };
            let version = VersionPrototype { version_custom_metadata: None, own };
            client.create_version::<Arbitrary>(ID, &version).await.map(drop)
        }
        12 => client.get_version_metadata::<IamCredentials>(ID, "current").await.map(drop),
        13 => {
            let patch = VersionMetadataPatch::default();
            client.update_version_metadata::<Arbitrary>(ID, "current", &patch).await.map(drop)
        }
        14 => client.delete_current_version_data(ID).await,
        15 => client.list_secret_locks(ID).await.map(drop),
        16 => {
            let prototype = ConfigurationPrototype {
                name: "engine".to_owned(),
                api_key: secret("engine"),
                disabled: false,
            };
            client.create_configuration(&prototype).await.map(drop)
        }
        17 => client.get_configuration("engine").await.map(drop),
        18 => client.find_configuration("engine").await.map(drop),
        19 => client.list_configurations(Some("e"), 10).await.map(drop),
        20 => {
            let patch = ConfigurationPatch { api_key: Some(secret("engine")), disabled: None };
            client.update_configuration("engine", &patch).await.map(drop)
        }
        21 => {
            let prototype = SecretGroupPrototype { name: "g".to_owned(), description: None };
            client.create_secret_group(&prototype).await.map(drop)
        }
        22 => client.list_secret_groups().await.map(drop),
        23 => client.update_secret_group(ID, &SecretGroupPatch::default()).await.map(drop),
        24 => client.key_is_accepted(&secret("login")).await.map(drop),
        25 => {
            client.find_service_id("ServiceId-1").await?;
            client.unlock_service_id("ServiceId-1").await?;
            client.delete_service_id("ServiceId-1").await
        }
        26 => {
            client.unlock_api_key("ApiKey-1").await?;
            client.delete_api_key("ApiKey-1").await
        }
        _ => {
            client.find_api_key("ApiKey-1").await?;
            client.list_secrets::<Arbitrary>(&SecretFilter::default(), all).await.map(drop)
        }
    }
}

fn prototype() -> SecretPrototype<Arbitrary> {
    SecretPrototype {
        name: "a-name".to_owned(),
        description: None,
        secret_group_id: None,
        labels: None,
        custom_metadata: None,
        version_custom_metadata: None,
        own: ArbitraryPrototype { payload: secret("payload"), expiration_date: None },
    }
}

/// The body as each of the types that a response can have.
fn read_everything(body: &[u8]) {
    fn read<T: DeserializeOwned + Debug>(body: &[u8]) -> Option<T> {
        let read: T = serde_json::from_slice(body).ok()?;
        assert!(!format!("{read:?}").is_empty());
        Some(read)
    }
    fn read_type<T: SecretType>(body: &[u8]) {
        if let Some(secret) = read::<Secret<T>>(body) {
            show_time(secret.metadata.common.created_at);
            hides(body, &format!("{secret:?}"));
        }
        read::<SecretMetadata<T>>(body);
        read::<VersionMetadata<T>>(body);
        if let Some(version) = read::<Version<T>>(body) {
            hides(body, &format!("{version:?}"));
        }
    }
    read_type::<IamCredentials>(body);
    read_type::<Arbitrary>(body);
    if let Some(configuration) = read::<Configuration>(body) {
        hides(body, &format!("{configuration:?}"));
    }
    read::<ConfigurationMetadata>(body);
    read::<SecretGroup>(body);
    read::<SecretLock>(body);
}

/// A time is shown in a form that is read as the same second.
pub(crate) fn show_time(time: Timestamp) {
    let shown = time.to_string();
    let again = Timestamp::try_from(shown.clone());
    assert_eq!(again.map(|again| again.to_string()), Ok(shown));
    let _ = time.with_milliseconds();
}

/// What is shown of an object has no value that its body holds only as the secret.
fn hides(body: &[u8], shown: &str) {
    let Ok(Value::Object(mut fields)) = serde_json::from_slice(body) else { return };
    let values: Vec<Value> =
        ["api_key", "payload"].into_iter().filter_map(|name| fields.remove(name)).collect();
    let rest = Value::Object(fields).to_string();
    for value in values.iter().filter_map(Value::as_str) {
        let recognisable = value.starts_with(HIDDEN) && !contains(rest.as_bytes(), value);
        assert!(!recognisable || !shown.contains(value), "{shown:.400}");
    }
}
