//! Core's own checks of plans and applies, over tables of configurations: whatever
//! passes them here, every version of Terraform accepts (plugin-protocol.md 4.2,
//! 4.5).

use ibm_sm_emulator::seed::{ACCESS_GROUP_IDS, ENGINE_API_KEY, STATIC_SERVICE_ID};
use serde_json::{Value, json};

use super::with_engine;
use crate::support::core::{
    Action, Attribute, Core, Schema, UNKNOWN, incompatible, invalid, proposed,
};
use crate::support::emulator::Emulator;
use crate::support::session::{Session, in_instance};

/// Applies the configurations one after the other. The first column has what is still
/// unknown during the plan; `null` means nothing.
async fn apply_all(resource: &'static str, emulator: &Emulator, steps: &[(Value, Value, Action)]) {
    let mut core = Core::of(Session::with(emulator).await, resource).await;
    let mut stored = None;
    for (number, (unknown, config, expected)) in (1..).zip(steps) {
        let config = in_instance(config.clone());
        let mut planned = config.clone();
        for (name, value) in unknown.as_object().into_iter().flatten() {
            planned[name] = value.clone();
        }
        let (action, now) = core.apply(stored.as_ref(), &planned, &config).await;
        assert_eq!(action, *expected, "step {number}");
        stored = Some(now);
    }
    core.destroy(&stored.unwrap()).await;
}

#[tokio::test]
async fn secret_groups_follow_the_rules() {
    let emulator = Emulator::start().await;
    let steps = [
        (
            json!({"name": UNKNOWN, "description": UNKNOWN}),
            json!({"name": "team-a", "description": null}),
            Action::Create,
        ),
        (Value::Null, json!({"name": "team-a"}), Action::Nothing),
        (
            json!({"description": UNKNOWN}),
            json!({"name": "team-a", "description": "all of it"}),
            Action::Update,
        ),
        (
            Value::Null,
            json!({"name": "team-a", "description": "all of it", "region": "us-south"}),
            Action::Nothing,
        ),
        (Value::Null, json!({"name": "team-b", "description": ""}), Action::Update),
        (
            Value::Null,
            json!({"name": "team-b", "timeouts": {"create": "5m", "read": null, "update": null, "delete": null}}),
            Action::Update,
        ),
    ];
    apply_all("ibm_sm_secret_group", &emulator, &steps).await;
}

#[tokio::test]
async fn configurations_of_the_engine_follow_the_rules() {
    let emulator = Emulator::start().await;
    let write_only = |version: &str| json!({"name": "engine", "api_key_wo": ENGINE_API_KEY, "api_key_wo_version": version});
    let steps = [
        (
            json!({"api_key": UNKNOWN}),
            json!({"name": "engine", "api_key": ENGINE_API_KEY}),
            Action::Create,
        ),
        (Value::Null, write_only("1"), Action::Update),
        (Value::Null, write_only("1"), Action::Nothing),
        (
            json!({"api_key_wo": UNKNOWN, "api_key_wo_version": UNKNOWN}),
            write_only("2"),
            Action::Update,
        ),
        (
            json!({"disabled": UNKNOWN}),
            json!({"name": "engine", "api_key": ENGINE_API_KEY, "disabled": true}),
            Action::Update,
        ),
        (Value::Null, json!({"name": "other", "api_key": ENGINE_API_KEY}), Action::Replace),
    ];
    apply_all("ibm_sm_iam_credentials_configuration", &emulator, &steps).await;
}

#[tokio::test]
async fn secrets_with_a_reused_key_follow_the_rules() {
    let emulator = with_engine().await;
    let base = json!({"name": "app", "ttl": "90d", "service_id": STATIC_SERVICE_ID});
    let steps = [
        (
            json!({"ttl": UNKNOWN, "service_id": UNKNOWN, "access_groups": UNKNOWN, "rotation": UNKNOWN,
                "labels": [UNKNOWN], "custom_metadata": {"owner": UNKNOWN}}),
            with(
                &base,
                json!({"labels": ["dev"], "custom_metadata": {"owner": "team-a"},
              "version_custom_metadata": {"ticket": "OPS-1"},
              "rotation": [{"auto_rotate": true, "interval": 1, "unit": "month"}]}),
            ),
            Action::Create,
        ),
        (
            Value::Null,
            with(
                &base,
                json!({"ttl": "7776000", "labels": ["dev"],
              "rotation": [{"auto_rotate": true, "interval": 1, "unit": "month"}],
              "custom_metadata": {"owner": "team-a"}, "version_custom_metadata": {"ticket": "OPS-1"}}),
            ),
            Action::Nothing,
        ),
        (Value::Null, base.clone(), Action::Update),
        (
            json!({"rotation_triggers": UNKNOWN}),
            with(&base, json!({"rotation_triggers": {"a": "1"}})),
            Action::Update,
        ),
        (
            Value::Null,
            with(&base, json!({"rotation_triggers": {"a": "1"}, "store_api_key": false})),
            Action::Update,
        ),
        (
            json!({"store_api_key": UNKNOWN}),
            with(
                &base,
                json!({"rotation_triggers": {"a": "2"}, "store_api_key": true, "early_renewal": "1d"}),
            ),
            Action::Update,
        ),
        (
            json!({"early_renewal": UNKNOWN, "description": UNKNOWN}),
            with(&base, json!({"early_renewal": "1d", "description": "late"})),
            Action::Update,
        ),
        (
            json!({"access_groups": UNKNOWN}),
            json!({"name": "app", "ttl": "90d", "access_groups": ACCESS_GROUP_IDS}),
            Action::Replace,
        ),
        (
            Value::Null,
            json!({"name": "app", "ttl": "90d", "access_groups": [ACCESS_GROUP_IDS[1], ACCESS_GROUP_IDS[0]]}),
            Action::Nothing,
        ),
        (
            json!({"reuse_api_key": UNKNOWN}),
            json!({"name": "app", "ttl": "1h", "access_groups": ACCESS_GROUP_IDS, "reuse_api_key": false}),
            Action::Replace,
        ),
    ];
    apply_all("ibm_sm_iam_credentials_secret", &emulator, &steps).await;
}

#[tokio::test]
async fn a_planned_renewal_follows_the_rules() {
    let emulator = with_engine().await;
    let mut core = Core::of(Session::with(&emulator).await, "ibm_sm_iam_credentials_secret").await;
    let config = in_instance(json!({"name": "app", "ttl": "30d", "service_id": STATIC_SERVICE_ID,
                                    "early_renewal": "7d"}));
    let (_, stored) = core.apply(None, &config, &config).await;
    emulator.advance(24 * 86_400).await;
    let stored = core.refresh(&stored).await.unwrap();
    assert_eq!(stored.state["ready_for_renewal"], json!(true));
    let (action, renewed) = core.apply(Some(&stored), &config, &config).await;
    assert_eq!(action, Action::Update);
    assert_ne!(renewed.state["api_key"], stored.state["api_key"]);
    core.destroy(&renewed).await;
}

fn with(base: &Value, more: Value) -> Value {
    let mut config = base.as_object().unwrap().clone();
    config.extend(more.as_object().unwrap().clone());
    config.into()
}

#[test]
fn a_plan_that_core_refuses_is_detected() {
    let attribute =
        |computed, configurable| Attribute { computed, configurable, write_only: false };
    let schema = Schema::from([
        ("given".to_owned(), attribute(false, true)),
        ("either".to_owned(), attribute(true, true)),
        ("result".to_owned(), attribute(true, false)),
        ("hidden".to_owned(), Attribute { write_only: true, ..attribute(false, true) }),
    ]);
    let prior = json!({"given": "old", "either": "old", "result": "old", "hidden": null});
    let config = json!({"given": "new", "either": null, "result": null, "hidden": "hush"});
    assert_eq!(
        proposed(&schema, &prior, &config),
        json!({"given": "new", "either": "old", "result": "old", "hidden": "hush"})
    );
    let plan = json!({"given": "new", "either": UNKNOWN, "result": "any", "hidden": null});
    for (change, wrong) in [
        (json!({}), &[][..]),
        (json!({"given": "old"}), &[]),
        (json!({"given": "other"}), &["given"]),
        (json!({"given": UNKNOWN}), &["given"]),
        (json!({"given": null}), &["given"]),
        (json!({"hidden": "hush"}), &["hidden"]),
    ] {
        assert_eq!(
            invalid(&schema, &prior, &config, &with(&plan, change.clone())),
            wrong,
            "{change}"
        );
    }
    let removed = json!({"given": null, "either": "new", "result": null, "hidden": null});
    let unchanged = json!({"given": "old", "either": UNKNOWN, "result": "old", "hidden": null});
    assert_eq!(invalid(&schema, &prior, &removed, &unchanged), ["either", "given"]);
}

#[test]
fn a_result_that_differs_from_the_plan_is_detected() {
    let planned = json!({"a": UNKNOWN, "b": {"c": [1, UNKNOWN]}, "d": null});
    for (actual, difference) in [
        (json!({"a": 1, "b": {"c": [1, 2]}, "d": null}), None),
        (json!({"a": 1, "b": {"c": [2, 2]}, "d": null}), Some(".b.c[0]: 1 became 2")),
        (
            json!({"a": 1, "b": {"c": [1]}, "d": null}),
            Some(r#".b.c: [1,"(known after apply)"] became [1]"#),
        ),
        (json!({"a": 1, "b": {"c": [1, 2]}, "d": ""}), Some(r#".d: null became """#)),
    ] {
        assert_eq!(incompatible(&planned, &actual).as_deref(), difference);
    }
}
