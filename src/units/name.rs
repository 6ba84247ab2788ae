//! Names and ids of objects in Secrets Manager and IAM.

/// Whether the text is not empty and every character is an ASCII letter, a digit, or one of
/// `others`.
pub fn consists_of(text: &str, others: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || others.contains(c))
}

/// Whether Secrets Manager accepts the name for secrets, groups and configurations: letters,
/// digits, `_`, `-` and `.`, first a letter, digit or `_`, last a letter or digit (ibm-api.md 2.2).
pub fn is_name(name: &str) -> bool {
    let first = name.chars().next().is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
    let last = name.chars().next_back().is_some_and(|c| c.is_ascii_alphanumeric());
    first && last && name.len() >= 2 && consists_of(name, "_-.")
}

/// The rule of [`is_name`] in words that follow "must".
pub const NAME_RULE: &str = "consist of letters, digits, `_`, `-` and `.`, begin with a letter, \
                             digit or `_` and end with a letter or digit";

/// Whether the text is the id of a secret or of a group: a UUID, or `default`.
pub fn is_object_id(id: &str) -> bool {
    consists_of(id, "-")
}

/// Whether the text has the form of an access group's id.
pub fn is_access_group_id(id: &str) -> bool {
    id.strip_prefix("AccessGroupId-").is_some_and(is_object_id)
}

/// Whether the text has the form of a service ID.
pub fn is_service_id(id: &str) -> bool {
    id.strip_prefix("ServiceId-").is_some_and(is_object_id)
}

/// Whether the text has the form of an account's id.
pub fn is_account_id(id: &str) -> bool {
    id.len() <= 32 && consists_of(id, "") && !id.bytes().any(|byte| byte.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_service() {
        for (name, valid) in [
            ("test-iam-credentials-secret", true),
            ("_a", true),
            ("a.b_c-1", true),
            ("a", false),
            ("-ab", false),
            ("ab-", false),
            ("ab_", false),
            ("a b", false),
            ("äb", false),
            ("", false),
        ] {
            assert_eq!(is_name(name), valid, "{name}");
        }
    }

    #[test]
    fn only_the_listed_characters_are_allowed() {
        assert!(consists_of("us-south", "-"));
        assert!(!consists_of("us/south", "-"));
        assert!(!consists_of("", "-"));
    }

    #[test]
    fn ids_of_iam_have_their_form() {
        assert!(is_access_group_id("AccessGroupId-45884031-54be-4dd7-86ff-112511e92699"));
        assert!(!is_access_group_id("AccessGroupId-"));
        assert!(is_service_id("ServiceId-f4b2deac-fbb5-4bf7-85de-88426701db97"));
        assert!(!is_service_id("iam-ServiceId-f4b2deac"));
        assert!(is_account_id("0123456789abcdef0123456789abcdef"));
        assert!(!is_account_id("0123456789ABCDEF"));
    }
}
