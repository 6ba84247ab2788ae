//! The binary: its banner, its warnings and its errors.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(unreachable_pub, reason = "the helpers are for several binaries")]

#[path = "support/process.rs"]
#[allow(dead_code, reason = "shared with the durability tests")]
mod process;

use ibm_sm_emulator::seed;
use process::{Process, first_error, run};

/// A shell can evaluate the `export` lines of the banner.
#[test]
fn the_banner_points_clients_to_the_emulator() {
    let process = Process::start(&[]);
    assert_eq!(process.exported("IBMCLOUD_API_KEY"), seed::BOOTSTRAP_API_KEY);
    let url = process.exported("EMULATOR_URL");
    assert!(url.starts_with("http://127.0.0.1:"), "{url}");
    assert_eq!(process.exported("IBMCLOUD_IAM_API_ENDPOINT"), url);
    let endpoint = process.exported("IBMCLOUD_SECRETS_MANAGER_API_ENDPOINT");
    assert_eq!(endpoint, format!("'{url}/instances/{{instance_id}}'"));
}

/// A seed file is the initial state, which the banner refers to.
#[test]
fn a_seed_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("seed.toml");
    let content = r#"
        [[iam.accounts]]
        id = "ffffffffffffffffffffffffffffffff"
        name = "mine"

        [[secrets_manager.instances]]
        id = "99999999-2222-4333-8444-555555555555"
        account_id = "ffffffffffffffffffffffffffffffff"
        region = "eu-de"
        created_at = "2026-01-01T00:00:00Z"
    "#;
    std::fs::write(&file, content).unwrap();
    let process = Process::start(&["--seed", file.to_str().unwrap()]);
    assert_eq!(
        process.exported("SECRETS_MANAGER_INSTANCE_ID"),
        "99999999-2222-4333-8444-555555555555"
    );
    assert_eq!(process.exported("IC_REGION"), "eu-de");
    assert!(!process.screen.contains(seed::BOOTSTRAP_API_KEY));
}

/// Invalid arguments are explained.
#[test]
fn invalid_arguments_are_explained() {
    for (arguments, words) in [
        (vec!["--tls-listen", "127.0.0.1:0"], "--tls-folder"),
        (vec!["--seed", "nowhere.json"], "cannot read nowhere.json"),
        (vec!["--data", "/dev/null/x"], "cannot make /dev/null/x"),
        (vec!["--colour"], "unexpected argument"),
    ] {
        let (succeeded, errors) = run(&arguments);
        assert!(!succeeded, "{arguments:?}");
        assert!(errors.contains(words), "{arguments:?}: {errors}");
    }
}

/// Listening on a public address prints a warning.
#[test]
fn a_public_address_prints_a_warning() {
    let warning = first_error("0.0.0.0:0");
    assert!(warning.starts_with("warning: 0.0.0.0:"), "{warning}");
    assert!(warning.contains("can be reached from other machines"), "{warning}");
}
