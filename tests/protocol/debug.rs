//! A process that was started with `--debug`, to which Terraform attaches.

use std::path::Path;

use serde_json::Value;

use super::assert_serves;
use crate::support::plugin::{Connection, Launch};

#[tokio::test]
async fn one_process_serves_one_command_after_the_other() {
    let mut process = Launch::to_debug().spawn();
    let printed = loop {
        let line = process.line().await;
        assert_ne!(line, "", "stdout ended before the reattach line");
        if let Some((_, value)) = line.split_once("TF_REATTACH_PROVIDERS=") {
            break value.trim_end().trim_matches('\'').to_owned();
        }
    };
    let providers: Value = serde_json::from_str(&printed).unwrap();
    let providers = providers.as_object().unwrap();
    assert_eq!(providers.len(), 1);
    let (source, reattach) = providers.iter().next().unwrap();
    assert_eq!(source, "ibm-sm/ibm");
    assert_eq!(reattach["Protocol"], "grpc");
    assert_eq!(reattach["ProtocolVersion"], 6);
    assert_eq!(reattach["Test"], true);
    assert_eq!(reattach["Pid"], process.id());
    assert_eq!(reattach["Addr"]["Network"], "unix");
    let socket = Path::new(reattach["Addr"]["String"].as_str().unwrap());

    for _ in 0..2 {
        let connection = Connection::plaintext(socket).await;
        assert_serves(&connection).await;
    }
    let attached = Connection::plaintext(socket).await;
    process.interrupt();
    let exit = process.exit().await;
    assert_eq!(exit.status.code(), Some(0));
    assert_eq!(exit.left_behind, [""; 0]);
    assert_eq!(exit.stderr, "");
    drop(attached);
}
