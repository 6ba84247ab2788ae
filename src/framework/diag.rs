//! Builds diagnostics, each with the path of the attribute that it is about.
//!
//! `tf_provider::Diagnostic::new` appends a backtrace when `RUST_BACKTRACE` is
//! set; a user of a provider must never see one, so diagnostics are built here.

use std::borrow::Cow;

pub use tf_provider::{AttributePath, AttributePathStep, Diagnostic, Diagnostics};

/// A diagnostic on the given path. The empty path points at the whole block.
pub fn diagnostic(
    path: AttributePath,
    summary: impl Into<Cow<'static, str>>,
    detail: impl Into<Cow<'static, str>>,
) -> Diagnostic {
    Diagnostic { summary: summary.into(), detail: detail.into(), attribute: path }
}

/// Diagnostics with this one error.
pub fn error(
    path: AttributePath,
    summary: impl Into<Cow<'static, str>>,
    detail: impl Into<Cow<'static, str>>,
) -> Diagnostics {
    Diagnostics { errors: vec![diagnostic(path, summary, detail)], warnings: vec![] }
}

/// An error that only a bug in the provider can cause.
pub fn bug(detail: impl std::fmt::Display) -> Diagnostics {
    error(
        AttributePath::root(),
        "Bug in the provider",
        format!(
            "{detail}\n\nThis is a bug in the provider and not a mistake in your configuration: \
             please report it with the steps that lead to it."
        ),
    )
}

/// A text with exactly one period at its end.
pub fn sentence(text: impl std::fmt::Display) -> String {
    format!("{}.", text.to_string().trim_end_matches('.'))
}

/// The path of a top-level attribute.
pub fn path(attribute: &'static str) -> AttributePath {
    AttributePath::new(attribute)
}

/// A value together with diagnostics.
///
/// Terraform accepts both at once, and needs both: an object that was created
/// is saved even when a later step failed.
#[derive(Clone, Debug)]
pub struct Report<T> {
    /// What is known or exists after the call, even if there are errors.
    pub value: T,
    /// Errors and warnings for the user.
    pub diagnostics: Diagnostics,
}

impl<T> Report<T> {
    /// A value without diagnostics.
    pub fn of(value: T) -> Self {
        Report { value, diagnostics: Diagnostics::default() }
    }

    /// A value together with diagnostics.
    pub fn with(value: T, diagnostics: Diagnostics) -> Self {
        Report { value, diagnostics }
    }

    /// The value that was found, or the default with the diagnostics that say why not.
    pub fn found(outcome: Result<T, Diagnostics>) -> Self
    where
        T: Default,
    {
        match outcome {
            Ok(value) => Report::of(value),
            Err(diagnostics) => Report::with(T::default(), diagnostics),
        }
    }

    /// The same diagnostics with another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Report<U> {
        Report { value: change(self.value), diagnostics: self.diagnostics }
    }

    /// Whether any diagnostic is an error.
    pub fn failed(&self) -> bool {
        !self.diagnostics.errors.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::sentence;

    #[test]
    fn a_sentence_ends_in_one_period() {
        for text in ["The service said no", "The service said no."] {
            assert_eq!(sentence(text), "The service said no.");
        }
    }
}
