//! Turns an error of the client into a diagnostic: what failed on which object, why, and
//! what to do next.

use std::fmt;

use super::connection::Instance;
use crate::client::{ApiError, ApiErrorKind, TransportKind};
use crate::framework::diag::{AttributePath, Diagnostics, error, path, sentence};

/// The operation of Terraform during which a failure happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crud {
    /// Creating an object.
    Create,
    /// Reading an object.
    Read,
    /// Updating an object.
    Update,
    /// Deleting an object.
    Delete,
}

impl fmt::Display for Crud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Crud::Create => "create",
            Crud::Read => "read",
            Crud::Update => "update",
            Crud::Delete => "delete",
        })
    }
}

/// What to do next about an error.
#[derive(Clone, Debug)]
pub struct Advice {
    attribute: Option<&'static str>,
    next: String,
}

impl Advice {
    /// Advice about the object as a whole.
    pub fn new(next: impl Into<String>) -> Self {
        Advice { attribute: None, next: next.into() }
    }

    /// Advice about one attribute.
    pub fn on(attribute: &'static str, next: impl Into<String>) -> Self {
        Advice { attribute: Some(attribute), next: next.into() }
    }
}

/// Why an operation on an object failed.
#[derive(Debug)]
pub enum Failure {
    /// A request failed; the advice replaces the general one.
    Api(ApiError, Option<Advice>),
    /// A lookup did not find the object.
    NotFound,
    /// Complete diagnostics, which are shown as they are.
    Told(Diagnostics),
}

impl From<ApiError> for Failure {
    fn from(reason: ApiError) -> Self {
        Failure::Api(reason, None)
    }
}

impl From<Diagnostics> for Failure {
    fn from(diagnostics: Diagnostics) -> Self {
        Failure::Told(diagnostics)
    }
}

impl Failure {
    /// Whether the object does not exist.
    pub fn is_not_found(&self) -> bool {
        match self {
            Failure::Api(reason, _) => reason.is_not_found(),
            Failure::NotFound => true,
            Failure::Told(_) => false,
        }
    }

    /// Whether trying again would fail again: the service refuses the request as such. Anything
    /// else passes or can be repaired, such as a role that is missing.
    pub(super) fn is_final(&self) -> bool {
        match self {
            Failure::Api(reason, _) => matches!(
                reason.kind(),
                ApiErrorKind::Invalid | ApiErrorKind::NotFound | ApiErrorKind::Conflict
            ),
            Failure::NotFound | Failure::Told(_) => true,
        }
    }

    /// The same failure with `advice`, unless it already has some.
    pub fn advised(self, advice: impl FnOnce(&ApiError) -> Option<Advice>) -> Self {
        match self {
            Failure::Api(reason, None) => {
                let advice = advice(&reason);
                Failure::Api(reason, advice)
            }
            other => other,
        }
    }
}

impl Instance {
    /// The diagnostics of a failure while doing `crud` to `object` (what it is and its name, such
    /// as `secret group "team-a"`).
    pub fn diagnostics(&self, crud: Crud, object: &str, failure: Failure) -> Diagnostics {
        let (reason, advice) = match failure {
            Failure::Told(diagnostics) => return diagnostics,
            Failure::NotFound => {
                let summary = format!("Cannot {crud} {object}");
                return error(
                    AttributePath::root(),
                    summary,
                    format!(
                        "It does not exist in instance {} in region {}, or the caller may not see \
                         it. Check its name or id, instance_id and region.",
                        self.instance_id, self.region
                    ),
                );
            }
            Failure::Api(reason, advice) => (reason, advice),
        };
        let advice = if reason.is_cancelled() && self.context.ran_out_of_time() {
            Some(Advice::on(
                "timeouts",
                format!(
                    "It took longer than the timeouts block allows. Allow more time for {crud}, \
                     or run Terraform again, which continues from what exists."
                ),
            ))
        } else {
            advice.or_else(|| general_advice(&reason))
        };
        let mut detail = sentence(&reason);
        if crud == Crud::Create && reason.is_conflict() {
            detail = format!("{detail}\n\n{IN_A_REPLACEMENT}");
        }
        let mut attribute = AttributePath::root();
        if let Some(advice) = advice {
            detail = format!("{detail}\n\n{}", advice.next);
            attribute = advice.attribute.map_or(attribute, path);
        }
        error(attribute, format!("Cannot {crud} {object}"), detail)
    }

    /// Advice for an object that does not exist, on the attribute that names it.
    pub fn nothing_there(&self, attribute: &'static str) -> Advice {
        Advice::on(
            attribute,
            format!(
                "Check {attribute}, that the object is in instance {} in region {}, and that the \
                 caller may see it.",
                self.instance_id, self.region
            ),
        )
    }
}

/// The error that a lookup found an object of another type than `wanted`, in IBM's names.
pub fn of_another_type(
    attribute: &'static str,
    object: &str,
    found: &str,
    wanted: &str,
) -> Diagnostics {
    error(
        path(attribute),
        format!("{object} is of another type"),
        format!("It is of type {found}, and not of type {wanted}. Check the {attribute}."),
    )
}

fn general_advice(reason: &ApiError) -> Option<Advice> {
    let advice = match reason.kind() {
        ApiErrorKind::NoCredentials => Advice::new(
            "Set ibmcloud_api_key in the provider block, or IC_API_KEY or IBMCLOUD_API_KEY in the \
             environment; the provider's documentation lists other credentials. Values that are \
             unknown until the apply cannot be used by a plan.",
        ),
        ApiErrorKind::Unauthenticated => Advice::new(
            "IBM Cloud does not accept the API key or token. Check ibmcloud_api_key (environment: \
             IC_API_KEY, IBMCLOUD_API_KEY), iam_token or iam_refresh_token, that it is not \
             disabled or expired, and that its identity still exists. A trusted profile must trust \
             that identity, or the compute resource. The key of an ibm_sm_iam_credentials_lease is \
             valid for its ttl only, which must be longer than the run.",
        ),
        ApiErrorKind::Forbidden => Advice::new(format!(
            "The caller lacks a role: {} needs {}. A new access policy can take a minute to take \
             effect.",
            reason.operation(),
            reason.operation().role()
        )),
        ApiErrorKind::NotFound => Advice::on(
            "instance_id",
            "Check that the instance exists in this region and account: instance_id is the GUID \
             of the service instance, region the region in which it was created.",
        ),
        ApiErrorKind::Locked => Advice::new(
            "A lock protects the secret. Find it with `ibmcloud secrets-manager secret-locks` and \
             ask its creator, or delete it, before you run Terraform again.",
        ),
        ApiErrorKind::RateLimited => Advice::new(
            "The instance receives more requests than it allows: run Terraform with a lower \
             -parallelism, or again later.",
        ),
        ApiErrorKind::Transport(kind) if reason.operation().is_of_iam() => {
            Advice::new(transport_advice(kind, IAM_ADDRESS))
        }
        ApiErrorKind::Transport(kind) => {
            Advice::on("endpoint_type", transport_advice(kind, INSTANCE_ADDRESS))
        }
        ApiErrorKind::Cancelled => Advice::new(
            "The run was interrupted. Run Terraform again, which continues from what exists.",
        ),
        ApiErrorKind::Conflict
        | ApiErrorKind::Invalid
        | ApiErrorKind::Server
        | ApiErrorKind::UnexpectedStatus
        | ApiErrorKind::UnexpectedBody => return None,
    };
    Some(advice)
}

/// No provider can see whether a create comes before the delete of what it replaces.
const IN_A_REPLACEMENT: &str = "If this create replaces an object whose lifecycle block has \
                                create_before_destroy, the former object still exists and is in \
                                the way: do not import it. Remove create_before_destroy, so that \
                                it is deleted first, or change the name in the same apply if it is \
                                the name alone that is taken.";

const IAM_ADDRESS: &str = "This is the address of IAM, which issues the token for the API key. It \
                           follows from visibility and iam_endpoint of the provider block: \
                           private addresses can be reached only from within IBM Cloud's \
                           network.";

const INSTANCE_ADDRESS: &str = "The address follows from instance_id, region and endpoint_type of \
                                the resource and visibility of the provider block. An \
                                instance may have private endpoints only, which can be reached \
                                only from within IBM Cloud's network: set endpoint_type \
                                or visibility to \"private\" there, and to \"public\" elsewhere.";

fn transport_advice(kind: TransportKind, address: &str) -> String {
    match kind {
        TransportKind::Tls => format!(
            "The certificate of the service is not trusted on this machine: check the CA certificates of \
             this machine and any proxy in between; ca_cert_file of the provider block adds more. \
             {address}"
        ),
        TransportKind::Dns
        | TransportKind::Connect
        | TransportKind::Timeout
        | TransportKind::Reset => address.to_owned(),
    }
}
