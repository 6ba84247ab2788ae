//! Generates ids and keys from one source of randomness, which can be seeded.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// The alphabet of generated keys.
const KEY_ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// The length of generated keys (ibm-api.md 3.2).
const KEY_LENGTH: usize = 44;

/// A source of ids and keys.
#[derive(Debug)]
pub struct Ids(StdRng);

impl Ids {
    /// Random ids, or reproducible ones from a seed.
    pub fn new(seed: Option<u64>) -> Self {
        Self(seed.map_or_else(StdRng::from_os_rng, StdRng::seed_from_u64))
    }

    /// A lower-case UUID, version 4.
    pub fn uuid(&mut self) -> String {
        uuid::Builder::from_random_bytes(self.0.random()).into_uuid().to_string()
    }

    /// `<prefix>-<uuid>`.
    pub fn prefixed(&mut self, prefix: &str) -> String {
        format!("{prefix}-{}", self.uuid())
    }

    /// A key of 44 URL-safe characters.
    pub fn api_key(&mut self) -> String {
        (0..KEY_LENGTH)
            .map(|_| {
                let index = usize::from(self.0.random::<u8>() % 64);
                KEY_ALPHABET.get(index).copied().map_or('A', char::from)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_itself_and_the_system_does_not() {
        assert_eq!(Ids::new(Some(7)).uuid(), Ids::new(Some(7)).uuid());
        assert_ne!(Ids::new(None).uuid(), Ids::new(None).uuid());
    }

    #[test]
    fn keys_have_ibms_form() {
        let key = Ids::new(Some(1)).api_key();
        assert_eq!(key.len(), 44);
        assert!(key.bytes().all(|byte| KEY_ALPHABET.contains(&byte)), "{key}");
    }
}
