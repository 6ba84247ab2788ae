//! Which proxy requests go through. Its address may hold a password and is never shown whole.

use reqwest::Url;
use std::fmt;
use thiserror::Error;
use url::form_urlencoded;

use crate::known_secrets::KnownSecrets;

/// How requests leave this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proxy {
    /// Without a proxy.
    Direct,
    /// As the proxy variables of the environment say (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`,
    /// `NO_PROXY`, in upper or lower case), and on macOS and Windows the system's settings.
    System,
    /// Every request through this proxy.
    Url(ProxyUrl),
}

/// The address of a proxy. User name and password go into `Proxy-Authorization`.
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyUrl(Url);

/// An address that cannot be a proxy's. The text never repeats any of it.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum ProxyUrlError {
    /// Not an address at all.
    #[error("it is not a valid URL")]
    Malformed,
    /// Neither `http` nor `https`.
    #[error("it must begin with http:// or https://")]
    Scheme,
    /// More than user, password, host and port.
    #[error("it must end after host and port")]
    Extras,
}

impl ProxyUrl {
    /// Reads `http[s]://[user[:password]@]host[:port]`.
    pub fn parse(text: &str) -> Result<Self, ProxyUrlError> {
        let url = Url::parse(text.trim()).map_err(|_| ProxyUrlError::Malformed)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(ProxyUrlError::Scheme);
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(ProxyUrlError::Extras);
        }
        Ok(Self(url))
    }

    /// Adds the password, as it is written and as it is meant.
    pub fn add_to(&self, known_secrets: &KnownSecrets) {
        let Some(written) = self.0.password() else { return };
        known_secrets.add(written);
        // The query of a URL is decoded likewise, except for its `+`.
        let query = format!("password={}", written.replace('+', "%2B"));
        for (_, password) in form_urlencoded::parse(query.as_bytes()) {
            known_secrets.add(&password);
        }
    }

    /// Whether the proxy itself is reached over TLS.
    pub(super) fn is_secure(&self) -> bool {
        self.0.scheme() == "https"
    }

    pub(super) fn to_proxy(&self) -> reqwest::Result<reqwest::Proxy> {
        reqwest::Proxy::all(self.0.clone())
    }
}

impl fmt::Debug for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.0.host_str().unwrap_or_default();
        let port = self.0.port_or_known_default().unwrap_or_default();
        write!(f, "ProxyUrl({}://{host}:{port})", self.0.scheme())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_and_port_are_shown_and_user_and_password_are_not() {
        for (text, shown, secure) in [
            ("http://proxy.test:3128", "ProxyUrl(http://proxy.test:3128)", false),
            (" http://proxy.test/ ", "ProxyUrl(http://proxy.test:80)", false),
            ("https://user:s3cret@proxy.test", "ProxyUrl(https://proxy.test:443)", true),
            ("http://user@[::1]:8080", "ProxyUrl(http://[::1]:8080)", false),
        ] {
            let url = ProxyUrl::parse(text).unwrap();
            assert_eq!(format!("{url:?}"), shown);
            assert_eq!(url.is_secure(), secure);
            let proxy = format!("{:?}", url.to_proxy().unwrap());
            assert!(proxy.starts_with("Proxy("), "{proxy}");
        }
    }

    #[test]
    fn an_unusable_address_is_refused_without_repeating_it() {
        for (text, error) in [
            ("", ProxyUrlError::Malformed),
            ("//s3cret", ProxyUrlError::Malformed),
            ("http://", ProxyUrlError::Malformed),
            ("http://user:s3cret@proxy.test:port", ProxyUrlError::Malformed),
            ("proxy.test:3128", ProxyUrlError::Scheme),
            ("socks5://user:s3cret@proxy.test", ProxyUrlError::Scheme),
            ("http://proxy.test/s3cret", ProxyUrlError::Extras),
            ("http://proxy.test/?s3cret", ProxyUrlError::Extras),
            ("http://proxy.test/#s3cret", ProxyUrlError::Extras),
        ] {
            assert_eq!(ProxyUrl::parse(text), Err(error), "{text}");
            assert!(!error.to_string().contains("s3cret"));
        }
    }
}
