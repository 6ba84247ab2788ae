//! What a client must export, as the emulator tells it.

use crate::lab::Lab;
use ibm_sm_emulator::seed;
use reqwest::Method;
use std::collections::BTreeMap;

async fn text(lab: &Lab, path: &str) -> String {
    let path = format!("/_emulator/env/{path}");
    let answer = lab.anonymous(Method::GET, &path).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    assert_eq!(answer.headers()["content-type"], "text/plain; charset=utf-8");
    answer.text().await.unwrap()
}

/// What a shell has after it has evaluated the text, as one line too.
fn evaluated(text: &str) -> BTreeMap<String, String> {
    let run = |script: &str| {
        let out = std::process::Command::new("sh")
            .env_clear()
            .args(["-euc", script, "sh", text])
            .output()
            .unwrap();
        assert!(out.status.success(), "{out:?}");
        let out = String::from_utf8(out.stdout).unwrap();
        let pairs = out.split('\0').filter_map(|pair| pair.split_once('='));
        let own = pairs.filter(|(name, _)| !["PWD", "OLDPWD", "SHLVL", "_"].contains(name));
        own.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    };
    let lines: BTreeMap<_, _> = run("eval \"$1\"; /usr/bin/env -0");
    assert_eq!(lines, run("eval $1; /usr/bin/env -0"), "{text}");
    lines
}

/// Each service is found by the name that IBM's SDKs have for it, and the address is the one that
/// the client has used.
#[tokio::test]
async fn the_sdks_find_each_service() {
    let lab = Lab::start().await;
    let python = text(&lab, "python").await;
    for client in ["node", "go", "java"] {
        assert_eq!(text(&lab, client).await, python, "{client}");
    }
    let exported = evaluated(&python);
    for (service, url) in [
        ("SECRETS_MANAGER", lab.instance_url()),
        ("IAM_IDENTITY", lab.url.clone()),
        ("IAM_ACCESS_GROUPS", lab.url.clone()),
        ("IAM_POLICY_MANAGEMENT", lab.url.clone()),
        ("USER_MANAGEMENT", lab.url.clone()),
    ] {
        assert_eq!(exported[&format!("{service}_URL")], url);
        assert_eq!(exported[&format!("{service}_AUTH_TYPE")], "iam");
        assert_eq!(exported[&format!("{service}_AUTH_URL")], lab.url);
        assert_eq!(exported[&format!("{service}_APIKEY")], seed::BOOTSTRAP_API_KEY);
    }
    let localhost = lab.url.replace("127.0.0.1", "localhost");
    let path = "/_emulator/env/curl";
    let request = lab.anonymous(Method::GET, path).header("host", &localhost["http://".len()..]);
    let answer = request.send().await.unwrap().text().await.unwrap();
    assert_eq!(evaluated(&answer)["EMULATOR_URL"], localhost);
}

/// By the proxy, clients use IBM's own names, and trust the authority in the way that is theirs.
#[tokio::test]
async fn by_proxy() {
    let folder = tempfile::tempdir().unwrap();
    let tls = folder.path().join("it's a folder");
    let lab = Lab::with(|options| {
        options.proxy_listen = Some(([127, 0, 0, 1], 0).into());
        options.tls_folder = Some(tls.clone());
    })
    .await;
    let ca_file = tls.join("ca.pem").display().to_string();
    let iam = "https://iam.cloud.ibm.com";
    for (client, trusting) in [
        ("terraform", "SSL_CERT_FILE"),
        ("curl", "CURL_CA_BUNDLE"),
        ("python", "REQUESTS_CA_BUNDLE"),
        ("node", "NODE_EXTRA_CA_CERTS"),
        ("go", "SSL_CERT_FILE"),
        ("cli", "SSL_CERT_FILE"),
    ] {
        let exported = evaluated(&text(&lab, &format!("{client}?proxy=true")).await);
        assert_eq!(exported[trusting], ca_file, "{client}");
        assert!(exported["HTTPS_PROXY"].starts_with("http://127.0.0.1:"), "{client}");
        let direct = evaluated(&text(&lab, client).await);
        assert_eq!(direct.get("HTTPS_PROXY"), None, "{client}");
        assert_eq!(direct.get(trusting), None, "{client}");
    }
    let java = evaluated(&text(&lab, "java?proxy=true").await);
    assert!(java["JAVA_TOOL_OPTIONS"].contains("it's a folder/truststore.p12"), "{java:?}");
    assert_eq!(java["IAM_IDENTITY_URL"], iam);
    assert_eq!(java["IAM_IDENTITY_AUTH_URL"], iam);
    let instance =
        format!("https://{}.us-south.secrets-manager.appdomain.cloud", seed::INSTANCE_ID);
    assert_eq!(java["SECRETS_MANAGER_URL"], instance);
}

/// A key that looks like a command is one word, and one with a line break is left out: some pick the
/// lines with `grep`.
#[tokio::test]
async fn no_value_is_run() {
    let lab = Lab::start().await;
    let hostile = "a'b\"c $(touch x) `touch x` ; touch x # \\";
    for (key, expected) in [(hostile, Some(hostile)), ("a\nexport A=b", None)] {
        lab.edit(|state| {
            let keys = state["iam"]["api_keys"].as_array_mut().unwrap();
            keys.truncate(1);
            keys[0]["apikey"] = key.into();
        })
        .await;
        let exported = evaluated(&text(&lab, "curl").await);
        assert_eq!(exported.get("IBMCLOUD_API_KEY").map(String::as_str), expected);
        assert_eq!(exported.get("A"), None);
    }
}

/// Refusals name what there is.
#[tokio::test]
async fn refusals() {
    let lab = Lab::start().await;
    for (path, status, words) in [
        ("ruby", 404, "terraform, curl, python, node, go, java, cli"),
        ("go?proxy=true", 400, "--proxy-listen"),
        ("go?proxy=1", 400, "true or false"),
        ("go?colour=red", 400, "colour"),
    ] {
        let answer = lab.get(&format!("/_emulator/env/{path}")).await;
        let (found, _, message) = answer.error();
        assert_eq!(found, status, "{path}");
        assert!(message.contains(words), "{path}: {message}");
    }
}
