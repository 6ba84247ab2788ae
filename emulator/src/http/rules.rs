//! Rules for strings (ibm-api.md 2.2).

use crate::http::fields::Rule;

/// Free text up to 1024 characters.
pub const DESCRIPTION: Rule = Rule {
    is_valid: |text| text.chars().count() <= 1024,
    message: "must have at most 1024 characters",
};

/// A secret's or configuration's name.
pub const SECRET_NAME: Rule = Rule {
    is_valid: |text| (2..=256).contains(&text.len()) && is_name(text),
    message: "must have 2 to 256 letters, digits, '_', '-' or '.', and begin and end with a letter or digit",
};

/// A configuration's name.
pub const CONFIGURATION_NAME: Rule = Rule {
    is_valid: |text| (2..=128).contains(&text.len()) && is_name(text),
    message: "must have 2 to 128 letters, digits, '_', '-' or '.', and begin and end with a letter or digit",
};

/// A secret group's name.
pub const GROUP_NAME: Rule = Rule {
    is_valid: |text| (2..=64).contains(&text.len()) && is_name(text),
    message: "must have 2 to 64 letters, digits, '_', '-' or '.', and begin and end with a letter or digit",
};

/// A label.
pub const LABEL: Rule = Rule {
    is_valid: |text| (2..=64).contains(&text.chars().count()),
    message: "each item must have 2 to 64 characters",
};

/// A secret group's id.
pub const GROUP_ID: Rule =
    Rule { is_valid: is_group_id, message: "must be a lower-case UUID or 'default'" };

/// `AccessGroupId-…`.
pub const ACCESS_GROUP_ID: Rule = Rule {
    is_valid: |text| {
        text.strip_prefix("AccessGroupId-").is_some_and(|rest| {
            rest.len() >= 2
                && rest.bytes().all(|byte| is_lower_alphanumeric(byte) || byte == b'-')
                && rest.bytes().last().is_some_and(is_lower_alphanumeric)
        })
    },
    message: "each item must be an id of the form AccessGroupId-<uuid>",
};

/// `ServiceId-…`.
pub const SERVICE_ID: Rule = Rule {
    is_valid: |text| text.strip_prefix("ServiceId-").is_some_and(is_uuid),
    message: "must be an id of the form ServiceId-<uuid>",
};

/// 32 lower-case letters or digits.
pub const ACCOUNT_ID: Rule = Rule {
    is_valid: |text| text.len() == 32 && text.bytes().all(is_lower_alphanumeric),
    message: "must have 32 lower-case letters or digits",
};

/// A key: base64 with the URL alphabet, 5 to 60 characters.
pub const API_KEY: Rule =
    Rule { is_valid: is_api_key, message: "must be an API key of 5 to 60 characters" };

/// A lock's name.
pub const LOCK_NAME: Rule = Rule {
    is_valid: is_lock_name,
    message: "must be a letter followed by 1 to 63 letters, digits, '-', '_' or '.'",
};

/// The payload of an arbitrary secret; IBM allows an empty one.
pub const PAYLOAD: Rule = Rule {
    is_valid: |text| text.chars().count() <= 1_000_000,
    message: "must have at most 1000000 characters",
};

/// Any string.
pub const ANY: Rule = Rule { is_valid: |_| true, message: "must be a string" };

/// Any string except the empty one.
pub const NOT_EMPTY: Rule =
    Rule { is_valid: |text| !text.is_empty(), message: "must not be empty" };

/// The CRN of a role.
pub const ROLE: Rule = Rule {
    is_valid: |text| {
        text.starts_with("crn:v1:bluemix:public:")
            && (text.contains("::::role:") || text.contains("::::serviceRole:"))
    },
    message: "must be the CRN of a role",
};

/// A lower-case UUID.
pub fn is_uuid(text: &str) -> bool {
    let mut groups = text.split('-');
    let fits = [8, 4, 4, 4, 12].into_iter().all(|length| {
        groups.next().is_some_and(|group| {
            group.len() == length
                && group.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        })
    });
    fits && groups.next().is_none()
}

/// A UUID or `default`.
pub fn is_group_id(text: &str) -> bool {
    text == "default" || is_uuid(text)
}

/// `^[A-Za-z][A-Za-z0-9-_.]{1,63}$`.
pub fn is_lock_name(text: &str) -> bool {
    (2..=64).contains(&text.len())
        && text.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic())
        && text.bytes().all(is_name_byte)
}

/// Equivalent to IBM's regular expression for names.
fn is_name(text: &str) -> bool {
    let first = text.bytes().next();
    let last = text.bytes().last();
    text.bytes().all(is_name_byte)
        && first.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && last.is_some_and(|byte| byte.is_ascii_alphanumeric())
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

fn is_lower_alphanumeric(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

fn is_api_key(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    let padding = text.len() - body.len();
    (5..=60).contains(&text.len())
        && text.len().is_multiple_of(4)
        && padding <= 2
        && body.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rule: Rule, rows: &[(&str, bool)]) {
        for (text, fine) in rows {
            assert_eq!((rule.is_valid)(text), *fine, "{text:?}: {}", rule.message);
        }
    }

    #[test]
    fn names() {
        let long = "a".repeat(256);
        table(
            SECRET_NAME,
            &[
                ("ab", true),
                ("_b", true),
                ("a.-_b", true),
                ("a", false),
                ("-ab", false),
                ("ab-", false),
                ("ab_", false),
                ("a b", false),
                ("äb", false),
                (&long, true),
                (&format!("{long}a"), false),
            ],
        );
    }

    #[test]
    fn ids() {
        table(
            GROUP_ID,
            &[
                ("default", true),
                ("01234567-89ab-4cde-8f01-23456789abcd", true),
                ("01234567-89AB-4cde-8f01-23456789abcd", false),
                ("01234567-89ab-4cde-8f01-23456789abc", false),
                ("01234567-89ab-4cde-8f01-23456789abcd-", false),
                ("", false),
            ],
        );
        table(
            ACCESS_GROUP_ID,
            &[
                ("AccessGroupId-45884031-54be-4dd7-86ff-112511e92699", true),
                ("AccessGroupId-abc-", false),
                ("AccessGroupId-A", false),
                ("45884031-54be-4dd7-86ff-112511e92699", false),
            ],
        );
        table(
            SERVICE_ID,
            &[
                ("ServiceId-f4b2deac-fbb5-4bf7-85de-88426701db97", true),
                ("ServiceId-f4b2deac", false),
                ("iam-ServiceId-f4b2deac-fbb5-4bf7-85de-88426701db97", false),
            ],
        );
    }

    #[test]
    fn keys_and_locks() {
        table(
            API_KEY,
            &[
                ("engine-key-0123456789abcdefghijklmnopqrstuvw", true),
                ("abcdef==", true),
                ("abcdefg=", true),
                ("abcde", false),
                ("abcd", false),
                ("abcd efg", false),
                ("abcde===", false),
            ],
        );
        table(
            LOCK_NAME,
            &[("app-1", true), ("a", false), ("1a", false), ("a b", false), ("a._-", true)],
        );
    }
}
