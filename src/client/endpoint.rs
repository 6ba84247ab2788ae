//! The addresses of IBM's services, built from names without a lookup.

use reqwest::Url;
use std::collections::BTreeMap;
use std::fmt;
use thiserror::Error;
use url::Host;

/// An address that cannot be used. The text never repeats user information or a query.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum EndpointError {
    /// Not an address at all.
    #[error("not a valid URL: {0}")]
    Malformed(String),
    /// Neither `http` nor `https`.
    #[error("the URL must begin with https:// or http://")]
    Scheme,
    /// User information, a query or a fragment.
    #[error("the URL must not contain user information, a query or a fragment")]
    Extras,
    /// An unknown placeholder. It is not repeated, since a brace can also be in user information.
    #[error("the URL contains another placeholder than {{instance_id}} and {{region}}")]
    Placeholder,
    /// The instance ID or region would change the address's structure.
    #[error("{name} must consist of letters, digits and dashes")]
    Name {
        /// `instance_id` or `region`.
        name: &'static str,
    },
}

/// Where Secrets Manager instances are, unless one asks for another kind of endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// The public address (ibm-api.md 1.1).
    Public,
    /// The private address (ibm-api.md 1.1).
    Private,
    /// An address of the user's, whatever kind an instance asks for.
    Template(Template),
    /// Addresses of the user's for some regions.
    ByRegion {
        /// By region.
        templates: BTreeMap<String, Template>,
        /// For all other regions.
        others: Box<Endpoint>,
    },
}

/// A checked address that may contain `{instance_id}` and `{region}`.
#[derive(Clone, PartialEq, Eq)]
pub struct Template(String);

/// Which kind of endpoint an instance asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EndpointKind {
    /// What the client was configured with.
    #[default]
    Default,
    /// The public address.
    Public,
    /// The private address.
    Private,
}

/// Identifies one Secrets Manager instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceAddress {
    /// The service instance's GUID.
    pub instance_id: String,
    /// Its region, such as `us-south`.
    pub region: String,
    /// How to reach it.
    pub endpoint: EndpointKind,
}

impl Endpoint {
    /// Checks an address of the user's, which may contain `{instance_id}` and `{region}`.
    pub fn template(text: &str) -> Result<Self, EndpointError> {
        Template::parse(text).map(Self::Template)
    }

    /// The same, except for the instances in `region`, which are at an address of the user's in the
    /// form of [`template`](Self::template).
    pub fn except_in(self, region: &str, address: &str) -> Result<Self, EndpointError> {
        let template = Template::parse(address)?;
        let (mut templates, others) = match self {
            Self::ByRegion { templates, others } => (templates, others),
            others => (BTreeMap::new(), Box::new(others)),
        };
        templates.insert(region.to_owned(), template);
        Ok(Self::ByRegion { templates, others })
    }

    /// Those addresses of the user's to which everything would be sent in clear: plain HTTP to
    /// another host than this one.
    pub fn in_clear(&self) -> Vec<&str> {
        match self {
            Self::Public | Self::Private => Vec::new(),
            Self::Template(template) => template.in_clear().into_iter().collect(),
            Self::ByRegion { templates, others } => {
                let regional = templates.values().filter_map(Template::in_clear);
                regional.chain(others.in_clear()).collect()
            }
        }
    }

    /// The base address of one instance, without `/api/v2`.
    pub(super) fn resolve(&self, address: &InstanceAddress) -> Result<Url, EndpointError> {
        let InstanceAddress { instance_id, region, endpoint } = address;
        // These become part of the host name: a slash or a dot would send the token elsewhere.
        check_name("instance_id", instance_id)?;
        check_name("region", region)?;
        let private = match (self, endpoint) {
            (Self::Template(Template(text)), _) => return parse(&fill(text, instance_id, region)),
            (Self::ByRegion { templates, others }, _) => {
                return match templates.get(region) {
                    Some(Template(text)) => parse(&fill(text, instance_id, region)),
                    None => others.resolve(address),
                };
            }
            (_, EndpointKind::Public) | (Self::Public, EndpointKind::Default) => "",
            (_, EndpointKind::Private) | (Self::Private, EndpointKind::Default) => "private.",
        };
        parse(&format!("https://{instance_id}.{private}{region}.secrets-manager.appdomain.cloud"))
    }
}

impl Template {
    fn parse(text: &str) -> Result<Self, EndpointError> {
        let text = text.trim().trim_end_matches('/');
        let rest = text.replace("{instance_id}", "").replace("{region}", "");
        if rest.contains('{') {
            return Err(EndpointError::Placeholder);
        }
        sample(text)?;
        Ok(Self(text.to_owned()))
    }

    fn in_clear(&self) -> Option<&str> {
        sample(&self.0).is_ok_and(|url| is_in_clear(&url)).then_some(self.0.as_str())
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The base address of IAM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IamUrl(Url);

impl IamUrl {
    /// `https://iam.cloud.ibm.com`, or its private form (ibm-api.md 1.2).
    pub fn ibm(private: bool) -> Result<Self, EndpointError> {
        Self::parse(if private {
            "https://private.iam.cloud.ibm.com"
        } else {
            "https://iam.cloud.ibm.com"
        })
    }

    /// An address of the user's; a trailing `/` or `/identity/token` is ignored.
    pub fn parse(text: &str) -> Result<Self, EndpointError> {
        let text = text.trim().trim_end_matches('/');
        let text = text.strip_suffix("/identity/token").unwrap_or(text);
        parse(text).map(Self)
    }

    /// The address, if everything would be sent to it in clear: plain HTTP to another host than
    /// this one.
    pub fn in_clear(&self) -> Option<&str> {
        is_in_clear(&self.0).then_some(self.0.as_str())
    }

    pub(super) fn as_url(&self) -> &Url {
        &self.0
    }
}

fn fill(template: &str, instance_id: &str, region: &str) -> String {
    template.replace("{instance_id}", instance_id).replace("{region}", region)
}

/// The URL of a template, with names in place of the placeholders. They cannot make the host a
/// loopback address, nor another one of it: no name contains a dot or a colon.
fn sample(template: &str) -> Result<Url, EndpointError> {
    parse(&fill(template, "instance", "region"))
}

fn is_in_clear(url: &Url) -> bool {
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    url.scheme() == "http" && !loopback
}

fn check_name(name: &'static str, value: &str) -> Result<(), EndpointError> {
    let fits = !value.is_empty() && value.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    fits.then_some(()).ok_or(EndpointError::Name { name })
}

fn parse(text: &str) -> Result<Url, EndpointError> {
    let url = Url::parse(text).map_err(|error| EndpointError::Malformed(error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(EndpointError::Scheme);
    }
    let extras = !url.username().is_empty()
        || url.password().is_some()
        || url.query().is_some()
        || url.fragment().is_some();
    if extras {
        return Err(EndpointError::Extras);
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "11111111-2222-4333-8444-555555555555";

    fn address(endpoint: EndpointKind) -> InstanceAddress {
        InstanceAddress { instance_id: ID.to_owned(), region: "eu-de".to_owned(), endpoint }
    }

    #[test]
    fn an_instance_is_where_the_client_says_unless_it_says_so_itself() {
        use EndpointKind::{Default, Private, Public};
        let public = format!("https://{ID}.eu-de.secrets-manager.appdomain.cloud/");
        let private = format!("https://{ID}.private.eu-de.secrets-manager.appdomain.cloud/");
        let emulator = format!("http://127.0.0.1:8484/instances/{ID}");
        let template =
            Endpoint::template("http://127.0.0.1:8484/instances/{instance_id}/").unwrap();
        let table = [
            (Endpoint::Public, Default, &public),
            (Endpoint::Public, Public, &public),
            (Endpoint::Public, Private, &private),
            (Endpoint::Private, Default, &private),
            (Endpoint::Private, Public, &public),
            (Endpoint::Private, Private, &private),
            (template.clone(), Default, &emulator),
            (template.clone(), Public, &emulator),
            (template, Private, &emulator),
        ];
        for (endpoint, kind, expected) in table {
            let url = endpoint.resolve(&address(kind)).unwrap();
            assert_eq!(url.as_str(), expected, "{endpoint:?} {kind:?}");
        }
    }

    #[test]
    fn a_template_may_use_both_placeholders_or_none() {
        let resolve = |text| {
            let endpoint = Endpoint::template(text).unwrap();
            let url = endpoint.resolve(&address(EndpointKind::Default)).unwrap();
            url.as_str().to_owned()
        };
        assert_eq!(
            resolve("https://{instance_id}.{region}.example.test:8443"),
            format!("https://{ID}.eu-de.example.test:8443/")
        );
        assert_eq!(resolve("https://sm.example.test"), "https://sm.example.test/");
    }

    #[test]
    fn a_region_can_have_an_address_of_its_own() {
        let endpoint = Endpoint::Private
            .except_in("eu-de", "https://{instance_id}.de.example.test")
            .and_then(|others| others.except_in("us-east", "https://east.example.test/"))
            .unwrap();
        for (region, kind, expected) in [
            ("eu-de", EndpointKind::Default, format!("https://{ID}.de.example.test/")),
            ("eu-de", EndpointKind::Public, format!("https://{ID}.de.example.test/")),
            ("us-east", EndpointKind::Default, "https://east.example.test/".to_owned()),
            (
                "eu-gb",
                EndpointKind::Default,
                format!("https://{ID}.private.eu-gb.secrets-manager.appdomain.cloud/"),
            ),
            (
                "eu-gb",
                EndpointKind::Public,
                format!("https://{ID}.eu-gb.secrets-manager.appdomain.cloud/"),
            ),
        ] {
            let address = InstanceAddress { region: region.to_owned(), ..address(kind) };
            assert_eq!(endpoint.resolve(&address).unwrap().as_str(), expected);
        }
        let refused = Endpoint::Public.except_in("eu-de", "ftp://example.test");
        assert_eq!(refused, Err(EndpointError::Scheme));
    }

    #[test]
    fn an_unusable_template_is_refused_without_repeating_what_may_be_secret() {
        let table = [
            ("", "not a valid URL: relative URL without a base"),
            ("sm.example.test", "not a valid URL: relative URL without a base"),
            ("https://", "not a valid URL: empty host"),
            ("ftp://sm.example.test", "the URL must begin with https:// or http://"),
            (
                "https://user:pass@sm.example.test",
                "the URL must not contain user information, a query or a fragment",
            ),
            (
                "https://sm.example.test/?token=abc",
                "the URL must not contain user information, a query or a fragment",
            ),
            (
                "https://{instance}.example.test",
                "the URL contains another placeholder than {instance_id} and {region}",
            ),
        ];
        for (text, message) in table {
            let error = Endpoint::template(text).unwrap_err();
            assert_eq!(error.to_string(), message, "{text}");
        }
    }

    #[test]
    fn plain_http_is_in_clear_unless_it_stays_on_this_machine() {
        for (text, in_clear) in [
            ("https://sm.example.test", false),
            ("http://localhost:8484", false),
            ("http://LocalHost", false),
            ("http://127.0.0.1", false),
            ("http://127.9.9.9:80/x", false),
            ("http://127.1", false),
            ("http://[::1]:8484", false),
            ("http://sm.example.test", true),
            ("HTTP://sm.example.test", true),
            ("http:sm.example.test", true),
            ("http://10.0.0.1", true),
            ("http://0.0.0.0", true),
            ("http://[::]", true),
            ("http://[::ffff:127.0.0.1]", true),
            ("http://localhost.example.test", true),
            ("http://127.0.0.1.example.test", true),
            ("http://sm.localhost", true),
        ] {
            let iam = IamUrl::parse(text).unwrap();
            assert_eq!(iam.in_clear().is_some(), in_clear, "{text}");
            let endpoint = Endpoint::template(text).unwrap();
            assert_eq!(endpoint.in_clear(), if in_clear { vec![text] } else { vec![] }, "{text}");
        }
        for text in
            ["http://{instance_id}.example.test", "http://{region}", "http://localhost{region}"]
        {
            assert_eq!(Endpoint::template(text).unwrap().in_clear(), [text]);
        }
        let here = Endpoint::template("http://127.0.0.1/{region}/{instance_id}").unwrap();
        assert_eq!(here.in_clear(), Vec::<&str>::new());
        let regional = Endpoint::Public
            .except_in("eu-de", "http://de.example.test")
            .and_then(|others| others.except_in("eu-gb", "https://gb.example.test"))
            .unwrap();
        assert_eq!(regional.in_clear(), ["http://de.example.test"]);
    }

    #[test]
    fn names_cannot_move_the_host() {
        for (instance_id, region, name) in [
            ("evil.test/", "eu-de", "instance_id"),
            ("a.evil.test#", "eu-de", "instance_id"),
            ("user@evil", "eu-de", "instance_id"),
            ("", "eu-de", "instance_id"),
            (ID, "eu-de.evil.test/", "region"),
            (ID, "", "region"),
        ] {
            let address = InstanceAddress {
                instance_id: instance_id.to_owned(),
                region: region.to_owned(),
                endpoint: EndpointKind::Default,
            };
            for endpoint in [
                Endpoint::Public,
                Endpoint::template("https://{instance_id}.{region}.example.test").unwrap(),
            ] {
                assert_eq!(
                    endpoint.resolve(&address),
                    Err(EndpointError::Name { name }),
                    "{instance_id} {region}"
                );
            }
        }
    }

    #[test]
    fn iam_is_public_private_or_overridden() {
        let ibm = |private| IamUrl::ibm(private).unwrap().0.to_string();
        assert_eq!(ibm(false), "https://iam.cloud.ibm.com/");
        assert_eq!(ibm(true), "https://private.iam.cloud.ibm.com/");
        for text in [
            "http://127.0.0.1:8484",
            "http://127.0.0.1:8484/",
            "http://127.0.0.1:8484/identity/token",
            " http://127.0.0.1:8484/identity/token/ ",
        ] {
            let url = IamUrl::parse(text).unwrap();
            assert_eq!(url.as_url().as_str(), "http://127.0.0.1:8484/", "{text:?}");
        }
        assert_eq!(IamUrl::parse("https://user:pass@iam.example.test"), Err(EndpointError::Extras));
    }
}
