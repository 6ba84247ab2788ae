//! The forms that a secret can leak in, and the search for all forms of many secrets
//! at once.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use aho_corasick::AhoCorasick;
use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// A shorter text can be there by chance, or is a word.
const SHORTEST: usize = 6;
/// What an encoding leaves of a short text can be there by chance too.
const SHORTEST_ENCODED: usize = 8;

/// Finds secrets in bytes.
pub(crate) struct Search {
    automaton: AhoCorasick,
    /// For each pattern its secret and its form.
    patterns: Vec<(String, &'static str)>,
}

impl Search {
    /// A search for these secrets.
    pub(crate) fn of<'a>(secrets: impl IntoIterator<Item = &'a String>) -> Result<Search> {
        let mut texts = Vec::new();
        let mut patterns = Vec::new();
        for secret in secrets.into_iter().filter(|secret| secret.len() >= SHORTEST) {
            for (text, form) in forms(secret) {
                texts.push(text);
                patterns.push((secret.clone(), form));
            }
        }
        Ok(Search { automaton: AhoCorasick::new(texts)?, patterns })
    }

    /// The secrets in these bytes, each with the form in which it was found.
    pub(crate) fn find(&self, bytes: &[u8]) -> BTreeSet<(&str, &'static str)> {
        let found = self.automaton.find_overlapping_iter(bytes);
        let pattern = found.map(|found| &self.patterns[found.pattern().as_usize()]);
        pattern.map(|(secret, form)| (secret.as_str(), *form)).collect()
    }
}

/// Each form of a secret, with its name.
fn forms(secret: &str) -> BTreeMap<String, &'static str> {
    let mut forms = BTreeMap::new();
    let mut add = |text: String, form| {
        if text.len() >= SHORTEST_ENCODED {
            forms.entry(text).or_insert(form);
        }
    };
    for before in 0..3 {
        // Two characters have bits of one byte before the secret, three have bits of two. The
        // last one may have bits of what follows.
        let from = [0, 2, 3][before];
        let to = (before + secret.len()) * 8 / 6;
        let mut bytes = vec![0; before];
        bytes.extend_from_slice(secret.as_bytes());
        for (engine, form) in
            [(STANDARD_NO_PAD, "Base64"), (URL_SAFE_NO_PAD, "Base64 of the URL alphabet")]
        {
            add(engine.encode(&bytes)[from..to].to_owned(), form);
        }
    }
    for upper in [true, false] {
        let (mut percent, mut all_percent, mut hex) = (String::new(), String::new(), String::new());
        for byte in secret.bytes() {
            let digits = if upper { format!("{byte:02X}") } else { format!("{byte:02x}") };
            hex += digits.as_str();
            // Writing to a string cannot fail.
            let _ = write!(all_percent, "%{digits}");
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                    percent.push(char::from(byte));
                }
                _ => percent += &format!("%{digits}"),
            }
        }
        add(percent.replace("%20", "+"), "a form's value");
        add(percent, "percent-encoded");
        add(all_percent, "percent-encoded");
        add(hex, "hexadecimal");
    }
    let json = quoted(secret);
    add(quoted(&json), "JSON in JSON");
    add(json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026"), "JSON");
    add(json, "JSON");
    forms.insert(secret.to_owned(), "plain");
    forms
}

/// As in a JSON string.
fn quoted(text: &str) -> String {
    let json = serde_json::Value::from(text).to_string();
    json[1..json.len() - 1].to_owned()
}
