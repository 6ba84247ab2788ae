//! Functions, called as Terraform calls them: in a process that is not configured
//! (plugin-protocol.md 2.6).

use ibm_sm_emulator::seed::BOOTSTRAP_API_KEY;
use ibm_sm_provider::plugin::proto::tfplugin6::{get_functions, get_provider_schema};
use serde_json::json;

use crate::support::emulator::Emulator;
use crate::support::session::Session;

#[tokio::test]
async fn functions_work_without_a_configured_provider() {
    let mut session = Session::start().await;
    for (function, argument, result) in [
        (
            "parse_crn",
            json!("crn:v1:bluemix:public:secrets-manager:us-south:a/0123:i-1:secret:s-1"),
            json!({
                "version": "v1", "cname": "bluemix", "ctype": "public",
                "service_name": "secrets-manager", "region": "us-south", "scope": "a/0123",
                "account_id": "0123", "instance_id": "i-1", "resource_type": "secret",
                "resource": "s-1"
            }),
        ),
        (
            "parse_id",
            json!("us-south/i-1/engine"),
            json!({"region": "us-south", "instance_id": "i-1", "object": "engine"}),
        ),
        ("duration_to_seconds", json!("90d"), json!(7_776_000)),
        // Terraform converts a number to a string for a string parameter.
        ("duration_to_seconds", json!("1800"), json!(1800)),
        ("seconds_to_duration", json!(5400), json!("90m")),
        ("seconds_to_duration", json!(7_776_000), json!("90d")),
    ] {
        assert_eq!(session.call(function, argument.clone()).await, Ok(result), "{argument}");
    }
}

#[tokio::test]
async fn an_error_names_its_argument_and_the_rule() {
    let mut session = Session::start().await;
    for (function, argument, at, rule) in [
        ("parse_crn", json!("crn:v1:x"), Some(0), "A CRN has 10 parts"),
        ("parse_id", json!("us-south"), Some(0), "<region>/<instance_id>/<object>"),
        ("duration_to_seconds", json!("1h30m"), Some(0), "The value must be a duration"),
        ("seconds_to_duration", json!(0), Some(0), "The value must be 1 or more"),
        ("seconds_to_duration", json!(1.5), Some(0), "must be a whole number"),
        ("dance", json!("x"), None, "This provider has no function \"dance\""),
        ("parse_crn", json!("crn:x:b:p:s:r:a/1:i:secret:s"), Some(0), "v and a digit"),
        ("parse_crn", json!("crn:v1:b:p:s:r:a/1:i:secret:a b"), Some(0), "The part resource"),
        (
            "parse_id",
            json!("crn:v1:bluemix:public:secrets-manager:us-south:a/0123:i-1:secret:s-1"),
            Some(0),
            "a CRN; as an id that is \"us-south/i-1/s-1\"",
        ),
        ("parse_id", json!(["x"]), Some(0), "must be a string"),
        ("parse_id", json!(null), Some(0), "takes one known string"),
        ("duration_to_seconds", json!("0"), Some(0), "at least one second"),
        ("seconds_to_duration", json!(-1), Some(0), "It is -1"),
        ("seconds_to_duration", json!(null), Some(0), "takes one known number"),
    ] {
        let (argument, message) = session.call(function, argument).await.unwrap_err();
        assert_eq!(argument, at, "{function}: {message}");
        assert!(message.contains(rule), "{function}: {message}");
        assert!(!message.ends_with('.'), "Terraform adds a period: {message}");
    }
}

#[tokio::test]
async fn both_calls_that_return_the_functions_agree() {
    let mut session = Session::start().await;
    let functions = session.provider.get_functions(get_functions::Request {}).await.unwrap();
    let request = get_provider_schema::Request::default();
    let schema = session.provider.get_provider_schema(request).await.unwrap().into_inner();
    let functions = functions.into_inner();
    assert_eq!(functions.functions.len(), 4);
    assert_eq!(functions.functions, schema.functions);
}

#[tokio::test]
async fn no_error_repeats_a_secret_that_the_process_knows() {
    let emulator = Emulator::start().await;
    let mut session = Session::with(&emulator).await;
    let crn =
        format!("crn:v1:bluemix:public:secrets-manager:us-south:a/1:i:secret:{BOOTSTRAP_API_KEY}");
    let error = session.call("parse_id", json!(crn)).await.unwrap_err();
    assert!(error.1.contains("as an id that is \"us-south/i/(redacted)\""), "{error:?}");
    let error = session.call(BOOTSTRAP_API_KEY, json!("x")).await.unwrap_err();
    assert_eq!(error, (None, "This provider has no function \"(redacted)\"".to_owned()));
}
