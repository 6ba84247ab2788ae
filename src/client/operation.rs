//! Every operation of the client, with what follows from its name alone, in one table.

use reqwest::Method;
use std::fmt;

/// One endpoint of Secrets Manager or IAM, with its number in ibm-api.md 2.1. `Display` shows its
/// name, as logs and errors do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// S1.
    CreateSecret,
    /// S2.
    ListSecrets,
    /// S3.
    GetSecret,
    /// S4.
    GetSecretByName,
    /// S5.
    GetSecretMetadata,
    /// S6.
    UpdateSecretMetadata,
    /// S7.
    DeleteSecret,
    /// V1.
    CreateVersion,
    /// V2.
    ListVersions,
    /// V4.
    GetVersionMetadata,
    /// V5.
    UpdateVersionMetadata,
    /// V6.
    DeleteVersionData,
    /// L2.
    ListSecretLocks,
    /// G1.
    CreateSecretGroup,
    /// G2.
    ListSecretGroups,
    /// G3.
    GetSecretGroup,
    /// G4.
    UpdateSecretGroup,
    /// G5.
    DeleteSecretGroup,
    /// C1.
    CreateConfiguration,
    /// C2.
    ListConfigurations,
    /// C3.
    GetConfiguration,
    /// C4.
    UpdateConfiguration,
    /// C5.
    DeleteConfiguration,
    /// A token from IAM, for any grant.
    GetToken,
    /// The API keys of an identity in IAM.
    ListApiKeys,
    /// One API key in IAM.
    GetApiKey,
    /// Unlocks an API key in IAM.
    UnlockApiKey,
    /// Deletes an unlocked API key in IAM.
    DeleteApiKey,
    /// One service ID in IAM.
    GetServiceId,
    /// Unlocks a service ID in IAM.
    UnlockServiceId,
    /// Deletes an unlocked service ID in IAM, with its keys.
    DeleteServiceId,
}

/// The least role that an operation needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Reads everything but values.
    Reader,
    /// Reads values too.
    SecretsReader,
    /// Also creates and changes secrets.
    Writer,
    /// May do everything in the instance.
    Manager,
    /// Sees API keys and service IDs in IAM.
    IamViewer,
    /// Also changes and deletes them.
    IamOperator,
    /// None at all.
    NoRole,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Reader => "the service role Reader on the Secrets Manager instance",
            Self::SecretsReader => "the service role SecretsReader on the Secrets Manager instance",
            Self::Writer => "the service role Writer on the Secrets Manager instance",
            Self::Manager => "the service role Manager on the Secrets Manager instance",
            Self::IamViewer => "the platform role Viewer on IAM Identity",
            Self::IamOperator => "the platform role Operator on IAM Identity",
            Self::NoRole => "no role",
        })
    }
}

/// Whether a request may reach the service twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Idempotency {
    /// The second time changes nothing more: reads, deletes, and patches that set values.
    Repeatable,
    /// A second time would make a second object.
    Once,
}

/// One line of the table.
struct Entry {
    name: &'static str,
    method: Method,
    path: &'static str,
    idempotency: Idempotency,
    role: Role,
}

impl Operation {
    /// All of them.
    pub const ALL: [Operation; 31] = [
        Self::CreateSecret,
        Self::ListSecrets,
        Self::GetSecret,
        Self::GetSecretByName,
        Self::GetSecretMetadata,
        Self::UpdateSecretMetadata,
        Self::DeleteSecret,
        Self::CreateVersion,
        Self::ListVersions,
        Self::GetVersionMetadata,
        Self::UpdateVersionMetadata,
        Self::DeleteVersionData,
        Self::ListSecretLocks,
        Self::CreateSecretGroup,
        Self::ListSecretGroups,
        Self::GetSecretGroup,
        Self::UpdateSecretGroup,
        Self::DeleteSecretGroup,
        Self::CreateConfiguration,
        Self::ListConfigurations,
        Self::GetConfiguration,
        Self::UpdateConfiguration,
        Self::DeleteConfiguration,
        Self::GetToken,
        Self::ListApiKeys,
        Self::GetApiKey,
        Self::UnlockApiKey,
        Self::DeleteApiKey,
        Self::GetServiceId,
        Self::UnlockServiceId,
        Self::DeleteServiceId,
    ];

    /// The table (ibm-api.md 2.1; for IAM 1.5, 3.1 and 3.2).
    fn entry(self) -> Entry {
        use Idempotency::{Once, Repeatable};
        use Role::{IamOperator, IamViewer, Manager, NoRole, Reader, SecretsReader, Writer};
        const GET: Method = Method::GET;
        const POST: Method = Method::POST;
        const PATCH: Method = Method::PATCH;
        const DELETE: Method = Method::DELETE;
        let (name, method, path, idempotency, role) = match self {
            Self::CreateSecret => ("create_secret", POST, "/api/v2/secrets", Once, Writer),
            Self::ListSecrets => ("list_secrets", GET, "/api/v2/secrets", Repeatable, Reader),
            Self::GetSecret => {
                ("get_secret", GET, "/api/v2/secrets/{id}", Repeatable, SecretsReader)
            }
            Self::GetSecretByName => (
                "get_secret_by_name",
                GET,
                "/api/v2/secret_groups/{group}/secret_types/{type}/secrets/{name}",
                Repeatable,
                SecretsReader,
            ),
            Self::GetSecretMetadata => {
                ("get_secret_metadata", GET, "/api/v2/secrets/{id}/metadata", Repeatable, Reader)
            }
            Self::UpdateSecretMetadata => (
                "update_secret_metadata",
                PATCH,
                "/api/v2/secrets/{id}/metadata",
                Repeatable,
                Writer,
            ),
            Self::DeleteSecret => {
                ("delete_secret", DELETE, "/api/v2/secrets/{id}", Repeatable, Manager)
            }
            Self::CreateVersion => {
                ("create_version", POST, "/api/v2/secrets/{id}/versions", Once, Writer)
            }
            Self::ListVersions => {
                ("list_versions", GET, "/api/v2/secrets/{id}/versions", Repeatable, Reader)
            }
            Self::GetVersionMetadata => (
                "get_version_metadata",
                GET,
                "/api/v2/secrets/{id}/versions/{version}/metadata",
                Repeatable,
                Reader,
            ),
            Self::UpdateVersionMetadata => (
                "update_version_metadata",
                PATCH,
                "/api/v2/secrets/{id}/versions/{version}/metadata",
                Repeatable,
                Writer,
            ),
            Self::DeleteVersionData => (
                "delete_version_data",
                DELETE,
                "/api/v2/secrets/{id}/versions/{version}/secret_data",
                Repeatable,
                Manager,
            ),
            Self::ListSecretLocks => {
                ("list_secret_locks", GET, "/api/v2/secrets/{id}/locks", Repeatable, Reader)
            }
            Self::CreateSecretGroup => {
                ("create_secret_group", POST, "/api/v2/secret_groups", Once, Manager)
            }
            Self::ListSecretGroups => {
                ("list_secret_groups", GET, "/api/v2/secret_groups", Repeatable, Reader)
            }
            Self::GetSecretGroup => {
                ("get_secret_group", GET, "/api/v2/secret_groups/{id}", Repeatable, Reader)
            }
            Self::UpdateSecretGroup => {
                ("update_secret_group", PATCH, "/api/v2/secret_groups/{id}", Repeatable, Manager)
            }
            Self::DeleteSecretGroup => {
                ("delete_secret_group", DELETE, "/api/v2/secret_groups/{id}", Repeatable, Manager)
            }
            Self::CreateConfiguration => {
                ("create_configuration", POST, "/api/v2/configurations", Once, Manager)
            }
            Self::ListConfigurations => {
                ("list_configurations", GET, "/api/v2/configurations", Repeatable, Reader)
            }
            Self::GetConfiguration => {
                ("get_configuration", GET, "/api/v2/configurations/{name}", Repeatable, Manager)
            }
            Self::UpdateConfiguration => (
                "update_configuration",
                PATCH,
                "/api/v2/configurations/{name}",
                Repeatable,
                Manager,
            ),
            Self::DeleteConfiguration => (
                "delete_configuration",
                DELETE,
                "/api/v2/configurations/{name}",
                Repeatable,
                Manager,
            ),
            // A second token does no harm.
            Self::GetToken => ("get_token", POST, "/identity/token", Repeatable, NoRole),
            Self::ListApiKeys => ("list_api_keys", GET, "/v1/apikeys", Repeatable, IamViewer),
            Self::GetApiKey => ("get_api_key", GET, "/v1/apikeys/{id}", Repeatable, IamViewer),
            Self::UnlockApiKey => {
                ("unlock_api_key", DELETE, "/v1/apikeys/{id}/lock", Repeatable, IamOperator)
            }
            Self::DeleteApiKey => {
                ("delete_api_key", DELETE, "/v1/apikeys/{id}", Repeatable, IamOperator)
            }
            Self::GetServiceId => {
                ("get_service_id", GET, "/v1/serviceids/{id}", Repeatable, IamViewer)
            }
            Self::UnlockServiceId => {
                ("unlock_service_id", DELETE, "/v1/serviceids/{id}/lock", Repeatable, IamOperator)
            }
            Self::DeleteServiceId => {
                ("delete_service_id", DELETE, "/v1/serviceids/{id}", Repeatable, IamOperator)
            }
        };
        Entry { name, method, path, idempotency, role }
    }

    /// Its name, such as `create_secret`.
    pub fn name(self) -> &'static str {
        self.entry().name
    }

    /// The least role that it needs.
    pub fn role(self) -> Role {
        self.entry().role
    }

    /// Whether it is one of IAM, and not of a Secrets Manager instance.
    pub fn is_of_iam(self) -> bool {
        matches!(self.role(), Role::NoRole | Role::IamViewer | Role::IamOperator)
    }

    /// Its method.
    pub fn method(self) -> Method {
        self.entry().method
    }

    /// The path below the service's base address, with a placeholder in braces for each id or
    /// name in it.
    pub fn path(self) -> &'static str {
        self.entry().path
    }

    /// Whether it can change the object that it is about. Reading a value does: when, and whether at
    /// all, is metadata.
    pub(super) fn changes(self) -> bool {
        !self.method().is_safe() || self == Self::GetSecret
    }

    pub(super) fn idempotency(self) -> Idempotency {
        self.entry().idempotency
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_makes_an_object_is_sent_once() {
        use Operation::{
            CreateConfiguration, CreateSecret, CreateSecretGroup, CreateVersion, DeleteVersionData,
            GetSecret, GetToken, UpdateVersionMetadata,
        };
        for operation in [CreateConfiguration, CreateSecret, CreateSecretGroup, CreateVersion] {
            assert_eq!(operation.idempotency(), Idempotency::Once, "{operation}");
        }
        for operation in [GetSecret, GetToken, UpdateVersionMetadata, DeleteVersionData] {
            assert_eq!(operation.idempotency(), Idempotency::Repeatable, "{operation}");
        }
    }

    #[test]
    fn an_operation_has_a_name_and_a_role() {
        for (operation, shown) in [
            (Operation::ListSecretGroups, "list_secret_groups needs the service role Reader"),
            (Operation::GetSecretByName, "get_secret_by_name needs the service role SecretsReader"),
            (Operation::CreateVersion, "create_version needs the service role Writer"),
            (Operation::DeleteVersionData, "delete_version_data needs the service role Manager"),
        ] {
            let shown = format!("{shown} on the Secrets Manager instance");
            assert_eq!(format!("{operation} needs {}", operation.role()), shown);
        }
        for (operation, shown) in [
            (Operation::GetApiKey, "get_api_key needs the platform role Viewer on IAM Identity"),
            (
                Operation::DeleteServiceId,
                "delete_service_id needs the platform role Operator on IAM Identity",
            ),
            (Operation::GetToken, "get_token needs no role"),
        ] {
            assert_eq!(format!("{operation} needs {}", operation.role()), shown);
        }
    }
}
