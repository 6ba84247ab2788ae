//! Each kind of credentials as IAM and the service see it.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use std::fs;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use crate::client::scripted::{Scripted, Setup, Step, answer};
use crate::client::{ApiErrorKind, Credentials, InstanceClient, TrustedProfile};

const GROUP: &str = r#"{"id":"g-1","name":"team","created_at":"2026-01-10T08:00:00Z","updated_at":"2026-01-10T08:00:00Z"}"#;
const REFUSAL: &str = r#"{"errors":[{"code":"E1","message":"No."}],"trace":"t-1"}"#;

/// A server, a client with these credentials, and the hand of its clock.
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
        let hand = Arc::clone(&now);
        setup.sources.now = Arc::new(move || *hand.lock().unwrap());
        Self { client: setup.client(), server, now }
    }

    fn advance(&self, seconds: u64) {
        *self.now.lock().unwrap() += Duration::from_secs(seconds);
    }

    async fn read(&self) {
        self.client.get_secret_group("g-1").await.unwrap();
    }

    /// Who the service saw.
    fn bearers(&self) -> Vec<String> {
        self.server.seen().iter().map(|seen| seen.header("authorization").to_owned()).collect()
    }

    /// What IAM was asked with.
    fn forms(&self) -> Vec<String> {
        let requests = self.server.token_requests();
        requests.iter().map(|request| request.body.replace("%3A", ":")).collect()
    }
}

fn groups(count: usize) -> Vec<Step> {
    (0..count).map(|_| answer(200, GROUP)).collect()
}

/// The reply of IAM with this refresh token.
fn reply(access_token: &str, refresh_token: &str) -> Step {
    answer(
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
        reply("a", r#""refresh-1""#),
        // A reply without a next one: the last one is used again.
        reply("b", "null"),
        reply("c", r#""not_supported""#),
        reply("d", r#""refresh-4""#),
        reply("e", r#""""#),
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
    let steps = vec![answer(200, GROUP), answer(401, REFUSAL), answer(200, GROUP)];
    let setting = Setting::new(credentials, Vec::new(), steps).await;
    setting.read().await;
    assert_eq!(setting.forms(), [""; 0]);
    setting.read().await;
    assert_eq!(setting.bearers(), ["Bearer given", "Bearer given", "Bearer token-1"]);
    assert_eq!(setting.forms(), [refresh_form("refresh-0")]);
}

#[tokio::test]
async fn a_given_token_is_used_until_it_ends() {
    let ends_after = |seconds: u64| {
        let claims = URL_SAFE_NO_PAD.encode(format!(r#"{{"exp":{seconds}}}"#));
        format!("e30.{claims}.c2ln")
    };
    // The token, and for how long it serves: ten seconds less than it lives.
    for (token, serves) in [(ends_after(900), 890), (ends_after(0), 0), ("opaque".to_owned(), 3590)]
    {
        let setting = Setting::new(refresh_token(Some(&token)), Vec::new(), groups(2)).await;
        let mut expected = vec!["Bearer token-1".to_owned()];
        if serves > 0 {
            // At four fifths of its life the next one is asked for, behind the user's back.
            setting.advance(serves * 3 / 4);
            setting.read().await;
            expected.insert(0, format!("Bearer {token}"));
            setting.advance(serves - serves * 3 / 4);
        }
        setting.read().await;
        assert_eq!(setting.bearers(), expected);
        assert_eq!(setting.forms(), [refresh_form("refresh-0")]);
    }
}

#[tokio::test]
async fn the_keys_own_token_assumes_the_profile_and_both_are_kept() {
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
async fn a_profile_outlived_by_the_keys_token_is_assumed_with_the_same_one() {
    let short = answer(200, r#"{"access_token":"short","expires_in":900}"#);
    let tokens = vec![reply("own", "null"), short, reply("again", "null")];
    let setting = Setting::new(assumed(), tokens, groups(2)).await;
    setting.read().await;
    setting.advance(900);
    setting.read().await;
    assert_eq!(setting.forms(), [KEY_FORM.to_owned(), assume_form("own"), assume_form("own")]);
    assert_eq!(setting.bearers(), ["Bearer short", "Bearer again"]);
}

#[tokio::test]
async fn a_refused_token_of_a_profile_is_got_anew_from_the_key_on() {
    let steps = vec![answer(200, GROUP), answer(401, REFUSAL), answer(200, GROUP)];
    let setting = Setting::new(assumed(), Vec::new(), steps).await;
    setting.read().await;
    setting.read().await;
    assert_eq!(setting.bearers(), ["Bearer token-2", "Bearer token-2", "Bearer token-4"]);
    let forms = [KEY_FORM, &assume_form("token-1"), KEY_FORM, &assume_form("token-3")];
    assert_eq!(setting.forms(), forms);
}

#[tokio::test]
async fn a_profile_that_may_not_be_assumed_is_an_error_about_it_and_shows_no_token() {
    let refusal =
        r#"{"errorCode":"BXNIM0106E","errorMessage":"Identity of own-t0ken may not assume it."}"#;
    let tokens = vec![reply("own-t0ken", "null"), answer(400, refusal)];
    let setting = Setting::new(assumed(), tokens, Vec::new()).await;
    let error = setting.client.get_secret_group("g-1").await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ApiErrorKind::Unauthenticated, "get_token"));
    assert_eq!(error.message(), Some("Identity of (redacted) may not assume it."));
    assert_eq!(setting.server.seen().len(), 0);
    assert_eq!(setting.forms().len(), 2, "it is not asked twice");
}

#[tokio::test]
async fn the_token_of_a_compute_resource_is_read_for_each_exchange() {
    let folder = tempfile::tempdir().unwrap();
    let token_file = folder.path().join("token");
    let profile = TrustedProfile::Name { name: "deployer".to_owned(), account_id: "a1".to_owned() };
    let credentials = Credentials::ComputeResource { token_file: token_file.clone(), profile };
    let setting = Setting::new(credentials, Vec::new(), groups(3)).await;
    fs::write(&token_file, "first\n").unwrap();
    setting.read().await;
    fs::write(&token_file, " second ").unwrap();
    setting.read().await;
    assert_eq!(setting.forms().len(), 1, "the token that it got still serves");
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
async fn a_compute_resource_without_a_token_is_told_where_it_was_looked_for() {
    let folder = tempfile::tempdir().unwrap();
    let token_file = folder.path().join("token");
    let credentials =
        Credentials::ComputeResource { token_file: token_file.clone(), profile: by_id() };
    let setting = Setting::new(credentials, Vec::new(), groups(1)).await;
    let shown = token_file.display();
    for (content, reason) in [
        (None, format!("{shown} cannot be read: No such file or directory (os error 2)")),
        (Some(" \n"), format!("{shown} is empty")),
    ] {
        if let Some(content) = content {
            fs::write(&token_file, content).unwrap();
        }
        let error = setting.client.get_secret_group("g-1").await.unwrap_err();
        assert_eq!(error.kind(), ApiErrorKind::NoCredentials);
        assert_eq!(
            error.to_string(),
            format!(
                "get_secret_group needs credentials and has none: the compute resource token in {reason}"
            )
        );
    }
    assert_eq!((setting.server.seen().len(), setting.forms().len()), (0, 0));
    // The platform has put it there by now.
    fs::write(&token_file, "late").unwrap();
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
