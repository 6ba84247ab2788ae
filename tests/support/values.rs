//! Values on the wire as JSON, in which [`UNKNOWN`] stands for an unknown value.

use ibm_sm_provider::plugin::proto::tfplugin6::DynamicValue;
use serde_json::{Map, Value, json};

/// Stands for an unknown value.
pub(crate) const UNKNOWN: &str = "(known after apply)";

/// Encodes a value for the wire.
pub(crate) fn encode(value: &Value) -> DynamicValue {
    fn tree(value: &Value) -> rmpv::Value {
        match value {
            Value::String(text) if text == UNKNOWN => rmpv::Value::Ext(0, vec![0]),
            Value::Array(items) => rmpv::Value::Array(items.iter().map(tree).collect()),
            Value::Object(members) => {
                let member = |(name, value): (&String, &Value)| (name.as_str().into(), tree(value));
                rmpv::Value::Map(members.iter().map(member).collect())
            }
            Value::String(text) => text.as_str().into(),
            Value::Number(number) => number.as_i64().expect("whole numbers").into(),
            Value::Bool(flag) => (*flag).into(),
            Value::Null => rmpv::Value::Nil,
        }
    }
    let mut msgpack = Vec::new();
    rmpv::encode::write_value(&mut msgpack, &tree(value)).unwrap();
    DynamicValue { msgpack, json: Vec::new() }
}

/// Decodes a value from the wire; a missing one is null.
pub(crate) fn decode(value: Option<&DynamicValue>) -> Value {
    fn tree(value: rmpv::Value) -> Value {
        match value {
            rmpv::Value::Ext(0, _) => json!(UNKNOWN),
            rmpv::Value::Array(items) => items.into_iter().map(tree).collect(),
            rmpv::Value::Map(members) => {
                let member = |(name, value): (rmpv::Value, _)| {
                    (name.as_str().unwrap().to_owned(), tree(value))
                };
                members.into_iter().map(member).collect::<Map<_, _>>().into()
            }
            rmpv::Value::String(text) => json!(text.as_str().unwrap()),
            rmpv::Value::Integer(number) => json!(number.as_i64().unwrap()),
            rmpv::Value::Boolean(flag) => json!(flag),
            rmpv::Value::Nil => Value::Null,
            other => panic!("not a value of this provider: {other}"),
        }
    }
    let bytes = value.map_or(&[][..], |value| &value.msgpack);
    if bytes.is_empty() {
        Value::Null
    } else {
        tree(rmpv::decode::read_value(&mut &*bytes).unwrap())
    }
}
