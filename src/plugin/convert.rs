//! Converts between the framework's types and the protocol's messages, and does nothing else.

use std::time::{SystemTime, UNIX_EPOCH};

use super::proto::tfplugin6 as proto;
use crate::framework::codec::Encoded;
use crate::framework::diag::{AttributePath, AttributePathStep, Diagnostic, Diagnostics};
use crate::framework::function::Function;
use crate::framework::identity;
use crate::framework::resource::AnyResource;
use crate::framework::schema::{Attribute, AttributeConstraint, Schema, Type};

/// A schema. Attributes and blocks are sorted by name, so that the same schema is
/// always the same bytes.
pub(crate) fn schema(schema: &Schema) -> proto::Schema {
    let mut attributes: Vec<_> =
        schema.iter().filter(|attribute| !attribute.block).map(schema_attribute).collect();
    attributes.sort_by(|left, right| left.name.cmp(&right.name));
    let mut block_types: Vec<_> =
        schema.iter().filter(|attribute| attribute.block).map(nested_block).collect();
    block_types.sort_by(|left, right| left.type_name.cmp(&right.type_name));
    proto::Schema {
        version: Schema::VERSION,
        block: Some(proto::schema::Block {
            attributes,
            block_types,
            description: schema.description().to_owned(),
            description_kind: proto::StringKind::Markdown.into(),
            ..Default::default()
        }),
    }
}

fn schema_attribute(attribute: &Attribute) -> proto::schema::Attribute {
    use AttributeConstraint::{Computed, Optional, OptionalComputed, Required};
    proto::schema::Attribute {
        name: attribute.name.to_owned(),
        r#type: type_json(&attribute.value_type),
        description: attribute.documentation_with_members(),
        required: attribute.constraint == Required,
        optional: matches!(attribute.constraint, Optional | OptionalComputed),
        computed: matches!(attribute.constraint, Computed | OptionalComputed),
        sensitive: attribute.sensitive,
        description_kind: proto::StringKind::Markdown.into(),
        deprecated: attribute.deprecated,
        write_only: attribute.write_only,
        ..Default::default()
    }
}

/// A block that may be given once, the only nesting that schemas use. Every
/// attribute inside is optional.
fn nested_block(block: &Attribute) -> proto::schema::NestedBlock {
    use proto::schema::nested_block::NestingMode;
    let inner = match &block.value_type {
        Type::Object(attributes) => attributes.as_slice(),
        _ => &[],
    };
    let mut attributes: Vec<_> = inner
        .iter()
        .map(|(name, value_type)| proto::schema::Attribute {
            name: (*name).to_owned(),
            r#type: type_json(value_type),
            description: block
                .members
                .iter()
                .find(|(described, _)| described == name)
                .map(|(_, description)| (*description).to_owned())
                .unwrap_or_default(),
            optional: true,
            description_kind: proto::StringKind::Markdown.into(),
            ..Default::default()
        })
        .collect();
    attributes.sort_by(|left, right| left.name.cmp(&right.name));
    proto::schema::NestedBlock {
        type_name: block.name.to_owned(),
        block: Some(proto::schema::Block {
            attributes,
            description: block.documentation(),
            description_kind: proto::StringKind::Markdown.into(),
            deprecated: block.deprecated,
            ..Default::default()
        }),
        nesting: NestingMode::Single.into(),
        min_items: 0,
        max_items: 0,
    }
}

/// An identity's schema: an import needs every attribute, except those that the
/// provider can fill in.
pub(crate) fn identity_schema(resource: &dyn AnyResource) -> proto::ResourceIdentitySchema {
    let identity_attributes = identity::identity_schema(resource)
        .map(|(part, attribute)| proto::resource_identity_schema::IdentityAttribute {
            name: attribute.name.to_owned(),
            r#type: type_json(&attribute.value_type),
            required_for_import: !part.optional,
            optional_for_import: part.optional,
            description: attribute.description.to_string(),
        })
        .collect();
    proto::ResourceIdentitySchema { version: 0, identity_attributes }
}

/// A function.
pub(crate) fn function(function: &Function) -> proto::Function {
    proto::Function {
        parameters: function
            .parameters
            .iter()
            .map(|parameter| proto::function::Parameter {
                name: parameter.name.to_owned(),
                r#type: type_json(&parameter.value_type),
                description: parameter.description.to_owned(),
                description_kind: proto::StringKind::Markdown.into(),
                ..Default::default()
            })
            .collect(),
        r#return: Some(proto::function::Return { r#type: type_json(&function.returns) }),
        summary: function.summary.to_owned(),
        description: function.description.to_owned(),
        description_kind: proto::StringKind::Markdown.into(),
        ..Default::default()
    }
}

fn type_json(value_type: &Type) -> Vec<u8> {
    value_type.to_json().to_string().into_bytes()
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

/// A path; `None` for the empty one, which points at the whole block.
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

/// A received value; MessagePack takes precedence if both encodings are present.
pub(crate) fn encoded(value: Option<&proto::DynamicValue>) -> Encoded<'_> {
    match value {
        None => Encoded::MsgPack(&[]),
        Some(value) if value.msgpack.is_empty() => Encoded::Json(&value.json),
        Some(value) => Encoded::MsgPack(&value.msgpack),
    }
}

/// A value to send, always as MessagePack.
pub(crate) fn dynamic_value(msgpack: Vec<u8>) -> Option<proto::DynamicValue> {
    Some(proto::DynamicValue { msgpack, json: Vec::new() })
}

/// A point in time; `None` before 1970.
pub(crate) fn timestamp(time: SystemTime) -> Option<prost_types::Timestamp> {
    let since = time.duration_since(UNIX_EPOCH).ok()?;
    let seconds = i64::try_from(since.as_secs()).ok()?;
    Some(prost_types::Timestamp { seconds, nanos: i32::try_from(since.subsec_nanos()).ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::diag;
    use crate::framework::schema::{Schema, Type, block, list, string};

    #[test]
    fn a_schema_is_sorted_and_sets_every_flag() {
        let declared = Schema::new(
            "A thing.",
            vec![
                string("name").required().description("The name."),
                string("api_key").computed().sensitive(),
                list("labels", Type::String).optional_computed(),
                string("key_wo").write_only(),
                block("timeouts", &[("create", "One."), ("delete", "Two.")]),
            ],
        );
        let block = schema(&declared).block.unwrap();
        let names: Vec<&str> =
            block.attributes.iter().map(|attribute| attribute.name.as_str()).collect();
        assert_eq!(names, ["api_key", "key_wo", "labels", "name"]);
        let [api_key, key_wo, labels, name] = &block.attributes[..] else { panic!("not four") };
        assert!(key_wo.write_only && key_wo.optional && !labels.write_only);
        assert!(api_key.computed && api_key.sensitive && !api_key.optional);
        assert!(labels.computed && labels.optional && !labels.required);
        assert_eq!(labels.r#type, br#"["list","string"]"#);
        assert!(name.required && !name.computed && !name.sensitive);
        assert_eq!(name.description, "The name.");
        let [timeouts] = &block.block_types[..] else { panic!("not one block") };
        assert_eq!(timeouts.type_name, "timeouts");
        assert_eq!(timeouts.nesting(), proto::schema::nested_block::NestingMode::Single);
        assert_eq!((timeouts.min_items, timeouts.max_items), (0, 0));
        let inner = &timeouts.block.as_ref().unwrap().attributes;
        assert!(inner.iter().all(|attribute| attribute.optional));
        assert_eq!(inner.len(), 2);
    }

    #[test]
    fn errors_come_before_warnings_each_with_its_path() {
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
    fn msgpack_takes_precedence_over_json_and_an_absent_value_is_null() {
        let both = proto::DynamicValue { msgpack: vec![0xc0], json: b"{}".to_vec() };
        assert_eq!(encoded(Some(&both)), Encoded::MsgPack(&[0xc0]));
        let json = proto::DynamicValue { msgpack: vec![], json: b"{}".to_vec() };
        assert_eq!(encoded(Some(&json)), Encoded::Json(b"{}"));
        assert_eq!(encoded(None), Encoded::MsgPack(&[]));
    }
}
