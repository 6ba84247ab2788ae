//! From the framework's types to the messages of the wire, and nothing else.

use std::time::{SystemTime, UNIX_EPOCH};

use tf_provider::schema::{Attribute, AttributeConstraint, Block, NestedBlock, Schema, StringKind};

use super::proto::tfplugin6 as proto;
use crate::framework::codec::Encoded;
use crate::framework::diag::{AttributePath, AttributePathStep, Diagnostic, Diagnostics};
use crate::framework::field::{FieldSet, type_json};
use crate::framework::function::Function;
use crate::framework::resource::AnyResource;
use crate::framework::takeover::{OPTIONAL, identity_fields};

/// A schema. Attributes and blocks are sorted by name, so that the same schema is
/// always the same bytes.
pub(crate) fn schema(fields: &FieldSet) -> proto::Schema {
    let Schema { version, block } = fields.schema();
    let write_only = |name: &str| fields.get(name).is_some_and(|field| field.write_only);
    proto::Schema { version, block: Some(schema_block(&block, &write_only)) }
}

fn schema_block(block: &Block, write_only: &dyn Fn(&str) -> bool) -> proto::schema::Block {
    let mut attributes: Vec<proto::schema::Attribute> = block
        .attributes
        .iter()
        .map(|(name, attribute)| schema_attribute(name, attribute, write_only(name)))
        .collect();
    attributes.sort_by(|left, right| left.name.cmp(&right.name));
    let mut block_types: Vec<proto::schema::NestedBlock> =
        block.blocks.iter().map(|(name, nested)| nested_block(name, nested)).collect();
    block_types.sort_by(|left, right| left.type_name.cmp(&right.type_name));
    proto::schema::Block {
        attributes,
        block_types,
        description: block.description.content.clone(),
        description_kind: string_kind(&block.description.kind),
        deprecated: block.deprecated,
        ..Default::default()
    }
}

/// A block that may be given once: the only kind that is declared.
fn nested_block(name: &str, nested: &NestedBlock) -> proto::schema::NestedBlock {
    use proto::schema::nested_block::NestingMode;
    let (NestedBlock::Single(block)
    | NestedBlock::List(block)
    | NestedBlock::Set(block)
    | NestedBlock::Map(block)
    | NestedBlock::Group(block)
    | NestedBlock::Optional(block)) = nested;
    proto::schema::NestedBlock {
        type_name: name.to_owned(),
        block: Some(schema_block(block, &|_| false)),
        nesting: NestingMode::Single.into(),
        min_items: 0,
        max_items: 0,
    }
}

fn schema_attribute(
    name: &str,
    attribute: &Attribute,
    write_only: bool,
) -> proto::schema::Attribute {
    use AttributeConstraint::{Computed, Optional, OptionalComputed, Required};
    proto::schema::Attribute {
        name: name.to_owned(),
        r#type: type_json(&attribute.attr_type).into_bytes(),
        description: attribute.description.content.clone(),
        required: attribute.constraint == Required,
        optional: matches!(attribute.constraint, Optional | OptionalComputed),
        computed: matches!(attribute.constraint, Computed | OptionalComputed),
        sensitive: attribute.sensitive,
        description_kind: string_kind(&attribute.description.kind),
        deprecated: attribute.deprecated,
        write_only,
        ..Default::default()
    }
}

/// An identity: each attribute is needed to import by it, but for the one that
/// the provider can fill in.
pub(crate) fn identity_schema(resource: &dyn AnyResource) -> proto::ResourceIdentitySchema {
    let identity_attributes = identity_fields(resource)
        .map(|field| proto::resource_identity_schema::IdentityAttribute {
            name: field.name.to_owned(),
            r#type: field.kind.type_json().into_bytes(),
            required_for_import: field.name != OPTIONAL,
            optional_for_import: field.name == OPTIONAL,
            description: field.description.to_owned(),
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
                r#type: parameter.kind.type_json().into_bytes(),
                description: parameter.description.to_owned(),
                description_kind: proto::StringKind::Markdown.into(),
                ..Default::default()
            })
            .collect(),
        r#return: Some(proto::function::Return {
            r#type: function.returns.type_json().into_bytes(),
        }),
        summary: function.summary.to_owned(),
        description: function.description.to_owned(),
        description_kind: proto::StringKind::Markdown.into(),
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

/// A moment; before 1970 there is none.
pub(crate) fn timestamp(time: SystemTime) -> Option<prost_types::Timestamp> {
    let since = time.duration_since(UNIX_EPOCH).ok()?;
    let seconds = i64::try_from(since.as_secs()).ok()?;
    Some(prost_types::Timestamp { seconds, nanos: i32::try_from(since.subsec_nanos()).ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::diag;
    use crate::framework::field::{FieldSet, Kind, block, list, text};

    #[test]
    fn a_schema_is_sorted_and_sets_each_flag() {
        let fields = FieldSet::new(
            "What it is.",
            vec![
                text("name").required().about("The name."),
                text("api_key").computed().sensitive(),
                list("labels", Kind::Text).optional_computed(),
                text("key_wo").write_only(),
                block("timeouts", &["create", "delete"]),
            ],
        );
        let block = schema(&fields).block.unwrap();
        let names: Vec<&str> = block.attributes.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["api_key", "key_wo", "labels", "name"]);
        let [api_key, key_wo, labels, name] = &block.attributes[..] else { panic!("four") };
        assert!(key_wo.write_only && key_wo.optional && !labels.write_only);
        assert!(api_key.computed && api_key.sensitive && !api_key.optional);
        assert!(labels.computed && labels.optional && !labels.required);
        assert_eq!(labels.r#type, br#"["list","string"]"#);
        assert!(name.required && !name.computed && !name.sensitive);
        assert_eq!(name.description, "The name.");
        let [timeouts] = &block.block_types[..] else { panic!("one block") };
        assert_eq!(timeouts.type_name, "timeouts");
        assert_eq!(timeouts.nesting(), proto::schema::nested_block::NestingMode::Single);
        assert_eq!((timeouts.min_items, timeouts.max_items), (0, 0));
        let inner = &timeouts.block.as_ref().unwrap().attributes;
        assert!(inner.iter().all(|attribute| attribute.optional));
        assert_eq!(inner.len(), 2);
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
