//! The promises that every target checks.

use ibm_sm_provider::framework::diag::Diagnostics;
use ibm_sm_provider::plugin::proto::tfplugin6 as proto;

/// Begins every secret that the targets hand out.
pub(crate) const HIDDEN: &str = "h1dden-s3cret";

/// What may be said about nothing at all.
const FLOOR: usize = 256 << 10;

/// How much longer than the input the messages about it may be: what is quoted may be
/// escaped, and quoted by several rules.
const FACTOR: usize = 64;

/// What is said to the user about one input.
pub(crate) struct Said<'a> {
    input: &'a [u8],
    length: usize,
    /// Whether the input has none of the secrets in a place where it may be shown.
    hides: bool,
}

impl<'a> Said<'a> {
    pub(crate) fn about(input: &'a [u8]) -> Self {
        Said { input, length: 0, hides: !contains(input, HIDDEN) }
    }

    /// The same, where the caller knows that every secret is in its place.
    pub(crate) fn hiding(input: &'a [u8]) -> Self {
        Said { hides: true, ..Said::about(input) }
    }

    /// Checks one text.
    pub(crate) fn text(&mut self, text: &str) {
        self.length += text.len();
        assert!(
            self.length <= FLOOR + FACTOR * self.input.len(),
            "{} bytes are said about {} bytes of input",
            self.length,
            self.input.len()
        );
        assert!(!self.hides || !text.contains(HIDDEN), "a message holds a secret: {text:.400}");
        for bug in ["panicked", "ug in the provider"] {
            let echoed = contains(self.input, bug);
            assert!(echoed || !text.contains(bug), "a bug: {text:.400}");
        }
    }

    pub(crate) fn diagnostics(&mut self, diagnostics: &Diagnostics) {
        for diagnostic in diagnostics.errors.iter().chain(&diagnostics.warnings) {
            self.text(&format!("{}: {}", diagnostic.summary, diagnostic.detail));
        }
    }

    pub(crate) fn sent(&mut self, diagnostics: &[proto::Diagnostic]) {
        for diagnostic in diagnostics {
            assert_ne!(diagnostic.summary, "", "a diagnostic says something");
            self.text(&format!("{}: {}", diagnostic.summary, diagnostic.detail));
        }
    }
}

/// Whether the bytes have this text in them.
pub(crate) fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}
