//! What a host sees before it connects.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::assert_serves;
use crate::support::plugin::Launch;

#[tokio::test]
async fn terraform_reads_one_line_and_nothing_else() {
    let plugin = Launch::by_terraform().start().await;
    let fields = &plugin.handshake.fields;
    assert_eq!([&fields[..3], &fields[4..5]].concat(), ["1", "6", "unix", "grpc"]);
    assert_eq!(fields.len(), 6);
    let connection = plugin.connect().await;
    assert_serves(&connection).await;
    connection.shutdown().await;
    let exit = plugin.exit_in_time().await;
    assert_eq!(exit.stdout, "");
    assert_eq!(exit.status.code(), Some(0));
}

#[tokio::test]
async fn started_by_hand_it_explains_itself() {
    for launch in [
        Launch::by_terraform().without("TF_PLUGIN_MAGIC_COOKIE"),
        Launch::by_terraform().with("TF_PLUGIN_MAGIC_COOKIE", "wrong"),
    ] {
        let exit = launch.spawn().exit().await;
        assert_eq!(exit.status.code(), Some(1));
        assert_eq!(exit.stdout, "");
        let start = "This program is a Terraform provider.";
        assert!(exit.stderr.starts_with(start), "{}", exit.stderr);
        assert_eq!(exit.left_behind, [""; 0]);
    }
}

#[tokio::test]
async fn the_command_line_needs_no_cookie() {
    let version = concat!("terraform-provider-ibm ", env!("CARGO_PKG_VERSION"));
    for (argument, code, stdout, stderr) in [
        ("--version", 0, version, ""),
        ("--help", 0, version, ""),
        ("--nonsense", 1, "", "unknown argument \"--nonsense\""),
    ] {
        let launch = Launch::by_terraform().without("TF_PLUGIN_MAGIC_COOKIE");
        let exit = launch.argument(argument).spawn().exit().await;
        assert_eq!(exit.status.code(), Some(code), "{argument}");
        assert!(exit.stdout.starts_with(stdout), "{argument}: {}", exit.stdout);
        assert_eq!(exit.stdout.is_empty(), stdout.is_empty(), "{argument}");
        assert!(exit.stderr.starts_with(stderr), "{argument}: {}", exit.stderr);
        assert_eq!(exit.stderr.is_empty(), stderr.is_empty(), "{argument}");
    }
}

#[tokio::test]
async fn a_host_without_version_6_can_tell_from_the_handshake_line() {
    for launch in [
        Launch::by_terraform().with("PLUGIN_PROTOCOL_VERSIONS", "4,5"),
        Launch::by_terraform().without("PLUGIN_PROTOCOL_VERSIONS"),
    ] {
        let plugin = launch.start().await;
        assert_eq!(plugin.handshake.fields[1], "6");
    }
}

#[tokio::test]
async fn multiplexing_is_declined_if_the_host_asks_for_it() {
    let launch = Launch::by_terraform().with("PLUGIN_MULTIPLEX_GRPC", "true");
    let plugin = launch.start().await;
    assert_eq!(plugin.handshake.fields[6..], ["false"]);
}

#[tokio::test]
async fn an_unreadable_certificate_never_means_plaintext() {
    let launch = Launch::by_terraform().with("PLUGIN_CLIENT_CERT", "nonsense");
    let exit = launch.spawn().exit().await;
    assert_eq!(exit.status.code(), Some(1));
    assert_eq!(exit.stdout, "");
    assert!(exit.stderr.contains("PLUGIN_CLIENT_CERT"), "{}", exit.stderr);
}

#[tokio::test]
async fn without_a_directory_for_the_socket_the_error_says_what_is_needed() {
    let parent = tempfile::tempdir().unwrap();
    let file = parent.path().join("file");
    std::fs::write(&file, "").unwrap();
    let long = parent.path().join("long".repeat(30));
    std::fs::create_dir(&long).unwrap();
    // Nobody can create anything in /proc, not even the superuser that tests may run as.
    for unusable in [Path::new("/nowhere"), &file, &long, Path::new("/proc")] {
        let chosen = unusable.to_str().unwrap();
        let launch = Launch::by_terraform().with("TMPDIR", chosen);
        let exit = launch.spawn().exit().await;
        assert_eq!(exit.status.code(), Some(1), "{chosen}");
        assert_eq!(exit.stdout, "", "{chosen}");
        assert!(exit.stderr.contains("TMPDIR must name a directory"), "{}", exit.stderr);
    }
    let left = std::fs::read_dir(&long).unwrap().count();
    assert_eq!(left, 0, "nothing is left where no socket fits");
}

#[tokio::test]
async fn the_socket_may_be_behind_a_symbolic_link() {
    let parent = tempfile::tempdir().unwrap();
    let (real, link) = (parent.path().join("real"), parent.path().join("link"));
    std::fs::create_dir(&real).unwrap();
    std::os::unix::fs::symlink(&real, &link).unwrap();
    let plugin = Launch::by_terraform().with("TMPDIR", link.to_str().unwrap()).start().await;
    let directory = plugin.handshake.socket().parent().unwrap().to_owned();
    assert_eq!(directory.parent(), Some(link.as_path()));
    assert_eq!(std::fs::metadata(&directory).unwrap().permissions().mode() & 0o777, 0o700);
    plugin.connect().await.shutdown().await;
    plugin.exit_in_time().await;
    assert_eq!(std::fs::read_dir(&real).unwrap().count(), 0);
}

#[tokio::test]
async fn the_socket_is_private_and_deleted_with_the_process() {
    let wanted = tempfile::tempdir().unwrap();
    for chosen in [None, wanted.path().to_str()] {
        let mut launch = Launch::by_terraform();
        if let Some(chosen) = chosen {
            launch = launch.with("PLUGIN_UNIX_SOCKET_DIR", chosen);
        }
        let plugin = launch.start().await;
        let directory = plugin.handshake.socket().parent().unwrap().to_owned();
        let mode = std::fs::metadata(&directory).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        if let Some(chosen) = chosen {
            assert_eq!(directory.parent(), Some(Path::new(chosen)));
        }
        plugin.connect().await.shutdown().await;
        let exit = plugin.exit_in_time().await;
        assert_eq!(exit.left_behind, [""; 0]);
        assert!(!directory.exists(), "{} is gone", directory.display());
    }
}
