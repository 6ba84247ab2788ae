//! What becomes of an object that already has the name of one to be created: it is left alone, and
//! the user is told how to import it, or it is adopted because the user has asked for that.
//!
//! Adopting must not be a guess: the object has to be what this create would have made, made by
//! the same identity, and only just.

use time::OffsetDateTime;

use super::connection::Instance;
use super::failure::{Advice, Failure};
use super::resource::InstanceResource;
use crate::client::{ApiError, Timestamp};
use crate::framework::codec::to_object;
use crate::framework::schema::{Attribute, Schema};
use crate::framework::value::{Object, ValueAny, attribute, is_blank};

/// A run that fails is repeated within a day. What is older had time to get another owner: a
/// configuration elsewhere that has the same identity.
pub const RECENT: time::Duration = time::Duration::days(1);

/// An object that is in the way of a new one: it has the name already, or only one may exist.
#[derive(Clone, Debug)]
pub struct Occupant {
    /// Its id in the instance.
    pub id: String,
    /// The IAM id of its creator, if the service says.
    pub created_by: Option<String>,
    /// When it was created.
    pub created_at: Timestamp,
    /// What else to do than to import it, such as "choose another name".
    pub otherwise: &'static str,
}

/// An object that this identity has just created, so that it may be what this create wanted.
#[derive(Debug)]
pub struct Candidate {
    reason: ApiError,
    told: Told,
}

/// What the user is told about the object.
#[derive(Clone, Debug)]
struct Told {
    rule: String,
    id: String,
    created: String,
    otherwise: &'static str,
}

impl Instance {
    /// Whether `occupant` may be adopted, as far as that can be told without comparing it. `rule`
    /// says why there cannot be another one; `reason` is what the create failed with.
    pub async fn may_adopt(
        &self,
        reason: ApiError,
        rule: impl Into<String>,
        occupant: &Occupant,
    ) -> Result<Candidate, Failure> {
        let caller = self.client.caller().await;
        let by = occupant.created_by.as_deref();
        let is_ours = by.is_some() && by == caller.as_deref();
        let id = self.id(&occupant.id).to_string();
        let told = Told {
            rule: rule.into(),
            created: format!(
                "It was created at {} by {}{}.",
                occupant.created_at,
                by.unwrap_or("somebody whom the service does not name"),
                if is_ours { ", as whom this run works" } else { "" }
            ),
            id,
            otherwise: occupant.otherwise,
        };
        let refusal = if !self.adopt_existing {
            None
        } else if !is_ours {
            Some("somebody else created it".to_owned())
        } else if !is_recent(occupant.created_at, self.client.service_time()) {
            Some("it was not created within the last day".to_owned())
        } else if self.is_managed(&told.id) {
            Some("another resource of this run manages it".to_owned())
        } else if self.context.replaces {
            Some("it may be the object that this one replaces".to_owned())
        } else {
            return Ok(Candidate { reason, told });
        };
        Err(told.refusal(reason, refusal))
    }
}

impl Candidate {
    /// Adopts what was found if every configured attribute is as the create would have made it.
    pub fn adopt<T: InstanceResource>(
        self,
        instance: &Instance,
        planned: &T::Model,
        config: &T::Model,
        found: T::Model,
    ) -> Result<T::Model, Failure> {
        let models = [planned, config, &found].map(to_object);
        let [planned, config, object] = models;
        match first_difference(&T::schema(), &planned?, &config?, &object?) {
            None => {
                instance.adopts(&self.told.id);
                Ok(found)
            }
            Some(difference) => Err(self.told.refusal(self.reason, Some(difference))),
        }
    }

    /// Does not adopt the object, for this reason.
    pub fn refuse(self, why: impl Into<String>) -> Failure {
        self.told.refusal(self.reason, Some(why.into()))
    }
}

impl Told {
    fn refusal(self, reason: ApiError, why: Option<String>) -> Failure {
        let Told { rule, id, created, otherwise } = self;
        let not_adopted = why.map_or_else(String::new, |why| {
            format!(" Although adopt_existing is set, it is not adopted: {why}.")
        });
        let advice = Advice::on(
            "name",
            format!(
                "{rule} {created}{not_adopted} If an earlier run created it and could not record it, \
                 import it with `terraform import ADDRESS {id}`, or with this block, where ADDRESS \
                 is the address of this resource:\n\n  import {{\n    to = ADDRESS\n    id = \
                 \"{id}\"\n  }}\n\nOtherwise {otherwise}."
            ),
        );
        Failure::Api(reason, Some(advice))
    }
}

fn is_recent(created_at: Timestamp, now: OffsetDateTime) -> bool {
    now - created_at.as_date_time() <= RECENT
}

/// The first attribute in which what was found is not what the create would have made.
fn first_difference(
    schema: &Schema,
    planned: &Object,
    config: &Object,
    found: &Object,
) -> Option<String> {
    let value = |object| move |declared: &Attribute| attribute(object, declared.name);
    let (planned, config, found) = (value(planned), value(config), value(found));
    schema.iter().filter(|declared| declared.is_configurable()).find_map(|declared| {
        let hidden = *config(declared) != ValueAny::Null && *planned(declared) == ValueAny::Null;
        let wanted = match (planned(declared), &declared.reset_when_removed) {
            (ValueAny::Unknown, None) => return None,
            (ValueAny::Unknown, Some(default)) => default,
            (planned, _) => planned,
        };
        let found = found(declared);
        let agrees =
            is_blank(wanted) && is_blank(found) || declared.semantically_equal(wanted, found);
        match (hidden, agrees) {
            (true, _) => Some(format!("its {} cannot be compared", declared.name)),
            (false, false) => Some(format!("its {} is not as configured", declared.name)),
            (false, true) => None,
        }
    })
}
