//! Secrets (2.4): create, list, metadata, patch, delete.

use crate::lab::{Lab, START, UNKNOWN_ID, generated_secret, send, static_secret, with};
use ibm_sm_emulator::seed;
use reqwest::Method;
use serde_json::json;

/// S1: the response repeats the request, with the defaults of 6.3 and without credentials.
#[tokio::test]
async fn a_secret_is_created() {
    let lab = Lab::with_engine().await;
    let made = lab.post("secrets", static_secret("s1", true)).await.expect(201);
    let id = made.text("id");
    assert_eq!(
        made.body,
        json!({
            "id": id,
            "secret_type": "iam_credentials",
            "name": "s1",
            "secret_group_id": "default",
            "labels": [],
            "crn": format!(
                "crn:v1:bluemix:public:secrets-manager:us-south:a/{}:{}:secret:{id}",
                seed::ACCOUNT_ID, seed::INSTANCE_ID
            ),
            "created_by": format!("iam-{}", seed::BOOTSTRAP_SERVICE_ID),
            "created_at": START,
            "updated_at": START,
            "retrieved_at": "1970-01-01T00:00:00Z",
            "downloaded": false,
            "custom_metadata": {},
            "locks_total": 0,
            "versions_total": 1,
            "state": 1,
            "state_description": "active",
            "ttl": "7776000",
            "reuse_api_key": true,
            "service_id": seed::STATIC_SERVICE_ID,
            "service_id_is_static": true,
            "rotation": { "auto_rotate": false },
        })
    );
    assert_eq!(lab.engine_objects().await, [""; 0]);
}

/// S1: every argument.
#[tokio::test]
async fn a_secret_with_all_fields() {
    let lab = Lab::with_engine().await;
    let group = lab.post("secret_groups", json!({ "name": "team-a" })).await.expect(201);
    let made = lab
        .post(
            "secrets",
            with(
                generated_secret("s1", true),
                json!({
                    "description": "d",
                    "secret_group_id": group.text("id"),
                    "labels": ["dev", "us-south"],
                    "access_groups": seed::ACCESS_GROUP_IDS,
                    "rotation": { "auto_rotate": true, "interval": 1, "unit": "month" },
                    "custom_metadata": { "owner": { "team": "a" } },
                    "version_custom_metadata": { "ticket": "OPS-1" },
                }),
            ),
        )
        .await
        .expect(201);
    assert_eq!(made.text("description"), "d");
    assert_eq!(made.text("secret_group_id"), group.text("id"));
    assert_eq!(*made.at("labels"), json!(["dev", "us-south"]));
    assert_eq!(*made.at("access_groups"), json!(seed::ACCESS_GROUP_IDS));
    assert_eq!(made.at("service_id_is_static"), false);
    assert_eq!(*made.at("custom_metadata"), json!({ "owner": { "team": "a" } }));
    assert_eq!(
        *made.at("rotation"),
        json!({ "auto_rotate": true, "interval": 1, "unit": "month" })
    );
    assert_eq!(made.text("next_rotation_date"), "2026-02-10T09:00:00Z");
    for absent in
        ["service_id", "api_key", "api_key_id", "expiration_date", "version_custom_metadata"]
    {
        assert!(!made.has(absent), "{absent}");
    }
    let path = format!("secrets/{}/versions/current/metadata", made.text("id"));
    let version = lab.get(&path).await.expect(200);
    assert_eq!(*version.at("version_custom_metadata"), json!({ "ticket": "OPS-1" }));
}

/// 4.4: a number or a string, with or without a unit, is returned in seconds.
#[tokio::test]
async fn ttl_is_returned_in_seconds() {
    let lab = Lab::with_engine().await;
    for (number, (ttl, seconds)) in [
        (json!("1800"), "1800"),
        (json!("30m"), "1800"),
        (json!(1800), "1800"),
        (json!("24h"), "86400"),
        (json!("90d"), "7776000"),
        (json!("60s"), "60"),
    ]
    .into_iter()
    .enumerate()
    {
        let body = with(static_secret(&format!("s{number}"), true), json!({ "ttl": ttl }));
        let made = lab.post("secrets", body).await.expect(201);
        assert_eq!(made.text("ttl"), seconds, "{ttl}");
    }
}

/// S1, 2.2, 4.5: invalid bodies.
#[tokio::test]
async fn refusals_of_create() {
    let lab = Lab::with_engine().await;
    lab.secret(static_secret("taken", true)).await;
    let group = seed::ACCESS_GROUP_IDS[0];
    let unknown_group = "AccessGroupId-00000000-0000-4000-8000-000000000000";
    let unknown_service_id = "ServiceId-00000000-0000-4000-8000-000000000000";
    for (changes, status, code) in [
        (json!({ "secret_type": null }), 400, "Error00400"),
        (json!({ "secret_type": "kv" }), 400, "Error00400"),
        (json!({ "secret_type": "nonsense" }), 400, "Error00400"),
        (json!({ "name": null }), 400, "Error00400"),
        (json!({ "name": "a" }), 400, "Error00400"),
        (json!({ "name": "-ab" }), 400, "Error00400"),
        (json!({ "name": ["ab"] }), 400, "Error00400"),
        (json!({ "name": "taken" }), 409, "Error00409"),
        (json!({ "ttl": null }), 400, "Error00400"),
        (json!({ "ttl": "59" }), 400, "Error00400"),
        (json!({ "ttl": "7776001" }), 400, "Error00400"),
        (json!({ "ttl": "abc" }), 400, "Error00400"),
        (json!({ "ttl": "1h30m" }), 400, "Error00400"),
        (json!({ "ttl": 1800.5 }), 400, "Error00400"),
        (json!({ "ttl": true }), 400, "Error00400"),
        (json!({ "reuse_api_key": null }), 400, "Error00400"),
        (json!({ "reuse_api_key": "true" }), 400, "Error00400"),
        (json!({ "service_id": null }), 400, "Error00400"),
        (json!({ "access_groups": [group] }), 400, "Error00400"),
        (json!({ "service_id": "ServiceId-x" }), 400, "Error00400"),
        (json!({ "service_id": unknown_service_id }), 400, "Error00400"),
        (json!({ "service_id": null, "access_groups": [] }), 400, "Error00400"),
        (json!({ "service_id": null, "access_groups": vec![group; 11] }), 400, "Error00400"),
        (json!({ "service_id": null, "access_groups": ["x"] }), 400, "Error00400"),
        (json!({ "service_id": null, "access_groups": [unknown_group] }), 400, "Error00400"),
        (json!({ "labels": vec!["ab"; 31] }), 400, "Error00400"),
        (json!({ "labels": ["a"] }), 400, "Error00400"),
        (json!({ "labels": ["a".repeat(65)] }), 400, "Error00400"),
        (json!({ "labels": "ab" }), 400, "Error00400"),
        (json!({ "description": "d".repeat(1025) }), 400, "Error00400"),
        (json!({ "secret_group_id": "x" }), 400, "Error00400"),
        (json!({ "secret_group_id": UNKNOWN_ID }), 404, "Error00404"),
        (json!({ "account_id": "ABC" }), 400, "Error00400"),
        (json!({ "custom_metadata": [] }), 400, "Error00400"),
        (json!({ "custom_metadata": { "a": "a".repeat(10_240) } }), 400, "Error00400"),
        (json!({ "version_custom_metadata": { "a": "a".repeat(10_240) } }), 400, "Error00400"),
        (json!({ "rotation": true }), 400, "Error00400"),
        (json!({ "rotation": { "auto_rotate": true } }), 400, "Error00400"),
        (json!({ "rotation": { "auto_rotate": true, "interval": 1 } }), 400, "Error00400"),
        (
            json!({ "rotation": { "auto_rotate": true, "interval": 0, "unit": "day" } }),
            400,
            "Error00400",
        ),
        (
            json!({ "rotation": { "auto_rotate": true, "interval": 1, "unit": "hour" } }),
            400,
            "Error00400",
        ),
        (json!({ "rotation": { "interval": 1, "unit": "day" } }), 400, "Error00400"),
        (
            json!({ "rotation": { "auto_rotate": true, "interval": 91, "unit": "day" } }),
            400,
            "Error00400",
        ),
        (json!({ "rotation": { "auto_rotate": false, "rotate_keys": true } }), 422, "Error00422"),
        (
            json!({ "reuse_api_key": false, "rotation": { "auto_rotate": true, "interval": 1, "unit": "day" } }),
            400,
            "Error00400",
        ),
        (
            json!({ "ttl": "30m", "rotation": { "auto_rotate": true, "interval": 1, "unit": "day" } }),
            400,
            "Error00400",
        ),
        (json!({ "colour": "red" }), 422, "Error00422"),
        (json!({ "api_key": "x" }), 422, "Error00422"),
    ] {
        let response = lab.post("secrets", with(static_secret("s1", true), changes.clone())).await;
        let code = format!("secrets-manager.{code}");
        assert_eq!((response.error().0, response.error().1), (status, code.as_str()), "{changes}");
    }
    assert_eq!(lab.get("secrets").await.at("total_count"), 1);
}

/// 4.5: an interval as long as the lease is allowed.
#[tokio::test]
async fn an_interval_may_equal_the_ttl() {
    let lab = Lab::with_engine().await;
    for (number, (ttl, interval, unit)) in
        [("90d", 90, "day"), ("90d", 2, "month"), ("4d", 3, "day")].into_iter().enumerate()
    {
        let rotation = json!({ "auto_rotate": true, "interval": interval, "unit": unit });
        let changes = json!({ "ttl": ttl, "rotation": rotation });
        lab.secret(with(static_secret(&format!("s{number}"), true), changes)).await;
    }
}

/// 4.12: a name is unique for its type in the whole instance, across groups.
#[tokio::test]
async fn names_are_unique_across_groups() {
    let lab = Lab::with_engine().await;
    let group = lab.post("secret_groups", json!({ "name": "team-a" })).await.expect(201);
    lab.secret(static_secret("s1", true)).await;
    let same = with(static_secret("s1", true), json!({ "secret_group_id": group.text("id") }));
    assert_eq!(lab.post("secrets", same).await.error().0, 409);
    let arbitrary = json!({ "secret_type": "arbitrary", "name": "s1", "payload": "p" });
    lab.post("secrets", arbitrary).await.expect(201);
}

/// S3 and S5: metadata has no key, and reading it changes nothing.
#[tokio::test]
async fn metadata_never_generates() {
    let lab = Lab::with_engine().await;
    let id = lab.secret(generated_secret("s1", true)).await;
    let path = format!("secrets/{id}/metadata");
    let before = lab.get(&path).await.expect(200);
    lab.advance(5).await;
    lab.get("secrets").await.expect(200);
    lab.get(&format!("secrets/{id}/versions")).await.expect(200);
    lab.get(&format!("secrets/{id}/versions/current/metadata")).await.expect(200);
    assert_eq!(lab.get(&path).await.body, before.body);
    assert_eq!(lab.engine_objects().await, [""; 0]);
    lab.get(&format!("secrets/{id}")).await.expect(200);
    let after = lab.get(&path).await.expect(200);
    assert!(!after.has("api_key"));
    assert_eq!(after.text("retrieved_at"), "2026-01-10T09:00:05Z");
}

/// S4: a secret is read by the names of its group and itself.
#[tokio::test]
async fn a_secret_is_read_by_name() {
    let lab = Lab::with_engine().await;
    let id = lab.secret(static_secret("s1", true)).await;
    let read =
        lab.get("secret_groups/default/secret_types/iam_credentials/secrets/s1").await.expect(200);
    assert_eq!(read.text("id"), id);
    assert_eq!(read.text("api_key").len(), 44);
    for path in [
        "secret_groups/other/secret_types/iam_credentials/secrets/s1",
        "secret_groups/default/secret_types/arbitrary/secrets/s1",
        "secret_groups/default/secret_types/iam_credentials/secrets/s2",
    ] {
        assert_eq!(lab.get(path).await.error().0, 404, "{path}");
    }
}

/// S6: merge patch: fields in the body change, others stay, null removes.
#[tokio::test]
async fn a_patch_changes_only_its_fields() {
    let lab = Lab::with_engine().await;
    let body = with(
        static_secret("s1", true),
        json!({ "description": "d", "labels": ["dev"], "custom_metadata": { "a": 1, "b": 2 } }),
    );
    let id = lab.secret(body).await;
    let path = format!("secrets/{id}/metadata");
    lab.advance(1).await;
    let changed =
        lab.patch(&path, json!({ "name": "s2", "labels": ["prod", "eu"] })).await.expect(200);
    assert_eq!(changed.text("name"), "s2");
    assert_eq!(changed.text("description"), "d");
    assert_eq!(*changed.at("labels"), json!(["prod", "eu"]));
    assert_eq!(changed.text("updated_at"), "2026-01-10T09:00:01Z");
    // The whole object is replaced, not merged.
    let changed = lab.patch(&path, json!({ "custom_metadata": { "b": 3 } })).await.expect(200);
    assert_eq!(*changed.at("custom_metadata"), json!({ "b": 3 }));
    let cleared = lab
        .patch(&path, json!({ "description": null, "labels": null, "custom_metadata": null, "rotation": null }))
        .await
        .expect(200);
    assert!(!cleared.has("description"));
    assert_eq!(*cleared.at("labels"), json!([]));
    assert_eq!(*cleared.at("custom_metadata"), json!({}));
    assert_eq!(lab.patch(&path, json!({})).await.expect(200).text("name"), "s2");
}

/// S6: refusals.
#[tokio::test]
async fn refusals_of_patch() {
    let lab = Lab::with_engine().await;
    lab.secret(static_secret("taken", true)).await;
    let id = lab.secret(static_secret("s1", true)).await;
    let path = format!("secrets/{id}/metadata");
    let before = lab.get(&path).await;
    for (patch, status) in [
        (json!({ "reuse_api_key": false }), 422),
        (json!({ "access_groups": [] }), 422),
        (json!({ "service_id": seed::STATIC_SERVICE_ID }), 422),
        (json!({ "account_id": seed::ACCOUNT_ID }), 422),
        (json!({ "secret_group_id": "default" }), 422),
        (json!({ "secret_type": "iam_credentials" }), 422),
        (json!({ "version_custom_metadata": {} }), 422),
        (json!({ "name": "taken" }), 409),
        (json!({ "name": null }), 400),
        (json!({ "ttl": null }), 400),
        (json!({ "ttl": "59" }), 400),
        (json!({ "labels": ["a"] }), 400),
        (json!({ "rotation": { "auto_rotate": true, "interval": 1, "unit": "hour" } }), 400),
        (json!({ "rotation": { "auto_rotate": true, "interval": 91, "unit": "day" } }), 400),
    ] {
        assert_eq!(lab.patch(&path, patch.clone()).await.error().0, status, "{patch}");
    }
    assert_eq!(lab.get(&path).await.body, before.body);
}

/// 1.4: a patch needs its own content type.
#[tokio::test]
async fn a_patch_needs_the_merge_patch_content_type() {
    let lab = Lab::with_engine().await;
    let id = lab.secret(static_secret("s1", true)).await;
    let request = lab
        .request(Method::PATCH, &format!("secrets/{id}/metadata"))
        .json(&json!({ "name": "s2" }));
    let response = send(request).await;
    assert_eq!((response.error().0, response.error().1), (415, "secrets-manager.Error00415"));
}

/// S6, 4.8: a rename does not change names in IAM.
#[tokio::test]
async fn a_rename_does_not_change_iam() {
    let lab = Lab::with_engine().await;
    let id = lab.secret(static_secret("s1", true)).await;
    let read = lab.get(&format!("secrets/{id}")).await.expect(200);
    lab.patch(&format!("secrets/{id}/metadata"), json!({ "name": "s2" })).await.expect(200);
    let key = lab.get(&format!("/v1/apikeys/{}", read.text("api_key_id"))).await.expect(200);
    assert_eq!(key.text("name"), "Secrets-Manager-IAM-Secret-s1");
    let rotated = lab.post(&format!("secrets/{id}/versions"), json!({})).await.expect(201);
    let key = lab.get(&format!("/v1/apikeys/{}", rotated.text("api_key_id"))).await.expect(200);
    assert_eq!(key.text("name"), "Secrets-Manager-IAM-Secret-s1");
}

/// S7: a deleted secret is unknown, also to a second delete.
#[tokio::test]
async fn a_deleted_secret_is_unknown() {
    let lab = Lab::with_engine().await;
    let id = lab.secret(static_secret("s1", true)).await;
    let path = format!("secrets/{id}");
    lab.delete(&path).await.expect(204);
    for response in [
        lab.delete(&path).await,
        lab.get(&path).await,
        lab.get(&format!("{path}/metadata")).await,
        lab.get(&format!("{path}/versions")).await,
        lab.patch(&format!("{path}/metadata"), json!({})).await,
        lab.post(&format!("{path}/versions"), json!({})).await,
    ] {
        assert_eq!((response.error().0, response.error().1), (404, "secrets-manager.Error00404"));
    }
    assert_eq!(lab.get("secrets/not-a-uuid").await.error().0, 400);
}

/// S8: no action exists for this type.
#[tokio::test]
async fn actions_do_not_exist() {
    let lab = Lab::with_engine().await;
    let id = lab.secret(static_secret("s1", true)).await;
    let body = json!({ "action_type": "public_cert_action_validate_dns_challenge" });
    for path in [format!("secrets/{id}/actions"), format!("secrets/{id}/versions/current/actions")]
    {
        let response = lab.post(&path, body.clone()).await;
        assert_eq!(
            (response.error().0, response.error().1),
            (400, "secrets-manager.Error00400"),
            "{path}"
        );
    }
}

/// 2.1, S1 to S7: roles. Readers see metadata only, and only a Manager can delete.
#[tokio::test]
async fn roles() {
    let lab = Lab::with_engine().await;
    let id = lab.secret(static_secret("s1", true)).await;
    let (secret, metadata) = (format!("secrets/{id}"), format!("secrets/{id}/metadata"));
    let by_name = "secret_groups/default/secret_types/iam_credentials/secrets/s1";
    for (method, path, reader, writer) in [
        (Method::GET, "secrets", 200, 200),
        (Method::GET, &metadata, 200, 200),
        (Method::GET, &secret, 403, 200),
        (Method::GET, by_name, 403, 200),
        (Method::PATCH, &metadata, 403, 415),
        (Method::POST, "secrets", 403, 415),
        (Method::DELETE, &secret, 403, 403),
    ] {
        for (key, status) in [(seed::READER_API_KEY, reader), (seed::WRITER_API_KEY, writer)] {
            let token = lab.token_of(key).await;
            let response = send(lab.anonymous(method.clone(), path).bearer_auth(token)).await;
            assert_eq!(response.status, status, "{key} {method} {path}");
        }
    }
}
