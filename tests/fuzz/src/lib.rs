//! Hostile input for the provider: what must hold for any bytes, whoever sends them.
//!
//! A target takes bytes and panics where the provider breaks a promise: it neither panics
//! nor hangs, what it decodes it can encode again, what it says is bounded, and no message
//! holds a secret. `make fuzz` mutates the corpus, guided by coverage; the tests below
//! replay it, so that what was found once stays found.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a panic is how a finding is reported"
)]

mod api;
mod calls;
mod checks;
mod input;
mod responses;
mod served;
mod texts;
mod values;

/// Feeds bytes to one part of the provider, and panics if it breaks a promise.
pub type Target = fn(&[u8]);

/// Every target by name; its corpus is the folder `corpus/<name>`.
pub const TARGETS: [(&str, Target); 4] = [
    ("values", values::run),
    ("calls", calls::run),
    ("responses", responses::run),
    ("texts", texts::run),
];

/// The target of this name.
pub fn target(name: &str) -> Option<Target> {
    TARGETS.into_iter().find(|(known, _)| *known == name).map(|(_, target)| target)
}

#[cfg(test)]
mod replay {
    use std::fs;
    use std::path::Path;

    use super::TARGETS;

    #[test]
    fn every_input_of_the_corpus_keeps_every_promise() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
        for (name, target) in TARGETS {
            let entries = fs::read_dir(corpus.join(name)).unwrap();
            let files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
            assert!(files.len() >= 10, "{name} has only {} inputs", files.len());
            for file in files {
                let input = fs::read(&file).unwrap();
                let kept = std::panic::catch_unwind(|| target(&input));
                assert!(kept.is_ok(), "{name} fails with {}", file.display());
            }
        }
    }
}
