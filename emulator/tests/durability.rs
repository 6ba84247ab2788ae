//! Acknowledged writes survive restarts, and `kill -9` at any moment.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
#![allow(unreachable_pub, reason = "the helpers are for several binaries")]
#![expect(clippy::print_stdout, reason = "the loop says how many writes it counted")]

#[path = "support/lab.rs"]
#[allow(dead_code, reason = "shared with the contract tests")]
mod lab;
#[path = "support/process.rs"]
#[allow(dead_code, reason = "shared with the command line tests")]
mod process;

use ibm_sm_emulator::seed;
use lab::Lab;
use process::{Process, run};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many processes are killed.
const ROUNDS: usize = 8;
/// How many secrets are in the store whose pages are overwritten.
const SECRETS: usize = 12;
/// Of its unused pages, one of so many is overwritten.
const UNUSED: usize = 100;
/// How many requests are in flight at once.
const WRITERS: usize = 6;
/// How many responses a process sends before it is killed, with other requests in flight.
const RESPONSES: usize = 40;

async fn lab_of(process: &Process) -> Lab {
    Lab::at(process.exported("EMULATOR_URL")).await
}

fn text(name: &str) -> Value {
    json!({ "secret_type": "arbitrary", "name": name, "payload": "p" })
}

/// The names of all secrets; checks that each is complete.
async fn names(lab: &Lab) -> BTreeSet<String> {
    let state = lab.state().await;
    let secrets = state["secrets_manager"]["secrets"].as_array().unwrap();
    secrets
        .iter()
        .map(|secret| {
            assert_eq!(secret["versions"][0]["payload"], "p", "{secret}");
            secret["name"].as_str().unwrap().to_owned()
        })
        .collect()
}

/// Killed in a loop with writes in flight: no acknowledged write is lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_minus_nine_loses_no_acknowledged_write() {
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = BTreeSet::new();
    for round in 0..ROUNDS {
        let mut process = Process::with_data(folder.path());
        let lab = Arc::new(lab_of(&process).await);
        let seen = names(&lab).await;
        let lost: Vec<_> = acknowledged.difference(&seen).collect();
        assert!(lost.is_empty(), "round {round} lost {lost:?}");
        let count = Arc::new(AtomicUsize::new(0));
        let (enough, mut wait) = tokio::sync::mpsc::channel::<()>(1);
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let (lab, count, enough) = (Arc::clone(&lab), Arc::clone(&count), enough.clone());
                tokio::spawn(async move {
                    let mut mine = Vec::new();
                    for number in 0.. {
                        let name = format!("r{round}-w{writer}-n{number}");
                        match lab.try_post("secrets", &text(&name)).await {
                            Some(201) => mine.push(name),
                            Some(status) => panic!("{name}: {status}"),
                            None => break,
                        }
                        if count.fetch_add(1, Ordering::SeqCst) + 1 == RESPONSES {
                            enough.send(()).await.unwrap();
                        }
                    }
                    mine
                })
            })
            .collect();
        wait.recv().await.unwrap();
        process.kill();
        for writer in writers {
            acknowledged.extend(writer.await.unwrap());
        }
    }
    let process = Process::with_data(folder.path());
    let seen = names(&lab_of(&process).await).await;
    let lost = acknowledged.difference(&seen).count();
    println!("kill -9, {ROUNDS} times: {} acknowledged writes, {lost} lost", acknowledged.len());
    assert_eq!(lost, 0);
    assert!(acknowledged.len() >= ROUNDS * RESPONSES);
}

/// State, clock, switches and tokens are restored; what became due in between is run.
#[tokio::test]
async fn a_restart_restores_everything() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = Process::with_data(folder.path());
    let before = lab_of(&first).await;
    before
        .put("/_emulator/clock", json!({ "mode": "frozen", "now": "2026-01-10T09:00:00Z" }))
        .await
        .expect(200);
    let before = lab_of(&first).await;
    before.put("/_emulator/switches", json!({ "ttl_echo": "as_given" })).await.expect(200);
    before.configure().await;
    let body = json!({
        "secret_type": "iam_credentials", "name": "s1", "ttl": "30m", "reuse_api_key": true,
        "access_groups": [seed::ACCESS_GROUP_IDS[0]],
    });
    let id = before.secret(body).await;
    let gone = before.secret(text("gone")).await;
    let read = before.get(&format!("secrets/{id}")).await.expect(200);
    before.delete(&format!("secrets/{gone}")).await.expect(204);
    let state = before.state().await;
    first.kill();

    let mut second = Process::with_data(folder.path());
    let after = Lab::with_token(second.exported("EMULATOR_URL"), before.token.clone());
    assert_eq!(after.state().await, state);
    assert_eq!(after.get("/_emulator/clock").await.text("now"), "2026-01-10T09:00:00Z");
    assert_eq!(after.get(&format!("secrets/{id}")).await.expect(200).body, read.body);
    assert_eq!(read.text("ttl"), "30m");
    assert!(after.accepts(read.text("api_key")).await);
    after.advance(1800).await;
    assert!(!after.accepts(read.text("api_key")).await);
    after
        .put("/_emulator/state", json!({ "switches": { "first_read": "fills_version" } }))
        .await
        .expect(204);
    let state = after.state().await;
    second.kill();

    let third = Process::with_data(folder.path());
    let last = Lab::with_token(third.exported("EMULATOR_URL"), before.token.clone());
    assert_eq!(last.state().await, state);
    last.post("/_emulator/reset", json!({})).await.expect(204);
    last.exchange(seed::BOOTSTRAP_API_KEY).await.expect(200);
}

/// A folder can be used by one process only.
#[test]
fn a_second_process_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let _first = Process::with_data(folder.path());
    let (succeeded, errors) = run(&["--data", folder.path().to_str().unwrap()]);
    assert!(!succeeded);
    assert!(errors.contains("is another emulator using the folder?"), "{errors}");
}

/// A file that is not a store is refused and left unchanged.
#[test]
fn a_foreign_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("emulator.redb");
    std::fs::write(&file, "not a database").unwrap();
    let (succeeded, errors) = run(&["--data", folder.path().to_str().unwrap()]);
    assert!(!succeeded);
    assert!(errors.contains("cannot open"), "{errors}");
    assert_eq!(std::fs::read(&file).unwrap(), b"not a database");
}

/// A missing folder is created.
#[tokio::test]
async fn a_new_folder_has_the_default_state() {
    let folder = tempfile::tempdir().unwrap();
    let inner: &Path = &folder.path().join("new");
    let process = Process::with_data(inner);
    let lab = lab_of(&process).await;
    assert_eq!(lab.get("secret_groups").await.expect(200).at("total_count"), 2);
    assert!(inner.join("emulator.redb").exists());
}

/// The file holds keys in clear: only its owner can read it, or list its folder, also where both
/// were there before with wider rights. A folder with other files keeps its own rights.
#[cfg(unix)]
#[test]
fn the_keys_on_disk_are_private() {
    use std::fs::{Permissions, metadata, set_permissions};
    use std::os::unix::fs::PermissionsExt as _;
    let rights = |path: &Path| metadata(path).unwrap().permissions().mode() & 0o777;
    let root = tempfile::tempdir().unwrap();
    let (data, tls) = (root.path().join("data"), root.path().join("tls"));
    let start = || {
        let (data, tls) = (data.to_str().unwrap(), tls.to_str().unwrap());
        Process::start(&["--data", data, "--tls-listen", "127.0.0.1:0", "--tls-folder", tls])
    };
    let secret = [data.join("emulator.redb"), tls.join("server-key.pem")];
    for _ in 0..2 {
        drop(start());
        assert_eq!(rights(&data), 0o700);
        for file in &secret {
            assert_eq!(rights(file), 0o600, "{}", file.display());
            set_permissions(file, Permissions::from_mode(0o644)).unwrap();
        }
        set_permissions(&data, Permissions::from_mode(0o755)).unwrap();
    }
    std::fs::write(data.join("of another program"), "").unwrap();
    drop(start());
    assert_eq!(rights(&data), 0o755);
    assert_eq!(rights(&secret[0]), 0o600);
    assert_eq!(std::fs::read_dir(&data).unwrap().count(), 2);
}

/// A write that the disk refuses changes nothing, in memory or on disk, and once there is room
/// writing goes on. The disk is full at each of a few sizes of the file.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_divides_nothing() {
    let folder = tempfile::tempdir().unwrap();
    drop(Process::with_data(folder.path()));
    let size = std::fs::metadata(folder.path().join("emulator.redb")).unwrap().len() / 1024;
    let big = |name: &str| json!({ "secret_type": "arbitrary", "name": name, "payload": "p", "custom_metadata": { "a": "x".repeat(9_000) } });
    let mut written = BTreeSet::new();
    let mut process = Process::with_full_disk(folder.path(), size);
    let lab = lab_of(&process).await;
    let mut refused = None;
    for number in 0..2_000 {
        let name = format!("n{number}");
        match lab.try_post("secrets", &big(&name)).await {
            Some(201) => written.insert(name),
            Some(500) => {
                refused = Some(name);
                break;
            }
            other => panic!("{name}: {other:?}"),
        };
    }
    let refused = refused.unwrap();
    assert_eq!(names(&lab).await, written);
    // Not a 409: it is not there.
    for _ in 0..3 {
        assert_eq!(lab.try_post("secrets", &big(&refused)).await, Some(500));
        let switch = lab.put("/_emulator/switches", json!({ "ttl_echo": "as_given" })).await;
        let now = lab.get("/_emulator/switches").await.expect(200);
        let echo = if switch.status == 200 { "as_given" } else { "seconds" };
        assert_eq!(now.text("ttl_echo"), echo);
        assert_eq!(names(&lab).await, written);
    }
    process.make_room();
    assert_eq!(lab.try_post("secrets", &big(&refused)).await, Some(201));
    written.insert(refused);
    let state = lab.state().await;
    process.kill();
    let again = Process::with_data(folder.path());
    let lab = Lab::with_token(again.exported("EMULATOR_URL"), lab.token.clone());
    assert_eq!(lab.state().await, state);
    assert_eq!(names(&lab).await, written);
}

/// A file that is no store, or was cut to nothing, is refused with what to do, not as one that is in use.
#[test]
fn a_damaged_file_is_refused_with_advice() {
    for (content, words) in [("x".repeat(100_000), "magic number"), (String::new(), "is empty")] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("emulator.redb");
        std::fs::write(&file, &content).unwrap();
        let (succeeded, errors) = run(&["--data", folder.path().to_str().unwrap()]);
        assert!(!succeeded);
        assert!(errors.contains(words), "{errors}");
        assert_refused_with_advice(&errors);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), content);
    }
}

fn assert_refused_with_advice(errors: &str) {
    assert!(!errors.contains("panicked"), "{errors}");
    assert!(!errors.contains("is another emulator"), "{errors}");
    assert!(errors.contains("Restore it from a copy, or move it away"), "{errors}");
}

/// What a first start leaves that fails for want of room is no damaged file for the next one.
#[cfg(target_os = "linux")]
#[test]
fn a_first_start_on_a_full_disk_can_be_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let errors = Process::fails_on_full_disk(folder.path(), 8);
    assert!(errors.contains("emulator.redb"), "{errors}");
    drop(Process::with_data(folder.path()));
}

/// Whatever single page of the file is overwritten: the next start refuses it with what to do, or has
/// exactly what was acknowledged. The last write is the one that a store could go back behind without
/// anybody noticing, so there is a copy of the file from before it, too.
#[tokio::test]
async fn an_overwritten_page_loses_nothing_without_a_word() {
    const PAGE: usize = 4096;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("emulator.redb");
    let mut process = Process::with_data(folder.path());
    let lab = lab_of(&process).await;
    let clock = json!({ "mode": "frozen", "now": "2026-01-10T09:00:00Z" });
    lab.put("/_emulator/clock", clock).await.expect(200);
    let lab = lab_of(&process).await;
    for number in 0..SECRETS {
        lab.secret(text(&format!("n{number}"))).await;
    }
    process.kill();
    let older = std::fs::read(&file).unwrap();
    let mut process = Process::with_data(folder.path());
    let lab = lab_of(&process).await;
    let id = lab.secret(text("last-but-one")).await;
    lab.delete(&format!("secrets/{id}")).await.expect(204);
    lab.secret(text("last")).await;
    let acknowledged = lab.state().await;
    process.kill();
    let whole = std::fs::read(&file).unwrap();

    let (mut refused, mut kept) = (0, 0);
    for (number, page) in whole.chunks(PAGE).enumerate() {
        let before = older.get(number * PAGE..(number + 1) * PAGE).unwrap_or(page);
        let noise: Vec<u8> = (0..PAGE).map(|at| (at * 31 + number * 7 + 1) as u8).collect();
        for (kind, overwritten) in [("zeros", &[0; PAGE][..]), ("noise", &noise), ("older", before)]
        {
            // The first page older is the whole file as it was then, which nothing can tell. Of the pages
            // that were never written, some are enough.
            let is_unused = page.iter().all(|byte| *byte == 0);
            if overwritten == page
                || (number == 0 && kind == "older")
                || (is_unused && number % UNUSED != 0)
            {
                continue;
            }
            let mut damaged = whole.clone();
            damaged[number * PAGE..(number + 1) * PAGE].copy_from_slice(overwritten);
            std::fs::write(&file, &damaged).unwrap();
            match Process::try_with_data(folder.path()) {
                Ok(process) => {
                    kept += 1;
                    let url = process.exported("EMULATOR_URL");
                    let state = Lab::with_token(url, String::new()).state().await;
                    assert!(state == acknowledged, "page {number}, {kind}: another state");
                }
                Err(errors) => {
                    refused += 1;
                    assert_refused_with_advice(&errors);
                }
            }
        }
    }
    println!("overwritten pages: {refused} refused, {kept} without effect");
    assert!(refused > 0 && kept > 0);
}
