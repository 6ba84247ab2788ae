//! How to reach the services: which authorities to trust beside the system's, and
//! which proxy to use.

use super::environment::{Environment, given};
use super::schema::ProviderBlock;
use crate::client::{ExtraRoots, Proxy, ProxyUrl, ProxyUrlError};
use crate::framework::diag::{Diagnostics, error, path};
use crate::known_secrets::KnownSecrets;

/// Errors that need only the block.
pub(super) fn validate(block: &ProviderBlock) -> Diagnostics {
    let mut diagnostics = Diagnostics::default();
    if given(&block.ca_cert_file).and(given(&block.ca_cert_pem)).is_some() {
        diagnostics.add_diagnostics(two_sources());
    }
    if let Some(Err(error)) = given(&block.ca_cert_pem).map(from_pem) {
        diagnostics.add_diagnostics(error);
    }
    if let Some(Err(reason)) = given(&block.proxy_url).map(ProxyUrl::parse) {
        diagnostics.add_diagnostics(bad_proxy(reason));
    }
    diagnostics
}

/// The authorities of `ca_cert_file` or `ca_cert_pem`.
pub(super) fn extra_roots(
    block: &ProviderBlock,
    environment: &Environment<'_>,
) -> Result<ExtraRoots, Diagnostics> {
    let given = environment.one_of_two(
        (&block.ca_cert_file, &["IBMCLOUD_CA_CERT_FILE"]),
        (&block.ca_cert_pem, &["IBMCLOUD_CA_CERT_PEM"]),
    );
    match given {
        (None, None) => Ok(ExtraRoots::default()),
        (Some(_), Some(_)) => Err(two_sources()),
        (Some(file), None) => from_file(&file, environment),
        (None, Some(pem)) => from_pem(&pem),
    }
}

/// The proxy of `proxy_url`, or else the system's. The usual proxy variables are not read here: that
/// takes the rules of `NO_PROXY` and the settings of macOS and Windows, which the HTTP library
/// knows.
pub(super) fn proxy(
    block: &ProviderBlock,
    environment: &Environment<'_>,
) -> Result<Proxy, Diagnostics> {
    match environment.lookup(&block.proxy_url, &["IBMCLOUD_PROXY_URL"]) {
        Some(url) => ProxyUrl::parse(&url).map(Proxy::Url).map_err(bad_proxy),
        None => Ok(Proxy::System),
    }
}

/// Adds the passwords of the proxies that the usual variables name.
pub(super) fn add_system_proxies(environment: &Environment<'_>, known_secrets: &KnownSecrets) {
    for name in ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"] {
        for name in [name, &name.to_lowercase()] {
            let proxy = (environment.variable)(name).map(|url| ProxyUrl::parse(&url));
            if let Some(Ok(proxy)) = proxy {
                proxy.add_to(known_secrets);
            }
        }
    }
}

fn from_file(file: &str, environment: &Environment<'_>) -> Result<ExtraRoots, Diagnostics> {
    let failed = |reason: String| {
        error(
            path("ca_cert_file"),
            "The CA certificates cannot be used",
            format!("{file}: {reason}."),
        )
    };
    let pem = (environment.read_file)(file).map_err(|reason| failed(reason.to_string()))?;
    ExtraRoots::from_pem(&pem).map_err(|reason| failed(reason.to_string()))
}

fn from_pem(pem: &str) -> Result<ExtraRoots, Diagnostics> {
    ExtraRoots::from_pem(pem).map_err(|reason| {
        error(
            path("ca_cert_pem"),
            "The CA certificates cannot be used",
            format!("The value of ca_cert_pem (environment: IBMCLOUD_CA_CERT_PEM): {reason}."),
        )
    })
}

fn two_sources() -> Diagnostics {
    error(
        path("ca_cert_pem"),
        "CA certificates set twice",
        "Set ca_cert_file or ca_cert_pem, not both. Either may contain several certificates.",
    )
}

fn bad_proxy(reason: ProxyUrlError) -> Diagnostics {
    error(
        path("proxy_url"),
        "Invalid value for proxy_url",
        format!(
            "The address of the proxy cannot be used: {reason}. It must have the form \
             http://proxy.example.com:3128, or http://USER:PASSWORD@proxy.example.com:3128, where \
             special characters of user and password are percent-encoded."
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::value::{Value, known};

    fn authority() -> String {
        rcgen::generate_simple_self_signed(["proxy.test".to_owned()]).unwrap().cert.pem()
    }

    fn errors(diagnostics: &Diagnostics) -> Vec<(String, String)> {
        let errors = diagnostics.errors.iter();
        errors.map(|error| (error.attribute.to_string(), error.detail.to_string())).collect()
    }

    #[test]
    fn authorities_come_from_a_file_or_a_pem_in_the_block_or_the_environment() {
        let (in_file, in_pem) = (authority(), authority());
        let environment = |name: &'static str| {
            let in_pem = in_pem.clone();
            move |asked: &str| match (asked == name, name) {
                (true, "IBMCLOUD_CA_CERT_FILE") => Some("ca.pem".to_owned()),
                (true, _) => Some(in_pem.clone()),
                (false, _) => None,
            }
        };
        let file = ProviderBlock { ca_cert_file: known("ca.pem"), ..ProviderBlock::default() };
        let pem = ProviderBlock { ca_cert_pem: known(&in_pem), ..ProviderBlock::default() };
        let nothing = ProviderBlock::default();
        for (block, variable, expected) in [
            (&nothing, "", None),
            (&file, "", Some(&in_file)),
            (&pem, "", Some(&in_pem)),
            (&nothing, "IBMCLOUD_CA_CERT_FILE", Some(&in_file)),
            (&nothing, "IBMCLOUD_CA_CERT_PEM", Some(&in_pem)),
            (&file, "IBMCLOUD_CA_CERT_PEM", Some(&in_file)),
            (&pem, "IBMCLOUD_CA_CERT_FILE", Some(&in_pem)),
        ] {
            let environment = Environment {
                variable: &environment(variable),
                read_file: &|name| match name {
                    "ca.pem" => Ok(in_file.clone()),
                    _ => Err(std::io::ErrorKind::NotFound.into()),
                },
                file_exists: &|_| false,
            };
            let expected =
                expected.map_or_else(ExtraRoots::default, |pem| ExtraRoots::from_pem(pem).unwrap());
            assert_eq!(extra_roots(block, &environment).unwrap(), expected, "{variable}");
        }
    }

    #[test]
    fn a_proxy_comes_from_the_block_or_the_environment() {
        let environment = Environment {
            variable: &|name| {
                (name == "IBMCLOUD_PROXY_URL").then(|| "http://environment.test".to_owned())
            },
            read_file: &|_| Err(std::io::ErrorKind::NotFound.into()),
            file_exists: &|_| false,
        };
        for (argument, expected) in [
            (known("http://block.test:3128"), "http://block.test:3128"),
            (Value::Unknown, "http://environment.test"),
            (Value::Null, "http://environment.test"),
        ] {
            let block = ProviderBlock { proxy_url: argument, ..ProviderBlock::default() };
            let expected = Proxy::Url(ProxyUrl::parse(expected).unwrap());
            assert_eq!(proxy(&block, &environment).unwrap(), expected);
        }
        let nowhere = Environment { variable: &|_| None, ..environment };
        assert_eq!(proxy(&ProviderBlock::default(), &nowhere).unwrap(), Proxy::System);
    }

    #[test]
    fn contradicting_or_invalid_arguments_are_errors_of_the_validation() {
        let block = ProviderBlock {
            ca_cert_file: known("ca.pem"),
            ca_cert_pem: known("no certificate"),
            proxy_url: known("socks5://user:s3cret@proxy.test"),
            ..ProviderBlock::default()
        };
        let errors = errors(&validate(&block));
        let [two, pem, proxy] = &errors[..] else { panic!("{errors:?}") };
        assert_eq!((two.0.as_str(), pem.0.as_str()), ("ca_cert_pem", "ca_cert_pem"));
        assert!(two.1.contains("not both"), "{two:?}");
        assert!(pem.1.contains("no certificate in PEM form"), "{pem:?}");
        assert_eq!(proxy.0, "proxy_url");
        assert!(proxy.1.contains("begin with http:// or https://"), "{proxy:?}");
        assert!(!proxy.1.contains("s3cret"), "{proxy:?}");
        for nothing in [Value::Unknown, Value::Null, known("")] {
            let block = ProviderBlock {
                ca_cert_pem: nothing.clone(),
                proxy_url: nothing,
                ..ProviderBlock::default()
            };
            assert_eq!(validate(&block), Diagnostics::default());
        }
    }

    #[test]
    fn an_error_about_a_missing_or_empty_file_names_it() {
        let environment = Environment {
            variable: &|name| match name {
                "IBMCLOUD_PROXY_URL" => Some("proxy.test".to_owned()),
                _ => None,
            },
            read_file: &|name| match name {
                "empty.pem" => Ok(String::new()),
                _ => Err(std::io::ErrorKind::NotFound.into()),
            },
            file_exists: &|_| false,
        };
        for (file, reason) in [
            ("absent.pem", "absent.pem: entity not found."),
            ("empty.pem", "empty.pem: there is no certificate in PEM form in it"),
        ] {
            let block = ProviderBlock { ca_cert_file: known(file), ..ProviderBlock::default() };
            let errors = errors(&extra_roots(&block, &environment).unwrap_err());
            assert_eq!(errors[0].0, "ca_cert_file");
            assert!(errors[0].1.starts_with(reason), "{errors:?}");
        }
        let errors = errors(&proxy(&ProviderBlock::default(), &environment).unwrap_err());
        assert_eq!(errors[0].0, "proxy_url");
        let twice = Environment { variable: &|_| Some("x".to_owned()), ..environment };
        let errors = self::errors(&extra_roots(&ProviderBlock::default(), &twice).unwrap_err());
        assert_eq!(errors[0].0, "ca_cert_pem");
        assert!(errors[0].1.contains("not both"), "{errors:?}");
    }
}
