//! Terraform's encoding of values: bytes to untyped objects and back, and
//! untyped objects to a resource type's model and back.
//!
//! Decoding follows the declared types (plugin-protocol.md 3), so a value that
//! does not fit is reported on its attribute's path. This is the only user of
//! MessagePack.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::diag::{AttributePath, Diagnostics, bug, diagnostic};
use super::schema::{Attribute, Schema, Type};
use super::value::{Object, ValueAny};

/// A value as it crosses the wire.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Encoded<'a> {
    /// MessagePack, which Terraform sends.
    MsgPack(&'a [u8]),
    /// JSON, which a state file contains.
    Json(&'a [u8]),
}

/// Why a value could not be decoded, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct DecodeError {
    path: AttributePath,
    reason: String,
}

impl DecodeError {
    /// What is wrong with the value, without its path.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl From<DecodeError> for Diagnostics {
    fn from(error: DecodeError) -> Self {
        let mut diagnostics = Diagnostics::default();
        diagnostics.add_error(diagnostic(error.path, "Value of the wrong type", error.reason));
        diagnostics
    }
}

/// Decodes a block; `None` is the null block, an object that does not exist.
/// Attributes that the schema lacks are ignored and missing ones are null, as a
/// state written by another version needs.
pub fn decode(schema: &Schema, encoded: Encoded<'_>) -> Result<Option<Object>, DecodeError> {
    decode_attributes(schema.iter(), encoded)
}

/// Decodes a configuration. Terraform always sends one; without it, every attribute is null.
pub fn decode_config(schema: &Schema, encoded: Encoded<'_>) -> Result<Object, DecodeError> {
    Ok(decode(schema, encoded)?.unwrap_or_else(|| schema.nulls()))
}

/// Decodes an object of these attributes, as [`decode`] does.
pub fn decode_attributes<'a>(
    attributes: impl Iterator<Item = &'a Attribute>,
    encoded: Encoded<'_>,
) -> Result<Option<Object>, DecodeError> {
    let tree = read_node(encoded)?;
    let mut entries = match tree {
        Node::Null => return Ok(None),
        Node::Map(entries) => entries,
        other => return Err(mismatch(AttributePath::root(), "an object", &other)),
    };
    attributes
        .map(|attribute| {
            let node = entries.remove(attribute.name).unwrap_or(Node::Null);
            let value = typed(&attribute.value_type, node, &|| AttributePath::new(attribute.name))?;
            Ok((attribute.name.to_owned(), value))
        })
        .collect::<Result<Object, DecodeError>>()
        .map(Some)
}

/// Decodes a value of this type outside a block, such as a function's argument.
pub fn decode_value(value_type: &Type, encoded: Encoded<'_>) -> Result<ValueAny, DecodeError> {
    typed(value_type, read_node(encoded)?, &AttributePath::root)
}

/// Encodes a value outside a block, or an object with exactly its attributes.
pub fn encode_value(value: &impl Serialize) -> Result<Vec<u8>, Diagnostics> {
    pack(value)
}

fn read_node(encoded: Encoded<'_>) -> Result<Node<'_>, DecodeError> {
    match encoded {
        Encoded::MsgPack([]) | Encoded::Json([]) => Ok(Node::Null),
        Encoded::MsgPack(mut bytes) => {
            rmpv::decode::read_value_ref(&mut bytes).map(Node::from).map_err(|it| unreadable(&it))
        }
        Encoded::Json(bytes) => serde_json::from_slice::<serde_json::Value>(bytes)
            .map(Node::from)
            .map_err(|error| unreadable(&error)),
    }
}

/// Encodes a block as MessagePack, with every attribute of the schema, as
/// Terraform requires; `None` is the null block.
pub fn encode(schema: &Schema, object: Option<&Object>) -> Result<Vec<u8>, Diagnostics> {
    let Some(object) = object else {
        return pack(&ValueAny::Null);
    };
    let complete: BTreeMap<&str, &ValueAny> = schema
        .iter()
        .map(|attribute| (attribute.name, super::value::attribute(object, attribute.name)))
        .collect();
    pack(&complete)
}

/// The typed model of an untyped object.
pub fn to_model<T: DeserializeOwned>(object: &Object) -> Result<T, Diagnostics> {
    let bytes = pack(object)?;
    rmp_serde::from_slice(&bytes)
        .map_err(|error| bug(format!("A value does not fit the model: {error}.")))
}

/// The untyped object of a typed model.
pub fn to_object<T: Serialize>(model: &T) -> Result<Object, Diagnostics> {
    let bytes = pack(model)?;
    rmp_serde::from_slice(&bytes)
        .map_err(|error| bug(format!("A model does not serialize to an object: {error}.")))
}

fn pack<T: Serialize>(value: &T) -> Result<Vec<u8>, Diagnostics> {
    rmp_serde::to_vec_named(value)
        .map_err(|error| bug(format!("A value cannot be encoded: {error}.")))
}

/// A decoded value of either encoding, before its type is applied. Most texts are names of
/// attributes, so those of MessagePack stay where they are.
enum Node<'a> {
    Null,
    Unknown,
    Bool(bool),
    Integer(i64),
    Float(f64),
    String(Cow<'a, str>),
    List(Vec<Node<'a>>),
    Map(BTreeMap<Cow<'a, str>, Node<'a>>),
    Unsupported(&'static str),
}

impl<'a> From<rmpv::ValueRef<'a>> for Node<'a> {
    fn from(value: rmpv::ValueRef<'a>) -> Self {
        use rmpv::ValueRef;
        match value {
            ValueRef::Nil => Node::Null,
            ValueRef::Boolean(value) => Node::Bool(value),
            ValueRef::Integer(number) => match number.as_i64() {
                Some(number) => Node::Integer(number),
                None => Node::Unsupported("a number beyond 64 bits"),
            },
            ValueRef::F32(number) => Node::Float(f64::from(number)),
            ValueRef::F64(number) => Node::Float(number),
            ValueRef::String(text) => match text.into_str() {
                Some(text) => Node::String(Cow::Borrowed(text)),
                None => Node::Unsupported("text that is not UTF-8"),
            },
            ValueRef::Binary(_) => Node::Unsupported("bytes"),
            ValueRef::Array(items) => Node::List(items.into_iter().map(Node::from).collect()),
            ValueRef::Map(entries) => Node::Map(
                entries
                    .into_iter()
                    .filter_map(|(key, value)| match key {
                        ValueRef::String(key) => {
                            Some((Cow::Borrowed(key.into_str()?), Node::from(value)))
                        }
                        _ => None,
                    })
                    .collect(),
            ),
            // Every extension is an unknown value; refinements may be ignored.
            ValueRef::Ext(..) => Node::Unknown,
        }
    }
}

impl From<serde_json::Value> for Node<'_> {
    fn from(value: serde_json::Value) -> Self {
        match value {
            serde_json::Value::Null => Node::Null,
            serde_json::Value::Bool(flag) => Node::Bool(flag),
            serde_json::Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(number), _) => Node::Integer(number),
                (None, Some(number)) => Node::Float(number),
                (None, None) => Node::Unsupported("a number beyond 64 bits"),
            },
            serde_json::Value::String(text) => Node::String(text.into()),
            serde_json::Value::Array(items) => {
                Node::List(items.into_iter().map(Node::from).collect())
            }
            serde_json::Value::Object(entries) => {
                let entries = entries.into_iter().map(|(key, value)| (key.into(), value.into()));
                Node::Map(entries.collect())
            }
        }
    }
}

impl Node<'_> {
    fn describe(&self) -> &'static str {
        match self {
            Node::Null => "null",
            Node::Unknown => "an unknown value",
            Node::Bool(_) => "true or false",
            Node::Integer(_) => "a number",
            Node::Float(_) => "a number with a fraction or beyond 64 bits",
            Node::String(_) => "a string",
            Node::List(_) => "a list",
            Node::Map(_) => "a map",
            Node::Unsupported(description) => description,
        }
    }
}

/// Applies a type. The path is only made for an error.
fn typed(
    value_type: &Type,
    node: Node<'_>,
    path: &dyn Fn() -> AttributePath,
) -> Result<ValueAny, DecodeError> {
    let value = match (value_type, node) {
        (_, Node::Null) => ValueAny::Null,
        (_, Node::Unknown) => ValueAny::Unknown,
        (Type::String, Node::String(text)) => ValueAny::String(text.into_owned()),
        (Type::String, Node::Integer(number)) => ValueAny::String(number.to_string()),
        (Type::String, Node::Bool(flag)) => ValueAny::String(flag.to_string()),
        (Type::Bool, Node::Bool(flag)) => ValueAny::Bool(flag),
        (Type::Bool, Node::String(text)) if text == "true" || text == "false" => {
            ValueAny::Bool(text == "true")
        }
        (Type::Number, Node::Integer(number)) => ValueAny::Number(number),
        (Type::Number, Node::Float(number)) => match whole(number) {
            Some(number) => ValueAny::Number(number),
            None => return Err(mismatch(path(), "a whole number", &Node::Float(number))),
        },
        (Type::Number, Node::String(text)) => match text.parse() {
            Ok(number) => ValueAny::Number(number),
            Err(_) => return Err(mismatch(path(), "a whole number", &Node::String(text))),
        },
        (Type::List(element), Node::List(items)) => ValueAny::List(
            (0_i64..)
                .zip(items)
                .map(|(index, item)| typed(element, item, &|| path().index(index)))
                .collect::<Result<_, _>>()?,
        ),
        (Type::Map(element), Node::Map(entries)) => ValueAny::Map(
            entries
                .into_iter()
                .map(|(key, item)| {
                    let key = key.into_owned();
                    let value = typed(element, item, &|| path().key(key.clone()))?;
                    Ok((key, value))
                })
                .collect::<Result<_, _>>()?,
        ),
        (Type::Object(attributes), Node::Map(mut entries)) => ValueAny::Map(
            attributes
                .iter()
                .map(|(name, value_type)| {
                    let node = entries.remove(*name).unwrap_or(Node::Null);
                    let value = typed(value_type, node, &|| path().attribute(*name))?;
                    Ok(((*name).to_owned(), value))
                })
                .collect::<Result<_, _>>()?,
        ),
        (other, node) => return Err(mismatch(path(), expected(other), &node)),
    };
    Ok(value)
}

/// The float as an integer, if a float can represent it exactly.
fn whole(number: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let exact = number.fract() == 0.0 && number.abs() <= EXACT;
    // Within this range the conversion is exact.
    exact.then_some(number as i64)
}

fn expected(value_type: &Type) -> &'static str {
    match value_type {
        Type::String => "a string",
        Type::Number => "a whole number",
        Type::Bool => "true or false",
        Type::List(_) => "a list",
        Type::Map(_) => "a map",
        Type::Object(_) => "an object",
    }
}

fn mismatch(path: AttributePath, expected: &str, found: &Node<'_>) -> DecodeError {
    DecodeError {
        path,
        reason: format!("The value must be {expected}; it is {}.", found.describe()),
    }
}

fn unreadable(error: &dyn std::fmt::Display) -> DecodeError {
    DecodeError {
        path: AttributePath::root(),
        reason: format!("The value cannot be read: {error}."),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::super::schema::{boolean, list, map, number, string};
    use super::super::value::{StringList, StringMap, Value, known_list};
    use super::*;

    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    struct Policy {
        auto_rotate: Value<bool>,
        interval: Value<i64>,
    }

    #[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
    struct Model {
        name: Value<String>,
        reuse: Value<bool>,
        total: Value<i64>,
        labels: StringList,
        tags: StringMap,
        rotation: Value<Vec<Value<Policy>>>,
    }

    fn schema() -> Schema {
        let policy = vec![("auto_rotate", Type::Bool), ("interval", Type::Number)];
        Schema::new(
            "A thing.",
            vec![
                string("name"),
                boolean("reuse"),
                number("total"),
                list("labels", Type::String),
                map("tags", Type::String),
                list("rotation", Type::Object(policy)),
            ],
        )
    }

    fn round_trip(model: &Model) -> Model {
        let object = to_object(model).unwrap();
        let bytes = encode(&schema(), Some(&object)).unwrap();
        let decoded = decode(&schema(), Encoded::MsgPack(&bytes)).unwrap().unwrap();
        to_model(&decoded).unwrap()
    }

    #[test]
    fn known_null_and_unknown_survive_a_round_trip_at_every_depth() {
        let model = Model {
            name: Value::Unknown,
            reuse: Value::Value(false),
            total: Value::Null,
            labels: Value::Value(vec!["dev".to_owned().into(), Value::Unknown]),
            tags: Value::Value(BTreeMap::from([
                ("a".to_owned(), Value::Null),
                ("b".to_owned(), Value::Unknown),
            ])),
            rotation: Value::Value(vec![Value::Value(Policy {
                auto_rotate: Value::Value(true),
                interval: Value::Unknown,
            })]),
        };
        assert_eq!(round_trip(&model), model);
        assert_eq!(round_trip(&Model::default()), Model::default());
        let empty = Model { labels: known_list::<String>([]), ..Model::default() };
        assert_eq!(round_trip(&empty), empty);
    }

    #[test]
    fn a_refined_unknown_is_unknown() {
        // {"name": unknown, refined as not null}: extension type 12.
        let bytes = b"\x81\xa4name\xc7\x03\x0c\x81\x01\xc2";
        let object = decode(&schema(), Encoded::MsgPack(bytes)).unwrap().unwrap();
        assert_eq!(object["name"], ValueAny::Unknown);
    }

    #[test]
    fn numbers_arrive_as_integers_floats_or_decimal_strings() {
        for (bytes, expected) in [
            (&b"\x81\xa5total\x05"[..], Ok(5)),
            (b"\x81\xa5total\xcb\x40\x14\x00\x00\x00\x00\x00\x00", Ok(5)),
            (b"\x81\xa5total\xa15", Ok(5)),
            (
                b"\x81\xa5total\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00",
                Err(
                    "The value must be a whole number; it is a number with a fraction or beyond 64 bits.",
                ),
            ),
            (b"\x81\xa5total\xa31.5", Err("The value must be a whole number; it is a string.")),
        ] {
            let decoded = decode(&schema(), Encoded::MsgPack(bytes));
            match expected {
                Ok(number) => {
                    assert_eq!(decoded.unwrap().unwrap()["total"], ValueAny::Number(number));
                }
                Err(reason) => {
                    let error = decoded.unwrap_err();
                    assert_eq!(error.path.to_string(), "total");
                    assert_eq!(error.reason, reason);
                }
            }
        }
    }

    #[test]
    fn a_json_state_of_another_version_is_decoded_leniently() {
        let json = br#"{ "name": "n", "reuse": "true", "retired": [1], "rotation":
            [{"auto_rotate": false, "interval": 0, "unit": ""}] }"#;
        let object = decode(&schema(), Encoded::Json(json)).unwrap().unwrap();
        assert_eq!(object["name"], ValueAny::String("n".to_owned()));
        assert_eq!(object["reuse"], ValueAny::Bool(true));
        assert_eq!(object["labels"], ValueAny::Null);
        assert!(!object.contains_key("retired"));
        let ValueAny::List(rotation) = &object["rotation"] else { panic!("not a list") };
        let ValueAny::Map(policy) = &rotation[0] else { panic!("not an object") };
        assert_eq!(policy["interval"], ValueAny::Number(0));
        assert!(!policy.contains_key("unit"));
    }

    #[test]
    fn an_empty_or_nil_value_is_the_null_block() {
        for encoded in [
            Encoded::MsgPack(b""),
            Encoded::MsgPack(b"\xc0"),
            Encoded::Json(b""),
            Encoded::Json(b"null"),
        ] {
            assert_eq!(decode(&schema(), encoded), Ok(None));
        }
        assert_eq!(encode(&schema(), None).unwrap(), b"\xc0");
    }

    #[test]
    fn an_error_about_a_wrong_type_has_the_path() {
        let error = decode(&schema(), Encoded::Json(br#"{"labels": ["a", {"b": 1}]}"#));
        let error = error.unwrap_err();
        assert_eq!(error.path.to_string(), "labels[1]");
        assert_eq!(error.reason, "The value must be a string; it is a map.");
        assert!(decode(&schema(), Encoded::MsgPack(b"\x81")).is_err());
    }
}
