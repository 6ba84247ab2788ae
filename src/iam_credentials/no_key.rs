//! What the user is told of a secret that ought to hold a key and holds none.

use crate::framework::diag::{Diagnostic, diagnostic, path};

/// The diagnostic for a secret without a key, on the attribute that is concerned. `remedy` is a
/// sentence about what makes a new one.
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
            "The service holds no API key for it (state: {state}), and api_key is null. Its key \
             may have expired or been deleted. {remedy}"
        ),
    )
}
