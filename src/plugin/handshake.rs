//! What Terraform says through the environment and what it is told in return;
//! pure: reading and writing are done elsewhere (plugin-protocol.md 1.2, 1.4, 1.8).

use std::fmt;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::json;
use thiserror::Error;

/// The only major version of the provider protocol that is spoken here. With one
/// version there is nothing to choose: whatever the host offers, the answer is
/// this one, and a host that cannot speak it says so to its user.
pub(super) const PROTOCOL_VERSION: u32 = 6;

const MAGIC_COOKIE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";

/// How the host wants to be served.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Launch {
    /// The only peer that may connect. `None`: the host asked for plaintext.
    pub(super) client_certificate: Option<CertificateDer<'static>>,
    /// Where the socket's private directory goes, instead of the system's place.
    pub(super) socket_directory: Option<PathBuf>,
    /// The host wants to read whether several services may share one connection.
    pub(super) asks_for_multiplexing: bool,
    /// Ports to choose from, where there are no unix sockets.
    #[cfg(any(windows, test))]
    pub(super) ports: Option<std::ops::RangeInclusive<u16>>,
}

/// Why this start cannot become a plugin.
#[derive(Debug, Error, PartialEq, Eq)]
pub(super) enum LaunchError {
    #[error(
        "This program is a Terraform provider. Terraform starts it by itself: name it in the \
         `required_providers` block of a configuration and run `terraform init` or, for a build \
         of your own, `dev_overrides` in the CLI configuration. To attach a debugger, start it \
         with --debug."
    )]
    ByHand,
    /// Serving without the certificate would let every local user in.
    #[error("PLUGIN_CLIENT_CERT holds no certificate in PEM form; refusing to serve without it")]
    ClientCertificate,
    #[cfg(any(windows, test))]
    #[error("PLUGIN_MIN_PORT and PLUGIN_MAX_PORT do not form a range of ports")]
    Ports,
}

impl Launch {
    /// Reads the variables that the host sets. An empty variable is an absent one.
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

/// Where the plugin listens, in the words of the handshake (plugin-protocol.md 1.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// `unix` or `tcp`.
    pub(super) network: &'static str,
    /// The path of the socket, or `host:port`.
    pub(super) location: String,
}

/// The line that Terraform reads from stdout. Its `Display` has no line end.
pub(super) struct Announcement<'a> {
    pub(super) address: &'a Address,
    /// Our certificate, when TLS is served.
    pub(super) certificate: Option<&'a CertificateDer<'static>>,
    /// Hosts that did not ask would take a seventh field for part of the sixth.
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

/// The shell assignment that attaches Terraform to a process that runs already.
pub(super) fn reattach(source: &str, pid: u32, address: &Address) -> String {
    let providers = json!({
        source: {
            "Protocol": "grpc",
            "ProtocolVersion": PROTOCOL_VERSION,
            "Pid": pid,
            // Without it the host forgets the protocol version and takes us for 5.
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

    // Not a certificate: the handshake looks no further than the PEM armour.
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
    fn without_the_cookie_it_was_started_by_hand() {
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
    fn a_host_that_sets_the_cookie_only_gets_the_defaults() {
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
    fn an_empty_variable_is_an_absent_one() {
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
    fn an_unreadable_certificate_is_never_plaintext() {
        for pem in ["nonsense", "-----BEGIN CERTIFICATE-----\nAQID\n", "\u{fffd}"] {
            assert_eq!(
                with_cookie(&[("PLUGIN_CLIENT_CERT", pem)]),
                Err(LaunchError::ClientCertificate),
                "{pem}"
            );
        }
    }

    #[test]
    fn ports_form_a_range_or_an_error() {
        for (min, max) in [("2", "1"), ("-1", "10"), ("1", "65536"), ("a", "b")] {
            assert_eq!(
                with_cookie(&[("PLUGIN_MIN_PORT", min), ("PLUGIN_MAX_PORT", max)]),
                Err(LaunchError::Ports),
                "{min}..={max}"
            );
        }
    }

    #[test]
    fn the_line_for_terraform() {
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
    fn the_line_for_a_shell() {
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
