//! Free-form JSON.

/// A JSON object, as custom metadata is.
pub type JsonObject = serde_json::Map<String, serde_json::Value>;
