//! The one place where an error of the client becomes a diagnostic: what was
//! being done to which object, what the service said, what to do next.

use std::fmt;

use super::connection::Instance;
use crate::client::{ApiError, ApiErrorKind, Operation, TransportKind};
use crate::framework::diag::{AttributePath, Diagnostics, error, path};

/// What was being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Creating an object.
    Create,
    /// Reading an object.
    Read,
    /// Updating an object.
    Update,
    /// Deleting an object.
    Delete,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Action::Create => "create",
            Action::Read => "read",
            Action::Update => "update",
            Action::Delete => "delete",
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

    /// For a create whose answer was lost, when an object of that name is there.
    pub fn import(instance: &Instance, object: &str) -> Self {
        let id = instance.id(object);
        Advice::new(format!(
            "The service did not confirm, and an object of this name exists now. If nobody else \
             made it, it is the one that was to be created: take it over with `terraform import \
             ADDRESS {id}`, or delete it and apply again."
        ))
    }
}

impl Instance {
    /// An error while doing `action` to `object`: see [`failure`].
    pub fn failure(
        &self,
        action: Action,
        object: &str,
        reason: &ApiError,
        advice: Option<Advice>,
    ) -> Diagnostics {
        let advice = if reason.is_cancelled() && self.call.ran_out_of_time() {
            Some(Advice::on(
                "timeouts",
                format!(
                    "It took longer than the timeouts block allows. Allow more time for {action}, \
                     or run it again: it goes on from what exists."
                ),
            ))
        } else {
            advice
        };
        failure(action, object, reason, advice)
    }
}

/// An error while doing `action` to `object` (kind and name, such as
/// `secret group "team-a"`). A noun's `advice` goes before the general one.
pub fn failure(
    action: Action,
    object: &str,
    reason: &ApiError,
    advice: Option<Advice>,
) -> Diagnostics {
    let advice = advice.or_else(|| general_advice(reason));
    let mut detail = format!("{reason}.");
    let mut attribute = AttributePath::root();
    if let Some(advice) = advice {
        detail = format!("{detail}\n\n{}", advice.next);
        attribute = advice.attribute.map_or(attribute, path);
    }
    error(attribute, format!("Cannot {action} {object}"), detail)
}

/// What a lookup found is of another kind than `wanted`, by IBM's names.
pub fn another_kind(
    attribute: &'static str,
    object: &str,
    found: &str,
    wanted: &str,
) -> Diagnostics {
    error(
        path(attribute),
        format!("{object} is of another kind"),
        format!("It is of type {found}, and not of type {wanted}. Check the {attribute}."),
    )
}

/// What to do when the object that `attribute` names is not there.
pub fn nothing_there(attribute: &'static str, instance: &Instance) -> Advice {
    Advice::on(
        attribute,
        format!(
            "Check {attribute}, that the object is in instance {} in region {}, and that the \
             identity of the API key may see it.",
            instance.instance_id, instance.region
        ),
    )
}

fn general_advice(reason: &ApiError) -> Option<Advice> {
    let advice = match reason.kind() {
        ApiErrorKind::NoCredentials => Advice::new(
            "Give an IBM Cloud API key: set ibmcloud_api_key in the provider block, or IC_API_KEY \
             or IBMCLOUD_API_KEY in the environment; the provider's documentation has other ways. \
             What is only known after the apply cannot be used to plan.",
        ),
        ApiErrorKind::Unauthenticated => Advice::new(
            "IBM Cloud does not accept the API key or token. Check ibmcloud_api_key (environment: \
             IC_API_KEY, IBMCLOUD_API_KEY), iam_token or iam_refresh_token, that it is not \
             disabled or expired, and that its identity still exists. A trusted profile must trust \
             that identity, or the compute resource.",
        ),
        ApiErrorKind::Forbidden => Advice::new(format!(
            "The identity of the API key lacks a role: {} needs {} on the Secrets Manager \
             instance. A new access policy can take a minute to work.",
            reason.operation(),
            reason.operation().role()
        )),
        ApiErrorKind::NotFound => Advice::on(
            "instance_id",
            "Check that the instance exists in this region and account: instance_id is the GUID \
             of the service instance, region the region that it was made in.",
        ),
        ApiErrorKind::Locked => Advice::new(
            "A lock protects the secret. Find it with `ibmcloud secrets-manager secret-locks` and \
             ask who holds it, or remove it, before you run this again.",
        ),
        ApiErrorKind::RateLimited => Advice::new(
            "The instance gets more requests than it takes: run Terraform with a lower \
             -parallelism, or again later.",
        ),
        ApiErrorKind::Transport(kind) if reason.operation() == Operation::GetToken => {
            Advice::new(transport_advice(kind, IAM_ADDRESS))
        }
        ApiErrorKind::Transport(kind) => {
            Advice::on("endpoint_type", transport_advice(kind, INSTANCE_ADDRESS))
        }
        ApiErrorKind::Cancelled => {
            Advice::new("The run was interrupted. Run it again: it goes on from what exists.")
        }
        ApiErrorKind::Conflict
        | ApiErrorKind::Invalid
        | ApiErrorKind::Server
        | ApiErrorKind::UnexpectedStatus
        | ApiErrorKind::UnexpectedBody => return None,
    };
    Some(advice)
}

const IAM_ADDRESS: &str = "This is the address of IAM, which gives a token for the API key. It \
                           follows from visibility and iam_endpoint of the provider block: \
                           private addresses resolve and answer only from within IBM Cloud's \
                           network.";

const INSTANCE_ADDRESS: &str = "The address follows from instance_id, region and endpoint_type of \
                                the resource and visibility of the provider block. A new \
                                instance has private endpoints only, and those resolve and \
                                answer only from within IBM Cloud's network: set endpoint_type \
                                or visibility to \"private\" there, and to \"public\" elsewhere.";

fn transport_advice(kind: TransportKind, address: &str) -> String {
    match kind {
        TransportKind::Tls => format!(
            "The certificate of the service is not trusted here: check the CA certificates of \
             this machine and any proxy in between; ca_cert_file of the provider block adds more. \
             {address}"
        ),
        TransportKind::Dns
        | TransportKind::Connect
        | TransportKind::Timeout
        | TransportKind::Reset => address.to_owned(),
    }
}
