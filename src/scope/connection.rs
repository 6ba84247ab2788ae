//! The way from an object's scope to the service: one connection that all nouns
//! share and that a configure call replaces.

use std::sync::{Arc, PoisonError, RwLock};

use super::Scope;
use super::id::ObjectId;
use crate::client::{Client, EndpointKind, InstanceAddress, InstanceClient};
use crate::framework::diag::{Diagnostics, bug, error, path};
use crate::framework::resource::Call;
use crate::framework::value::Value;

/// What the provider block says, as far as nouns need it.
#[derive(Clone, Debug)]
pub struct Configured {
    /// The client; it calls nothing before a noun does.
    pub client: Arc<Client>,
    /// The region of objects that name none.
    pub region: String,
}

/// Shared by all nouns; empty until the provider is configured.
#[derive(Clone, Debug, Default)]
pub struct Connection(Arc<RwLock<Option<Configured>>>);

/// One instance, ready to be called.
#[derive(Debug)]
pub struct Instance {
    /// The client of this instance.
    pub client: InstanceClient,
    /// The instance's region.
    pub region: String,
    /// The GUID of the instance.
    pub instance_id: String,
    /// The call that it serves.
    pub(super) call: Call,
}

impl Instance {
    /// The same instance for what has to be done even after an interrupt.
    pub fn uninterrupted(&self) -> Instance {
        Instance {
            client: self.client.uninterrupted(),
            region: self.region.clone(),
            instance_id: self.instance_id.clone(),
            call: Call::default(),
        }
    }

    /// The id of an object in the instance.
    pub fn id(&self, object: &str) -> ObjectId {
        ObjectId {
            region: self.region.clone(),
            instance_id: self.instance_id.clone(),
            object: object.to_owned(),
        }
    }
}

impl Connection {
    /// Takes over a configuration in place of an earlier one.
    pub fn configure(&self, configured: Configured) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(configured);
    }

    /// The instance that `scope` names, for the duration of `call`.
    pub fn instance(&self, scope: &Scope, call: &Call) -> Result<Instance, Diagnostics> {
        let configured = self.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        let Configured { client, region } = configured
            .ok_or_else(|| bug("A resource was called before the provider was configured."))?;
        let region = scope.region.as_deref_option().map_or(region, str::to_owned);
        let instance_id = scope.instance_id.as_deref_option().unwrap_or_default().to_owned();
        let address = InstanceAddress {
            instance_id: instance_id.clone(),
            region: region.clone(),
            endpoint: endpoint_kind(&scope.endpoint_type),
        };
        match client.instance(&address, call.cancel.clone()) {
            Ok(client) => Ok(Instance { client, region, instance_id, call: call.clone() }),
            Err(reason) => Err(error(
                path("instance_id"),
                "Invalid address of a Secrets Manager instance",
                format!("The address of instance {instance_id:?} in region {region:?}: {reason}."),
            )),
        }
    }
}

fn endpoint_kind(endpoint_type: &Value<String>) -> EndpointKind {
    match endpoint_type.as_deref_option() {
        Some("private") => EndpointKind::Private,
        Some("public") => EndpointKind::Public,
        // Validation refuses everything else.
        _ => EndpointKind::Default,
    }
}
