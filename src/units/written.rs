//! A string as the user wrote it, together with its parsed value.

use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A string as it was written, parsed once when it arrives. The state stores and the user sees the
/// string; everything else uses the parsed value. That is `None` for a string that does not parse,
/// which validation reports and no request contains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written<T> {
    text: String,
    meaning: Option<T>,
}

impl<T: FromStr> Written<T> {
    /// Parses a string.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        Written { meaning: text.parse().ok(), text }
    }
}

impl<T> Written<T> {
    /// The string as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The parsed value.
    pub fn meaning(&self) -> Option<&T> {
        self.meaning.as_ref()
    }
}

impl<T> Serialize for Written<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de, T: FromStr> Deserialize<'de> for Written<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

#[cfg(test)]
mod tests {
    use super::super::ttl::Ttl;
    use super::*;

    #[test]
    fn a_string_is_preserved_and_has_its_parsed_value() {
        let ttl: Written<Ttl> = serde_json::from_str("\"30m\"").unwrap();
        assert_eq!(ttl.meaning().map(|ttl| ttl.seconds()), Some(1_800));
        assert_eq!(serde_json::to_string(&ttl).unwrap(), "\"30m\"");
        assert_eq!(Written::<Ttl>::new("soon").meaning(), None);
        assert_eq!(Written::<Ttl>::new("soon").as_str(), "soon");
    }
}
