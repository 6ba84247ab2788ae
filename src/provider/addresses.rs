//! The addresses of IAM and of instances: from the block, the environment, the
//! endpoints file, or IBM's own (ibm-api.md 1.1, 1.2, 5.1).

use super::endpoints_file::EndpointsFile;
use super::environment::{Environment, given};
use super::schema::{ProviderBlock, VISIBILITIES, VPE};
use crate::client::{Endpoint, EndpointError, IamUrl};
use crate::framework::diag::{Diagnostics, diagnostic, error, path};
use crate::framework::value::Value;

const IAM_ENDPOINT: &str = "IBMCLOUD_IAM_API_ENDPOINT";
const SECRETS_MANAGER_ENDPOINT: &str = "IBMCLOUD_SECRETS_MANAGER_API_ENDPOINT";

/// The addresses that the client needs.
pub(super) struct Addresses {
    /// The base address of IAM.
    pub(super) iam_url: IamUrl,
    /// The address of instances.
    pub(super) secrets_manager: Endpoint,
    /// Warnings of what is sent in clear.
    pub(super) warnings: Diagnostics,
}

/// What is sent to IAM.
const TO_IAM: &str = "the API key, and the tokens that IAM issues";
/// What is sent to instances, and comes back.
const TO_INSTANCES: &str = "tokens, keys and the values of secrets";

/// Errors that need only the block.
pub(super) fn validate(block: &ProviderBlock) -> Diagnostics {
    // What is unknown may turn out to be true, and `Addresses::resolve` decides.
    let may_be_plain = block.allow_plain_http.is_unknown() || plain_http_is_allowed(block);
    let mut diagnostics = Diagnostics::default();
    match given(&block.iam_endpoint).map(IamUrl::parse) {
        Some(Err(reason)) => diagnostics.add_diagnostics(bad_address("iam_endpoint", &reason)),
        Some(Ok(url)) if !may_be_plain => {
            let refused = url.in_clear().map(|address| refused("iam_endpoint", address, TO_IAM));
            diagnostics.add_diagnostics(refused.unwrap_or_default());
        }
        _ => {}
    }
    match given(&block.secrets_manager_endpoint).map(Endpoint::template) {
        Some(Err(reason)) => {
            diagnostics.add_diagnostics(bad_address("secrets_manager_endpoint", &reason));
        }
        Some(Ok(endpoint)) if !may_be_plain => {
            for address in endpoint.in_clear() {
                let refused = refused("secrets_manager_endpoint", address, TO_INSTANCES);
                diagnostics.add_diagnostics(refused);
            }
        }
        _ => {}
    }
    diagnostics
}

impl Addresses {
    /// Resolves the addresses; `region` is the provider's.
    pub(super) fn resolve(
        block: &ProviderBlock,
        environment: &Environment<'_>,
        region: &str,
    ) -> Result<Self, Diagnostics> {
        let visibility = visibility(block, environment)?;
        let file = endpoints_file(block, environment)?;
        let in_file = |variable| file.addresses(variable, &visibility);
        let (iam_url, iam_argument) = match environment.lookup(&block.iam_endpoint, &[IAM_ENDPOINT])
        {
            Some(address) => {
                let url = IamUrl::parse(&address)
                    .map_err(|reason| bad_address("iam_endpoint", &reason))?;
                (url, "iam_endpoint")
            }
            None => match in_file(IAM_ENDPOINT).and_then(|addresses| addresses.get(region)) {
                Some(address) => {
                    let url = IamUrl::parse(address)
                        .map_err(|reason| bad_address_in_file(IAM_ENDPOINT, region, &reason))?;
                    (url, "endpoints_file_path")
                }
                None => {
                    let vpe = private_endpoint_type(block, environment)?;
                    let url = standard_iam_url(vpe, &visibility, region)
                        .map_err(|reason| bad_address("iam_endpoint", &reason))?;
                    (url, "iam_endpoint")
                }
            },
        };
        let given =
            environment.lookup(&block.secrets_manager_endpoint, &[SECRETS_MANAGER_ENDPOINT]);
        let (secrets_manager, argument) = match given {
            Some(address) => {
                let endpoint = Endpoint::template(&address)
                    .map_err(|reason| bad_address("secrets_manager_endpoint", &reason))?;
                (endpoint, "secrets_manager_endpoint")
            }
            None => {
                let standard =
                    if visibility == "public" { Endpoint::Public } else { Endpoint::Private };
                let addresses = in_file(SECRETS_MANAGER_ENDPOINT).into_iter().flatten();
                let endpoint =
                    addresses.into_iter().try_fold(standard, |others, (region, address)| {
                        others.except_in(region, address).map_err(|reason| {
                            bad_address_in_file(SECRETS_MANAGER_ENDPOINT, region, &reason)
                        })
                    })?;
                (endpoint, "endpoints_file_path")
            }
        };
        let mut plain = Diagnostics::default();
        let judge = if plain_http_is_allowed(block) { warned } else { refused };
        if let Some(address) = iam_url.in_clear() {
            plain.add_diagnostics(judge(iam_argument, address, TO_IAM));
        }
        for address in secrets_manager.in_clear() {
            plain.add_diagnostics(judge(argument, address, TO_INSTANCES));
        }
        if !plain.errors.is_empty() {
            return Err(plain);
        }
        Ok(Self { iam_url, secrets_manager, warnings: plain })
    }
}

fn plain_http_is_allowed(block: &ProviderBlock) -> bool {
    matches!(block.allow_plain_http, Value::Value(true))
}

/// The error about an address to which everything would be sent in clear.
fn refused(argument: &'static str, address: &str, sent: &str) -> Diagnostics {
    error(
        path(argument),
        "Plain HTTP to another host",
        format!(
            "The address {} ({}) is not encrypted: {sent} would cross the network in clear. Use \
             https://, or set allow_plain_http = true in the provider block if nobody else can \
             read that network.",
            host(address),
            setting(argument)
        ),
    )
}

/// The warning about an address to which everything is sent in clear.
fn warned(argument: &'static str, address: &str, sent: &str) -> Diagnostics {
    let warning = diagnostic(
        path("allow_plain_http"),
        "Plain HTTP to another host",
        format!(
            "The address {} ({}) is not encrypted: {sent} cross the network in clear, as \
             allow_plain_http permits.",
            host(address),
            setting(argument)
        ),
    );
    Diagnostics { errors: Vec::new(), warnings: vec![warning] }
}

/// The host of an address that begins with `http:`. The rest is not repeated: a misplaced slash
/// makes user information a path.
fn host(address: &str) -> String {
    let rest = address.get("http:".len()..).unwrap_or_default();
    let mut parts = rest.trim_start_matches(['/', '\\']).split(['/', '\\', '?', '#', '@']);
    format!("http://{}", parts.next().unwrap_or_default())
}

/// Where an address may have come from.
fn setting(argument: &str) -> String {
    match argument {
        "iam_endpoint" => format!("iam_endpoint; environment: {IAM_ENDPOINT}"),
        "secrets_manager_endpoint" => {
            format!("secrets_manager_endpoint; environment: {SECRETS_MANAGER_ENDPOINT}")
        }
        file => format!("in the file of {file}"),
    }
}

fn visibility(block: &ProviderBlock, environment: &Environment<'_>) -> Result<String, Diagnostics> {
    let value = environment
        .lookup(&block.visibility, &["IC_VISIBILITY", "IBMCLOUD_VISIBILITY"])
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
    environment: &Environment<'_>,
) -> Result<EndpointsFile, Diagnostics> {
    let variables = ["IC_ENDPOINTS_FILE_PATH", "IBMCLOUD_ENDPOINTS_FILE_PATH"];
    let Some(file) = environment.lookup(&block.endpoints_file_path, &variables) else {
        return Ok(EndpointsFile::default());
    };
    let failed = |reason: String| {
        error(
            path("endpoints_file_path"),
            "The endpoints file cannot be used",
            format!("{file}: {reason}"),
        )
    };
    let json = (environment.read_file)(&file).map_err(|reason| failed(format!("{reason}.")))?;
    EndpointsFile::parse(&json).map_err(|reason| {
        failed(format!(
            "{reason}. The file must be JSON of the form {{\"{IAM_ENDPOINT}\": {{\"public\": \
             {{\"us-south\": \"https://…\"}}}}}}."
        ))
    })
}

/// Whether the type is `vpe`.
fn private_endpoint_type(
    block: &ProviderBlock,
    environment: &Environment<'_>,
) -> Result<bool, Diagnostics> {
    let variables = ["IC_PRIVATE_ENDPOINT_TYPE", "IBMCLOUD_PRIVATE_ENDPOINT_TYPE"];
    match environment.lookup(&block.private_endpoint_type, &variables).as_deref() {
        None => Ok(false),
        Some(VPE) => Ok(true),
        Some(value) => Err(error(
            path("private_endpoint_type"),
            "Invalid value for private_endpoint_type",
            format!(
                "IC_PRIVATE_ENDPOINT_TYPE or IBMCLOUD_PRIVATE_ENDPOINT_TYPE is {value:?}; it must \
                 be {VPE:?} or unset."
            ),
        )),
    }
}

fn standard_iam_url(vpe: bool, visibility: &str, region: &str) -> Result<IamUrl, EndpointError> {
    match (visibility, region) {
        // Only these two regions have an address of their own (ibm-api.md 1.2).
        ("private", "us-south" | "us-east") if vpe => {
            IamUrl::parse(&format!("https://private.{region}.iam.cloud.ibm.com"))
        }
        ("private", _) => IamUrl::ibm(true),
        _ => IamUrl::ibm(false),
    }
}

fn bad_address(argument: &'static str, reason: &EndpointError) -> Diagnostics {
    error(path(argument), format!("Invalid value for {argument}"), format!("{reason}."))
}

fn bad_address_in_file(variable: &str, region: &str, reason: &EndpointError) -> Diagnostics {
    error(
        path("endpoints_file_path"),
        "The endpoints file cannot be used",
        format!("The address of {variable} for {region}: {reason}."),
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::framework::diag::Diagnostic;
    use crate::framework::value::known;

    fn resolved(
        block: &ProviderBlock,
        environment: &[(&str, &str)],
        file: &str,
    ) -> Result<Addresses, Diagnostics> {
        let environment: BTreeMap<&str, &str> = environment.iter().copied().collect();
        let environment = Environment {
            variable: &|name| environment.get(name).map(|value| (*value).to_owned()),
            read_file: &|path| match path {
                "endpoints.json" => Ok(file.to_owned()),
                _ => Err(std::io::ErrorKind::NotFound.into()),
            },
            file_exists: &|_| false,
        };
        Addresses::resolve(
            block,
            &environment,
            block.region.as_deref_option().unwrap_or("us-south"),
        )
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
                visibility: known(visibility),
                private_endpoint_type: known(vpe),
                region: known(region),
                ..ProviderBlock::default()
            };
            let resolved = resolved(&block, &[], "").unwrap();
            assert_eq!(resolved.iam_url, parse(iam), "{visibility} {vpe} {region}");
            assert_eq!(resolved.secrets_manager, endpoint, "{visibility}");
        }
    }

    #[test]
    fn an_address_comes_from_the_argument_the_environment_or_the_file() {
        let file =
            r#"{"IBMCLOUD_IAM_API_ENDPOINT": {"public": {"us-south": "https://file.example"}}}"#;
        let with_file = ProviderBlock {
            endpoints_file_path: known("endpoints.json"),
            ..ProviderBlock::default()
        };
        let with_argument =
            ProviderBlock { iam_endpoint: known("https://argument.example/"), ..with_file.clone() };
        let other_region = ProviderBlock { region: known("eu-de"), ..with_file.clone() };
        let environment = [(IAM_ENDPOINT, "https://environment.example")];
        for (block, environment, expected) in [
            (&with_argument, &environment[..], "https://argument.example"),
            (&with_file, &environment[..], "https://environment.example"),
            (&with_file, &[][..], "https://file.example"),
            (&other_region, &[][..], "https://iam.cloud.ibm.com"),
        ] {
            let resolved = resolved(block, environment, file).unwrap();
            assert_eq!(resolved.iam_url, IamUrl::parse(expected).unwrap());
        }
    }

    #[test]
    fn the_file_gives_addresses_by_region_and_other_regions_use_the_standard_ones() {
        let file = r#"{"IBMCLOUD_SECRETS_MANAGER_API_ENDPOINT": {
            "public": {"eu-de": "https://{instance_id}.de.example", "us-east": "https://e.example"},
            "private": {"us-south": "https://private.example"}}}"#;
        let block = |visibility: &str| ProviderBlock {
            endpoints_file_path: known("endpoints.json"),
            visibility: known(visibility),
            ..ProviderBlock::default()
        };
        let public = Endpoint::Public
            .except_in("eu-de", "https://{instance_id}.de.example")
            .and_then(|others| others.except_in("us-east", "https://e.example"));
        let private = Endpoint::Private.except_in("us-south", "https://private.example");
        for (visibility, expected) in [
            ("public", public),
            ("private", private),
            ("public-and-private", Ok(Endpoint::Private)),
        ] {
            let resolved = resolved(&block(visibility), &[], file).unwrap();
            assert_eq!(Ok(resolved.secrets_manager), expected, "{visibility}");
        }
        let environment = [(SECRETS_MANAGER_ENDPOINT, "https://environment.example")];
        let resolved = resolved(&block("public"), &environment, file).unwrap();
        assert_eq!(Ok(resolved.secrets_manager), Endpoint::template("https://environment.example"));
    }

    /// Attribute and text of each diagnostic.
    fn told(diagnostics: &[Diagnostic]) -> Vec<(String, String)> {
        let told = diagnostics.iter();
        told.map(|told| (told.attribute.to_string(), told.detail.to_string())).collect()
    }

    #[test]
    fn plain_http_to_another_host_is_refused_wherever_it_comes_from() {
        let nothing = ProviderBlock::default();
        let iam = ProviderBlock { iam_endpoint: known("http://iam.example"), ..nothing.clone() };
        let instances = ProviderBlock {
            secrets_manager_endpoint: known("http://{instance_id}.example"),
            ..nothing.clone()
        };
        let file =
            ProviderBlock { endpoints_file_path: known("endpoints.json"), ..nothing.clone() };
        let iam_in_file =
            r#"{"IBMCLOUD_IAM_API_ENDPOINT": {"public": {"us-south": "http://iam.example"}}}"#;
        let instances_in_file =
            r#"{"IBMCLOUD_SECRETS_MANAGER_API_ENDPOINT": {"public": {"eu-de": "http://x"}}}"#;
        let iam_variable = [(IAM_ENDPOINT, "http://iam.example/")];
        let instances_variable = [(SECRETS_MANAGER_ENDPOINT, "http://10.0.0.1/{region}")];
        for (block, environment, content, argument, address) in [
            (&iam, &[][..], "", "iam_endpoint", "http://iam.example"),
            (&instances, &[], "", "secrets_manager_endpoint", "http://{instance_id}.example"),
            (&nothing, &iam_variable, "", "iam_endpoint", "http://iam.example"),
            (&nothing, &instances_variable, "", "secrets_manager_endpoint", "http://10.0.0.1"),
            (&file, &[], iam_in_file, "endpoints_file_path", "http://iam.example"),
            (&file, &[], instances_in_file, "endpoints_file_path", "http://x"),
        ] {
            let content = if content.is_empty() { "{}" } else { content };
            for (allow, allowed) in [
                (Value::Null, false),
                (Value::Unknown, false),
                (Value::Value(false), false),
                (Value::Value(true), true),
            ] {
                let block = ProviderBlock { allow_plain_http: allow, ..block.clone() };
                let (attribute, told) = match resolved(&block, environment, content) {
                    Ok(resolved) => ("allow_plain_http", told(&resolved.warnings.warnings)),
                    Err(refused) => (argument, told(&refused.errors)),
                };
                let [(path, text)] = &told[..] else { panic!("{told:?}") };
                assert_eq!((attribute == "allow_plain_http", path.as_str()), (allowed, attribute));
                assert!(text.contains(&format!("The address {address} (")), "{text}");
                assert!(text.contains(argument) && text.contains("in clear"), "{text}");
                // The validation sees the block alone, and cannot know what is unknown.
                let from_block = environment.is_empty() && argument != "endpoints_file_path";
                let early = from_block && !allowed && !block.allow_plain_http.is_unknown();
                let validated = validate(&block);
                assert_eq!((validated.errors.len(), validated.warnings.len()), (early.into(), 0));
            }
        }
    }

    #[test]
    fn of_an_address_in_clear_only_the_host_is_shown() {
        for (address, shown) in [
            ("http://iam.example", "http://iam.example"),
            ("HTTP:iam.example:80/identity", "http://iam.example:80"),
            ("http://{region}.example/{instance_id}", "http://{region}.example"),
            ("http://h//user:hush@host", "http://h"),
            ("http:h\\\\user:hush@host", "http://h"),
        ] {
            assert_eq!(host(address), shown, "{address}");
        }
    }

    #[test]
    fn an_encrypted_address_and_this_machine_need_no_permission() {
        let block = ProviderBlock {
            iam_endpoint: known("http://127.0.0.1:8484"),
            secrets_manager_endpoint: known("https://{instance_id}.example"),
            allow_plain_http: Value::Value(true),
            ..ProviderBlock::default()
        };
        for block in [ProviderBlock { allow_plain_http: Value::Null, ..block.clone() }, block] {
            assert_eq!(resolved(&block, &[], "{}").unwrap().warnings, Diagnostics::default());
            assert_eq!(validate(&block), Diagnostics::default());
        }
    }

    #[test]
    fn an_unusable_value_is_an_error_on_its_argument() {
        let with_file = |file: &str| ProviderBlock {
            endpoints_file_path: known(file),
            ..ProviderBlock::default()
        };
        let (nothing, file) = (ProviderBlock::default(), with_file("endpoints.json"));
        let bad_iam = r#"{"IBMCLOUD_IAM_API_ENDPOINT": {"public": {"us-south": "iam.example"}}}"#;
        let bad_instance =
            r#"{"IBMCLOUD_SECRETS_MANAGER_API_ENDPOINT": {"public": {"eu-de": "ftp://x"}}}"#;
        for (block, (variable, value), content, argument, message) in [
            (
                &nothing,
                ("IBMCLOUD_PRIVATE_ENDPOINT_TYPE", "vpc"),
                "",
                "private_endpoint_type",
                "must be \"vpe\"",
            ),
            (
                &nothing,
                ("IC_VISIBILITY", "secret"),
                "",
                "visibility",
                "must be one of public, private, public-and-private",
            ),
            (
                &nothing,
                (SECRETS_MANAGER_ENDPOINT, "ftp://x"),
                "",
                "secrets_manager_endpoint",
                "must begin with https:// or http://",
            ),
            (&nothing, (IAM_ENDPOINT, "x"), "", "iam_endpoint", "not a valid URL"),
            (&with_file("absent.json"), ("X", ""), "", "endpoints_file_path", "absent.json: "),
            (&file, ("X", ""), "[]", "endpoints_file_path", "must be JSON of the form"),
            (
                &file,
                ("X", ""),
                bad_iam,
                "endpoints_file_path",
                "The address of IBMCLOUD_IAM_API_ENDPOINT for us-south: not a valid URL",
            ),
            (
                &file,
                ("X", ""),
                bad_instance,
                "endpoints_file_path",
                "The address of IBMCLOUD_SECRETS_MANAGER_API_ENDPOINT for eu-de: the URL must begin",
            ),
        ] {
            let Err(mut refused) = resolved(block, &[(variable, value)], content) else {
                panic!("{variable} {content}")
            };
            let error = refused.errors.remove(0);
            assert_eq!(error.attribute.to_string(), argument);
            assert!(error.detail.contains(message), "{}", error.detail);
        }
    }
}
