//! The host's side of automatic mTLS: its certificate, and its trust in exactly one
//! server certificate.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P521_SHA512,
};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{self, CryptoProvider};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, SignatureScheme,
    SupportedProtocolVersion,
};

/// A certificate with its key, like the one that Terraform generates for each plugin
/// that it starts.
pub(crate) struct HostCertificate {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

impl HostCertificate {
    /// Generates a self-signed P-521 CA certificate (plugin-protocol.md 1.5).
    pub(crate) fn generate() -> Self {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P521_SHA512).unwrap();
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![
            KeyUsagePurpose::DigitalSignature,
            KeyUsagePurpose::KeyEncipherment,
            KeyUsagePurpose::KeyAgreement,
            KeyUsagePurpose::KeyCertSign,
        ];
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ClientAuth, ExtendedKeyUsagePurpose::ServerAuth];
        let certificate = params.self_signed(&key).unwrap();
        Self { certificate, key }
    }

    /// The value of `PLUGIN_CLIENT_CERT`.
    pub(crate) fn pem(&self) -> String {
        self.certificate.pem()
    }
}

/// What a client does in the TLS handshake.
#[derive(Clone, Copy)]
pub(crate) struct Peer<'a> {
    /// The certificate it presents.
    pub(crate) certificate: Option<&'a HostCertificate>,
    /// The TLS versions it supports.
    pub(crate) versions: &'a [&'static SupportedProtocolVersion],
    /// The application protocols it offers.
    pub(crate) alpn: &'a [&'static [u8]],
}

impl<'a> Peer<'a> {
    /// A client that behaves like the Terraform process with this certificate.
    pub(crate) fn terraform(certificate: &'a HostCertificate) -> Self {
        Self { certificate: Some(certificate), versions: rustls::ALL_VERSIONS, alpn: &[b"h2"] }
    }

    /// A configuration that trusts exactly this server certificate.
    pub(crate) fn config(&self, server: CertificateDer<'static>) -> Arc<ClientConfig> {
        let crypto = Arc::new(crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&crypto))
            .with_protocol_versions(self.versions)
            .unwrap()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(PinnedServer { server, crypto }));
        let mut config = match self.certificate {
            None => builder.with_no_client_auth(),
            Some(HostCertificate { certificate, key }) => builder
                .with_client_auth_cert(
                    vec![certificate.der().clone()],
                    PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
                )
                .unwrap(),
        };
        config.alpn_protocols = self.alpn.iter().map(|name| name.to_vec()).collect();
        Arc::new(config)
    }
}

#[derive(Debug)]
struct PinnedServer {
    server: CertificateDer<'static>,
    crypto: Arc<CryptoProvider>,
}

impl ServerCertVerifier for PinnedServer {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        // Terraform verifies the name as well as the certificate.
        rustls::client::verify_server_name(
            &rustls::server::ParsedCertificate::try_from(end_entity)?,
            server_name,
        )?;
        if *end_entity == self.server {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.crypto.signature_verification_algorithms;
        crypto::verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.crypto.signature_verification_algorithms;
        crypto::verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.crypto.signature_verification_algorithms.supported_schemes()
    }
}
