//! The id of an object in Terraform, `region/instance_id/object`.

use std::fmt;

use super::name::consists_of;

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
                 us-south/11111111-2222-4333-8444-555555555555/<{object}>. It is {id:?}, \
                 which has {} of 3 segments{}.",
                segments.len(),
                if segments.len() == 3 { ", one of them empty or malformed" } else { "" }
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
