//! Who may do what: the roles that policies grant to an identity, its groups or a service.

use crate::error::{ApiError, ErrorKind, Result};
use crate::model::State;
use crate::model::iam::{Policy, Resource, Subject, membership_key};
use crate::model::timestamp::Timestamp;
use std::collections::BTreeSet;

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
}

impl Service {
    /// The name that policies use.
    pub fn name(self) -> &'static str {
        match self {
            Self::SecretsManager => "secrets-manager",
            Self::IamIdentity => "iam-identity",
            Self::IamGroups => "iam-groups",
            Self::IamAccessManagement => "iam-access-management",
        }
    }
}

/// Roles that operations require.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Service role of Secrets Manager.
    Manager,
    /// Service role of Secrets Manager.
    Writer,
    /// Service role of Secrets Manager.
    SecretsReader,
    /// Service role of Secrets Manager.
    Reader,
    /// Platform role.
    Administrator,
    /// Platform role.
    Editor,
    /// Platform role.
    Operator,
    /// Platform role.
    Viewer,
    /// May create service IDs where the account restricts it.
    ServiceIdCreator,
    /// May change members of access groups; granted to services.
    MemberManage,
}

impl Role {
    /// The role's CRN.
    pub fn crn(self) -> &'static str {
        match self {
            Self::Manager => "crn:v1:bluemix:public:iam::::serviceRole:Manager",
            Self::Writer => "crn:v1:bluemix:public:iam::::serviceRole:Writer",
            Self::SecretsReader => {
                "crn:v1:bluemix:public:secrets-manager::::serviceRole:SecretsReader"
            }
            Self::Reader => "crn:v1:bluemix:public:iam::::serviceRole:Reader",
            Self::Administrator => "crn:v1:bluemix:public:iam::::role:Administrator",
            Self::Editor => "crn:v1:bluemix:public:iam::::role:Editor",
            Self::Operator => "crn:v1:bluemix:public:iam::::role:Operator",
            Self::Viewer => "crn:v1:bluemix:public:iam::::role:Viewer",
            Self::ServiceIdCreator => {
                "crn:v1:bluemix:public:iam-identity::::serviceRole:ServiceIdCreator"
            }
            Self::MemberManage => "crn:v1:bluemix:public:iam-groups::::serviceRole:MemberManage",
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
pub struct Grant {
    everywhere: bool,
    groups: BTreeSet<String>,
}

impl Grant {
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

    /// Fails unless the grant covers the whole instance.
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
pub fn grant(state: &State, iam_id: &str, requirement: &Requirement<'_>, now: Timestamp) -> Grant {
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
pub fn service_grant(
    state: &State,
    caller_account: &str,
    caller_instance: &str,
    requirement: &Requirement<'_>,
    now: Timestamp,
) -> Grant {
    let is_subject = |subject: &Subject| match subject {
        Subject::Service { account_id, service_name, service_instance } => {
            account_id == caller_account
                && service_name == Service::SecretsManager.name()
                && service_instance.as_deref().is_none_or(|id| id == caller_instance)
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
) -> Grant {
    let mut grant = Grant::default();
    let effective = state.iam.policies.values().filter(|policy| {
        policy.created_at <= known_since
            && on_target(&policy.resource, requirement)
            && gives(policy, requirement.roles)
            && is_subject(&policy.subject)
    });
    for policy in effective {
        match &policy.resource.secret_group_id {
            Some(group) => {
                grant.groups.insert(group.clone());
            }
            None => grant.everywhere = true,
        }
    }
    grant
}

fn on_target(resource: &Resource, requirement: &Requirement<'_>) -> bool {
    resource.account_id == requirement.account_id
        && resource.service_name.as_deref().is_none_or(|name| name == requirement.service.name())
        && resource.service_instance.as_deref().is_none_or(|id| requirement.instance == Some(id))
}

fn gives(policy: &Policy, roles: &[Role]) -> bool {
    roles.iter().any(|role| policy.roles.iter().any(|crn| crn == role.crn()))
}
