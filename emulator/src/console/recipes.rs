//! A secret as HCL and as a call of curl, to copy into other clients.

use crate::model::secret::{Kind, Secret, Source};
use crate::model::secrets_manager::Instance;
use serde_json::{Map, Value, json};

/// The attributes in the order in which IBM's example has them.
const ATTRIBUTES: [&str; 11] = [
    "name",
    "description",
    "secret_group_id",
    "labels",
    "custom_metadata",
    "version_custom_metadata",
    "ttl",
    "reuse_api_key",
    "service_id",
    "access_groups",
    "account_id",
];

/// The body that would create this secret, without what is at its default.
pub(super) fn body_of(secret: &Secret) -> Option<Map<String, Value>> {
    let Kind::IamCredentials(settings) = &secret.kind else { return None };
    let rotation = Some(settings.rotation).filter(|rotation| rotation.auto_rotate);
    let (service_id, access_groups) = match &settings.source {
        Source::ServiceId(id) => (json!(id), Value::Null),
        Source::AccessGroups(ids) => (Value::Null, json!(ids)),
    };
    let fields = [
        ("secret_type", json!("iam_credentials")),
        ("name", json!(secret.name)),
        ("description", json!(secret.description)),
        ("secret_group_id", json!(secret.secret_group_id)),
        ("labels", json!(secret.labels)),
        ("custom_metadata", json!(secret.custom_metadata)),
        ("ttl", json!(settings.ttl.seconds().to_string())),
        ("reuse_api_key", json!(settings.reuse_api_key)),
        ("rotation", json!(rotation)),
        ("service_id", service_id),
        ("access_groups", access_groups),
        ("account_id", json!(settings.account_id)),
    ];
    let is_given = |value: &Value| match value {
        Value::Null => false,
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        _ => true,
    };
    let given = fields.into_iter().filter(|(_, value)| is_given(value));
    Some(given.map(|(name, value)| (name.to_owned(), value)).collect())
}

/// A resource of the provider, as `terraform fmt` leaves it.
pub(super) fn hcl(body: &Map<String, Value>, instance: &Instance) -> String {
    let name = body.get("name").and_then(Value::as_str).unwrap_or_default();
    let mut attributes =
        vec![("instance_id", quoted(&instance.id)), ("region", quoted(&instance.region))];
    let given = ATTRIBUTES.iter().filter_map(|name| Some((*name, expression(body.get(*name)?))));
    attributes.extend(given);
    let mut text = format!(
        "resource \"ibm_sm_iam_credentials_secret\" \"{}\" {{\n{}",
        local_name(name),
        aligned("  ", &attributes)
    );
    if let Some(Value::Object(rotation)) = body.get("rotation") {
        let fields = ["auto_rotate", "interval", "unit"].into_iter();
        let fields = fields.filter_map(|name| Some((name, expression(rotation.get(name)?))));
        let fields: Vec<_> = fields.collect();
        text.push_str(&format!("\n  rotation {{\n{}  }}\n", aligned("    ", &fields)));
    }
    text.push_str("}\n");
    text
}

/// One attribute in each line, with the signs below each other.
fn aligned(indent: &str, attributes: &[(&str, String)]) -> String {
    let width = attributes.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let line = |(name, value): &(&str, String)| format!("{indent}{name:width$} = {value}\n");
    attributes.iter().map(line).collect()
}

/// Metadata is a map of texts in Terraform.
fn expression(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(expression).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                format!("{} = {}", quoted(name), quoted(&text))
            });
            format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// A text of HCL, in which nothing is a template.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '$' | '%' if characters.peek() == Some(&'{') => quoted.extend([character, character]),
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

/// A name that HCL takes for a resource.
fn local_name(name: &str) -> String {
    let plain = |character: char| if character.is_ascii_alphanumeric() { character } else { '_' };
    let local: String = name.chars().map(plain).collect();
    if local.starts_with(|first: char| first.is_ascii_alphabetic()) {
        local
    } else {
        format!("secret_{local}")
    }
}

/// Two commands for a shell; the key comes from its environment.
pub(super) fn curl(body: &Map<String, Value>, instance: &Instance, url: &str) -> String {
    let text = serde_json::to_string_pretty(body).unwrap_or_default();
    let text = text.replace('\'', r"'\''");
    let id = &instance.id;
    format!(
        "TOKEN=$(curl -s '{url}/identity/token' -d apikey=\"$IBMCLOUD_API_KEY\" \\
  -d grant_type=urn:ibm:params:oauth:grant-type:apikey | sed 's/.*\"access_token\":\"//; s/\".*//')
curl -X POST '{url}/instances/{id}/api/v2/secrets' \\
  -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' \\
  -d '{text}'
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed;

    fn instance() -> Instance {
        let state = seed::default_state();
        state.secrets_manager.instances.get(seed::INSTANCE_ID).unwrap().clone()
    }

    fn body(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn texts_of_hcl() {
        for (text, expected) in [
            ("plain", r#""plain""#),
            (r#"a"b\c"#, r#""a\"b\\c""#),
            ("${var.x} %{if}", r#""$${var.x} %%{if}""#),
            ("$5 100%", r#""$5 100%""#),
            ("a\nb", r#""a\nb""#),
        ] {
            assert_eq!(quoted(text), expected);
        }
    }

    #[test]
    fn names_of_resources() {
        for (name, expected) in
            [("app-creds", "app_creds"), ("1st", "secret_1st"), ("é", "secret__")]
        {
            assert_eq!(local_name(name), expected);
        }
    }

    #[test]
    fn a_secret_as_hcl() {
        let body = body(json!({
            "secret_type": "iam_credentials", "name": "app", "ttl": "90d", "reuse_api_key": true,
            "labels": ["a", "b"], "custom_metadata": { "n": 1, "o": "t" },
            "service_id": "ServiceId-1", "rotation": { "auto_rotate": true, "interval": 1, "unit": "month" },
        }));
        let expected = "resource \"ibm_sm_iam_credentials_secret\" \"app\" {
  instance_id     = \"11111111-2222-4333-8444-555555555555\"
  region          = \"us-south\"
  name            = \"app\"
  labels          = [\"a\", \"b\"]
  custom_metadata = { \"n\" = \"1\", \"o\" = \"t\" }
  ttl             = \"90d\"
  reuse_api_key   = true
  service_id      = \"ServiceId-1\"

  rotation {
    auto_rotate = true
    interval    = 1
    unit        = \"month\"
  }
}
";
        assert_eq!(hcl(&body, &instance()), expected);
    }

    #[test]
    fn a_shell_takes_no_text_for_a_command() {
        let text = curl(&body(json!({ "name": "a'; rm -rf '$(x)" })), &instance(), "http://h");
        assert!(text.contains(r#""name": "a'\''; rm -rf '\''$(x)""#), "{text}");
    }
}
