//! The certificate for IBM's host names, and the authority that clients must trust.

use crate::private;
use anyhow::Context as _;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::client::verify_server_name;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::ParsedCertificate;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use time::{Duration, OffsetDateTime};

/// The regions of Secrets Manager (ibm-api.md 1.1).
const REGIONS: &[&str] = &[
    "us-south", "us-east", "ca-tor", "ca-mon", "br-sao", "eu-gb", "eu-de", "eu-es", "jp-tok",
    "jp-osa", "au-syd", "in-mum", "in-che",
];
const AUTHORITY: &str = "ca.pem";
const CERTIFICATE: &str = "server.pem";
const KEY: &str = "server-key.pem";
/// How long certificates are valid: long enough never to need renewal.
const VALIDITY: Duration = Duration::days(3650);

/// A certificate for IBM's host names with its key and authority, in PEM.
///
/// The authority's own key is discarded immediately: whoever trusts the authority trusts exactly
/// this certificate, and nobody can issue another one.
pub struct Certificate {
    /// The authority, for clients.
    pub authority: String,
    certificate: String,
    key: String,
}

impl Certificate {
    /// A new certificate.
    pub fn generate(now: OffsetDateTime) -> anyhow::Result<Self> {
        Self::with_names(names(), now)
    }

    fn with_names(names: Vec<String>, now: OffsetDateTime) -> anyhow::Result<Self> {
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        authority
            .distinguished_name
            .push(DnType::CommonName, "ibm-sm-emulator (this machine only)");
        authority.not_before = now - Duration::days(1);
        authority.not_after = now + VALIDITY;
        let authority_key = KeyPair::generate()?;
        let authority = authority.self_signed(&authority_key)?;

        let mut server = CertificateParams::new(names)?;
        server.distinguished_name.push(DnType::CommonName, "ibm-sm-emulator");
        server.not_before = now - Duration::days(1);
        server.not_after = now + VALIDITY;
        let key = KeyPair::generate()?;
        let certificate = server.signed_by(&key, &authority, &authority_key)?;
        Ok(Self {
            authority: authority.pem(),
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        })
    }

    /// The certificate stored in that folder; created on the first start, and anew if it lacks a name.
    pub fn in_folder(folder: &Path, now: OffsetDateTime) -> anyhow::Result<Self> {
        let key = folder.join(KEY);
        if key.exists() {
            private::file(&key).context("cannot protect the server key")?;
            let read = |name: &str| {
                let path = folder.join(name);
                fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
            };
            let kept = Self {
                authority: read(AUTHORITY)?,
                certificate: read(CERTIFICATE)?,
                key: read(KEY)?,
            };
            let Some(name) = kept.lacks()? else { return Ok(kept) };
            eprintln!(
                "warning: the certificate in {} does not have {name}, so there is a new one: clients that loaded its {AUTHORITY} must load it again",
                folder.display()
            );
            // Removed first: while it exists, so do the others that belong to it.
            fs::remove_file(&key).with_context(|| format!("cannot remove {}", key.display()))?;
        }
        let identity = Self::generate(now)?;
        identity.store(folder)?;
        Ok(identity)
    }

    fn store(&self, folder: &Path) -> anyhow::Result<()> {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let write = |name: &str, text: &str| {
            let path = folder.join(name);
            let written = private::file(&path).and_then(|mut file| {
                file.set_len(0)?;
                file.write_all(text.as_bytes())
            });
            written.with_context(|| format!("cannot write {}", path.display()))
        };
        write(AUTHORITY, &self.authority)?;
        write(CERTIFICATE, &self.certificate)?;
        // Written last: if it exists, so do the others.
        write(KEY, &self.key)
    }

    /// A name that it should have and does not, if any.
    fn lacks(&self) -> anyhow::Result<Option<String>> {
        let certificate = CertificateDer::from_pem_slice(self.certificate.as_bytes())
            .context("the server certificate is not readable")?;
        let certificate = ParsedCertificate::try_from(&certificate)
            .context("the server certificate is not readable")?;
        for name in names() {
            // A certificate for all names of a domain is one for each.
            let host = ServerName::try_from(name.replacen('*', "any", 1))?;
            if verify_server_name(&certificate, &host).is_err() {
                return Ok(Some(name));
            }
        }
        Ok(None)
    }

    /// The configuration of a TLS listener that offers HTTP/2 and HTTP/1.1.
    pub fn server_config(&self) -> anyhow::Result<Arc<ServerConfig>> {
        let chain = CertificateDer::pem_slice_iter(self.certificate.as_bytes())
            .collect::<Result<Vec<_>, _>>()
            .context("the server certificate is not readable")?;
        let key = PrivateKeyDer::from_pem_slice(self.key.as_bytes())
            .context("the server key is not readable")?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

/// The file in that folder with the authority that clients must trust.
pub fn authority_file(folder: &Path) -> PathBuf {
    folder.join(AUTHORITY)
}

/// IBM's host names and those of this machine.
fn names() -> Vec<String> {
    let fixed = [
        "iam.cloud.ibm.com",
        "private.iam.cloud.ibm.com",
        "private.us-south.iam.cloud.ibm.com",
        "private.us-east.iam.cloud.ibm.com",
        "user-management.cloud.ibm.com",
        "localhost",
        "127.0.0.1",
        "::1",
    ];
    let instances = REGIONS.iter().flat_map(|region| {
        [
            format!("*.{region}.secrets-manager.appdomain.cloud"),
            format!("*.private.{region}.secrets-manager.appdomain.cloud"),
            format!("{region}.secrets-manager.cloud.ibm.com"),
            format!("private.{region}.secrets-manager.cloud.ibm.com"),
        ]
    });
    fixed.into_iter().map(str::to_owned).chain(instances).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_keeps_its_certificate() {
        let folder = tempfile::tempdir().unwrap();
        let now = OffsetDateTime::UNIX_EPOCH + Duration::days(20_000);
        let folder = folder.path().join("tls");
        let first = Certificate::in_folder(&folder, now).unwrap();
        let second = Certificate::in_folder(&folder, now).unwrap();
        assert_eq!(first.authority, second.authority);
        assert_eq!(first.key, second.key);
        assert_eq!(fs::read_to_string(folder.join("ca.pem")).unwrap(), first.authority);
        assert!(!folder.join("ca-key.pem").exists());
        second.server_config().unwrap();
    }

    #[test]
    fn a_certificate_that_lacks_a_name_is_made_anew() {
        let now = OffsetDateTime::UNIX_EPOCH + Duration::days(20_000);
        let all = names();
        for gone in
            ["user-management.cloud.ibm.com", "*.us-east.secrets-manager.appdomain.cloud", "::1"]
        {
            let folder = tempfile::tempdir().unwrap();
            let fewer = all.iter().filter(|name| *name != gone).cloned().collect();
            let old = Certificate::with_names(fewer, now).unwrap();
            old.store(folder.path()).unwrap();
            assert_eq!(old.lacks().unwrap().as_deref(), Some(gone));
            let new = Certificate::in_folder(folder.path(), now).unwrap();
            assert_ne!(new.authority, old.authority);
            assert_eq!(new.lacks().unwrap(), None);
            let kept = Certificate::in_folder(folder.path(), now).unwrap();
            assert_eq!(kept.key, new.key);
            kept.server_config().unwrap();
        }
    }
}
