//! Each kind of credentials, as IAM and the service see it.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use secrecy::SecretString;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use super::objects::{GROUP, REFUSAL};
use super::scripted::{Scripted, Setup, Step, response};
use crate::client::{
    ApiErrorKind, Credentials, InstanceClient, Operation, TokenSource, TrustedProfile,
};

/// A server, a client with certain credentials, and the client's clock.
struct Setting {
    server: Scripted,
    client: InstanceClient,
    now: Arc<Mutex<SystemTime>>,
}

impl Setting {
    async fn new(credentials: Credentials, token_steps: Vec<Step>, steps: Vec<Step>) -> Self {
        let server = Scripted::start_with_tokens(token_steps, steps).await;
        let mut setup = Setup::at(&server.url);
        setup.config.credentials = Some(credentials);
        let now = Arc::new(Mutex::new(SystemTime::UNIX_EPOCH));
        let clock = Arc::clone(&now);
        setup.nondeterminism.now = Arc::new(move || *clock.lock().unwrap());
        Self { client: setup.client(), server, now }
    }

    fn advance(&self, seconds: u64) {
        *self.now.lock().unwrap() += Duration::from_secs(seconds);
    }

    async fn read(&self) {
        self.client.get_secret_group("g-1").await.unwrap();
    }

    /// The tokens that the service received.
    fn bearers(&self) -> Vec<String> {
        self.server.seen().iter().map(|seen| seen.header("authorization").to_owned()).collect()
    }

    /// The forms that IAM received.
    fn forms(&self) -> Vec<String> {
        let requests = self.server.token_requests();
        requests.iter().map(|request| request.body.replace("%3A", ":")).collect()
    }
}

fn groups(count: usize) -> Vec<Step> {
    (0..count).map(|_| response(200, GROUP)).collect()
}

/// IAM's response with this refresh token.
fn issued(access_token: &str, refresh_token: &str) -> Step {
    response(
        200,
        &format!(
            r#"{{"access_token":"{access_token}","refresh_token":{refresh_token},"expires_in":3600}}"#
        ),
    )
}

fn refresh_token(access_token: Option<&str>) -> Credentials {
    Credentials::RefreshToken {
        refresh_token: "refresh-0".into(),
        access_token: access_token.map(Into::into),
    }
}

fn refresh_form(token: &str) -> String {
    format!("grant_type=refresh_token&refresh_token={token}&response_type=cloud_iam")
}

fn by_id() -> TrustedProfile {
    TrustedProfile::Id("Profile-1".to_owned())
}

fn assumed() -> Credentials {
    Credentials::AssumedProfile { api_key: "s3cret-key".into(), profile: by_id() }
}

const KEY_FORM: &str =
    "grant_type=urn:ibm:params:oauth:grant-type:apikey&apikey=s3cret-key&response_type=cloud_iam";

fn assume_form(token: &str) -> String {
    format!(
        "grant_type=urn:ibm:params:oauth:grant-type:assume&access_token={token}&profile_id=Profile-1"
    )
}

#[tokio::test]
async fn each_refresh_token_gets_the_next_one() {
    let tokens = vec![
        issued("a", r#""refresh-1""#),
        // A response without a next one: the last one is used again.
        issued("b", "null"),
        issued("c", r#""not_supported""#),
        issued("d", r#""refresh-4""#),
        issued("e", r#""""#),
    ];
    let setting = Setting::new(refresh_token(None), tokens, groups(5)).await;
    for _ in 0..5 {
        setting.read().await;
        setting.advance(3600);
    }
    assert_eq!(setting.bearers(), ["Bearer a", "Bearer b", "Bearer c", "Bearer d", "Bearer e"]);
    let used = ["refresh-0", "refresh-1", "refresh-1", "refresh-1", "refresh-4"];
    assert_eq!(setting.forms(), used.map(refresh_form));
    let client = format!("Basic {}", STANDARD.encode("bx:bx"));
    for request in setting.server.token_requests() {
        assert_eq!(request.header("authorization"), client);
    }
}

#[tokio::test]
async fn a_given_token_is_used_until_it_is_refused() {
    let credentials = refresh_token(Some("Bearer given"));
    let steps = vec![response(200, GROUP), response(401, REFUSAL), response(200, GROUP)];
    let setting = Setting::new(credentials, Vec::new(), steps).await;
    setting.read().await;
    assert_eq!(setting.forms(), [""; 0]);
    setting.read().await;
    assert_eq!(setting.bearers(), ["Bearer given", "Bearer given", "Bearer token-1"]);
    assert_eq!(setting.forms(), [refresh_form("refresh-0")]);
}

#[tokio::test]
async fn a_given_token_is_used_until_it_expires() {
    let ends_after = |seconds: u64| {
        let claims = URL_SAFE_NO_PAD.encode(format!(r#"{{"exp":{seconds}}}"#));
        format!("e30.{claims}.c2ln")
    };
    // The token, and for how long it is used: ten seconds less than its lifetime.
    for (token, used_for) in
        [(ends_after(900), 890), (ends_after(0), 0), ("opaque".to_owned(), 3590)]
    {
        let setting = Setting::new(refresh_token(Some(&token)), Vec::new(), groups(2)).await;
        let mut expected = vec!["Bearer token-1".to_owned()];
        if used_for > 0 {
            // At four fifths of its lifetime the next one is requested in the background.
            setting.advance(used_for * 3 / 4);
            setting.read().await;
            expected.insert(0, format!("Bearer {token}"));
            setting.advance(used_for - used_for * 3 / 4);
        }
        setting.read().await;
        assert_eq!(setting.bearers(), expected);
        assert_eq!(setting.forms(), [refresh_form("refresh-0")]);
    }
}

#[tokio::test]
async fn the_keys_own_token_assumes_the_profile_and_both_are_cached() {
    let setting = Setting::new(assumed(), Vec::new(), groups(20)).await;
    for _ in 0..2 {
        let calls = (0..10).map(|_| setting.client.get_secret_group("g-1"));
        let results = futures::future::join_all(calls).await;
        assert!(results.iter().all(Result::is_ok), "{results:?}");
    }
    assert_eq!(setting.forms(), [KEY_FORM.to_owned(), assume_form("token-1")]);
    assert_eq!(setting.bearers(), ["Bearer token-2"; 20]);
    for request in setting.server.token_requests() {
        assert_eq!(request.header("authorization"), "");
    }
}

#[tokio::test]
async fn the_keys_token_assumes_the_profile_again_while_it_is_valid() {
    let short = response(200, r#"{"access_token":"short","expires_in":900}"#);
    let tokens = vec![issued("own", "null"), short, issued("again", "null")];
    let setting = Setting::new(assumed(), tokens, groups(2)).await;
    setting.read().await;
    setting.advance(900);
    setting.read().await;
    assert_eq!(setting.forms(), [KEY_FORM.to_owned(), assume_form("own"), assume_form("own")]);
    assert_eq!(setting.bearers(), ["Bearer short", "Bearer again"]);
}

#[tokio::test]
async fn after_a_refusal_both_tokens_of_a_profile_are_requested_again() {
    let steps = vec![response(200, GROUP), response(401, REFUSAL), response(200, GROUP)];
    let setting = Setting::new(assumed(), Vec::new(), steps).await;
    setting.read().await;
    setting.read().await;
    assert_eq!(setting.bearers(), ["Bearer token-2", "Bearer token-2", "Bearer token-4"]);
    let forms = [KEY_FORM, &assume_form("token-1"), KEY_FORM, &assume_form("token-3")];
    assert_eq!(setting.forms(), forms);
}

#[tokio::test]
async fn the_error_about_a_profile_that_may_not_be_assumed_shows_no_token() {
    let refusal =
        r#"{"errorCode":"BXNIM0106E","errorMessage":"Identity of own-t0ken may not assume it."}"#;
    let tokens = vec![issued("own-t0ken", "null"), response(400, refusal)];
    let setting = Setting::new(assumed(), tokens, Vec::new()).await;
    let error = setting.client.get_secret_group("g-1").await.unwrap_err();
    assert_eq!(
        (error.kind(), error.operation()),
        (ApiErrorKind::Unauthenticated, Operation::GetToken)
    );
    assert_eq!(error.message(), Some("Identity of (redacted) may not assume it."));
    assert_eq!(setting.server.seen().len(), 0);
    assert_eq!(setting.forms().len(), 2, "it is not requested twice");
}

/// The token of a compute resource, read in this order.
fn tokens(reads: &[Result<&str, &str>]) -> TokenSource {
    let own = |read: &Result<&str, &str>| match read {
        Ok(token) => Ok(SecretString::from(*token)),
        Err(reason) => Err((*reason).to_owned()),
    };
    let reads: Mutex<VecDeque<_>> = Mutex::new(reads.iter().map(own).collect());
    TokenSource::new("of the test", move || reads.lock().unwrap().pop_front().unwrap())
}

#[tokio::test]
async fn the_token_of_a_compute_resource_is_read_for_each_exchange() {
    let token = tokens(&[Ok("first"), Ok("second")]);
    let profile = TrustedProfile::Name { name: "deployer".to_owned(), account_id: "a1".to_owned() };
    let credentials = Credentials::ComputeResource { token, profile };
    let setting = Setting::new(credentials, Vec::new(), groups(3)).await;
    setting.read().await;
    setting.read().await;
    assert_eq!(setting.forms().len(), 1, "the token from IAM is still valid");
    setting.advance(3600);
    setting.read().await;
    let form = |token: &str| {
        format!(
            "grant_type=urn:ibm:params:oauth:grant-type:cr-token&cr_token={token}&profile_name=deployer"
        )
    };
    assert_eq!(setting.forms(), [form("first"), form("second")]);
    assert_eq!(setting.bearers(), ["Bearer token-1", "Bearer token-1", "Bearer token-2"]);
}

#[tokio::test]
async fn the_reason_why_a_compute_resource_has_no_token_is_shown() {
    let token = tokens(&[Err("there is no token in token.txt"), Ok("late")]);
    let credentials = Credentials::ComputeResource { token, profile: by_id() };
    let setting = Setting::new(credentials, Vec::new(), groups(1)).await;
    let error = setting.client.get_secret_group("g-1").await.unwrap_err();
    assert_eq!(error.kind(), ApiErrorKind::NoCredentials);
    assert_eq!(
        error.to_string(),
        "get_secret_group needs credentials and has none: there is no token in token.txt"
    );
    assert_eq!((setting.server.seen().len(), setting.forms().len()), (0, 0));
    // The platform has provided it by now.
    setting.read().await;
}

#[tokio::test]
async fn a_client_shows_none_of_its_credentials() {
    for credentials in [assumed(), refresh_token(Some("s3cret-t0ken"))] {
        let setting = Setting::new(credentials, Vec::new(), groups(1)).await;
        setting.read().await;
        let shown = format!("{:?}", setting.client);
        assert!(shown.contains("Exchange"), "{shown}");
        for secret in ["s3cret", "refresh-0", "token-1"] {
            assert!(!shown.contains(secret), "{secret}: {shown}");
        }
    }
}
