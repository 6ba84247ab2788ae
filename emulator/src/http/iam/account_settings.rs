//! The settings and limits of an account in IAM Identity (ibm-api.md 3.3).

use crate::error::{ApiError, ErrorKind, Result};
use crate::http::fields::Fields;
use crate::http::iam::shared::{READ, entity_tag, own_account, require_tag};
use crate::http::operation::{ApiResponse, Handler, IamCall, Operation};
use crate::http::query::Query;
use crate::iam::access::Service;
use crate::iam::roles::Role;
use crate::model::iam::{Account, TOKEN_LIFETIME};
use crate::transaction::Transaction;
use axum::http::Method;
use serde_json::{Map, Value, json};

const ADMINISTER: &[Role] = &[Role::Administrator];
const RESTRICT_SERVICE_IDS: &str = "restrict_create_service_id";
const NOT_SET: &str = "NOT_SET";
type IsAllowed = fn(&str) -> bool;
/// The settings that hold a text, and which texts.
const TEXTS: &[(&str, IsAllowed)] = &[
    (RESTRICT_SERVICE_IDS, is_restriction),
    ("restrict_create_platform_apikey", is_restriction),
    ("restrict_user_list_visibility", is_restriction),
    ("allowed_ip_addresses", |_| true),
    ("mfa", |text| text == "NONE" || is_mfa(text)),
    ("session_expiration_in_seconds", |text| is_seconds(text, 900, 86_400)),
    ("session_invalidation_in_seconds", |text| is_seconds(text, 900, 7_200)),
    ("max_sessions_per_identity", |text| is_seconds(text, 1, u32::MAX)),
    (TOKEN_LIFETIME, |text| is_seconds(text, 900, 3_600)),
    ("system_refresh_token_expiration_in_seconds", |text| is_seconds(text, 900, 259_200)),
];
const LISTS: &[&str] = &["user_mfa", "restrict_user_domains"];

/// The operations of this API.
pub static OPERATIONS: &[Operation] = &[
    Operation {
        name: "get_account_settings",
        method: Method::GET,
        path: "/v1/accounts/{account_id}/settings/identity",
        handler: Handler::Iam(Service::IamIdentity, READ, get),
    },
    Operation {
        name: "update_account_settings",
        method: Method::PUT,
        path: "/v1/accounts/{account_id}/settings/identity",
        handler: Handler::Iam(Service::IamIdentity, ADMINISTER, update),
    },
    Operation {
        name: "get_account_limits",
        method: Method::GET,
        path: "/v1/accounts/{account_id}/limits/identity",
        handler: Handler::Iam(Service::IamIdentity, READ, limits),
    },
];

fn get(call: &IamCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    let mut query = Query::of(call.request)?;
    query.flag("include_history")?;
    query.flag("resolve_user_mfa")?;
    query.finish()?;
    response(&account(call, tx)?)
}

fn update(call: &IamCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    Query::none(call.request)?;
    let mut account = account(call, tx)?;
    require_tag(call.request, &tag(&account))?;
    let mut fields = Fields::json(call.request)?;
    for (name, is_valid) in TEXTS {
        match fields.value(name) {
            None => {}
            Some(Value::String(text)) if text == NOT_SET || is_valid(&text) => {
                if *name == RESTRICT_SERVICE_IDS {
                    account.restrict_create_service_id = text == "RESTRICTED";
                }
                account.settings.insert((*name).to_owned(), json!(text));
            }
            Some(_) => return Err(ApiError::field(name, "is not a value of this setting")),
        }
    }
    for name in LISTS {
        match fields.value(name) {
            None => {}
            Some(list) if list.is_array() => {
                account.settings.insert((*name).to_owned(), list);
            }
            Some(_) => return Err(ApiError::field(name, "must be a list")),
        }
    }
    fields.finish()?;
    account.revision = account.revision.saturating_add(1);
    let response = response(&account);
    tx.state.iam.accounts.insert(account);
    response
}

fn limits(call: &IamCall<'_>, tx: &mut Transaction<'_>) -> Result<ApiResponse> {
    let mut query = Query::of(call.request)?;
    let counts_groups = query.flag("serviceid_groups")?;
    let groups = query.list("serviceids_per_group", 100, |_| true)?;
    let counts_profiles = query.flag("profiles")?;
    let identities = query.list("apikeys_per_identity", 100, |_| true)?;
    query.finish()?;
    let account = account(call, tx)?;
    let (iam, limits) = (&tx.state.iam, account.limits);
    let groups_total =
        iam.service_id_groups.values().filter(|group| group.account_id == account.id).count();
    let profiles_total =
        iam.profiles.values().filter(|profile| profile.account_id == account.id).count();
    let groups = groups.map(|groups| {
        let count = |id: &str| {
            let group = (id != DEFAULT_GROUP).then_some(id);
            iam.in_group(&account.id, group).count()
        };
        listed(groups, "group_id", count)
    });
    let identities =
        identities.map(|identities| listed(identities, "iam_id", |id| iam.keys_of(id).count()));
    let body = json!({
        "serviceid_groups": counted(limits.serviceid_groups, counts_groups.then_some(groups_total)),
        "serviceids_per_group": with(limits.serviceids_per_group, "serviceid_groups", groups),
        "profiles": counted(PROFILES, counts_profiles.then_some(profiles_total)),
        "apikeys_per_identity": with(limits.apikeys_per_identity, "identities", identities),
    });
    ApiResponse::json(200, body)
}

/// The id of the group of all service IDs that are in no other; IBM's is not documented.
const DEFAULT_GROUP: &str = "default";
/// Trusted profiles are read-only here: their limit is never reached.
const PROFILES: usize = 5_000;

fn counted(limit: usize, count: Option<usize>) -> Value {
    match count {
        None => json!({ "limit": limit }),
        Some(count) => json!({ "limit": limit, "count": count }),
    }
}

fn with(limit: usize, name: &str, counts: Option<Vec<Value>>) -> Value {
    match counts {
        None => json!({ "limit": limit }),
        Some(counts) => json!({ "limit": limit, name: counts }),
    }
}

fn listed(ids: Vec<String>, name: &str, count: impl Fn(&str) -> usize) -> Vec<Value> {
    ids.into_iter()
        .map(|id| {
            let count = count(&id);
            json!({ name: id, "count": count })
        })
        .collect()
}

fn account(call: &IamCall<'_>, tx: &Transaction<'_>) -> Result<Account> {
    let id = call.request.param("account_id");
    own_account(call, id)?;
    let found = tx.state.iam.accounts.get(id).cloned();
    found.ok_or_else(|| ApiError::new(ErrorKind::NotFound, format!("Unable to find account {id}")))
}

fn tag(account: &Account) -> String {
    entity_tag(account.revision.saturating_add(1), &account.id)
}

fn response(account: &Account) -> Result<ApiResponse> {
    let mut body = Map::new();
    body.insert("account_id".to_owned(), json!(account.id));
    body.insert("entity_tag".to_owned(), json!(tag(account)));
    for (name, _) in TEXTS {
        let default = match *name {
            "allowed_ip_addresses" => "",
            "mfa" => "NONE",
            _ => NOT_SET,
        };
        let set = account.settings.get(*name).cloned();
        body.insert((*name).to_owned(), set.unwrap_or_else(|| json!(default)));
    }
    // It can be set in the state, too.
    if account.restrict_create_service_id {
        body.insert(RESTRICT_SERVICE_IDS.to_owned(), json!("RESTRICTED"));
    }
    for name in LISTS {
        let set = account.settings.get(*name).cloned();
        body.insert((*name).to_owned(), set.unwrap_or_else(|| json!([])));
    }
    Ok(ApiResponse::json(200, body)?.with_header("etag", tag(account)))
}

fn is_restriction(text: &str) -> bool {
    matches!(text, "RESTRICTED" | "NOT_RESTRICTED")
}

fn is_mfa(text: &str) -> bool {
    matches!(text, "NONE_NO_ROPC" | "TOTP" | "TOTP4ALL" | "LEVEL1" | "LEVEL2" | "LEVEL3")
}

fn is_seconds(text: &str, least: u32, most: u32) -> bool {
    text.parse().is_ok_and(|number| (least..=most).contains(&number))
}
