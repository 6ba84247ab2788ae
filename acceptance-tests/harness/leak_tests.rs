//! Tests of the search for leaks: a leak of each form, in each kind of place, is found,
//! and what was asked for is not taken for one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use anyhow::{Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::forms::Search;
use super::leaks::{Leaks, Tally};
use super::own_tests::Test;
use super::secrecy::{self, Secrets};

/// Every encoding changes it.
const SECRET: &str = "pa>ss \"wo?rd\"/\u{fc}&\n<~~~>";
const KEY: &str = "key-0123456789abcdefghijklmnopqrstuvwxyz0123";
const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.eyJpYW1faWQiOiJ4In0.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg";

/// These tests by name.
pub(crate) const TESTS: [(&str, Test); 4] = [
    ("a_leak_of_each_form_is_found", a_leak_of_each_form_is_found),
    ("a_token_that_is_cut_off_is_found", a_token_that_is_cut_off_is_found),
    ("a_leak_in_each_place_is_found", a_leak_in_each_place_is_found),
    ("every_secret_is_planted", every_secret_is_planted),
];

fn a_leak_of_each_form_is_found() -> Result<()> {
    let search = Search::of([&SECRET.to_owned()])?;
    let hex = |upper: bool, before: &str| {
        let digits = SECRET.bytes().map(|byte| format!("{before}{byte:02x}")).collect::<String>();
        if upper { digits.to_uppercase() } else { digits }
    };
    let json = json!(SECRET).to_string();
    let percent = "pa%3Ess%20%22wo%3Frd%22%2F%C3%BC%26%0A%3C~~~%3E";
    let mut texts = vec![
        SECRET.to_owned(),
        json.clone(),
        json!(json).to_string(),
        json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026"),
        percent.to_owned(),
        percent.replace("%20", "+"),
        percent
            .replace("%3E", "%3e")
            .replace("%3F", "%3f")
            .replace("%2F", "%2f")
            .replace("%C3%BC%26%0A%3C", "%c3%bc%26%0a%3c"),
        hex(true, "%"),
        hex(false, ""),
        hex(true, ""),
    ];
    for before in ["", "a", "ab", "abc"] {
        let text = format!("{before}{SECRET} and more");
        texts.extend([STANDARD.encode(&text), URL_SAFE_NO_PAD.encode(&text)]);
    }
    for text in texts {
        let found = search.find(format!("some {text} text").as_bytes()).len();
        ensure!(found > 0, "not found: {text}");
    }
    let others = [&SECRET[1..], &SECRET[..SECRET.len() - 1], "pa>ss", ""];
    for text in others {
        ensure!(search.find(text.as_bytes()).is_empty(), "found: {text}");
    }
    Ok(())
}

fn a_token_that_is_cut_off_is_found() -> Result<()> {
    let mut secrets = Secrets::new();
    secrecy::plant(&mut secrets, &format!("Bearer {TOKEN}"), "a token");
    let search = Search::of(secrets.keys())?;
    for text in [TOKEN, &TOKEN[..25], &TOKEN[25..]] {
        ensure!(!search.find(text.as_bytes()).is_empty(), "not found: {text}");
    }
    Ok(())
}

/// Secrets, the name of a file, what is in it, and whether that is a leak.
fn a_leak_in_each_place_is_found() -> Result<()> {
    let instance = |attributes: Value| {
        json!({"resources": [{"type": "ibm_sm_iam_credentials_secret", "instances": [
            {"attributes": attributes, "private": ""}]}]})
    };
    let other = |kind: &str, attributes: Value| json!({"resources": [{"type": kind, "instances": [{"attributes": attributes}]}]});
    let output =
        |sensitive: bool| json!({"outputs": {"a": {"value": [KEY], "sensitive": sensitive}}});
    let mut private = instance(json!({}));
    private["resources"][0]["instances"][0]["private"] =
        STANDARD.encode(format!("{{{KEY}}}")).into();
    let states = [
        (instance(json!({"api_key": KEY})), false),
        (instance(json!({"api_key": KEY, "store_api_key": true})), false),
        (instance(json!({"api_key": KEY, "store_api_key": false})), true),
        (instance(json!({"api_key_wo": KEY})), true),
        (instance(json!({"description": KEY})), true),
        (private, true),
        (other("terraform_data", json!({"api_key": KEY})), true),
        (other("ibm_sm_arbitrary_secret", json!({"payload": KEY})), false),
        (output(true), false),
        (output(false), true),
    ];
    for (state, leaks) in states {
        let text = state.to_string();
        for name in ["terraform.tfstate", "terraform.tfstate.backup", "errored.tfstate"] {
            found(name, leaks, |path| Ok(fs::write(path, &text)?))?;
        }
        // What the state of a plan was asked to hold may be in its changes.
        found("plan.bin", leaks, |path| plan(path, KEY, &text, "written by the test"))?;
    }
    let nothing = "{}";
    found("plan.bin", true, |path| plan(path, KEY, nothing, ""))?;
    found("plan.bin", true, |path| plan(path, "", nothing, KEY))?;
    found("plan.bin", false, |path| plan(path, "configured-0123", nothing, "written by the test"))?;
    for name in ["trace.log", "tmp/left", "home/.terraform.d/x", "work/main.tf", "work/crash.log"] {
        found(name, true, |path| Ok(fs::write(path, KEY)?))?;
        found(name, false, |path| Ok(fs::write(path, "written by the test")?))?;
        found(name, true, |path| Ok(fs::write(path, "configured-0123")?))?;
    }
    found("work/token", false, |path| Ok(fs::write(path, KEY)?))
}

/// Ok if a search of a folder with this one file `leaks`, or does not.
fn found(name: &str, leaks: bool, write: impl Fn(&Path) -> Result<()>) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join(name);
    fs::create_dir_all(path.parent().unwrap_or(&path))?;
    write(&path)?;
    let named = |text: &str| (text.to_owned(), "a secret".to_owned());
    let secrets = Secrets::from([named(KEY), named("configured-0123")]);
    let own = BTreeSet::from(["written by the test".to_owned()]);
    let holders = BTreeMap::from([named("work/token")]);
    let configured = BTreeSet::from(["configured-0123".to_owned()]);
    let tally = Tally::default();
    let mut search = Leaks::of(&secrets, &own, &holders, configured)?;
    search.folder(folder.path())?;
    let end = search.end(&tally);
    ensure!(end.is_err() == leaks, "{name}: {end:?}");
    ensure!(tally.to_string().contains(" 0 hits") != leaks, "{name}: {tally}");
    Ok(())
}

/// Writes a plan file with these planned changes, state and configuration.
fn plan(path: &Path, changes: &str, state: &str, configuration: &str) -> Result<()> {
    let mut plan = ZipWriter::new(File::create(path)?);
    for (name, text) in
        [("tfplan", changes), ("tfstate", state), ("tfconfig/m-/main.tf", configuration)]
    {
        plan.start_file(name, SimpleFileOptions::default())?;
        plan.write_all(text.as_bytes())?;
    }
    plan.finish()?;
    Ok(())
}

fn every_secret_is_planted() -> Result<()> {
    let configuration = "variable \"quiet\" {\n  sensitive = true\n}\nvariable \"gone\" {\n  ephemeral \
                         = true\n}\nvariable \"plain\" {}\n  api_key = \"literal-1\"\n  payload_wo = \
                         \"literal-2\"\n  name = \"name\"\n";
    let environment = BTreeMap::from(
        [
            ("IC_API_KEY", "environment-1"),
            ("TF_VAR_quiet", "quiet-1"),
            ("TF_VAR_gone", "gone-1"),
            ("TF_VAR_plain", "plain-1"),
            ("HOME", "home-1"),
            ("HTTP_PROXY", "http://user-1:password-1@proxy-1:80"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    let mut secrets = Secrets::new();
    for literal in secrecy::literals(configuration) {
        secrecy::plant(&mut secrets, &literal, "");
    }
    secrecy::plant_environment(&mut secrets, &environment, configuration);
    secrecy::plant_state(
        &mut secrets,
        &json!({
            "iam": {"api_keys": [{"id": "a", "apikey": "iam-1"}]},
            "secrets_manager": {
                "configurations": [{"name": "a", "api_key": "engine-1"}],
                "secrets": [{"kind": {"arbitrary": {}}, "versions": [{"id": "a", "payload": "payload-1"}]}],
            },
        }),
    );
    let expected = [
        "engine-1",
        "environment-1",
        "gone-1",
        "iam-1",
        "literal-1",
        "literal-2",
        "password-1",
        "payload-1",
        "quiet-1",
    ];
    ensure!(secrets.keys().eq(&expected), "{secrets:?}");
    let asked_for = secrecy::configured(&secrets, &environment, configuration);
    ensure!(asked_for.iter().eq(&["literal-1", "quiet-1"]), "{asked_for:?}");
    Ok(())
}
