//! Parses the environment that Terraform sets and formats the line that it reads
//! back, without any I/O (plugin-protocol.md 1.2, 1.4, 1.8).

use std::fmt;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::json;
use thiserror::Error;

/// The only major version of the provider protocol that is supported, so there is
/// nothing to negotiate: whatever the host offers, the plugin announces this one,
/// and a host that does not support it tells its user.
pub(super) const PROTOCOL_VERSION: u32 = 6;

const MAGIC_COOKIE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";

/// What the host asks for when it starts the plugin.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Launch {
    /// The certificate of the only peer that may connect; `None` if the host asked
    /// for plaintext.
    pub(super) client_certificate: Option<CertificateDer<'static>>,
    /// Where to create the socket's private directory, instead of the system's
    /// temporary directory.
    pub(super) socket_directory: Option<PathBuf>,
    /// Whether the host expects the field about multiplexing in the handshake line.
    pub(super) asks_for_multiplexing: bool,
    /// The ports to choose from, on systems without Unix sockets.
    #[cfg(any(windows, test))]
    pub(super) ports: Option<std::ops::RangeInclusive<u16>>,
}

/// Why the program cannot run as a plugin.
#[derive(Debug, Error, PartialEq, Eq)]
pub(super) enum LaunchError {
    #[error(
        "This program is a Terraform provider. Terraform starts it: list it in the \
         `required_providers` block of a configuration and run `terraform init` or, for a build \
         of your own, use `dev_overrides` in the CLI configuration. To attach a debugger, start \
         it with --debug."
    )]
    ByHand,
    /// Without the certificate, every local user could connect.
    #[error("PLUGIN_CLIENT_CERT is not a PEM certificate; refusing to serve without one")]
    ClientCertificate,
    #[cfg(any(windows, test))]
    #[error("PLUGIN_MIN_PORT and PLUGIN_MAX_PORT are not a valid port range")]
    Ports,
}

impl Launch {
    /// Reads the environment variables that the host sets. An empty one counts as unset.
    pub(super) fn from_env(get: impl Fn(&str) -> Option<String>) -> Result<Self, LaunchError> {
        let get = |name: &str| get(name).filter(|value| !value.is_empty());
        if get("TF_PLUGIN_MAGIC_COOKIE").as_deref() != Some(MAGIC_COOKIE) {
            return Err(LaunchError::ByHand);
        }
        let client_certificate = get("PLUGIN_CLIENT_CERT")
            .map(|pem| CertificateDer::from_pem_slice(pem.as_bytes()))
            .transpose()
            .map_err(|_| LaunchError::ClientCertificate)?;
        Ok(Self {
            client_certificate,
            socket_directory: get("PLUGIN_UNIX_SOCKET_DIR").map(PathBuf::from),
            asks_for_multiplexing: get("PLUGIN_MULTIPLEX_GRPC").is_some(),
            #[cfg(any(windows, test))]
            ports: ports(get("PLUGIN_MIN_PORT"), get("PLUGIN_MAX_PORT"))?,
        })
    }
}

#[cfg(any(windows, test))]
fn ports(
    min: Option<String>,
    max: Option<String>,
) -> Result<Option<std::ops::RangeInclusive<u16>>, LaunchError> {
    let (Some(min), Some(max)) = (min, max) else {
        return Ok(None);
    };
    match (min.parse(), max.parse()) {
        (Ok(min), Ok(max)) if min <= max => Ok(Some(min..=max)),
        _ => Err(LaunchError::Ports),
    }
}

/// Where the plugin listens, as the handshake line gives it (plugin-protocol.md 1.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// `unix` or `tcp`.
    pub(super) network: &'static str,
    /// The path of the socket, or `host:port`.
    pub(super) location: String,
}

/// The handshake line that Terraform reads from stdout; `Display` adds no newline.
pub(super) struct Announcement<'a> {
    pub(super) address: &'a Address,
    /// Our certificate, if the plugin uses TLS.
    pub(super) certificate: Option<&'a CertificateDer<'static>>,
    /// Whether to write the seventh field. A host that did not ask for it would
    /// take it for part of the sixth.
    pub(super) mention_multiplexing: bool,
}

impl fmt::Display for Announcement<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Address { network, location } = self.address;
        write!(f, "1|{PROTOCOL_VERSION}|{network}|{location}|grpc|")?;
        if let Some(certificate) = self.certificate {
            f.write_str(&STANDARD_NO_PAD.encode(certificate))?;
        }
        if self.mention_multiplexing {
            f.write_str("|false")?;
        }
        Ok(())
    }
}

/// The shell assignment that attaches Terraform to a running process.
pub(super) fn reattach(source: &str, pid: u32, address: &Address) -> String {
    let providers = json!({
        source: {
            "Protocol": "grpc",
            "ProtocolVersion": PROTOCOL_VERSION,
            "Pid": pid,
            // Without it the host ignores the protocol version and assumes 5.
            "Test": true,
            "Addr": { "Network": address.network, "String": address.location },
        }
    });
    let quoted = providers.to_string().replace('\'', r"'\''");
    format!("TF_REATTACH_PROVIDERS='{quoted}'")
}

#[cfg(test)]
mod tests {
    use super::*;

    // Not a real certificate: the handshake only decodes the PEM.
    const PEM: &str = "-----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFICATE-----\n";

    fn launch(variables: &[(&str, &str)]) -> Result<Launch, LaunchError> {
        Launch::from_env(|name| {
            let (_, value) = variables.iter().find(|(key, _)| *key == name)?;
            Some((*value).to_owned())
        })
    }

    fn with_cookie(variables: &[(&str, &str)]) -> Result<Launch, LaunchError> {
        launch(&[&[("TF_PLUGIN_MAGIC_COOKIE", MAGIC_COOKIE)], variables].concat())
    }

    fn socket() -> Address {
        Address { network: "unix", location: "/tmp/p/s".to_owned() }
    }

    #[test]
    fn the_registry_is_told_the_protocol_that_is_served() {
        let manifest = include_str!("../../terraform-registry-manifest.json");
        let manifest: serde_json::Value = serde_json::from_str(manifest).unwrap();
        let served = json!([format!("{PROTOCOL_VERSION}.0")]);
        assert_eq!(manifest["metadata"]["protocol_versions"], served);
    }

    #[test]
    fn without_the_cookie_the_program_was_started_by_hand() {
        for variables in [
            &[][..],
            &[("TF_PLUGIN_MAGIC_COOKIE", "")],
            &[("TF_PLUGIN_MAGIC_COOKIE", "d602bf8f")],
            &[("PLUGIN_CLIENT_CERT", PEM)],
        ] {
            assert_eq!(launch(variables), Err(LaunchError::ByHand), "{variables:?}");
        }
    }

    #[test]
    fn a_host_that_sets_only_the_cookie_gets_the_defaults() {
        assert_eq!(with_cookie(&[]), Ok(Launch::default()));
    }

    #[test]
    fn every_variable_is_read() {
        let launch = with_cookie(&[
            ("PLUGIN_CLIENT_CERT", PEM),
            ("PLUGIN_UNIX_SOCKET_DIR", "/run/p"),
            ("PLUGIN_MULTIPLEX_GRPC", "true"),
            ("PLUGIN_MIN_PORT", "10000"),
            ("PLUGIN_MAX_PORT", "25000"),
        ]);
        let expected = Launch {
            client_certificate: Some(CertificateDer::from(vec![1, 2, 3])),
            socket_directory: Some(PathBuf::from("/run/p")),
            asks_for_multiplexing: true,
            ports: Some(10000..=25000),
        };
        assert_eq!(launch, Ok(expected));
    }

    #[test]
    fn an_empty_variable_counts_as_unset() {
        let launch = with_cookie(&[
            ("PLUGIN_CLIENT_CERT", ""),
            ("PLUGIN_UNIX_SOCKET_DIR", ""),
            ("PLUGIN_MULTIPLEX_GRPC", ""),
            ("PLUGIN_MIN_PORT", ""),
            ("PLUGIN_MAX_PORT", "25000"),
        ]);
        assert_eq!(launch, Ok(Launch::default()));
    }

    #[test]
    fn an_unreadable_certificate_never_means_plaintext() {
        for pem in ["nonsense", "-----BEGIN CERTIFICATE-----\nAQID\n", "\u{fffd}"] {
            assert_eq!(
                with_cookie(&[("PLUGIN_CLIENT_CERT", pem)]),
                Err(LaunchError::ClientCertificate),
                "{pem}"
            );
        }
    }

    #[test]
    fn an_invalid_port_range_is_an_error() {
        for (min, max) in [("2", "1"), ("-1", "10"), ("1", "65536"), ("a", "b")] {
            assert_eq!(
                with_cookie(&[("PLUGIN_MIN_PORT", min), ("PLUGIN_MAX_PORT", max)]),
                Err(LaunchError::Ports),
                "{min}..={max}"
            );
        }
    }

    #[test]
    fn the_handshake_line() {
        let address = socket();
        // 61 bytes need padding, and 0xfb 0xff tells the alphabets apart.
        let certificate = CertificateDer::from([vec![0xfb, 0xff], vec![0; 59]].concat());
        let line = |certificate, mention_multiplexing| {
            Announcement { address: &address, certificate, mention_multiplexing }.to_string()
        };
        assert_eq!(line(None, false), "1|6|unix|/tmp/p/s|grpc|");
        assert_eq!(line(None, true), "1|6|unix|/tmp/p/s|grpc||false");
        let field = format!("+/8{}", "A".repeat(79));
        assert_eq!(line(Some(&certificate), false), format!("1|6|unix|/tmp/p/s|grpc|{field}"));
        assert_eq!(line(Some(&certificate), true), format!("1|6|unix|/tmp/p/s|grpc|{field}|false"));
    }

    #[test]
    fn the_reattach_line() {
        assert_eq!(
            reattach("example.com/ibm/sm", 7, &socket()),
            concat!(
                r#"TF_REATTACH_PROVIDERS='{"example.com/ibm/sm":{"#,
                r#""Addr":{"Network":"unix","String":"/tmp/p/s"},"#,
                r#""Pid":7,"Protocol":"grpc","ProtocolVersion":6,"Test":true}}'"#
            )
        );
    }

    #[test]
    fn a_quote_in_the_path_survives_the_shell() {
        let address = Address { network: "unix", location: "/tmp/o'neil/s".to_owned() };
        let line = reattach("example.com/ibm/sm", 7, &address);
        assert!(line.contains(r#""String":"/tmp/o'\''neil/s""#), "quoted for a shell: {line}");
    }
}
