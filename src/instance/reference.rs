//! The attributes that identify the instance an object is in.

use serde::{Deserialize, Serialize};

use crate::framework::schema::{Attribute, PlanModifier, string};
use crate::framework::validators::{checked, matching, one_of};
use crate::framework::value::{Value, known};
use crate::units::id::{INSTANCE_ID_RULE, ObjectId, check_instance_id};
use crate::units::name::consists_of;

/// The instance that an object is in, and the id of the object in Terraform.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct InstanceRef {
    /// `region/instance_id/object`; lookups, filters and actions have none.
    #[serde(default)]
    pub id: Value<String>,
    /// The GUID of the service instance.
    pub instance_id: Value<String>,
    /// The instance's region.
    pub region: Value<String>,
    /// `public` or `private`.
    pub endpoint_type: Value<String>,
}

/// The attributes of [`InstanceRef`] (ibm-api.md 5.3).
pub(super) fn attributes() -> Vec<Attribute> {
    vec![
        string("id")
            .computed()
            .use_state_for_unknown()
            .description("The object's id in Terraform: `<region>/<instance_id>/<object>`."),
        string("instance_id")
            .required()
            .requires_replace()
            .validator(checked(INSTANCE_ID_RULE, check_instance_id))
            .description("The Secrets Manager instance that the object is in."),
        string("region")
            .optional_computed()
            .requires_replace()
            .use_state_for_unknown()
            .validator(matching("be a region such as us-south", |name| consists_of(name, "-")))
            .description("The region of the instance. Default: the region of the provider."),
        string("endpoint_type").validator(one_of(&["public", "private"])).description(
            "Which endpoint of the instance to use. Default: the `visibility` of the provider.",
        ),
    ]
}

/// The same attributes where nothing is managed: in lookups, filters and actions.
pub fn lookup_attributes() -> Vec<Attribute> {
    attributes()
        .into_iter()
        .filter(|attribute| attribute.name != "id")
        .map(|attribute| Attribute {
            requires_replace: false,
            plan_modifier: PlanModifier::Unknown,
            ..attribute
        })
        .collect()
}

impl InstanceRef {
    /// Whether nothing about the instance is unknown.
    pub(super) fn is_known(&self) -> bool {
        ![&self.instance_id, &self.region, &self.endpoint_type]
            .into_iter()
            .any(|value| value.is_unknown())
    }

    /// The reference of an object to import.
    pub(super) fn imported(id: &ObjectId) -> InstanceRef {
        InstanceRef {
            id: known(id.to_string()),
            instance_id: known(&id.instance_id),
            region: known(&id.region),
            endpoint_type: Value::Null,
        }
    }
}
