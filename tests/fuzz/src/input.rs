//! Makes values of bytes: a change of one byte changes one decision.

use std::collections::BTreeMap;

use ibm_sm_provider::framework::schema::{Attribute, Schema, Type};
use ibm_sm_provider::framework::value::{Object, ValueAny};

use crate::checks::HIDDEN;

/// Texts that have a meaning somewhere in the provider.
const WORDS: [&str; 34] = [
    "",
    "x",
    "a-name",
    "us-south",
    "11111111-2222-4333-8444-555555555555",
    "us-south/11111111-2222-4333-8444-555555555555/22222222-3333-4333-8444-555555555555",
    "22222222-3333-4333-8444-555555555555",
    "ServiceId-f4b2deac-fbb5-4bf7-85de-88426701db97",
    "AccessGroupId-45884031-54be-4dd7-86ff-112511e92699",
    "0123456789abcdef0123456789abcdef",
    "ApiKey-1",
    "1800",
    "30m",
    "90d",
    "99999999999999999999d",
    "public",
    "private",
    "day",
    "month",
    "true",
    "default",
    "engine",
    "{\"a\":[1]}",
    "{",
    "2026-12-31T23:59:59Z",
    "9999-12-31T23:59:59-23:59",
    "0000-01-01T00:00:00+23:59",
    "crn:v1:bluemix:public:secrets-manager:us-south:a/1:i:secret:s",
    "../../identity/token",
    "a?b#c/d%2e",
    "\u{202e}\u{1b}[31m\0\r\n",
    "ä€😀",
    "18446744073709551616",
    "-1",
];

/// Bytes that are read as decisions; when they end, every decision is 0.
pub(crate) struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Input(bytes)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    pub(crate) fn flag(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    /// One of several.
    pub(crate) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::from(self.byte()) % of.len()]
    }

    /// Some bytes, after their length.
    pub(crate) fn chunk(&mut self) -> &'a [u8] {
        let length = usize::from(u16::from_le_bytes([self.byte(), self.byte()]));
        let (chunk, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        chunk
    }

    /// All that is left.
    pub(crate) fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }

    /// A text: one of those with a meaning, or any.
    pub(crate) fn text(&mut self) -> String {
        match self.byte() {
            255 => String::from_utf8_lossy(self.chunk()).into_owned(),
            // Longer than anything that is shown in full.
            254 => "long ".repeat(usize::from(self.byte())),
            word => WORDS[usize::from(word) % WORDS.len()].to_owned(),
        }
    }

    fn number(&mut self) -> i64 {
        match self.byte() {
            255 => i64::MAX,
            254 => i64::MIN,
            253 => i64::from_le_bytes([0; 8].map(|_: u8| self.byte())),
            small => i64::from(small) - 2,
        }
    }

    /// A value for every attribute. Where a secret belongs, only secrets stand that can be
    /// recognised, and nowhere else.
    pub(crate) fn object(&mut self, schema: &Schema) -> Object {
        schema.iter().map(|one| (one.name.to_owned(), self.attribute(one))).collect()
    }

    fn attribute(&mut self, attribute: &Attribute) -> ValueAny {
        if attribute.sensitive || attribute.write_only {
            return match (self.byte() % 4, &attribute.value_type) {
                (0, _) => ValueAny::Null,
                (1, _) => ValueAny::Unknown,
                (_, Type::String) => ValueAny::String(format!("{HIDDEN}-{}", attribute.name)),
                (_, other) => self.value(other),
            };
        }
        self.value(&attribute.value_type)
    }

    fn value(&mut self, of: &Type) -> ValueAny {
        match self.byte() % 8 {
            0 => return ValueAny::Null,
            1 => return ValueAny::Unknown,
            _ => {}
        }
        match of {
            Type::String => ValueAny::String(self.text()),
            Type::Number => ValueAny::Number(self.number()),
            Type::Bool => ValueAny::Bool(self.flag()),
            Type::List(element) => {
                let length = self.byte() % 4;
                ValueAny::List((0..length).map(|_| self.value(element)).collect())
            }
            Type::Map(element) => {
                let length = self.byte() % 4;
                ValueAny::Map((0..length).map(|_| (self.text(), self.value(element))).collect())
            }
            Type::Object(attributes) => ValueAny::Map(
                attributes
                    .iter()
                    .map(|(name, of)| ((*name).to_owned(), self.value(of)))
                    .collect::<BTreeMap<_, _>>(),
            ),
        }
    }
}
