//! Resolves the provider block and the environment to a client's configuration. No
//! service is called: a wrong key fails when it is first used.

use super::addresses::{self, Addresses};
use super::credentials::{self, credentials};
use super::environment::Environment;
use super::network;
use super::schema::{DEFAULT_REGION, DEFAULT_RETRIES, ProviderBlock};
use crate::client::{ClientConfig, RetryPolicy};
use crate::framework::diag::{Diagnostics, error, path};
use crate::framework::value::Value;
use crate::instance::Defaults;
use crate::known_secrets::KnownSecrets;

/// What a provider block resolves to.
#[derive(Debug)]
pub struct Resolved {
    /// How to build the client.
    pub client: ClientConfig,
    /// The region of objects whose configuration has none.
    pub region: String,
    /// Whether a create may adopt what an earlier run has created.
    pub adopt_existing: bool,
    /// Whether a destroy removes from IAM what the instance no longer can.
    pub cleanup_iam_on_destroy: Value<bool>,
    /// What the user should know although it was asked for.
    pub warnings: Diagnostics,
    /// What applies to resources that leave it open.
    pub defaults: Defaults,
}

/// Errors of the block that do not depend on the environment.
pub fn validate(block: &ProviderBlock) -> Diagnostics {
    let mut diagnostics = credentials::validate(block);
    diagnostics.add_diagnostics(addresses::validate(block));
    diagnostics.add_diagnostics(network::validate(block));
    diagnostics
}

/// Resolves the block.
pub fn resolve(
    block: &ProviderBlock,
    environment: &Environment<'_>,
    known_secrets: &KnownSecrets,
) -> Result<Resolved, Diagnostics> {
    let region = environment
        .lookup(&block.region, &["IC_REGION", "IBMCLOUD_REGION", "BM_REGION", "BLUEMIX_REGION"])
        .unwrap_or_else(|| DEFAULT_REGION.to_owned());
    let Addresses { iam_url, secrets_manager, warnings } =
        Addresses::resolve(block, environment, &region)?;
    let client = ClientConfig {
        credentials: credentials(block, environment)?,
        iam_url,
        secrets_manager,
        extra_roots: network::extra_roots(block, environment)?,
        proxy: network::proxy(block, environment)?,
        retry: RetryPolicy::with_max_retries(max_retries(block, environment)?),
        user_agent: concat!("terraform-provider-ibm-sm/", env!("CARGO_PKG_VERSION")).to_owned(),
        not_known_yet: block.not_known_yet(),
        bulk_read: block.bulk_read != Value::Value(false),
        known_secrets: known_secrets.clone(),
    };
    let adopt_existing = block.adopt_existing == Value::Value(true);
    let defaults = Defaults { store_api_key: block.store_api_key };
    let cleanup_iam_on_destroy = block.cleanup_iam_on_destroy;
    Ok(Resolved { client, region, adopt_existing, cleanup_iam_on_destroy, defaults, warnings })
}

fn max_retries(block: &ProviderBlock, environment: &Environment<'_>) -> Result<u32, Diagnostics> {
    if let Value::Value(number) = block.max_retries {
        return Ok(u32::try_from(number).unwrap_or(u32::MAX));
    }
    let Some(value) = (environment.variable)("MAX_RETRIES").filter(|value| !value.is_empty())
    else {
        return Ok(DEFAULT_RETRIES);
    };
    value.parse().map_err(|_| {
        error(
            path("max_retries"),
            "Invalid value for max_retries",
            format!("MAX_RETRIES is {value:?}; it must be a whole number, 0 or more."),
        )
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use secrecy::ExposeSecret;

    use super::*;
    use crate::client::{Credentials, Endpoint, IamUrl};
    use crate::framework::value::known;

    fn resolved(
        block: &ProviderBlock,
        environment: &[(&str, &str)],
    ) -> Result<Resolved, Diagnostics> {
        let environment: BTreeMap<&str, &str> = environment.iter().copied().collect();
        let environment = Environment {
            variable: &|name| environment.get(name).map(|value| (*value).to_owned()),
            read_file: &|_| Err(std::io::ErrorKind::NotFound.into()),
            file_exists: &|_| false,
        };
        resolve(block, &environment, &KnownSecrets::default())
    }

    fn key(resolved: &Resolved) -> Option<&str> {
        match &resolved.client.credentials {
            Some(Credentials::ApiKey(key)) => Some(key.expose_secret()),
            _ => None,
        }
    }

    #[test]
    fn the_argument_takes_precedence_over_the_environment_and_ic_over_ibmcloud() {
        let environment = [("IC_API_KEY", "from-ic"), ("IBMCLOUD_API_KEY", "from-ibmcloud")];
        let none = ProviderBlock::default();
        let block = ProviderBlock { ibmcloud_api_key: known("from-block"), ..none.clone() };
        let alias = ProviderBlock { bluemix_api_key: known("from-alias"), ..none.clone() };
        assert_eq!(key(&resolved(&block, &environment).unwrap()), Some("from-block"));
        assert_eq!(key(&resolved(&alias, &environment).unwrap()), Some("from-alias"));
        assert_eq!(key(&resolved(&none, &environment).unwrap()), Some("from-ic"));
        assert_eq!(key(&resolved(&none, &environment[1..]).unwrap()), Some("from-ibmcloud"));
    }

    #[test]
    fn an_empty_or_unknown_argument_counts_as_omitted() {
        let environment = [("IC_API_KEY", "from-ic"), ("IC_REGION", ""), ("BM_REGION", "eu-de")];
        for value in [known(""), Value::Unknown, Value::Null] {
            let block = ProviderBlock {
                ibmcloud_api_key: value.clone(),
                region: value,
                ..ProviderBlock::default()
            };
            let resolved = resolved(&block, &environment).unwrap();
            assert_eq!(key(&resolved), Some("from-ic"));
            assert_eq!(resolved.region, "eu-de");
        }
    }

    #[test]
    fn without_any_configuration_the_defaults_apply() {
        let resolved = resolved(&ProviderBlock::default(), &[]).unwrap();
        assert!(resolved.client.credentials.is_none());
        assert_eq!(resolved.region, "us-south");
        assert_eq!(resolved.client.secrets_manager, Endpoint::Public);
        assert_eq!(resolved.client.iam_url, IamUrl::ibm(false).unwrap());
        assert_eq!(resolved.client.retry.max_retries, 10);
    }

    #[test]
    fn an_unusable_value_is_an_error_on_its_argument() {
        for (variable, value, argument, message) in [
            (
                "IC_API_KEY",
                "{\"apikey\": \"x\"}",
                "ibmcloud_api_key",
                "begins or ends with a brace",
            ),
            ("IC_VISIBILITY", "secret", "visibility", "be one of public, private"),
            ("IBMCLOUD_PROXY_URL", "proxy.test", "proxy_url", "is not a valid URL"),
            ("IBMCLOUD_CA_CERT_FILE", "absent.pem", "ca_cert_file", "absent.pem: "),
            ("MAX_RETRIES", "many", "max_retries", "must be a whole number, 0 or more"),
        ] {
            let resolved = resolved(&ProviderBlock::default(), &[(variable, value)]);
            let error = resolved.unwrap_err().errors.remove(0);
            assert_eq!(error.attribute.to_string(), argument);
            assert!(error.detail.contains(message), "{}", error.detail);
        }
    }

    #[test]
    fn contradicting_arguments_are_errors_of_the_validation() {
        let block = ProviderBlock {
            iam_profile_id: known("Profile-1"),
            iam_profile_name: known("deployer"),
            secrets_manager_endpoint: known("https://{instance}.example"),
            proxy_url: known("ftp://proxy.test"),
            ..ProviderBlock::default()
        };
        let paths: Vec<String> =
            validate(&block).errors.iter().map(|error| error.attribute.to_string()).collect();
        assert_eq!(paths, ["iam_profile_name", "secrets_manager_endpoint", "proxy_url"]);
        for value in [Value::Unknown, known("")] {
            let block = ProviderBlock {
                iam_profile_id: value.clone(),
                iam_profile_name: value.clone(),
                iam_endpoint: value.clone(),
                ca_cert_pem: value,
                ..ProviderBlock::default()
            };
            assert_eq!(validate(&block), Diagnostics::default());
        }
    }

    #[test]
    fn the_names_of_unknown_arguments_are_passed_to_the_client() {
        let block = ProviderBlock {
            ibmcloud_api_key: Value::Unknown,
            iam_profile_id: Value::Unknown,
            proxy_url: Value::Unknown,
            max_retries: Value::Unknown,
            ..ProviderBlock::default()
        };
        let client = resolved(&block, &[]).unwrap().client;
        assert_eq!(client.not_known_yet, ["ibmcloud_api_key", "iam_profile_id", "proxy_url"]);
        assert!(client.credentials.is_none());
    }
}
