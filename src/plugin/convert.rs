//! From the framework's types to the messages of the wire, and nothing else.

use tf_provider::schema::{Attribute, AttributeConstraint, Schema, StringKind};

use super::proto::tfplugin6 as proto;
use crate::framework::codec::Encoded;
use crate::framework::diag::{AttributePath, AttributePathStep, Diagnostic, Diagnostics};

/// A schema. Attributes are sorted by name, so that the same schema is always
/// the same bytes. Blocks are never declared (plugin-protocol.md 5.3, form C).
pub(crate) fn schema(schema: &Schema) -> proto::Schema {
    let mut attributes: Vec<proto::schema::Attribute> = schema
        .block
        .attributes
        .iter()
        .map(|(name, attribute)| schema_attribute(name, attribute))
        .collect();
    attributes.sort_by(|left, right| left.name.cmp(&right.name));
    proto::Schema {
        version: schema.version,
        block: Some(proto::schema::Block {
            attributes,
            description: schema.block.description.content.clone(),
            description_kind: string_kind(&schema.block.description.kind),
            deprecated: schema.block.deprecated,
            ..Default::default()
        }),
    }
}

fn schema_attribute(name: &str, attribute: &Attribute) -> proto::schema::Attribute {
    use AttributeConstraint::{Computed, Optional, OptionalComputed, Required};
    proto::schema::Attribute {
        name: name.to_owned(),
        r#type: attribute.attr_type.to_string().into_bytes(),
        description: attribute.description.content.clone(),
        required: attribute.constraint == Required,
        optional: matches!(attribute.constraint, Optional | OptionalComputed),
        computed: matches!(attribute.constraint, Computed | OptionalComputed),
        sensitive: attribute.sensitive,
        description_kind: string_kind(&attribute.description.kind),
        deprecated: attribute.deprecated,
        ..Default::default()
    }
}

fn string_kind(kind: &StringKind) -> i32 {
    match kind {
        StringKind::Plain => proto::StringKind::Plain.into(),
        StringKind::Markdown => proto::StringKind::Markdown.into(),
    }
}

/// Diagnostics, errors first.
pub(crate) fn diagnostics(diagnostics: Diagnostics) -> Vec<proto::Diagnostic> {
    use proto::diagnostic::Severity;
    let Diagnostics { errors, warnings } = diagnostics;
    let convert = |severity: Severity| {
        move |diagnostic: Diagnostic| proto::Diagnostic {
            severity: severity.into(),
            summary: diagnostic.summary.into_owned(),
            detail: diagnostic.detail.into_owned(),
            attribute: attribute_path(diagnostic.attribute),
        }
    };
    errors
        .into_iter()
        .map(convert(Severity::Error))
        .chain(warnings.into_iter().map(convert(Severity::Warning)))
        .collect()
}

/// A path; none for the empty one, which points at the whole block.
pub(crate) fn attribute_path(path: AttributePath) -> Option<proto::AttributePath> {
    use proto::attribute_path::{Step, step::Selector};
    let steps: Vec<Step> = path
        .steps
        .into_iter()
        .map(|step| match step {
            AttributePathStep::Attribute(name) => Selector::AttributeName(name.into_owned()),
            AttributePathStep::Key(key) => Selector::ElementKeyString(key.into_owned()),
            AttributePathStep::Index(index) => Selector::ElementKeyInt(index),
        })
        .map(|selector| Step { selector: Some(selector) })
        .collect();
    (!steps.is_empty()).then_some(proto::AttributePath { steps })
}

/// A value as received: MessagePack wins if both encodings are there.
pub(crate) fn encoded(value: Option<&proto::DynamicValue>) -> Encoded<'_> {
    match value {
        None => Encoded::MsgPack(&[]),
        Some(value) if value.msgpack.is_empty() => Encoded::Json(&value.json),
        Some(value) => Encoded::MsgPack(&value.msgpack),
    }
}

/// A value to send: always MessagePack.
pub(crate) fn dynamic_value(msgpack: Vec<u8>) -> Option<proto::DynamicValue> {
    Some(proto::DynamicValue { msgpack, json: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::diag;
    use crate::framework::field::{FieldSet, Kind, list, text};

    #[test]
    fn a_schema_is_sorted_and_sets_each_flag() {
        let fields = FieldSet::new(
            "What it is.",
            vec![
                text("name").required().about("The name."),
                text("api_key").computed().sensitive(),
                list("labels", Kind::Text).optional_computed(),
            ],
        );
        let block = schema(&fields.schema()).block.unwrap();
        let names: Vec<&str> = block.attributes.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["api_key", "labels", "name"]);
        let [api_key, labels, name] = &block.attributes[..] else { panic!("three attributes") };
        assert!(api_key.computed && api_key.sensitive && !api_key.optional);
        assert!(labels.computed && labels.optional && !labels.required);
        assert_eq!(labels.r#type, br#"["list","string"]"#);
        assert!(name.required && !name.computed && !name.sensitive);
        assert_eq!(name.description, "The name.");
        assert!(block.block_types.is_empty());
    }

    #[test]
    fn errors_come_before_warnings_each_on_its_path() {
        let mut all =
            diag::error(diag::path("labels").index(1).key("k").attribute("a"), "summary", "detail");
        all.add_warning(diag::diagnostic(AttributePath::root(), "warned", ""));
        let sent = diagnostics(all);
        assert_eq!(sent[0].severity(), proto::diagnostic::Severity::Error);
        assert_eq!(sent[0].attribute.as_ref().unwrap().steps.len(), 4);
        assert_eq!(sent[1].severity(), proto::diagnostic::Severity::Warning);
        assert_eq!(sent[1].attribute, None);
    }

    #[test]
    fn msgpack_wins_over_json_and_nothing_is_null() {
        let both = proto::DynamicValue { msgpack: vec![0xc0], json: b"{}".to_vec() };
        assert_eq!(encoded(Some(&both)), Encoded::MsgPack(&[0xc0]));
        let json = proto::DynamicValue { msgpack: vec![], json: b"{}".to_vec() };
        assert_eq!(encoded(Some(&json)), Encoded::Json(b"{}"));
        assert_eq!(encoded(None), Encoded::MsgPack(&[]));
    }
}
