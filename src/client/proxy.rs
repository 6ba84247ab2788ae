//! The address of a proxy, which may hold a password and is therefore never shown whole.

use reqwest::{Proxy, Url};
use std::fmt;
use thiserror::Error;

/// Where every request goes through. User name and password go into `Proxy-Authorization`.
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyUrl(Url);

/// An address that is none of a proxy. The text never repeats any of it.
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

    /// Whether the proxy itself is reached over TLS.
    pub(super) fn is_secure(&self) -> bool {
        self.0.scheme() == "https"
    }

    pub(super) fn to_proxy(&self) -> reqwest::Result<Proxy> {
        Proxy::all(self.0.clone())
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
    fn host_and_port_are_shown_and_who_may_use_it_is_not() {
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
    fn what_is_no_address_of_a_proxy_is_refused_without_repeating_it() {
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
