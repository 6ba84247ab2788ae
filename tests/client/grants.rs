//! Every grant, as the emulated IAM implements it.

use ibm_sm_emulator::seed;
use ibm_sm_provider::client::{
    ApiErrorKind, Credentials, InstanceClient, Operation, TokenSource, TrustedProfile,
};
use serde_json::Value;

use super::{client_with, group};
use crate::support::emulator::Emulator;

/// The client's identity, as the service records it in what the client creates.
async fn identity(client: &InstanceClient, name: &str) -> String {
    client.create_secret_group(&group(name)).await.unwrap().created_by.unwrap()
}

fn client(emulator: &Emulator, credentials: Credentials) -> InstanceClient {
    client_with(emulator, credentials, seed::INSTANCE_ID)
}

fn by_id() -> TrustedProfile {
    TrustedProfile::Id(seed::PROFILE_ID.to_owned())
}

fn by_name() -> TrustedProfile {
    TrustedProfile::Name {
        name: seed::PROFILE_NAME.to_owned(),
        account_id: seed::ACCOUNT_ID.to_owned(),
    }
}

fn assumed(api_key: &str, profile: TrustedProfile) -> Credentials {
    Credentials::AssumedProfile { api_key: api_key.into(), profile }
}

/// The statuses of all token requests so far.
async fn token_statuses(emulator: &Emulator) -> Vec<Value> {
    let journal = emulator.journal("create_token").await;
    journal.into_iter().map(|mut entry| entry["status"].take()).collect()
}

#[tokio::test]
async fn a_key_acts_as_a_profile_by_id_and_by_name() {
    let emulator = Emulator::start().await;
    for (name, profile) in [("by-id", by_id()), ("by-name", by_name())] {
        let client = client(&emulator, assumed(seed::BOOTSTRAP_API_KEY, profile));
        assert_eq!(identity(&client, name).await, format!("iam-{}", seed::PROFILE_ID));
    }
    assert_eq!(token_statuses(&emulator).await, [200, 200, 200, 200]);
}

#[tokio::test]
async fn both_tokens_of_a_profile_are_replaced_when_they_have_expired() {
    let emulator = Emulator::start().await;
    let client = client(&emulator, assumed(seed::BOOTSTRAP_API_KEY, by_id()));
    identity(&client, "first").await;
    // Both tokens have expired by the service's clock, and not by this machine's.
    emulator.advance(7200).await;
    let calls = (0..10).map(|_| client.list_secret_groups());
    assert!(futures::future::join_all(calls).await.iter().all(Result::is_ok));
    assert_eq!(token_statuses(&emulator).await, [200, 200, 200, 200]);
}

#[tokio::test]
async fn a_profile_that_does_not_trust_the_identity_is_refused() {
    let emulator = Emulator::start().await;
    let stranger = TrustedProfile::Id("Profile-00000000-0000-4000-8000-000000000000".to_owned());
    for credentials in
        [assumed(seed::WRITER_API_KEY, by_id()), assumed(seed::BOOTSTRAP_API_KEY, stranger)]
    {
        let error = client(&emulator, credentials).list_secret_groups().await.unwrap_err();
        assert_eq!(error.kind(), ApiErrorKind::Unauthenticated);
        assert_eq!((error.operation(), error.status()), (Operation::GetToken, Some(400)));
        assert!(error.message().is_some_and(|message| message.contains("profile")), "{error}");
    }
    assert_eq!(token_statuses(&emulator).await, [200, 400, 200, 400]);
}

#[tokio::test]
async fn a_compute_resource_acts_as_a_profile() {
    let emulator = Emulator::start().await;
    let token = |token: &'static str| TokenSource::new("test", move || Ok(token.into()));
    for (name, profile) in [("by-id", by_id()), ("by-name", by_name())] {
        let credentials = Credentials::ComputeResource { token: token(seed::CR_TOKEN), profile };
        let client = client(&emulator, credentials);
        assert_eq!(identity(&client, name).await, format!("iam-{}", seed::PROFILE_ID));
    }
    let token = token("of-somebody-else");
    let credentials = Credentials::ComputeResource { token, profile: by_id() };
    let error = client(&emulator, credentials).list_secret_groups().await.unwrap_err();
    assert_eq!(error.kind(), ApiErrorKind::Unauthenticated);
    assert_eq!(error.code(), Some("BXNIM0106E"));
    assert!(!error.to_string().contains("of-somebody-else"), "{error}");
}

#[tokio::test]
async fn a_refresh_token_gets_one_token_after_the_other() {
    let emulator = Emulator::start().await;
    let (_, refresh_token) = emulator.sign_in(seed::USER_API_KEY).await;
    let credentials = Credentials::RefreshToken {
        refresh_token: refresh_token.clone().into(),
        access_token: None,
    };
    let client = client(&emulator, credentials);
    for name in ["first", "second", "third"] {
        assert_eq!(identity(&client, name).await, seed::USER_IAM_ID);
        emulator.advance(7200).await;
    }
    // The first was the sign-in. A refresh token works only once here, so each was a new one.
    assert_eq!(token_statuses(&emulator).await, [200, 200, 200, 200]);
    let again =
        Credentials::RefreshToken { refresh_token: refresh_token.into(), access_token: None };
    let error = self::client(&emulator, again).list_secret_groups().await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ApiErrorKind::Unauthenticated, Some("BXNIM0106E")));
}

#[tokio::test]
async fn a_token_with_a_refresh_token_is_replaced_when_it_has_expired() {
    let emulator = Emulator::start().await;
    let (access_token, refresh_token) = emulator.sign_in(seed::USER_API_KEY).await;
    let credentials = Credentials::RefreshToken {
        refresh_token: refresh_token.into(),
        access_token: Some(access_token.into()),
    };
    let client = client(&emulator, credentials);
    assert_eq!(identity(&client, "first").await, seed::USER_IAM_ID);
    assert_eq!(token_statuses(&emulator).await.len(), 1, "only the sign-in");
    emulator.advance(7200).await;
    assert_eq!(identity(&client, "second").await, seed::USER_IAM_ID);
    assert_eq!(token_statuses(&emulator).await.len(), 2);
}
