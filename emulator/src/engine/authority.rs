//! In whose name the engine acts in IAM: its configured key, or service-to-service policies.

use crate::iam::access::{self, Grant, Request, Role, Service};
use crate::iam::tokens;
use crate::model::secret::{IamCredentials, Source};
use crate::model::vault::{Configuration, EngineSession, Instance, within};
use crate::refusal::{Kind, Refusal, Result};
use crate::store::Step;

/// Makes sure that the engine may do in IAM what these settings need, and says as whom.
///
/// An enabled key configuration counts for the instance's own account; otherwise, and for other
/// accounts, service-to-service policies do (ibm-api.md 4.2).
pub fn authorize(
    step: &mut Step<'_>,
    instance: &Instance,
    settings: &IamCredentials,
) -> Result<String> {
    let account = target_account(instance, settings);
    let generated = matches!(settings.source, Source::AccessGroups(_));
    if account == instance.account_id
        && let Some(configuration) = enabled_configuration(step, instance)
    {
        let iam_id = session(step, configuration)?;
        let by_key = |service, roles| {
            let request = Request { account_id: account, service, instance: None, roles };
            access::grant(step.state, &iam_id, &request, step.now)
        };
        require(by_key(Service::IamIdentity, IDENTITY_ROLES))?;
        if generated {
            require(by_key(Service::IamGroups, &[Role::Editor, Role::Administrator]))?;
            if restricted(step, account) {
                require(by_key(Service::IamIdentity, &[Role::ServiceIdCreator]))?;
            }
        }
        return Ok(iam_id);
    }
    let by_service = |service, roles| {
        let request = Request { account_id: account, service, instance: None, roles };
        access::service_grant(step.state, &instance.account_id, &instance.id, &request, step.now)
    };
    let identity = by_service(Service::IamIdentity, &[Role::Operator]);
    if identity.is_empty()
        && !access::is_authorized_service(step.state, &instance.account_id, account)
    {
        return Err(no_engine());
    }
    require(identity)?;
    if generated {
        require(by_service(Service::IamGroups, &[Role::MemberManage]))?;
        if restricted(step, account) {
            require(by_service(Service::IamIdentity, &[Role::ServiceIdCreator]))?;
        }
    }
    Ok(format!("crn-{}", instance.crn()))
}

/// The account in which the credentials live.
pub fn target_account<'a>(instance: &'a Instance, settings: &'a IamCredentials) -> &'a str {
    settings.account_id.as_deref().unwrap_or(&instance.account_id)
}

/// Exchanges the engine's key for a token, as the service does when it is configured.
pub fn exchange(step: &Step<'_>, api_key: &str) -> Result<EngineSession> {
    let key = step.state.usable_key(api_key, step.now).ok_or_else(|| {
        Refusal::new(
            Kind::Invalid,
            "Invalid parameter 'api_key' in body: IAM does not accept this API key.",
        )
    })?;
    Ok(EngineSession {
        iam_id: key.iam_id.clone(),
        expires_at: step.now.plus_seconds(tokens::LIFETIME),
    })
}

const IDENTITY_ROLES: &[Role] = &[Role::Operator, Role::Editor, Role::Administrator];

fn enabled_configuration(step: &Step<'_>, instance: &Instance) -> Option<Configuration> {
    step.state
        .secrets_manager
        .configurations
        .starting_with(&within(&instance.id, ""))
        .find(|configuration| configuration.is_engine() && !configuration.disabled)
        .cloned()
}

/// The identity of the engine's token: the token outlives its key, not its identity.
fn session(step: &mut Step<'_>, mut configuration: Configuration) -> Result<String> {
    if let Some(session) = &configuration.session
        && step.now < session.expires_at
    {
        return match step.state.iam.account_of(&session.iam_id) {
            Some(_) => Ok(session.iam_id.clone()),
            None => Err(key_refused()),
        };
    }
    let session = exchange(step, configuration.api_key.expose()).map_err(|_| key_refused())?;
    let iam_id = session.iam_id.clone();
    configuration.session = Some(session);
    step.state.secrets_manager.configurations.insert(configuration);
    Ok(iam_id)
}

fn restricted(step: &Step<'_>, account: &str) -> bool {
    step.state.iam.accounts.get(account).is_some_and(|account| account.restrict_create_service_id)
}

fn require(grant: Grant) -> Result<()> {
    grant.require_everywhere().map_err(|_| {
        Refusal::new(
            Kind::Forbidden,
            "The IAM credentials engine lacks a role that it needs in IAM.",
        )
    })
}

fn no_engine() -> Refusal {
    Refusal::new(Kind::NoEngine, "The IAM credentials engine is not configured for this account.")
}

fn key_refused() -> Refusal {
    Refusal::new(
        Kind::NoEngine,
        "The API key of the IAM credentials engine is no longer accepted by IAM.",
    )
}
