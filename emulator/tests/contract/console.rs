//! The console beside IBM's APIs: who gets it, and what it leaves alone.

use crate::lab::{Lab, send};
use ibm_sm_emulator::seed;
use reqwest::Method;
use serde_json::{Value, json};

const CONSOLE: &str = "/_emulator/console";

/// Browsers are led from `/` to the console. Programs, and IBM's host names, have nothing there.
#[tokio::test]
async fn the_root_is_for_browsers() {
    let lab = Lab::start().await;
    let get = |accept: &'static str| lab.request(Method::GET, "/").header("accept", accept);
    let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    let page = get(browser).send().await.unwrap();
    assert_eq!((page.status().as_u16(), page.url().path()), (200, CONSOLE));
    assert!(page.text().await.unwrap().contains("Resource list"));
    for accept in ["*/*", "application/json", ""] {
        assert_eq!(send(get(accept)).await.error().0, 404, "{accept}");
    }
    for host in ["iam.cloud.ibm.com", "abc.us-south.secrets-manager.appdomain.cloud"] {
        let request = get(browser).header("host", host);
        assert_eq!(send(request).await.error().0, 404, "{host}");
    }
    let post = lab.request(Method::POST, "/").header("accept", browser).json(&json!({}));
    assert_eq!(send(post).await.error().0, 404);
}

/// Each page, script and refusal says what a browser may do with it.
#[tokio::test]
async fn pages_run_nothing_but_their_own_scripts() {
    let lab = Lab::start().await;
    for (path, status) in [
        (CONSOLE.to_owned(), 200),
        (format!("{CONSOLE}/assets/console.js"), 200),
        (format!("{CONSOLE}/exports"), 200),
        (format!("{CONSOLE}/instances/<script>"), 404),
        (format!("{CONSOLE}/assets/none.js"), 404),
    ] {
        let answer = lab.anonymous(Method::GET, &path).send().await.unwrap();
        assert_eq!(answer.status(), status, "{path}");
        let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.contains("default-src 'self'"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
        assert!(!answer.text().await.unwrap().contains("<script>"), "{path}");
    }
}

/// Pages of other sites get neither a page nor a key.
#[tokio::test]
async fn other_sites_get_nothing() {
    let lab = Lab::start().await;
    let key =
        format!("{CONSOLE}/api_keys/{}", seed::BOOTSTRAP_SERVICE_ID.replace("ServiceId", "ApiKey"));
    let found = send(lab.anonymous(Method::GET, &key)).await.expect(200);
    assert_eq!(found.text("apikey"), seed::BOOTSTRAP_API_KEY);
    for path in [CONSOLE.to_owned(), key, format!("{CONSOLE}/exports")] {
        let request = lab.anonymous(Method::GET, &path).header("origin", "https://evil.example");
        assert_eq!(send(request).await.error().0, 403, "{path}");
    }
}

/// What the wizard asks beforehand is answered as the service would, and changes nothing.
#[tokio::test]
async fn a_rehearsal_changes_nothing() {
    let lab = Lab::start().await;
    let path = format!("{CONSOLE}/instances/{}/rehearse", seed::INSTANCE_ID);
    let rehearse = async |screen: &str, body: Value| {
        lab.post(&path, json!({ "screen": screen, "body": body })).await.expect(200).body.clone()
    };
    let refused = rehearse("type", json!({ "secret_type": "iam_credentials" })).await;
    assert!(refused["refusal"]["message"].as_str().unwrap().contains("engine"), "{refused}");
    lab.configure().await;
    let before = lab.get("/_emulator/state").await.body;
    let entries = lab.get("/_emulator/journal").await.at("total").clone();
    let complete = json!({
        "secret_type": "iam_credentials", "name": "app", "ttl": "30m", "reuse_api_key": true,
        "service_id": seed::STATIC_SERVICE_ID,
    });
    let answer = rehearse("access", complete.clone()).await;
    assert!(answer["hcl"].as_str().unwrap().contains("ibm_sm_iam_credentials_secret"), "{answer}");
    let mut wrong = complete;
    wrong["ttl"] = json!("59");
    let refused = rehearse("access", wrong.clone()).await;
    assert_eq!(refused["refusal"]["field"], "ttl");
    // What is wrong on a later screen is not said yet.
    let fine =
        rehearse("details", json!({ "secret_type": "iam_credentials", "name": "app" })).await;
    assert_eq!(fine.get("refusal"), None);
    assert_eq!(lab.get("/_emulator/state").await.body, before);
    assert_eq!(lab.get("/_emulator/journal").await.at("total"), &entries);
    // The service says the same to the same body.
    let answer = lab.post("secrets", wrong).await;
    assert_eq!(refused["refusal"]["message"], answer.error().2);
}
