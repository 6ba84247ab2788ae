//! The connection to the service, which all types share and each configure call replaces.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use super::reference::InstanceRef;
use crate::client::{Client, EndpointKind, InstanceAddress, InstanceClient};
use crate::framework::context::Context;
use crate::framework::diag::{Diagnostics, bug, error, path};
use crate::framework::value::{Value, known};
use crate::units::id::ObjectId;

/// The part of the provider's configuration that the types need.
#[derive(Clone, Debug)]
pub struct Configured {
    /// The client, which makes no request by itself.
    pub client: Arc<Client>,
    /// The region of objects whose configuration has none.
    pub region: String,
    /// Whether a create may adopt what an earlier run has created.
    pub adopt_existing: bool,
    /// Whether a destroy removes from IAM what the instance no longer can.
    pub cleanup_iam_on_destroy: Value<bool>,
    /// What applies to resources that leave it open.
    pub defaults: Defaults,
}

/// What the provider block sets for all resources that leave it open.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Defaults {
    /// Whether states contain API keys; null means true.
    pub store_api_key: Value<bool>,
}

/// Shared by all types; empty until the provider is configured.
#[derive(Clone, Debug, Default)]
pub struct Connection {
    configured: Arc<RwLock<Option<Configured>>>,
    objects: Objects,
}

/// The objects that this process has dealt with. Clones share them.
#[derive(Clone, Debug, Default)]
struct Objects(Arc<Mutex<Known>>);

/// Objects by their ids.
#[derive(Debug, Default)]
struct Known {
    /// Those that resources have read, created or changed.
    managed: BTreeSet<String>,
    /// Those that a create has adopted.
    adopted: BTreeSet<String>,
}

impl Objects {
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One instance, ready to be called.
#[derive(Debug)]
pub struct Instance {
    /// The client of this instance.
    pub client: InstanceClient,
    /// The instance's region.
    pub region: String,
    /// The GUID of the instance.
    pub instance_id: String,
    /// Whether a create may adopt what an earlier run has created.
    pub adopt_existing: bool,
    /// Whether a destroy removes from IAM what the instance no longer can.
    pub cleanup_iam_on_destroy: Value<bool>,
    /// The context of the call that it serves.
    pub(super) context: Context,
    objects: Objects,
}

impl Instance {
    /// The same instance, for calls that must be made even after an interrupt.
    pub fn uninterrupted(&self) -> Instance {
        Instance {
            client: self.client.uninterrupted(),
            region: self.region.clone(),
            instance_id: self.instance_id.clone(),
            adopt_existing: self.adopt_existing,
            cleanup_iam_on_destroy: self.cleanup_iam_on_destroy,
            context: Context::default(),
            objects: self.objects.clone(),
        }
    }

    /// See [`Context::recall`].
    pub fn recall(&self) -> Option<serde_json::Value> {
        self.context.recall()
    }

    /// See [`Context::remember`].
    pub fn remember(&self, note: Option<serde_json::Value>) {
        self.context.remember(note);
    }

    /// Remembers that a resource manages the object with this id.
    pub(super) fn manages(&self, id: &str) {
        self.objects.lock().managed.insert(id.to_owned());
    }

    /// Whether a resource manages the object with this id, as far as this process knows.
    pub(super) fn is_managed(&self, id: &str) -> bool {
        self.objects.lock().managed.contains(id)
    }

    /// Remembers that a create has adopted the object with this id.
    pub(super) fn adopts(&self, id: &str) {
        self.objects.lock().adopted.insert(id.to_owned());
    }

    /// Whether a create has adopted the object with this id in this process.
    pub(super) fn has_adopted(&self, id: &str) -> bool {
        self.objects.lock().adopted.contains(id)
    }

    /// The id of an object in the instance.
    pub fn id(&self, object: &str) -> ObjectId {
        ObjectId {
            region: self.region.clone(),
            instance_id: self.instance_id.clone(),
            object: object.to_owned(),
        }
    }

    /// The reference of an object in the instance, with the values that the user set.
    pub(super) fn reference(&self, written: &InstanceRef, object: &str) -> InstanceRef {
        InstanceRef {
            id: known(self.id(object).to_string()),
            instance_id: known(&self.instance_id),
            region: known(&self.region),
            endpoint_type: written.endpoint_type.clone(),
        }
    }

    /// The reference of the instance itself, with the values that the user set.
    pub(super) fn own_reference(&self, written: &InstanceRef) -> InstanceRef {
        let id = known(format!("{}/{}", self.region, self.instance_id));
        InstanceRef { id, ..self.reference(written, "") }
    }
}

impl Connection {
    /// Replaces an earlier configuration by this one.
    pub fn configure(&self, configured: Configured) {
        *self.configured.write().unwrap_or_else(PoisonError::into_inner) = Some(configured);
    }

    /// Whether there is a configuration yet.
    pub(super) fn is_configured(&self) -> bool {
        self.configured.read().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// What applies to resources that leave it open.
    pub(super) fn defaults(&self) -> Defaults {
        let configured = self.configured.read().unwrap_or_else(PoisonError::into_inner);
        configured.as_ref().map(|configured| configured.defaults).unwrap_or_default()
    }

    /// The instance of `reference`, for the duration of one call.
    pub(super) fn instance(
        &self,
        reference: &InstanceRef,
        context: &Context,
    ) -> Result<Instance, Diagnostics> {
        let configured = self.configured.read().unwrap_or_else(PoisonError::into_inner).clone();
        let Configured { client, region, adopt_existing, cleanup_iam_on_destroy, .. } = configured
            .ok_or_else(|| bug("A resource was called before the provider was configured."))?;
        let region = reference.region.as_deref_option().map_or(region, str::to_owned);
        let instance_id = reference.instance_id.as_deref_option().unwrap_or_default().to_owned();
        if instance_id.is_empty() {
            return Err(error(
                path("instance_id"),
                "Missing required argument",
                "The argument instance_id is required: the GUID of the Secrets Manager instance. \
                 Its value is null or empty here.",
            ));
        }
        let address = InstanceAddress {
            instance_id: instance_id.clone(),
            region: region.clone(),
            endpoint: endpoint_kind(&reference.endpoint_type),
        };
        match client.instance(&address, context.cancel.clone()) {
            Ok(client) => Ok(Instance {
                client,
                region,
                instance_id,
                adopt_existing,
                cleanup_iam_on_destroy,
                context: context.clone(),
                objects: self.objects.clone(),
            }),
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
        // Validation accepts only the two.
        _ => EndpointKind::Default,
    }
}
