//! The id of an object in Terraform, `region/instance_id/object`.

use std::fmt;

use super::crn::{Crn, instead_of_an_id};
use super::name::{consists_of, is_access_group_id, is_object_id, is_service_id};

/// Checks the GUID of a service instance. The error follows "must", as do those below.
pub fn check_instance_id(text: &str) -> Result<(), String> {
    check(consists_of(text, "-"), INSTANCE_ID_RULE, text)
}

/// What [`check_instance_id`] demands, to follow "must".
pub const INSTANCE_ID_RULE: &str = "be the GUID of a service instance";
/// What [`check_object_id`] demands, to follow "must".
pub const OBJECT_ID_RULE: &str = "be an id: letters, digits and dashes";
/// What [`check_access_group_id`] demands, to follow "must".
pub const ACCESS_GROUP_ID_RULE: &str = "have the form AccessGroupId-<uuid>";
/// What [`check_service_id`] demands, to follow "must".
pub const SERVICE_ID_RULE: &str = "have the form ServiceId-<uuid>";

/// Checks the id of a secret or of a group.
pub fn check_object_id(text: &str) -> Result<(), String> {
    check(is_object_id(text), OBJECT_ID_RULE, text)
}

/// Checks the id of an access group.
pub fn check_access_group_id(text: &str) -> Result<(), String> {
    check(is_access_group_id(text), ACCESS_GROUP_ID_RULE, text)
}

/// Checks a service ID.
pub fn check_service_id(text: &str) -> Result<(), String> {
    check(is_service_id(text), SERVICE_ID_RULE, text)
}

fn check(valid: bool, rule: &str, text: &str) -> Result<(), String> {
    if valid { Ok(()) } else { Err(instead_of_an_id(rule, text)) }
}

/// Identifies one object of one Secrets Manager instance, in the form that the official provider uses
/// for ids and imports (ibm-api.md 5.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectId {
    /// The instance's region, such as `us-south`.
    pub region: String,
    /// The GUID of the service instance.
    pub instance_id: String,
    /// The id or name of the object in the instance.
    pub object: String,
}

impl ObjectId {
    /// Parses an id. `object` names the last segment, for the message that shows the form.
    pub fn parse(id: &str, object: &str) -> Result<ObjectId, String> {
        let segments: Vec<&str> = id.split('/').collect();
        match segments[..] {
            [region, instance_id, object_id]
                if consists_of(region, "-")
                    && consists_of(instance_id, "-")
                    && !object_id.is_empty() =>
            {
                Ok(ObjectId {
                    region: region.to_owned(),
                    instance_id: instance_id.to_owned(),
                    object: object_id.to_owned(),
                })
            }
            _ => Err(format!(
                "The id must have the form <region>/<instance_id>/<{object}>, such as \
                 us-south/11111111-2222-4333-8444-555555555555/<{object}>. It {}.",
                match Crn::parse(id) {
                    Ok(crn) => format!("is a CRN; as an id that is {:?}", crn.as_id(object)),
                    Err(_) => format!(
                        "has {} of 3 segments{}",
                        segments.len(),
                        if segments.len() == 3 { ", one of them empty or malformed" } else { "" }
                    ),
                }
            )),
        }
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.region, self.instance_id, self.object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_parsing_and_printing() {
        let text = "us-south/11111111-2222-4333-8444-555555555555/engine";
        let id = ObjectId::parse(text, "name").unwrap();
        assert_eq!(id.region, "us-south");
        assert_eq!(id.object, "engine");
        assert_eq!(id.to_string(), text);
    }

    #[test]
    fn an_id_is_not_a_crn_but_what_a_crn_contains() {
        let guid = "11111111-2222-4333-8444-555555555555";
        let crn = |service: &str, rest: &str| format!("crn:v1:bluemix:public:{service}:{rest}");
        let instance = crn("secrets-manager", &format!("eu-de:a/0123:{guid}::"));
        let secret = crn("secrets-manager", &format!("eu-de:a/0123:{guid}:secret:s-1"));
        let service_id = crn("iam-identity", ":a/0123::serviceid:ServiceId-1");
        let group = crn("iam-groups", ":a/0123::group:AccessGroupId-1");
        let of_instance = format!("contains instance_id {guid:?}, region \"eu-de\"");
        let of_secret = format!("{of_instance}, secret \"s-1\"; the function parse_crn");
        for (check, crn, contents) in [
            (check_instance_id as fn(&str) -> Result<(), String>, &instance, &of_instance),
            (check_instance_id, &secret, &of_secret),
            (check_object_id, &secret, &of_secret),
            (check_object_id, &instance, &of_instance),
            (check_service_id, &service_id, &"contains serviceid \"ServiceId-1\";".to_owned()),
            (check_access_group_id, &group, &"contains group \"AccessGroupId-1\";".to_owned()),
        ] {
            let rule = check(crn).unwrap_err();
            assert!(rule.contains(contents), "{crn}: {rule}");
        }
        assert_eq!(check_instance_id(guid), Ok(()));
        assert_eq!(check_object_id("crn:v1"), Err("be an id: letters, digits and dashes".into()));
        for (crn, id) in [(secret, "s-1"), (instance, "<secret_id>")] {
            let rule = ObjectId::parse(&crn, "secret_id").unwrap_err();
            let told = format!("a CRN; as an id that is \"eu-de/{guid}/{id}\".");
            assert!(rule.ends_with(&told), "{rule}");
        }
    }

    #[test]
    fn a_malformed_id_is_an_error_with_the_form() {
        for (id, segments) in [
            ("", "1 of 3"),
            ("just-an-id", "1 of 3"),
            ("us-south/instance", "2 of 3"),
            ("us-south/i/s/v", "4 of 3"),
            ("us-south//s", "3 of 3 segments, one of them empty"),
            ("us.south/i/s", "3 of 3 segments, one of them empty or malformed"),
        ] {
            let rule = ObjectId::parse(id, "secret_id").unwrap_err();
            assert!(rule.contains("<region>/<instance_id>/<secret_id>"), "{rule}");
            assert!(rule.contains(segments), "{rule}");
        }
    }
}
