//! From the provider block and the environment to a client: precedence, rules
//! and addresses.

use super::credentials::{credentials, two_profiles};
use super::endpoints_file::EndpointsFile;
use super::fields::{ProviderBlock, VISIBILITIES, VPE};
use super::network;
use super::surroundings::Surroundings;
use crate::client::{ClientConfig, Endpoint, IamUrl, RetryPolicy};
use crate::framework::diag::{Diagnostics, error, path};
use crate::framework::value::Value;

const IAM_ENDPOINT: &str = "IBMCLOUD_IAM_API_ENDPOINT";
const SECRETS_MANAGER_ENDPOINT: &str = "IBMCLOUD_SECRETS_MANAGER_API_ENDPOINT";
const DEFAULT_REGION: &str = "us-south";
const DEFAULT_RETRIES: u32 = 10;

/// What a provider block comes to.
#[derive(Debug)]
pub struct Resolved {
    /// How to build the client.
    pub client: ClientConfig,
    /// The region of objects that name none.
    pub region: String,
}

/// Errors of the block that can be told without the environment.
pub fn validate(block: &ProviderBlock) -> Diagnostics {
    let mut diagnostics = network::validate(block);
    if block.iam_profile_id.is_value() && block.iam_profile_name.is_value() {
        diagnostics.add_diagnostics(two_profiles());
    }
    if let Value::Value(address) = &block.iam_endpoint
        && let Err(reason) = IamUrl::parse(address)
    {
        diagnostics.add_diagnostics(bad_address("iam_endpoint", &reason));
    }
    if let Value::Value(address) = &block.secrets_manager_endpoint
        && let Err(reason) = Endpoint::template(address)
    {
        diagnostics.add_diagnostics(bad_address("secrets_manager_endpoint", &reason));
    }
    diagnostics
}

/// Resolves the block. Nothing is called: a wrong key shows when it is used.
pub fn resolve(block: &ProviderBlock, outside: &Surroundings<'_>) -> Result<Resolved, Diagnostics> {
    let region = outside
        .text(&block.region, &["IC_REGION", "IBMCLOUD_REGION", "BM_REGION", "BLUEMIX_REGION"])
        .unwrap_or_else(|| DEFAULT_REGION.to_owned());
    let visibility = visibility(block, outside)?;
    let file = endpoints_file(block, outside)?;
    let address = |argument: &Value<String>, variable: &str| {
        outside
            .text(argument, &[variable])
            .or_else(|| file.address(variable, &visibility, &region).map(str::to_owned))
    };
    let iam_url = match address(&block.iam_endpoint, IAM_ENDPOINT) {
        Some(address) => IamUrl::parse(&address),
        None => standard_iam_url(private_endpoint_type(block, outside)?, &visibility, &region),
    }
    .map_err(|reason| bad_address("iam_endpoint", &reason))?;
    let secrets_manager = match address(&block.secrets_manager_endpoint, SECRETS_MANAGER_ENDPOINT) {
        Some(address) => Endpoint::template(&address)
            .map_err(|reason| bad_address("secrets_manager_endpoint", &reason))?,
        None if visibility == "public" => Endpoint::Public,
        None => Endpoint::Private,
    };
    let client = ClientConfig {
        credentials: credentials(block, outside)?,
        iam_url,
        secrets_manager,
        extra_roots: network::extra_roots(block, outside)?,
        proxy: network::proxy(block, outside)?,
        retry: RetryPolicy::with_max_retries(max_retries(block, outside)?),
        user_agent: concat!("terraform-provider-ibm-sm/", env!("CARGO_PKG_VERSION")).to_owned(),
        not_known_yet: block.not_known_yet(),
    };
    Ok(Resolved { client, region })
}

fn visibility(block: &ProviderBlock, outside: &Surroundings<'_>) -> Result<String, Diagnostics> {
    let value = outside
        .text(&block.visibility, &["IC_VISIBILITY", "IBMCLOUD_VISIBILITY"])
        .unwrap_or_else(|| "public".to_owned());
    if VISIBILITIES.contains(&value.as_str()) {
        return Ok(value);
    }
    Err(error(
        path("visibility"),
        "Invalid value for visibility",
        format!(
            "IC_VISIBILITY or IBMCLOUD_VISIBILITY is {value:?}; it must be one of {}.",
            VISIBILITIES.join(", ")
        ),
    ))
}

fn endpoints_file(
    block: &ProviderBlock,
    outside: &Surroundings<'_>,
) -> Result<EndpointsFile, Diagnostics> {
    let variables = ["IC_ENDPOINTS_FILE_PATH", "IBMCLOUD_ENDPOINTS_FILE_PATH"];
    let Some(file) = outside.text(&block.endpoints_file_path, &variables) else {
        return Ok(EndpointsFile::default());
    };
    let failed = |reason: String| {
        error(
            path("endpoints_file_path"),
            "The endpoints file cannot be used",
            format!("{file}: {reason}"),
        )
    };
    let json = (outside.read_file)(&file).map_err(|reason| failed(format!("{reason}.")))?;
    EndpointsFile::parse(&json).map_err(|reason| {
        failed(format!(
            "{reason}. The file must be JSON of the form {{\"{IAM_ENDPOINT}\": {{\"public\": \
             {{\"us-south\": \"https://…\"}}}}}}."
        ))
    })
}

/// Whether `vpe` is asked for.
fn private_endpoint_type(
    block: &ProviderBlock,
    outside: &Surroundings<'_>,
) -> Result<bool, Diagnostics> {
    let variables = ["IC_PRIVATE_ENDPOINT_TYPE", "IBMCLOUD_PRIVATE_ENDPOINT_TYPE"];
    match outside.text(&block.private_endpoint_type, &variables).as_deref() {
        None => Ok(false),
        Some(VPE) => Ok(true),
        Some(value) => Err(error(
            path("private_endpoint_type"),
            "Invalid value for private_endpoint_type",
            format!(
                "IC_PRIVATE_ENDPOINT_TYPE or IBMCLOUD_PRIVATE_ENDPOINT_TYPE is {value:?}; it must \
                 be {VPE:?}, or not be set."
            ),
        )),
    }
}

fn standard_iam_url(
    vpe: bool,
    visibility: &str,
    region: &str,
) -> Result<IamUrl, crate::client::EndpointError> {
    match (visibility, region) {
        // Only these two regions have an address of their own (ibm-api.md 1.2).
        ("private", "us-south" | "us-east") if vpe => {
            IamUrl::parse(&format!("https://private.{region}.iam.cloud.ibm.com"))
        }
        ("private", _) => IamUrl::ibm(true),
        _ => IamUrl::ibm(false),
    }
}

fn max_retries(block: &ProviderBlock, outside: &Surroundings<'_>) -> Result<u32, Diagnostics> {
    if let Value::Value(number) = block.max_retries {
        return Ok(u32::try_from(number).unwrap_or(u32::MAX));
    }
    let Some(text) = (outside.variable)("MAX_RETRIES").filter(|text| !text.is_empty()) else {
        return Ok(DEFAULT_RETRIES);
    };
    text.parse().map_err(|_| {
        error(
            path("max_retries"),
            "Invalid value for max_retries",
            format!("MAX_RETRIES is {text:?}; it must be a whole number from 0."),
        )
    })
}

fn bad_address(argument: &'static str, reason: &crate::client::EndpointError) -> Diagnostics {
    error(path(argument), format!("Invalid value for {argument}"), format!("{reason}."))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use secrecy::ExposeSecret;

    use super::*;
    use crate::client::Credentials;
    use crate::framework::value::text;

    fn resolved(
        block: &ProviderBlock,
        environment: &[(&str, &str)],
        file: &str,
    ) -> Result<Resolved, Diagnostics> {
        let environment: BTreeMap<&str, &str> = environment.iter().copied().collect();
        let outside = Surroundings {
            variable: &|name| environment.get(name).map(|value| (*value).to_owned()),
            read_file: &|path| match path {
                "endpoints.json" => Ok(file.to_owned()),
                _ => Err(std::io::ErrorKind::NotFound.into()),
            },
            file_exists: &|_| false,
        };
        resolve(block, &outside)
    }

    fn key(resolved: &Resolved) -> Option<&str> {
        match &resolved.client.credentials {
            Some(Credentials::ApiKey(key)) => Some(key.expose_secret()),
            _ => None,
        }
    }

    fn refused(answer: Result<Resolved, Diagnostics>) -> (String, String) {
        let error = answer.unwrap_err().errors.remove(0);
        (error.attribute.to_string(), error.detail.into_owned())
    }

    #[test]
    fn the_argument_wins_over_the_environment_and_ic_over_ibmcloud() {
        let environment = [("IC_API_KEY", "from-ic"), ("IBMCLOUD_API_KEY", "from-ibmcloud")];
        let none = ProviderBlock::default();
        let block = ProviderBlock { ibmcloud_api_key: text("from-block"), ..none.clone() };
        let alias = ProviderBlock { bluemix_api_key: text("from-alias"), ..none.clone() };
        assert_eq!(key(&resolved(&block, &environment, "").unwrap()), Some("from-block"));
        assert_eq!(key(&resolved(&alias, &environment, "").unwrap()), Some("from-alias"));
        assert_eq!(key(&resolved(&none, &environment, "").unwrap()), Some("from-ic"));
        assert_eq!(key(&resolved(&none, &environment[1..], "").unwrap()), Some("from-ibmcloud"));
    }

    #[test]
    fn an_empty_or_unknown_argument_counts_as_left_out() {
        let environment = [("IC_API_KEY", "from-ic"), ("IC_REGION", ""), ("BM_REGION", "eu-de")];
        for value in [text(""), Value::Unknown, Value::Null] {
            let block = ProviderBlock {
                ibmcloud_api_key: value.clone(),
                region: value,
                ..ProviderBlock::default()
            };
            let resolved = resolved(&block, &environment, "").unwrap();
            assert_eq!(key(&resolved), Some("from-ic"));
            assert_eq!(resolved.region, "eu-de");
        }
    }

    #[test]
    fn without_anything_the_defaults_hold_and_nothing_fails() {
        let resolved = resolved(&ProviderBlock::default(), &[], "").unwrap();
        assert!(resolved.client.credentials.is_none());
        assert_eq!(resolved.region, "us-south");
        assert_eq!(resolved.client.secrets_manager, Endpoint::Public);
        assert_eq!(resolved.client.iam_url, IamUrl::ibm(false).unwrap());
        assert_eq!(resolved.client.retry.max_retries, 10);
    }

    #[test]
    fn visibility_decides_the_standard_addresses() {
        let parse = |address: &str| IamUrl::parse(address).unwrap();
        for (visibility, vpe, region, iam, endpoint) in [
            ("public", "", "eu-de", "https://iam.cloud.ibm.com", Endpoint::Public),
            ("private", "", "eu-de", "https://private.iam.cloud.ibm.com", Endpoint::Private),
            (
                "private",
                "vpe",
                "us-east",
                "https://private.us-east.iam.cloud.ibm.com",
                Endpoint::Private,
            ),
            ("private", "vpe", "eu-de", "https://private.iam.cloud.ibm.com", Endpoint::Private),
            ("public-and-private", "", "eu-de", "https://iam.cloud.ibm.com", Endpoint::Private),
        ] {
            let block = ProviderBlock {
                visibility: text(visibility),
                private_endpoint_type: text(vpe),
                region: text(region),
                ..ProviderBlock::default()
            };
            let resolved = resolved(&block, &[], "").unwrap();
            assert_eq!(resolved.client.iam_url, parse(iam), "{visibility} {vpe} {region}");
            assert_eq!(resolved.client.secrets_manager, endpoint, "{visibility}");
        }
    }

    #[test]
    fn an_address_comes_from_the_argument_the_environment_or_the_file() {
        let file =
            r#"{"IBMCLOUD_IAM_API_ENDPOINT": {"public": {"us-south": "https://file.example"}}}"#;
        let with_file = ProviderBlock {
            endpoints_file_path: text("endpoints.json"),
            ..ProviderBlock::default()
        };
        let with_argument =
            ProviderBlock { iam_endpoint: text("https://argument.example/"), ..with_file.clone() };
        let environment = [(IAM_ENDPOINT, "https://environment.example")];
        for (block, environment, expected) in [
            (&with_argument, &environment[..], "https://argument.example"),
            (&with_file, &environment[..], "https://environment.example"),
            (&with_file, &[][..], "https://file.example"),
        ] {
            let resolved = resolved(block, environment, file).unwrap();
            assert_eq!(resolved.client.iam_url, IamUrl::parse(expected).unwrap());
        }
    }

    #[test]
    fn what_cannot_be_used_is_an_error_on_its_argument() {
        let block = |change: fn(&mut ProviderBlock)| {
            let mut block = ProviderBlock::default();
            change(&mut block);
            block
        };
        let cases = [
            (
                ProviderBlock::default(),
                [("IBMCLOUD_PRIVATE_ENDPOINT_TYPE", "vpc")],
                "private_endpoint_type",
                "must be \"vpe\"",
            ),
            (
                block(|b| b.endpoints_file_path = text("absent.json")),
                [("X", "")],
                "endpoints_file_path",
                "absent.json: ",
            ),
            (
                block(|b| b.endpoints_file_path = text("endpoints.json")),
                [("X", "")],
                "endpoints_file_path",
                "must be JSON of the form",
            ),
            (
                ProviderBlock::default(),
                [("IC_VISIBILITY", "secret")],
                "visibility",
                "must be one of public, private, public-and-private",
            ),
            (
                ProviderBlock::default(),
                [("MAX_RETRIES", "many")],
                "max_retries",
                "must be a whole number from 0",
            ),
            (
                ProviderBlock::default(),
                [(SECRETS_MANAGER_ENDPOINT, "ftp://x")],
                "secrets_manager_endpoint",
                "must begin with https:// or http://",
            ),
        ];
        for (block, environment, argument, message) in cases {
            let (path, detail) = refused(resolved(&block, &environment, "[]"));
            assert_eq!(path, argument);
            assert!(detail.contains(message), "{detail}");
        }
    }

    #[test]
    fn two_profiles_or_a_malformed_address_are_refused_before_anything_runs() {
        let block = ProviderBlock {
            iam_profile_id: text("Profile-1"),
            iam_profile_name: text("deployer"),
            secrets_manager_endpoint: text("https://{instance}.example"),
            ..ProviderBlock::default()
        };
        let paths: Vec<String> =
            validate(&block).errors.iter().map(|error| error.attribute.to_string()).collect();
        assert_eq!(paths, ["iam_profile_name", "secrets_manager_endpoint"]);
        let unknown = ProviderBlock {
            iam_profile_id: Value::Unknown,
            iam_profile_name: Value::Unknown,
            iam_endpoint: Value::Unknown,
            ..ProviderBlock::default()
        };
        assert_eq!(validate(&unknown), Diagnostics::default());
    }
}
