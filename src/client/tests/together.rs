//! Reads that arrive together: one request for one object, and a list for more.

use tokio::sync::oneshot;

use super::objects::REFUSAL;
use super::scripted::{Scripted, Setup, Step, response, response_with};
use crate::client::error::ApiError;
use crate::client::instance::InstanceClient;
use crate::client::pages::Source;
use crate::client::types::{IamCredentials, SecretMetadata, SecretMetadataPatch};

type Read = Result<(SecretMetadata<IamCredentials>, Source), ApiError>;

/// The JSON of a secret, with more fields.
fn secret(id: &str, more: &str) -> String {
    format!(
        r#"{{"id":"{id}","secret_type":"iam_credentials","name":"n-{id}","secret_group_id":"default",
            "crn":"crn","created_by":"me","created_at":"2026-01-10T08:00:00Z",
            "updated_at":"2026-01-10T08:00:00Z"{more}}}"#
    )
}

fn page(ids: &[&str], next: &str) -> Step {
    let entries: Vec<String> = ids.iter().map(|id| secret(id, "")).collect();
    response(200, &format!(r#"{{"secrets":[{}]{next}}}"#, entries.join(",")))
}

async fn read(client: &InstanceClient, id: &str) -> Read {
    client.read_secret_metadata(id).await
}

/// Reads these one after the other, each with success, and returns where each was found.
async fn sources<const N: usize>(client: &InstanceClient, ids: [&str; N]) -> [Source; N] {
    let mut sources = [Source::Read; N];
    for (source, id) in sources.iter_mut().zip(ids) {
        let (found, by) = read(client, id).await.unwrap();
        assert_eq!(found.common.id, id);
        *source = by;
    }
    sources
}

fn lines(server: &Scripted) -> Vec<String> {
    let short = |line: String| line.replace("/instances/i-1/api/v2/", "");
    server.seen().iter().map(|seen| short(seen.line())).collect()
}

const LIST: &str = "GET secrets?secret_types=iam_credentials&sort=created_at&offset=0&limit=1000";
const ALONE: Source = Source::Read;
const LISTED: Source = Source::List;

#[tokio::test]
async fn one_read_is_one_request_and_from_the_second_on_a_list_answers() {
    let server =
        Scripted::start(vec![response(200, &secret("a", "")), page(&["a", "b", "c"], "")]).await;
    let client = Setup::at(&server.url).client();
    assert_eq!(sources(&client, ["a", "b", "c", "a"]).await, [ALONE, LISTED, LISTED, LISTED]);
    assert_eq!(lines(&server), ["GET secrets/a/metadata", LIST]);
}

#[tokio::test]
async fn reading_one_object_again_is_not_reading_many() {
    let step = || response(200, &secret("a", ""));
    let server = Scripted::start(vec![step(), step(), step()]).await;
    let client = Setup::at(&server.url).client();
    assert_eq!(sources(&client, ["a", "a", "a"]).await, [ALONE; 3]);
}

#[tokio::test]
async fn pages_are_requested_when_somebody_needs_them_and_enough_is_wanted() {
    let next = r#","next":{"href":"x"}"#;
    let server = Scripted::start(vec![
        response(200, &secret("a", "")),
        page(&["b", "c"], next),
        response(200, &secret("x", "")),
        page(&["x", "y"], ""),
    ])
    .await;
    let client = Setup::at(&server.url).client();
    let found = sources(&client, ["a", "b", "x", "y"]).await;
    assert_eq!(found, [ALONE, LISTED, ALONE, LISTED], "three objects do not pay for two pages");
    assert!(lines(&server)[3].ends_with("&offset=2&limit=1000"), "{:?}", lines(&server));
}

#[tokio::test]
async fn what_a_list_lacks_is_read_and_may_be_there() {
    let server = Scripted::start(vec![
        response(200, &secret("a", "")),
        page(&["a"], ""),
        response(200, &secret("b", "")),
        response(404, REFUSAL),
    ])
    .await;
    let client = Setup::at(&server.url).client();
    assert_eq!(sources(&client, ["a", "b"]).await, [ALONE, ALONE]);
    assert!(read(&client, "c").await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_list_that_is_refused_or_fails_is_tried_once() {
    for status in [403, 500, 503] {
        let server = Scripted::start(vec![
            response(200, &secret("a", "")),
            response(status, REFUSAL),
            response(200, &secret("b", "")),
            response(200, &secret("c", "")),
        ])
        .await;
        let client = Setup::at(&server.url).client();
        assert_eq!(sources(&client, ["a", "b", "c"]).await, [ALONE; 3], "{status}");
        assert_eq!(server.seen().len(), 4);
    }
}

#[tokio::test]
async fn a_list_waits_as_the_service_asks() {
    let server = Scripted::start(vec![
        response(200, &secret("a", "")),
        response(429, REFUSAL),
        response_with(503, "retry-after", "0", REFUSAL),
        page(&["b"], ""),
    ])
    .await;
    let client = Setup::at(&server.url).client();
    assert_eq!(sources(&client, ["a", "b"]).await, [ALONE, LISTED]);
}

#[tokio::test]
async fn a_list_that_leaves_out_fields_answers_nothing() {
    let server = Scripted::start(vec![
        response(200, &secret("a", r#","description":"text""#)),
        page(&["a", "b"], ""),
        response(200, &secret("b", "")),
    ])
    .await;
    let client = Setup::at(&server.url).client();
    assert_eq!(sources(&client, ["a", "b"]).await, [ALONE, ALONE]);
}

#[tokio::test]
async fn no_list_answers_for_what_this_process_changes() {
    let server = Scripted::start(vec![
        response(200, &secret("a", "")),
        page(&["a", "b"], ""),
        response(200, &secret("b", r#","description":"new""#)),
        response(200, &secret("b", r#","description":"new""#)),
    ])
    .await;
    let client = Setup::at(&server.url).client();
    assert_eq!(sources(&client, ["a", "b"]).await, [ALONE, LISTED]);
    let patch = SecretMetadataPatch::<IamCredentials> {
        description: Some("new".to_owned()),
        ..SecretMetadataPatch::default()
    };
    client.update_secret_metadata("b", &patch).await.unwrap();
    let (found, source) = read(&client, "b").await.unwrap();
    assert_eq!((found.common.description.as_deref(), source), (Some("new"), ALONE));
}

#[tokio::test]
async fn whoever_stops_waiting_stops_nobody_else() {
    let (release, released) = oneshot::channel();
    let server = Scripted::start(vec![
        response(200, &secret("a", "")),
        Step::After(released, Box::new(page(&["b", "c"], ""))),
    ])
    .await;
    let client = Setup::at(&server.url).client();
    assert_eq!(sources(&client, ["a"]).await, [ALONE]);
    let other = client.uninterrupted();
    let (stopped, found, ()) = tokio::join!(
        // Its read is what requests the list.
        read(&client, "b"),
        async {
            server.arrived(2).await;
            read(&other, "c").await
        },
        async {
            server.arrived(2).await;
            client.cancelled().cancel();
            release.send(()).unwrap();
        },
    );
    assert!(stopped.unwrap_err().is_cancelled());
    assert_eq!(found.unwrap().1, LISTED);
}

#[tokio::test]
async fn without_bulk_read_there_is_no_list() {
    let step = |id| response(200, &secret(id, ""));
    let server = Scripted::start(vec![step("a"), step("b"), step("c")]).await;
    let mut setup = Setup::at(&server.url);
    setup.config.bulk_read = false;
    assert_eq!(sources(&setup.client(), ["a", "b", "c"]).await, [ALONE; 3]);
}

#[tokio::test]
async fn groups_share_their_list_too() {
    let group = |id: &str| {
        format!(
            r#"{{"id":"{id}","name":"{id}","created_at":"2026-01-10T08:00:00Z","updated_at":"2026-01-10T08:00:00Z"}}"#
        )
    };
    let all = format!(r#"{{"secret_groups":[{},{}]}}"#, group("g"), group("h"));
    let server = Scripted::start(vec![response(200, &group("g")), response(200, &all)]).await;
    let client = Setup::at(&server.url).client();
    for (id, by) in [("g", ALONE), ("h", LISTED), ("g", LISTED)] {
        let (found, source) = client.read_secret_group(id).await.unwrap();
        assert_eq!((found.id.as_str(), source), (id, by));
    }
}
