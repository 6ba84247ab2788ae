//! The roles that policies grant, and which services have which.

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
    /// All roles, in the order in which they are listed.
    const ALL: [Self; 10] = [
        Self::Manager,
        Self::Writer,
        Self::SecretsReader,
        Self::Reader,
        Self::ServiceIdCreator,
        Self::MemberManage,
        Self::Administrator,
        Self::Editor,
        Self::Operator,
        Self::Viewer,
    ];

    /// The name that consoles and Terraform show and take.
    pub fn display_name(self) -> &'static str {
        match self {
            Self::Manager => "Manager",
            Self::Writer => "Writer",
            Self::SecretsReader => "SecretsReader",
            Self::Reader => "Reader",
            Self::Administrator => "Administrator",
            Self::Editor => "Editor",
            Self::Operator => "Operator",
            Self::Viewer => "Viewer",
            Self::ServiceIdCreator => "Service ID creator",
            Self::MemberManage => "Groups Service Member Manage",
        }
    }

    /// Whether it is a platform role, which every service has.
    fn is_platform(self) -> bool {
        matches!(self, Self::Administrator | Self::Editor | Self::Operator | Self::Viewer)
    }

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

/// The service roles of a service; of all services of an account together, and of services that
/// are not emulated, those that most have.
pub fn service_roles(service_name: &str) -> impl Iterator<Item = Role> {
    let roles: &[Role] = match service_name {
        "secrets-manager" => &[Role::Manager, Role::Writer, Role::SecretsReader, Role::Reader],
        "iam-identity" => &[Role::ServiceIdCreator],
        "iam-groups" => &[Role::MemberManage],
        "iam-access-management" | "user-management" | "resource-controller" => &[],
        _ => &[Role::Manager, Role::Writer, Role::Reader],
    };
    roles.iter().copied()
}

/// The platform roles.
pub fn platform_roles() -> impl Iterator<Item = Role> {
    Role::ALL.into_iter().filter(|role| role.is_platform())
}

/// The display name of the role with that CRN; of unknown ones, the last segment.
pub fn display_name(crn: &str) -> &str {
    Role::ALL
        .into_iter()
        .find(|role| role.crn() == crn)
        .map(Role::display_name)
        .or(crn.rsplit(':').next())
        .unwrap_or_default()
}
