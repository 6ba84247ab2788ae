//! How the engine is authorized in IAM: by its configured key, or by service-to-service policies.

use crate::error::{ApiError, ErrorKind, Result};
use crate::iam::access::{self, Permission, Requirement, Service};
use crate::iam::roles::Role;
use crate::iam::tokens;
use crate::model::secret::{IamCredentials, Source};
use crate::model::secrets_manager::{Configuration, EngineSession, Instance, within};
use crate::transaction::Transaction;

/// Checks that the engine has the IAM roles that these settings need, and returns its identity.
///
/// An enabled configuration is used for the instance's own account; otherwise, and for other
/// accounts, service-to-service policies are (ibm-api.md 4.2).
pub fn authorize(
    tx: &mut Transaction<'_>,
    instance: &Instance,
    settings: &IamCredentials,
) -> Result<String> {
    let account = target_account(instance, settings);
    let generated = matches!(settings.source, Source::AccessGroups(_));
    if account == instance.account_id
        && let Some(configuration) = enabled_configuration(tx, instance)
    {
        let iam_id = session(tx, configuration)?;
        let by_key = |service, roles| {
            let requirement = Requirement { account_id: account, service, instance: None, roles };
            access::permission(tx.state, &iam_id, &requirement, tx.now)
        };
        require(by_key(Service::IamIdentity, IDENTITY_ROLES))?;
        if generated {
            require(by_key(Service::IamGroups, &[Role::Editor, Role::Administrator]))?;
            if restricted(tx, account) {
                require(by_key(Service::IamIdentity, &[Role::ServiceIdCreator]))?;
            }
        }
        return Ok(iam_id);
    }
    let by_service = |service, roles| {
        let requirement = Requirement { account_id: account, service, instance: None, roles };
        access::service_permission(
            tx.state,
            &instance.account_id,
            &instance.id,
            &requirement,
            tx.now,
        )
    };
    let identity = by_service(Service::IamIdentity, &[Role::Operator]);
    if identity.is_empty()
        && !access::is_authorized_service(tx.state, &instance.account_id, account)
    {
        return Err(no_engine());
    }
    require(identity)?;
    if generated {
        require(by_service(Service::IamGroups, &[Role::MemberManage]))?;
        if restricted(tx, account) {
            require(by_service(Service::IamIdentity, &[Role::ServiceIdCreator]))?;
        }
    }
    Ok(format!("crn-{}", instance.crn()))
}

/// The account of the credentials.
pub fn target_account<'a>(instance: &'a Instance, settings: &'a IamCredentials) -> &'a str {
    settings.account_id.as_deref().unwrap_or(&instance.account_id)
}

/// Exchanges the engine's key for a token, as the service does on configuration.
pub fn exchange(tx: &Transaction<'_>, api_key: &str) -> Result<EngineSession> {
    let key = tx.state.usable_key(api_key, tx.now).ok_or_else(|| {
        ApiError::new(
            ErrorKind::Invalid,
            "Invalid parameter 'api_key' in body: IAM does not accept this API key.",
        )
    })?;
    Ok(EngineSession {
        iam_id: key.iam_id.clone(),
        expires_at: tx.now.plus_seconds(tokens::lifetime(&tx.state.iam, &key.account_id)),
    })
}

const IDENTITY_ROLES: &[Role] = &[Role::Operator, Role::Editor, Role::Administrator];

fn enabled_configuration(tx: &Transaction<'_>, instance: &Instance) -> Option<Configuration> {
    tx.state
        .secrets_manager
        .configurations
        .starting_with(&within(&instance.id, ""))
        .find(|configuration| configuration.is_engine() && !configuration.disabled)
        .cloned()
}

/// The identity of the engine's token: the token outlives its key, but not its identity.
fn session(tx: &mut Transaction<'_>, mut configuration: Configuration) -> Result<String> {
    if let Some(session) = &configuration.session
        && tx.now < session.expires_at
    {
        return match tx.state.iam.account_of(&session.iam_id) {
            Some(_) => Ok(session.iam_id.clone()),
            None => Err(key_refused()),
        };
    }
    let session = exchange(tx, configuration.api_key.expose()).map_err(|_| key_refused())?;
    let iam_id = session.iam_id.clone();
    configuration.session = Some(session);
    tx.state.secrets_manager.configurations.insert(configuration);
    Ok(iam_id)
}

fn restricted(tx: &Transaction<'_>, account: &str) -> bool {
    tx.state.iam.accounts.get(account).is_some_and(|account| account.restrict_create_service_id)
}

fn require(permission: Permission) -> Result<()> {
    permission.require_everywhere().map_err(|_| {
        ApiError::new(
            ErrorKind::Forbidden,
            "The IAM credentials engine lacks a role that it needs in IAM.",
        )
    })
}

fn no_engine() -> ApiError {
    ApiError::new(
        ErrorKind::NoEngine,
        "The IAM credentials engine is not configured for this account.",
    )
}

fn key_refused() -> ApiError {
    ApiError::new(
        ErrorKind::NoEngine,
        "The API key of the IAM credentials engine is no longer accepted by IAM.",
    )
}
