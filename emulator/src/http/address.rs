//! Maps IBM's host names and paths to the emulator's own paths.

use axum::http::Extensions;

/// The public domain of Secrets Manager instances (ibm-api.md 1.1).
const INSTANCE_DOMAIN: &str = ".secrets-manager.appdomain.cloud";
/// The domain of the control planes, which tell an instance's endpoints (ibm-api.md 1.1).
const CONTROL_PLANE_DOMAIN: &str = ".secrets-manager.cloud.ibm.com";
/// The hosts of IAM (ibm-api.md 1.2), and that of its users.
const IAM_HOSTS: &[&str] = &[
    "iam.cloud.ibm.com",
    "private.iam.cloud.ibm.com",
    "private.us-south.iam.cloud.ibm.com",
    "private.us-east.iam.cloud.ibm.com",
    "user-management.cloud.ibm.com",
];

/// A host of IBM's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IbmHost {
    /// IAM, public or private.
    Iam,
    /// The control plane of Secrets Manager in a region, public or private.
    ControlPlane,
    /// A Secrets Manager instance, public or private.
    Instance {
        /// The first label.
        id: String,
        /// The label before the domain.
        region: String,
    },
}

/// Which of IBM's hosts that is, if any; the port is ignored.
pub fn ibm_host(host: &str) -> Option<IbmHost> {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name).to_ascii_lowercase();
    if IAM_HOSTS.contains(&name.as_str()) {
        return Some(IbmHost::Iam);
    }
    if let Some(region) = name.strip_suffix(CONTROL_PLANE_DOMAIN) {
        let region = region.strip_prefix("private.").unwrap_or(region);
        return (!region.is_empty() && !region.contains('.')).then_some(IbmHost::ControlPlane);
    }
    let labels: Vec<&str> = name.strip_suffix(INSTANCE_DOMAIN)?.split('.').collect();
    match labels.as_slice() {
        [id, region] | [id, "private", region] if !id.is_empty() && !region.is_empty() => {
            Some(IbmHost::Instance { id: (*id).to_owned(), region: (*region).to_owned() })
        }
        _ => None,
    }
}

/// A path of the emulator, and the region from the host name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnPath {
    /// The path.
    pub path: String,
    /// The region, if an instance was addressed by its host name.
    pub region: Option<String>,
}

/// The emulator's own path for a request to `host` and `path`, if it differs.
pub fn own_path(host: &str, path: &str) -> Option<OwnPath> {
    match ibm_host(host) {
        Some(IbmHost::Instance { id, region }) => {
            Some(OwnPath { path: format!("/instances/{id}{path}"), region: Some(region) })
        }
        // The SDK keeps a slash at the end of this collection (ibm-api.md 3.1).
        Some(IbmHost::Iam | IbmHost::ControlPlane) | None => (path == "/v1/serviceids/")
            .then(|| OwnPath { path: "/v1/serviceids".to_owned(), region: None }),
    }
}

/// The scheme of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Scheme {
    /// Plain text.
    Http,
    /// Over TLS.
    Https,
}

impl Scheme {
    /// The scheme in a URL.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// The URL by which the client reached the emulator.
pub(crate) fn base_url(extensions: &Extensions) -> String {
    let scheme = extensions.get::<Scheme>().map_or("http", |scheme| scheme.name());
    let host = extensions.get::<Addressed>().map_or("", |addressed| &addressed.host);
    format!("{scheme}://{host}")
}

/// What the client addressed, before the path was mapped.
#[derive(Clone, Debug, Default)]
pub(crate) struct Addressed {
    /// The host, from the target, as in HTTP/2 and to a proxy, or else from the header.
    pub(crate) host: String,
    /// The path.
    pub(crate) path: String,
    /// The region in the host name, if there is one.
    pub(crate) region: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        let instance = |region: &str| {
            Some(IbmHost::Instance { id: "abc".to_owned(), region: region.to_owned() })
        };
        for (host, expected) in [
            ("iam.cloud.ibm.com", Some(IbmHost::Iam)),
            ("IAM.cloud.ibm.com:443", Some(IbmHost::Iam)),
            ("private.iam.cloud.ibm.com", Some(IbmHost::Iam)),
            ("abc.us-south.secrets-manager.appdomain.cloud", instance("us-south")),
            ("abc.private.eu-de.secrets-manager.appdomain.cloud:443", instance("eu-de")),
            ("us-south.secrets-manager.appdomain.cloud", None),
            ("a.b.c.d.secrets-manager.appdomain.cloud", None),
            (".us-south.secrets-manager.appdomain.cloud", None),
            ("us-south.secrets-manager.cloud.ibm.com", Some(IbmHost::ControlPlane)),
            ("private.eu-de.secrets-manager.cloud.ibm.com:443", Some(IbmHost::ControlPlane)),
            ("secrets-manager.cloud.ibm.com", None),
            (".secrets-manager.cloud.ibm.com", None),
            ("a.b.secrets-manager.cloud.ibm.com", None),
            ("evil-iam.cloud.ibm.com", None),
            ("iam.cloud.ibm.com.evil.example", None),
            ("127.0.0.1:8484", None),
            ("", None),
        ] {
            assert_eq!(ibm_host(host), expected, "{host}");
        }
    }

    #[test]
    fn paths() {
        let own = |path: &str, region: Option<&str>| {
            Some(OwnPath { path: path.to_owned(), region: region.map(str::to_owned) })
        };
        for (host, path, expected) in [
            ("127.0.0.1:1", "/v1/serviceids/", own("/v1/serviceids", None)),
            ("127.0.0.1:1", "/v1/serviceids/x", None),
            ("iam.cloud.ibm.com", "/identity/token", None),
            (
                "abc.us-south.secrets-manager.appdomain.cloud",
                "/api/v2/secrets",
                own("/instances/abc/api/v2/secrets", Some("us-south")),
            ),
        ] {
            assert_eq!(own_path(host, path), expected, "{host}{path}");
        }
    }
}
