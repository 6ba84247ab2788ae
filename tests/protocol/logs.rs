//! What the host reads from stderr.

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

use super::assert_serves;
use crate::support::plugin::{Launch, soon};

#[tokio::test]
async fn every_line_of_stderr_is_a_log_record_for_the_host() {
    let plugin = Launch::by_terraform().with("TF_LOG", "TRACE").start().await;
    let connection = plugin.connect().await;
    assert_serves(&connection).await;
    // Something to log: a peer that is not the host.
    let mut stranger = UnixStream::connect(plugin.handshake.socket()).await.unwrap();
    stranger.write_all(b"hello, who is there?").await.unwrap();
    soon(stranger.read_to_end(&mut Vec::new())).await.unwrap();
    connection.shutdown().await;
    let stderr = plugin.exit_in_time().await.stderr;
    let mut messages = Vec::new();
    for line in stderr.lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        let string = |key: &str| record[key].as_str().unwrap().to_owned();
        assert!(line.len() < 64 * 1024, "{line}");
        let levels = ["trace", "debug", "info", "warn", "error"];
        assert!(levels.contains(&string("@level").as_str()), "{line}");
        assert!(string("@module").starts_with("ibm_sm_provider"), "{line}");
        let format = time::macros::format_description!(
            "[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z"
        );
        let time = time::PrimitiveDateTime::parse(&string("@timestamp"), format);
        assert!(time.is_ok(), "{line}");
        messages.push(string("@message"));
    }
    assert!(messages.iter().any(|m| m == "refused a connection"), "{stderr}");
    assert!(stderr.ends_with('\n'), "{stderr}");
}

#[tokio::test]
async fn nothing_is_written_if_no_log_is_enabled() {
    let plugin = Launch::by_terraform().start().await;
    let connection = plugin.connect().await;
    assert_serves(&connection).await;
    connection.shutdown().await;
    assert_eq!(plugin.exit_in_time().await.stderr, "");
}
