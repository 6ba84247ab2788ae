//! Automatic mTLS: exactly one certificate may connect, and the host knows exactly ours.
//!
//! Terraform presents a P-521 leaf that is also a CA. The usual verification
//! rejects that, so the peer's certificate is compared byte for byte with the one
//! in the environment, and rustls verifies that the peer has its key
//! (plugin-protocol.md 1.5).

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{self, CryptoProvider};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, ServerConfig, SignatureScheme,
};
use thiserror::Error;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::listener::Socket;

/// The limit of one TLS handshake; Terraform needs milliseconds.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

const HTTP_2: &[u8] = b"h2";

/// The server side of TLS, for one host.
#[derive(Clone)]
pub(super) struct Tls {
    acceptor: TlsAcceptor,
    certificate: CertificateDer<'static>,
}

/// Why TLS could not be set up.
#[derive(Debug, Error)]
pub(super) enum TlsError {
    #[error(transparent)]
    Certificate(#[from] rcgen::Error),
    #[error(transparent)]
    Configuration(#[from] rustls::Error),
}

impl Tls {
    /// Generates a key and a certificate for this process, and trusts only `peer`.
    pub(super) fn pinned_to(peer: CertificateDer<'static>) -> Result<Self, TlsError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        // `localhost` is the name under which the host verifies the certificate.
        let certificate: CertificateDer<'static> =
            CertificateParams::new(vec!["localhost".to_owned()])?.self_signed(&key)?.into();
        let crypto = Arc::new(crypto::aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(crypto.clone())
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
            .with_client_cert_verifier(Arc::new(PinnedPeer { peer, crypto }))
            .with_single_cert(
                vec![certificate.clone()],
                PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
            )?;
        config.alpn_protocols = vec![HTTP_2.to_vec()];
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), certificate })
    }

    /// Our certificate, by which the host recognizes us.
    pub(super) fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// Accepts the pinned peer if it offers HTTP/2, and nobody else.
    pub(super) async fn accept(&self, socket: Socket) -> io::Result<TlsStream<Socket>> {
        let stream =
            tokio::time::timeout(HANDSHAKE_TIMEOUT, self.acceptor.accept(socket)).await??;
        // rustls refuses an offer without a match, but not the absence of an offer.
        match stream.get_ref().1.alpn_protocol() {
            Some(HTTP_2) => Ok(stream),
            _ => Err(io::Error::other("the peer did not offer HTTP/2")),
        }
    }
}

/// Trusts one certificate, and no authorities.
#[derive(Debug)]
struct PinnedPeer {
    peer: CertificateDer<'static>,
    crypto: Arc<CryptoProvider>,
}

impl ClientCertVerifier for PinnedPeer {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        if *end_entity == self.peer {
            Ok(ClientCertVerified::assertion())
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
