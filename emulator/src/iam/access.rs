//! Who may do what: the roles that policies grant to an identity, its groups or a service.

use crate::error::{ApiError, ErrorKind, Result};
use crate::iam::roles::Role;
use crate::model::State;
use crate::model::iam::{Attribute, Policy, Resource, Subject, membership_key};
use crate::model::timestamp::Timestamp;
use serde_json::Value;
use std::collections::BTreeSet;
use wildmatch::WildMatch;

/// Services whose operations need roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Secrets Manager.
    SecretsManager,
    /// Service IDs and API keys.
    IamIdentity,
    /// Access groups.
    IamGroups,
    /// Policies.
    IamAccessManagement,
    /// The users of an account.
    UserManagement,
}

impl Service {
    /// The name that policies use.
    pub fn name(self) -> &'static str {
        match self {
            Self::SecretsManager => "secrets-manager",
            Self::IamIdentity => "iam-identity",
            Self::IamGroups => "iam-groups",
            Self::IamAccessManagement => "iam-access-management",
            Self::UserManagement => "user-management",
        }
    }
}

/// What an operation requires: one of several roles on a service of an account, or on one instance.
#[derive(Clone, Copy, Debug)]
pub struct Requirement<'a> {
    /// The account that gives access.
    pub account_id: &'a str,
    /// The service.
    pub service: Service,
    /// One instance of it.
    pub instance: Option<&'a str>,
    /// Any of these suffices.
    pub roles: &'a [Role],
}

/// Where a caller has the required role.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permission {
    everywhere: bool,
    groups: BTreeSet<String>,
}

impl Permission {
    /// Whether the caller has the role nowhere.
    pub fn is_empty(&self) -> bool {
        !self.everywhere && self.groups.is_empty()
    }

    /// Whether objects of that secret group are included.
    pub fn covers(&self, secret_group_id: &str) -> bool {
        self.everywhere || self.groups.contains(secret_group_id)
    }

    /// Fails unless objects of that secret group are included.
    pub fn require(&self, secret_group_id: &str) -> Result<()> {
        if self.covers(secret_group_id) {
            return Ok(());
        }
        Err(forbidden())
    }

    /// Fails unless the permission covers the whole instance.
    pub fn require_everywhere(&self) -> Result<()> {
        if self.everywhere {
            return Ok(());
        }
        Err(forbidden())
    }
}

/// The error for a caller that lacks a role.
pub fn forbidden() -> ApiError {
    ApiError::new(
        ErrorKind::Forbidden,
        "You are not authorized to perform this operation: a required IAM role is missing.",
    )
}

/// Where the identity has one of the required roles.
pub fn permission(
    state: &State,
    iam_id: &str,
    requirement: &Requirement<'_>,
    now: Timestamp,
) -> Permission {
    let known_since = known_since(state, now);
    let is_subject = |subject: &Subject| match subject {
        Subject::IamId(id) => id == iam_id,
        Subject::AccessGroupId(group) => state
            .iam
            .memberships
            .get(&membership_key(group, iam_id))
            .is_some_and(|membership| membership.created_at <= known_since),
        Subject::Service { .. } => false,
    };
    collect(state, requirement, known_since, is_subject)
}

/// Where the Secrets Manager instance has one of the required roles by service-to-service
/// authorization (ibm-api.md 4.2).
pub fn service_permission(
    state: &State,
    caller_account: &str,
    caller_instance: &str,
    requirement: &Requirement<'_>,
    now: Timestamp,
) -> Permission {
    let is_subject = |subject: &Subject| match subject {
        Subject::Service { account_id, service_name, service_instance, more } => {
            account_id == caller_account
                && service_name == Service::SecretsManager.name()
                && service_instance.as_deref().is_none_or(|id| id == caller_instance)
                // Every instance is in a resource group; which one is not modelled.
                && more.iter().all(|it| it.key == "resourceGroupId" && matches(it, Some("")))
        }
        Subject::IamId(_) | Subject::AccessGroupId(_) => false,
    };
    collect(state, requirement, known_since(state, now), is_subject)
}

/// Whether the account has any authorization for Secrets Manager of the caller's account, effective
/// or not: then an error is about roles and not about a missing engine.
pub fn is_authorized_service(state: &State, caller_account: &str, account_id: &str) -> bool {
    state.iam.policies.values().any(|policy| {
        policy.resource.account_id == account_id
            && matches!(
                &policy.subject,
                Subject::Service { account_id, service_name, .. }
                    if account_id == caller_account && service_name == Service::SecretsManager.name()
            )
    })
}

/// Objects created by then are effective in IAM; without a delay, all are.
pub fn known_since(state: &State, now: Timestamp) -> Timestamp {
    match state.switches.iam_propagation_seconds {
        0 => Timestamp::LAST,
        delay => now.plus_seconds(-i64::from(delay)),
    }
}

fn collect(
    state: &State,
    requirement: &Requirement<'_>,
    known_since: Timestamp,
    is_subject: impl Fn(&Subject) -> bool,
) -> Permission {
    let mut permission = Permission::default();
    let effective = state.iam.policies.values().filter(|policy| {
        policy.created_at <= known_since
            && on_target(state, &policy.resource, requirement)
            && gives(policy, requirement.roles)
            && is_subject(&policy.subject)
    });
    for policy in effective {
        match &policy.resource.secret_group_id {
            Some(group) => {
                permission.groups.insert(group.clone());
            }
            None => permission.everywhere = true,
        }
    }
    permission
}

fn on_target(state: &State, resource: &Resource, requirement: &Requirement<'_>) -> bool {
    resource.account_id == requirement.account_id
        && resource.service_name.as_deref().is_none_or(|name| name == requirement.service.name())
        && resource.service_instance.as_deref().is_none_or(|id| requirement.instance == Some(id))
        && resource.more.iter().all(|condition| holds(state, condition, requirement))
        && resource.tags.is_empty()
}

/// Whether a condition holds for what an operation requires. Conditions on what is not modelled,
/// such as resource groups, never hold.
fn holds(state: &State, condition: &Attribute, requirement: &Requirement<'_>) -> bool {
    let is_platform = requirement.service != Service::SecretsManager;
    let instance = requirement.instance;
    let actual = match condition.key.as_str() {
        "serviceName" => Some(requirement.service.name()),
        "serviceInstance" => instance,
        "serviceType" => Some(if is_platform { "platform_service" } else { "service" }),
        "service_group_id" => is_platform.then_some("IAM"),
        "region" => instance
            .and_then(|id| state.secrets_manager.instances.get(id))
            .map(|instance| instance.region.as_str()),
        _ => return false,
    };
    matches(condition, actual)
}

/// Whether an operator accepts the actual value; operators that are not known accept none.
fn matches(condition: &Attribute, actual: Option<&str>) -> bool {
    match (condition.operator.as_str(), &condition.value) {
        ("stringExists", Value::Bool(wanted)) => actual.is_some() == *wanted,
        ("stringEquals", Value::String(wanted)) => actual == Some(wanted),
        // `*` stands for any characters, and `?` for one.
        ("stringMatch", Value::String(pattern)) => {
            actual.is_some_and(|text| WildMatch::new(pattern).matches(text))
        }
        _ => false,
    }
}

fn gives(policy: &Policy, roles: &[Role]) -> bool {
    roles.iter().any(|role| policy.roles.iter().any(|crn| crn == role.crn()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("*", "abc", true),
            ("a*c", "abbc", true),
            ("a*c", "ab", false),
            ("us-?????", "us-south", true),
            ("us-????", "us-south", false),
            ("*-*", "eu-de", true),
            ("ä?", "äö", true),
        ] {
            let condition = Attribute {
                key: "region".to_owned(),
                operator: "stringMatch".to_owned(),
                value: Value::from(pattern),
            };
            assert_eq!(matches(&condition, Some(text)), expected, "{pattern} {text}");
        }
    }
}
