//! What a cancelled run still does.

use std::time::Duration;
use tokio::sync::oneshot;

use super::objects::{GROUP, REFUSAL, create};
use super::scripted::{Scripted, Setup, Step, response};

#[tokio::test]
async fn a_cancelled_run_sends_nothing() {
    let server = Scripted::start(Vec::new()).await;
    let setup = Setup::at(&server.url);
    setup.cancel.cancel();
    let error = create(&setup.client()).await.unwrap_err();
    assert!(error.is_cancelled());
    assert_eq!((server.seen().len(), server.token_requests().len()), (0, 0));
}

#[tokio::test]
async fn cancelling_ends_a_wait_at_once() {
    let server = Scripted::start(vec![response(429, REFUSAL), response(201, GROUP)]).await;
    let mut setup = Setup::at(&server.url);
    setup.config.retry.base = Duration::from_secs(20);
    setup.config.retry.max_wait = Duration::from_secs(20);
    let client = setup.client();
    // A create is completed, so cancelling it in progress takes effect in the wait after it.
    let (result, ()) = tokio::join!(create(&client), async {
        server.arrived(1).await;
        setup.cancel.cancel();
    });
    let error = result.unwrap_err();
    assert!(error.is_cancelled());
    assert_eq!((error.status(), error.code()), (Some(429), Some("E1")));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn cancelling_drops_a_read_and_completes_a_change() {
    let (release_read, read_released) = oneshot::channel();
    let (release_change, change_released) = oneshot::channel();
    let server = Scripted::start(vec![
        Step::After(read_released, Box::new(response(200, GROUP))),
        Step::After(change_released, Box::new(response(201, GROUP))),
    ])
    .await;
    let setup = Setup::at(&server.url);
    let client = setup.client();
    let (result, ()) = tokio::join!(client.get_secret_group("g-1"), async {
        server.arrived(1).await;
        setup.cancel.cancel();
    });
    let error = result.unwrap_err();
    assert!(error.is_cancelled());
    assert_eq!((error.message(), error.attempts()), (None, 1), "dropped, not timed out");
    drop(release_read);

    let setup = Setup::at(&server.url);
    let client = setup.client();
    let (result, ()) = tokio::join!(create(&client), async {
        server.arrived(2).await;
        setup.cancel.cancel();
        release_change.send(()).unwrap();
    });
    assert_eq!(result.unwrap().id, "g-1");
}
