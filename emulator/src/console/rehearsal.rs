//! What the service would say to a secret that is not complete yet: the request is run and undone.

use crate::app::App;
use crate::console::{layout, recipes};
use crate::error::{ApiError, ErrorKind, Result};
use crate::http::{self, address, exchange};
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request, State as Shared};
use axum::http::Response;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Larger than any body that the service takes, so that it is the service that refuses it.
const LARGEST_BODY: usize = 2 * 1024 * 1024;

/// The screens of the wizard that ask for something, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Screen {
    Type,
    Details,
    Lease,
    Access,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rehearsal {
    screen: Screen,
    /// What has been filled in so far.
    body: Map<String, Value>,
}

/// Answers with a refusal that concerns this screen or one before it; or, once all is filled in,
/// with the secret for other clients.
pub(super) async fn post(
    Shared(app): Shared<Arc<App>>,
    Path(id): Path<String>,
    request: Request,
) -> Response<Body> {
    match rehearse(&app, &id, request).await {
        Ok(answer) => layout::json(200, &answer),
        Err(error) => layout::failed(&error),
    }
}

async fn rehearse(app: &App, id: &str, request: Request) -> Result<Value> {
    let (parts, body) = request.into_parts();
    let broken = |error: String| ApiError::new(ErrorKind::Invalid, error);
    let bytes = to_bytes(body, LARGEST_BODY).await.map_err(|error| broken(error.to_string()))?;
    let rehearsal: Rehearsal =
        serde_json::from_slice(&bytes).map_err(|error| broken(error.to_string()))?;
    let create = http::operations().find(|operation| operation.name == "create_secret");
    let create = create.ok_or_else(|| broken("Secrets cannot be created.".to_owned()))?;
    let path = vec![("instance_id".to_owned(), id.to_owned())];
    let sent = Value::Object(completed(rehearsal.screen, &rehearsal.body)).to_string();
    let outcome = exchange::rehearse(app, create, path, &parts, sent.into());
    if let Err(error) = outcome
        && screen_of(&error) <= rehearsal.screen
    {
        return Ok(json!({ "refusal": { "message": error.message, "field": error.field } }));
    }
    let instance = app.store.transact(|tx| {
        let found = tx.state.secrets_manager.instances.get(id).cloned();
        found.ok_or_else(|| ApiError::not_found("Instance", id))
    });
    let instance = instance.outcome?;
    Ok(json!({
        "hcl": recipes::hcl(&rehearsal.body, &instance),
        "curl": recipes::curl(&rehearsal.body, &instance, &address::base_url(&parts.extensions)),
    }))
}

/// The body with something that nothing can be said against in place of what later screens ask for.
fn completed(screen: Screen, given: &Map<String, Value>) -> Map<String, Value> {
    let mut body = given.clone();
    let mut put = |name: &str, value: Value| body.insert(name.to_owned(), value);
    if screen < Screen::Details {
        put("name", json!("rehearsal-11111111-2222-4333-8444-555555555555"));
    }
    if screen < Screen::Lease {
        put("ttl", json!("90d"));
        put("reuse_api_key", json!(true));
    }
    if screen < Screen::Access {
        put("service_id", json!("ServiceId-11111111-2222-4333-8444-555555555555"));
    }
    body
}

/// The first screen on which something can be done about a refusal.
fn screen_of(error: &ApiError) -> Screen {
    match (error.kind, error.field.as_deref()) {
        (ErrorKind::NoEngine | ErrorKind::Forbidden | ErrorKind::Unauthenticated, _) => {
            Screen::Type
        }
        (_, Some(field)) => match field.split(['.', '[']).next().unwrap_or_default() {
            "secret_type" => Screen::Type,
            "name"
            | "description"
            | "secret_group_id"
            | "labels"
            | "custom_metadata"
            | "version_custom_metadata" => Screen::Details,
            "ttl" | "reuse_api_key" | "rotation" => Screen::Lease,
            _ => Screen::Access,
        },
        _ => Screen::Access,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_belongs_to_the_screen_of_its_field() {
        for (error, screen) in [
            (ApiError::field("name", "is wrong"), Screen::Details),
            (ApiError::field("labels[0]", "is wrong"), Screen::Details),
            (ApiError::field("ttl", "is wrong"), Screen::Lease),
            (ApiError::field("rotation.interval", "is wrong"), Screen::Lease),
            (ApiError::field("service_id", "is wrong"), Screen::Access),
            (ApiError::new(ErrorKind::Conflict, "taken").about("name"), Screen::Details),
            (ApiError::new(ErrorKind::NoEngine, "no engine"), Screen::Type),
            (ApiError::not_found("Secret group", "x").about("secret_group_id"), Screen::Details),
            (ApiError::not_found("Service ID", "x"), Screen::Access),
        ] {
            assert_eq!(screen_of(&error), screen, "{error}");
        }
    }
}
