//! The warning about a secret that should have a key and has none.

use crate::framework::diag::{Diagnostic, diagnostic, path};

/// The warning about a secret without a key, on `attribute`. `remedy` is a sentence about how to get a
/// new one.
pub(super) fn no_key(
    attribute: &'static str,
    object: &str,
    state: &str,
    remedy: &str,
) -> Diagnostic {
    diagnostic(
        path(attribute),
        format!("{object} has no key"),
        format!(
            "The secret has no API key (state: {state}), so api_key is null. Its key may have \
             expired or been deleted. {remedy}"
        ),
    )
}
