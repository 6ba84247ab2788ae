//! The binary: its banner, its warnings, its errors, and its commands.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(unreachable_pub, reason = "the helpers are for several binaries")]

#[path = "support/process.rs"]
#[allow(dead_code, reason = "shared with the durability tests")]
mod process;

use ibm_sm_emulator::seed;
use process::{Process, command_output, first_error, run};
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// The output of a command that succeeds.
#[track_caller]
fn output(arguments: &[&str]) -> String {
    let (succeeded, output, errors) = command_output(arguments);
    assert!(succeeded, "{arguments:?}: {errors}");
    output
}

/// The one line of a command that fails, with these words.
#[track_caller]
fn fails(arguments: &[&str], words: &[&str]) {
    let (succeeded, output, errors) = command_output(arguments);
    assert!(!succeeded && output.is_empty(), "{arguments:?}: {output}");
    assert!(errors.starts_with("error: "), "{arguments:?}: {errors}");
    for word in words {
        assert!(errors.contains(word), "{arguments:?}: {errors}");
    }
}

/// A server that is no emulator: it answers every request with this.
fn foreign(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            // The head of a request fits into one read.
            let _ = stream.read(&mut [0; 4096]);
            let length = answer.len();
            let _ = write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{answer}");
        }
    });
    url
}

fn state(url: &str, folder: &Path) -> String {
    let file = folder.join("now.json");
    output(&["snapshot", file.to_str().unwrap(), "--url", url]);
    std::fs::read_to_string(file).unwrap()
}

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

/// One client's exports, at the start and from the running emulator, are the same.
#[test]
fn the_exports_of_one_client() {
    let process = Process::start(&["--print-env", "python"]);
    let url = process.exported("EMULATOR_URL");
    assert_eq!(process.exported("SECRETS_MANAGER_AUTH_TYPE"), "iam");
    assert!(!process.screen.contains("TF_VAR"), "{}", process.screen);
    assert_eq!(output(&["env", "python", "--url", &url]), process.screen);
    fails(&["env", "python", "--proxy", "--url", &url], &["--proxy-listen", "--tls-folder"]);
    let choices = "terraform, curl, python, node, go, java, cli";
    fails(&["env", "ruby"], &["ruby", choices]);
    let (succeeded, errors) = run(&["--print-env", "ruby"]);
    assert!(!succeeded && errors.contains(choices), "{errors}");
}

/// The first screen says how to get the exports of one client, and its proxy's are comments.
#[test]
fn the_first_screen_names_the_command() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().to_str().unwrap();
    let by_proxy = ["--proxy-listen", "127.0.0.1:0", "--tls-folder", folder];
    let process = Process::start(&by_proxy);
    let url = process.exported("EMULATOR_URL");
    let words = format!("ibm-sm-emulator env CLIENT --url {url}");
    assert!(process.screen.contains(&words), "{}", process.screen);
    for line in ["#   export HTTPS_PROXY=http://", "#   export NODE_EXTRA_CA_CERTS="] {
        assert!(process.screen.contains(line), "{}", process.screen);
    }
    assert!(!process.screen.contains("\nexport HTTPS_PROXY"), "{}", process.screen);
    let go = output(&["env", "go", "--proxy", "--url", &url]);
    assert!(go.contains("\nexport HTTPS_PROXY=http://"), "{go}");
    let only = Process::start(&[&by_proxy[..], &["--print-env", "node"]].concat());
    assert!(only.screen.contains("#   export NODE_EXTRA_CA_CERTS="), "{}", only.screen);
    assert!(!only.screen.contains("CURL_CA_BUNDLE"), "{}", only.screen);
}

/// Without an emulator, every command says how to get one.
#[test]
fn nobody_is_there() {
    // Bound and closed again: nobody else is given the port as long as the listener lives.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let words = ["no emulator is running at", &url, "`ibm-sm-emulator`", "EMULATOR_URL"];
    for command in
        [&["healthz"][..], &["env", "go"], &["snapshot", "x.json"], &["restore", "Cargo.toml"]]
    {
        fails(&[command, &["--url", &url]].concat(), &words);
    }
    fails(&["healthz", "--url", "127.0.0.1"], &["such as http://127.0.0.1:8484"]);
    assert!(!Path::new("x.json").exists());
}

/// What a foreign server answers is neither health, nor exports, nor a state; it gets no state either.
#[test]
fn a_foreign_server() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kept.json");
    std::fs::write(&file, "{}").unwrap();
    let file = file.to_str().unwrap();
    for answer in ["<html>ok</html>", "{\"status\":\"up\"}", "touch x", "export LD_PRELOAD=x"] {
        let url = foreign(answer);
        for command in [&["healthz"][..], &["env", "go"], &["snapshot", file], &["restore", file]] {
            fails(&[command, &["--url", &url]].concat(), &["is not an emulator", &url]);
        }
    }
    assert_eq!(std::fs::read_to_string(file).unwrap(), "{}");
}

/// A snapshot holds keys, so only its owner can read it, and it brings everything back.
#[test]
fn snapshot_and_restore() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.json");
    // It replaces what was there, and does not inherit its rights.
    std::fs::write(&file, "an older one").unwrap();
    let name = file.to_str().unwrap();
    let process = Process::start(&[]);
    let url = process.exported("EMULATOR_URL");
    assert_eq!(output(&["healthz", "--url", &url]), "ok\n");
    let said = output(&["snapshot", name, "--url", &url]);
    assert!(said.contains(name), "{said}");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    let before = std::fs::read_to_string(&file).unwrap();

    let seed = folder.path().join("team.toml");
    std::fs::write(&seed, output(&["seed", "team"])).unwrap();
    output(&["restore", seed.to_str().unwrap(), "--url", &url]);
    assert!(state(&url, folder.path()).contains("warehouse-loader"));
    output(&["restore", name, "--url", &url]);
    assert_eq!(state(&url, folder.path()), before);
}

/// Where a snapshot cannot be written, the error says so, and nothing else is touched.
#[test]
fn a_snapshot_that_cannot_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(&[]);
    let url = process.exported("EMULATOR_URL");
    let missing = folder.path().join("none").join("state.json");
    for file in [missing.to_str().unwrap(), folder.path().to_str().unwrap(), "/proc/state.json"] {
        fails(&["snapshot", file, "--url", &url], &["cannot write", file, "nothing was saved"]);
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// A file that is damaged, foreign or absent changes nothing.
#[test]
fn a_file_that_cannot_be_restored() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(&[]);
    let url = process.exported("EMULATOR_URL");
    let before = state(&url, folder.path());
    let half = before.get(..before.len() / 2).unwrap();
    for (name, content, words) in [
        ("half.json", half, "EOF"),
        ("empty.json", "", "EOF"),
        ("foreign.json", "{\"name\":\"x\"}", "unknown field `name`"),
        ("list.json", "[]", "not a state"),
        ("foreign.toml", "[package]", "unknown field `package`"),
    ] {
        let file = folder.path().join(name);
        std::fs::write(&file, content).unwrap();
        let file = file.to_str().unwrap();
        fails(&["restore", file, "--url", &url], &["nothing was restored", file, words]);
    }
    fails(&["restore", "none.json", "--url", &url], &["nothing was restored", "cannot read"]);
    assert_eq!(state(&url, folder.path()), before);
}

/// `EMULATOR_URL` is where the commands look, and the exports set it.
#[test]
fn the_exports_lead_the_commands() {
    let process = Process::start(&[]);
    let script = format!(
        "eval \"$({0} env curl --url {1})\" && {0} healthz",
        env!("CARGO_BIN_EXE_ibm-sm-emulator"),
        process.exported("EMULATOR_URL")
    );
    let done = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
    assert_eq!(String::from_utf8(done.stdout).unwrap(), "ok\n");
}

/// Completions know the commands and the clients; commands take no options of the start.
#[test]
fn completions_and_usage() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = output(&["completions", shell]);
        assert!(script.contains("snapshot"), "{shell}");
    }
    for shell in ["bash", "zsh"] {
        assert!(output(&["completions", shell]).contains("two-accounts"), "{shell}");
    }
    fails(&["completions", "tcsh"], &["bash"]);
    fails(&["seed", "large"], &["minimal, two-accounts, team"]);
    fails(&["--log", "healthz"], &["cannot be used with"]);
}
