//! What a managed resource of an instance implements, and what all of them do alike.

use std::future::Future;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::connected::{Connected, Served};
use super::connection::{Defaults, Instance};
use super::failure::{Advice, Crud, Failure};
use super::reference::{self, InstanceRef};
use super::timeouts::{self, Timeouts};
use crate::framework::codec::to_object;
use crate::framework::context::Context;
use crate::framework::diag::{AttributePath, Diagnostics, Report, diagnostic, error, path};
use crate::framework::resource::{ManagedResource, Reading};
use crate::framework::schema::{Attribute, IdentityAttribute, Schema};
use crate::framework::value::{Value, ValueAny, attribute, is_blank};
use crate::units::id::ObjectId;

/// The key of this provider's private state. It is stored, so it must never change.
const PRIVATE_STATE_KEY: &str = "ibm_sm_configured";

/// A managed resource type, in terms of its own model: without instance and timeouts.
pub trait InstanceResource: Served {
    /// Configuration, plan and state.
    type Model: Serialize + DeserializeOwned + Clone + PartialEq + Send + Sync + 'static;

    /// The attribute with the object's id in its instance: the last segment of the id.
    const ID: &'static str;

    /// The attributes that together identify the object, for its whole life.
    const IDENTITY: &'static [IdentityAttribute] = &[
        IdentityAttribute { name: "region", optional: true },
        IdentityAttribute { name: "instance_id", optional: false },
        IdentityAttribute { name: Self::ID, optional: false },
    ];

    /// The value of [`InstanceResource::ID`]; empty before the object exists.
    fn id(model: &Self::Model) -> &str;

    /// A model with nothing but the id.
    fn with_id(id: String) -> Self::Model;

    /// How messages name the object, such as `secret group "team-a"`.
    fn describe(model: &Self::Model) -> String;

    /// Checks rules across attributes. The configuration may contain unknown values.
    fn validate(_config: &Self::Model) -> Diagnostics {
        Diagnostics::default()
    }

    /// Notes what applies where the model leaves it open. The states that reading, creating and
    /// updating are given, and the plan, have it noted.
    fn note_defaults(_model: &mut Self::Model, _defaults: Defaults) {}

    /// See [`ManagedResource::planned_changes`].
    fn planned_changes(_prior: &Self::Model, _config: &Self::Model) -> &'static [&'static str] {
        &[]
    }

    /// See [`ManagedResource::modify_plan`].
    fn modify_plan(
        _prior: Option<&Self::Model>,
        _config: &Self::Model,
        _plan: &mut Self::Model,
    ) -> Diagnostics {
        Diagnostics::default()
    }

    /// See [`ManagedResource::replacing`].
    fn replacing(_prior: &Self::Model, _plan: &Self::Model) -> Diagnostics {
        Diagnostics::default()
    }

    /// See [`ManagedResource::leave_out`].
    fn leave_out(_model: &mut Self::Model) {}

    /// Warnings about an object that was read or created.
    fn warnings(_model: &Self::Model) -> Diagnostics {
        Diagnostics::default()
    }

    /// The object as the service has it now. A failure with "not found" means that it is gone.
    fn read(
        instance: &Instance,
        prior: &Self::Model,
    ) -> impl Future<Output = Result<Self::Model, Failure>> + Send;

    /// Creates the object. `config` contains what the plan must not: write-only values.
    fn create(
        instance: &Instance,
        plan: &Self::Model,
        config: &Self::Model,
    ) -> impl Future<Output = Result<Self::Model, Failure>> + Send;

    /// Does what remains once the object exists, which a refresh and an update can do too. The
    /// object is stored even if this fails.
    fn complete(
        _instance: &Instance,
        _model: &mut Self::Model,
    ) -> impl Future<Output = Result<(), Failure>> + Send {
        std::future::ready(Ok(()))
    }

    /// Updates the object from `prior` to `plan`. `state` starts as `prior` and is updated after
    /// each step, so that after a failure it describes what exists. Returns warnings.
    fn update(
        instance: &Instance,
        prior: &Self::Model,
        plan: &Self::Model,
        config: &Self::Model,
        state: &mut Self::Model,
    ) -> impl Future<Output = Result<Diagnostics, Failure>> + Send;

    /// Deletes the object. "Not found" counts as deleted.
    fn delete(
        instance: &Instance,
        prior: &Self::Model,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Reports what outlives an object that a refresh found to be gone; whether
    /// [`InstanceResource::remove_what_outlives`] has to remove it.
    fn what_outlives(
        _instance: &Instance,
        _prior: &Self::Model,
    ) -> impl Future<Output = Report<bool>> + Send {
        std::future::ready(Report::of(false))
    }

    /// Removes what outlives an object that is deleted, or reports it. `was_there` says whether this
    /// delete found the object. After an error it stays in the state.
    fn remove_what_outlives(
        _instance: &Instance,
        _prior: &Self::Model,
        _was_there: bool,
    ) -> impl Future<Output = Diagnostics> + Send {
        std::future::ready(Diagnostics::default())
    }
}

/// The model of a type together with what all managed resources have.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Managed<M> {
    /// The instance it is in.
    #[serde(flatten)]
    pub instance: InstanceRef,
    /// How long operations may take.
    pub timeouts: Value<Timeouts>,
    /// What the type itself has.
    #[serde(flatten)]
    pub model: M,
}

/// The schema of a managed resource type with these attributes of its own.
pub fn resource_schema(description: &'static str, own: Vec<Attribute>) -> Schema {
    let mut attributes = reference::attributes();
    attributes.extend(own);
    attributes.push(timeouts::attribute());
    Schema::new(description, attributes)
}

impl<T: InstanceResource> ManagedResource for Connected<T> {
    type State = Managed<T::Model>;

    fn type_name(&self) -> &'static str {
        T::TYPE_NAME
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn identity(&self) -> &'static [IdentityAttribute] {
        T::IDENTITY
    }

    fn private_state_key(&self) -> &'static str {
        PRIVATE_STATE_KEY
    }

    fn validate(&self, config: &Self::State) -> Diagnostics {
        let mut diagnostics = timeouts::validate(&config.timeouts);
        diagnostics.add_diagnostics(T::validate(&config.model));
        diagnostics
    }

    fn planned_changes(
        &self,
        prior: &Self::State,
        config: &Self::State,
    ) -> &'static [&'static str] {
        T::planned_changes(&prior.model, &config.model)
    }

    fn modify_plan(
        &self,
        prior: Option<&Self::State>,
        config: &Self::State,
        plan: &mut Self::State,
    ) -> Diagnostics {
        T::note_defaults(&mut plan.model, self.connection.defaults());
        T::modify_plan(prior.map(|prior| &prior.model), &config.model, &mut plan.model)
    }

    fn replacing(&self, prior: &Self::State, plan: &Self::State) -> Diagnostics {
        // Elsewhere the name is free, and any order possible.
        let place = |state: &Self::State| {
            (state.instance.region.clone(), state.instance.instance_id.clone())
        };
        if place(prior) != place(plan) {
            return Diagnostics::default();
        }
        T::replacing(&prior.model, &plan.model)
    }

    fn leave_out(&self, state: &mut Self::State) {
        T::leave_out(&mut state.model);
    }

    async fn read(&self, context: Context, mut prior: Self::State) -> Report<Reading<Self::State>> {
        T::note_defaults(&mut prior.model, self.connection.defaults());
        let instance = match self.instance_for(Crud::Read, &prior, context) {
            Ok(instance) => instance,
            Err(diagnostics) => return Report::with(Reading::Present(prior), diagnostics),
        };
        match T::read(&instance, &prior.model).await {
            Ok(model) => {
                let warnings = T::warnings(&model);
                Report::with(Reading::Present(prior.with::<T>(&instance, model)), warnings)
            }
            Err(failure) if failure.is_not_found() => {
                let report = T::what_outlives(&instance, &prior.model).await;
                report.map(|keep| if keep { Reading::Outlived(prior) } else { Reading::Gone })
            }
            Err(failure) => {
                let failed = instance.diagnostics(Crud::Read, &T::describe(&prior.model), failure);
                Report::with(Reading::Present(prior), failed)
            }
        }
    }

    async fn create(
        &self,
        context: Context,
        mut plan: Self::State,
        config: Self::State,
    ) -> Report<Option<Self::State>> {
        T::note_defaults(&mut plan.model, self.connection.defaults());
        let instance = match self.instance_for(Crud::Create, &plan, context) {
            Ok(instance) => instance,
            Err(diagnostics) => return Report::with(None, diagnostics),
        };
        let failed =
            |failure| instance.diagnostics(Crud::Create, &T::describe(&plan.model), failure);
        let mut model = match T::create(&instance, &plan.model, &config.model).await {
            Ok(model) => model,
            Err(failure) => return Report::with(None, failed(failure)),
        };
        // From here on the object exists: whatever fails, it is returned.
        let diagnostics = match T::complete(&instance, &mut model).await {
            Ok(()) => T::warnings(&model),
            Err(failure) if failure.is_final() => failed(failure.advised(|_| Some(replaced()))),
            Err(failure) => kept(&T::describe(&plan.model), failed(failure)),
        };
        Report::with(Some(plan.with::<T>(&instance, model)), diagnostics)
    }

    async fn update(
        &self,
        context: Context,
        mut prior: Self::State,
        mut plan: Self::State,
        config: Self::State,
    ) -> Report<Self::State> {
        for state in [&mut prior, &mut plan] {
            T::note_defaults(&mut state.model, self.connection.defaults());
        }
        let instance = match self.instance_for(Crud::Update, &plan, context) {
            Ok(instance) => instance,
            Err(diagnostics) => return Report::with(prior, diagnostics),
        };
        let mut model = prior.model.clone();
        let outcome =
            T::update(&instance, &prior.model, &plan.model, &config.model, &mut model).await;
        let diagnostics = outcome.unwrap_or_else(|failure| {
            instance.diagnostics(Crud::Update, &T::describe(&prior.model), failure)
        });
        Report::with(plan.with::<T>(&instance, model), diagnostics)
    }

    async fn delete(&self, context: Context, prior: Self::State) -> Diagnostics {
        let instance = match self.instance_for(Crud::Delete, &prior, context) {
            Ok(instance) => instance,
            Err(diagnostics) => return diagnostics,
        };
        if instance.has_adopted(&instance.id(T::id(&prior.model)).to_string()) {
            return not_replaced(&T::describe(&prior.model));
        }
        let was_there = match T::delete(&instance, &prior.model).await {
            Ok(()) => true,
            Err(failure) if failure.is_not_found() => false,
            Err(failure) => {
                return instance.diagnostics(Crud::Delete, &T::describe(&prior.model), failure);
            }
        };
        T::remove_what_outlives(&instance, &prior.model, was_there).await
    }

    fn import(&self, id: &str) -> Result<Self::State, Diagnostics> {
        let id = ObjectId::parse(id, T::ID)
            .map_err(|rule| error(path("id"), "Invalid import id", rule))?;
        Ok(Managed {
            instance: InstanceRef::imported(&id),
            timeouts: Value::Null,
            model: T::with_id(id.object),
        })
    }
}

/// Whether what a list says of an object lacks something that its state has. Perhaps it is gone, but
/// only a read of that object can tell.
pub fn lacks<M: Serialize + PartialEq>(listed: &M, prior: &M) -> Result<bool, Diagnostics> {
    // Nearly always, and much cheaper to find out.
    if listed == prior {
        return Ok(false);
    }
    let (listed, prior) = (to_object(listed)?, to_object(prior)?);
    Ok(prior
        .iter()
        .any(|(name, value)| !is_blank(value) && *attribute(&listed, name) == ValueAny::Null))
}

fn replaced() -> Advice {
    Advice::new(
        "It was created, but cannot be read. Terraform marks it as tainted and replaces it at the \
         next apply, unless you run `terraform untaint`.",
    )
}

/// The diagnostics of an object that was created, but not read completely. An error would make
/// Terraform replace it, although it lacks only what the next refresh reads.
fn kept(object: &str, failed: Diagnostics) -> Diagnostics {
    let mut warnings = Diagnostics::default();
    for failure in failed.errors {
        let summary = format!("The new {object} is not read completely yet");
        let detail = format!(
            "{}\n\nIt was created, and Terraform keeps it. What could not be read is null until the \
             next plan reads it, also for what uses it in this run: run `terraform apply` again, \
             which completes both.",
            failure.detail
        );
        warnings.add_warning(diagnostic(failure.attribute, summary, detail));
    }
    warnings
}

/// The warning that the object to delete is the one that a create has just adopted. With
/// `create_before_destroy`, Terraform does not tell the create that it replaces something, so
/// `adopt_existing` can meet the very object that is being replaced.
fn not_replaced(object: &str) -> Diagnostics {
    let told = diagnostic(
        AttributePath::root(),
        format!("{object} was not replaced"),
        "With create_before_destroy its name was still taken, and adopt_existing adopted it as its \
         own replacement. It is kept. To replace it, set adopt_existing to false first, and give \
         the new object another name.",
    );
    Diagnostics { errors: Vec::new(), warnings: vec![told] }
}

impl<T: InstanceResource> Connected<T> {
    /// The instance of an object, for as long as its timeouts allow.
    fn instance_for(
        &self,
        crud: Crud,
        state: &Managed<T::Model>,
        context: Context,
    ) -> Result<Instance, Diagnostics> {
        let context = context.within(timeouts::limit(&state.timeouts, crud));
        self.connection.instance(&state.instance, &context)
    }
}

impl<M> Managed<M> {
    /// The same with another model, whose object is managed from now on.
    fn with<T: InstanceResource<Model = M>>(&self, instance: &Instance, model: M) -> Managed<M> {
        instance.manages(&instance.id(T::id(&model)).to_string());
        Managed {
            instance: instance.reference(&self.instance, T::id(&model)),
            timeouts: self.timeouts.clone(),
            model,
        }
    }
}
