//! Certificate authorities trusted in addition to the system's, checked when they are given.

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::fmt;
use thiserror::Error;

/// Certificates of authorities to trust in addition to the system's.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ExtraRoots(Vec<CertificateDer<'static>>);

/// Text without a usable certificate.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum RootsError {
    /// There is no certificate.
    #[error("there is no certificate in PEM form in it (-----BEGIN CERTIFICATE-----)")]
    Empty,
    /// One of them is damaged.
    #[error("certificate {0} in it is damaged")]
    Damaged(
        /// Its number, from 1.
        usize,
    ),
}

impl ExtraRoots {
    /// Reads one or more certificates in PEM; keys and other text are ignored.
    pub fn from_pem(text: &str) -> Result<Self, RootsError> {
        let mut roots = Vec::new();
        for (index, certificate) in CertificateDer::pem_slice_iter(text.as_bytes()).enumerate() {
            let damaged = || RootsError::Damaged(index + 1);
            let certificate = certificate.map_err(|_| damaged())?;
            // A store rejects now what the verifier would reject later.
            RootCertStore::empty().add(certificate.clone()).map_err(|_| damaged())?;
            roots.push(certificate);
        }
        if roots.is_empty() { Err(RootsError::Empty) } else { Ok(Self(roots)) }
    }

    pub(super) fn certificates(&self) -> impl Iterator<Item = CertificateDer<'static>> {
        self.0.iter().cloned()
    }
}

impl fmt::Debug for ExtraRoots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ExtraRoots({})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate() -> rcgen::CertifiedKey {
        rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap()
    }

    #[test]
    fn every_certificate_is_used_and_everything_else_is_ignored() {
        let (one, two) = (certificate(), certificate());
        let text = format!(
            "The authority of our proxy\n{}{}{}",
            one.cert.pem(),
            one.key_pair.serialize_pem(),
            two.cert.pem()
        );
        let roots = ExtraRoots::from_pem(&text).unwrap();
        assert_eq!(roots.0, [one.cert.der().clone(), two.cert.der().clone()]);
        assert_eq!(format!("{roots:?}"), "ExtraRoots(2)");
    }

    #[test]
    fn text_without_a_usable_certificate_is_refused() {
        let good = certificate().cert.pem();
        let no_certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let cut_off = good.lines().take(3).collect::<Vec<_>>().join("\n");
        for (text, error) in [
            (String::new(), RootsError::Empty),
            ("not PEM".to_owned(), RootsError::Empty),
            (certificate().key_pair.serialize_pem(), RootsError::Empty),
            (no_certificate.to_owned(), RootsError::Damaged(1)),
            (format!("{good}{no_certificate}"), RootsError::Damaged(2)),
            (format!("{good}{cut_off}"), RootsError::Damaged(2)),
        ] {
            assert_eq!(ExtraRoots::from_pem(&text), Err(error), "{text}");
        }
    }
}
