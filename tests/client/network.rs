//! IBM's own host names, over TLS and HTTP/2 and through a proxy: no address is overridden.

use ibm_sm_emulator::seed;
use ibm_sm_provider::client::{
    ApiErrorKind, ClientConfig, Credentials, Endpoint, ExtraRoots, IamUrl, Operation, Proxy,
    ProxyUrl, TransportKind,
};

use super::{config, connect};
use crate::support::emulator::Emulator;

/// The configuration of a user in a corporate network.
fn behind_proxy(emulator: &Emulator) -> ClientConfig {
    ClientConfig {
        iam_url: IamUrl::ibm(false).unwrap(),
        secrets_manager: Endpoint::Public,
        extra_roots: ExtraRoots::from_pem(emulator.authority()).unwrap(),
        proxy: Proxy::Url(ProxyUrl::parse(&emulator.proxy_url()).unwrap()),
        ..config(emulator, Credentials::ApiKey(seed::BOOTSTRAP_API_KEY.into()))
    }
}

#[tokio::test]
async fn ibms_hosts_are_reached_through_a_proxy_and_trusted_through_an_extra_authority() {
    let instance = seed::INSTANCE_ID;
    let vpe = IamUrl::parse("https://private.us-south.iam.cloud.ibm.com").unwrap();
    for (iam_url, secrets_manager, iam_host, instance_host) in [
        (IamUrl::ibm(false).unwrap(), Endpoint::Public, "iam.cloud.ibm.com", "us-south"),
        (
            IamUrl::ibm(true).unwrap(),
            Endpoint::Private,
            "private.iam.cloud.ibm.com",
            "private.us-south",
        ),
        (vpe, Endpoint::Private, "private.us-south.iam.cloud.ibm.com", "private.us-south"),
    ] {
        let emulator = Emulator::start_with_proxy().await;
        let config = ClientConfig { iam_url, secrets_manager, ..behind_proxy(&emulator) };
        let client = connect(config, instance);
        assert_eq!(client.list_secret_groups().await.unwrap().len(), 2);
        for (operation, host) in [
            ("create_token", iam_host.to_owned()),
            (
                "list_secret_groups",
                format!("{instance}.{instance_host}.secrets-manager.appdomain.cloud"),
            ),
        ] {
            let journal = emulator.journal(operation).await;
            let hosts: Vec<_> = journal.iter().filter_map(|entry| entry["host"].as_str()).collect();
            assert_eq!(hosts, [host]);
        }
    }
}

#[tokio::test]
async fn without_the_authority_nothing_is_sent() {
    let emulator = Emulator::start_with_proxy().await;
    let config = ClientConfig { extra_roots: ExtraRoots::default(), ..behind_proxy(&emulator) };
    let error = connect(config, seed::INSTANCE_ID).list_secret_groups().await.unwrap_err();
    assert_eq!(error.kind(), ApiErrorKind::Transport(TransportKind::Tls));
    assert_eq!((error.operation(), error.host()), (Operation::GetToken, "iam.cloud.ibm.com"));
    assert_eq!(emulator.journal("create_token").await.len(), 0);
}

#[tokio::test]
async fn a_proxy_that_refuses_is_an_error_before_sending_and_shows_no_user() {
    let emulator = Emulator::start_with_proxy().await;
    let proxy = emulator.proxy_url().replace("http://", "http://user:s3cret@");
    let config = ClientConfig {
        iam_url: IamUrl::parse("https://iam.example.test").unwrap(),
        proxy: Proxy::Url(ProxyUrl::parse(&proxy).unwrap()),
        ..behind_proxy(&emulator)
    };
    let error = connect(config, seed::INSTANCE_ID).list_secret_groups().await.unwrap_err();
    assert_eq!(error.kind(), ApiErrorKind::Transport(TransportKind::Connect));
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("s3cret") && !shown.contains("user"), "{shown}");
}
