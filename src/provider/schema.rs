//! Declares the provider block, with every argument of the official provider.
//!
//! An existing block still works: arguments that do not apply to Secrets Manager are
//! accepted and ignored.

use serde::Deserialize;

use crate::framework::schema::{Attribute, Schema, boolean, number, string};
use crate::framework::validators::{at_least, one_of};
use crate::framework::value::Value;

/// The arguments that have an effect (ibm-api.md 5.1).
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct ProviderBlock {
    /// The API key of the caller.
    pub ibmcloud_api_key: Value<String>,
    /// The former name of `ibmcloud_api_key`.
    pub bluemix_api_key: Value<String>,
    /// A bearer token instead of a key.
    pub iam_token: Value<String>,
    /// A token from which IAM issues bearer tokens.
    pub iam_refresh_token: Value<String>,
    /// A trusted profile to act as, by id.
    pub iam_profile_id: Value<String>,
    /// A trusted profile to act as, by name.
    pub iam_profile_name: Value<String>,
    /// The account of `iam_profile_name`.
    pub ibmcloud_account_id: Value<String>,
    /// A file with the token of a compute resource.
    pub cr_token_file: Value<String>,
    /// The default region.
    pub region: Value<String>,
    /// `public`, `private` or `public-and-private`.
    pub visibility: Value<String>,
    /// `vpe`.
    pub private_endpoint_type: Value<String>,
    /// A JSON file with addresses.
    pub endpoints_file_path: Value<String>,
    /// A file with authorities to trust beside the system's.
    pub ca_cert_file: Value<String>,
    /// The certificates themselves, as PEM.
    pub ca_cert_pem: Value<String>,
    /// A proxy, with user and password if it needs them.
    pub proxy_url: Value<String>,
    /// How often a failed request is retried.
    pub max_retries: Value<i64>,
    /// The base address of IAM.
    pub iam_endpoint: Value<String>,
    /// The address of an instance, with placeholders.
    pub secrets_manager_endpoint: Value<String>,
    /// Whether a create may adopt what an earlier run has created.
    pub adopt_existing: Value<bool>,
    /// Whether a destroy removes from IAM what the instance no longer can.
    pub cleanup_iam_on_destroy: Value<bool>,
    /// Whether addresses of other hosts may be plain HTTP.
    pub allow_plain_http: Value<bool>,
    /// Whether reads that arrive together share a list.
    pub bulk_read: Value<bool>,
    /// Whether states contain API keys, for secrets that do not say so themselves.
    pub store_api_key: Value<bool>,
}

/// The region of instances for which nothing sets one.
pub(super) const DEFAULT_REGION: &str = "us-south";
/// How often a request that failed for a temporary reason is retried, if nothing says so.
pub(super) const DEFAULT_RETRIES: u32 = 10;
/// The values of `visibility`.
pub(super) const VISIBILITIES: &[&str] = &["public", "private", "public-and-private"];
/// The only value of `private_endpoint_type`.
pub(super) const VPE: &str = "vpe";

impl ProviderBlock {
    /// The arguments whose values are unknown until the apply. They count as not set,
    /// which may make calls fail.
    pub(super) fn not_known_yet(&self) -> Vec<&'static str> {
        let arguments = [
            ("ibmcloud_api_key", &self.ibmcloud_api_key),
            ("bluemix_api_key", &self.bluemix_api_key),
            ("iam_token", &self.iam_token),
            ("iam_refresh_token", &self.iam_refresh_token),
            ("iam_profile_id", &self.iam_profile_id),
            ("iam_profile_name", &self.iam_profile_name),
            ("ibmcloud_account_id", &self.ibmcloud_account_id),
            ("cr_token_file", &self.cr_token_file),
            ("region", &self.region),
            ("visibility", &self.visibility),
            ("private_endpoint_type", &self.private_endpoint_type),
            ("endpoints_file_path", &self.endpoints_file_path),
            ("ca_cert_file", &self.ca_cert_file),
            ("ca_cert_pem", &self.ca_cert_pem),
            ("proxy_url", &self.proxy_url),
            ("iam_endpoint", &self.iam_endpoint),
            ("secrets_manager_endpoint", &self.secrets_manager_endpoint),
        ];
        let unknown = arguments.into_iter().filter(|(_, value)| value.is_unknown());
        unknown.map(|(name, _)| name).collect()
    }
}

/// The schema of the block.
pub(super) fn schema() -> Schema {
    let mut attributes = vec![
        string("ibmcloud_api_key").sensitive().description(
            "The IBM Cloud API key to authenticate with. Environment: `IC_API_KEY`, \
             `IBMCLOUD_API_KEY`.",
        ),
        string("bluemix_api_key")
            .sensitive()
            .deprecated()
            .description("Use `ibmcloud_api_key` instead."),
        string("iam_token").sensitive().description(
            "An IAM bearer token to authenticate with if there is no API key. It is used until it \
             expires, after an hour at most; with `iam_refresh_token` it is then replaced. \
             Environment: `IC_IAM_TOKEN`, `IBMCLOUD_IAM_TOKEN`.",
        ),
        string("iam_refresh_token").sensitive().description(
            "An IAM refresh token of the IBM Cloud CLI, to authenticate with if there is no API \
             key. Environment: `IC_IAM_REFRESH_TOKEN`, `IBMCLOUD_IAM_REFRESH_TOKEN`.",
        ),
        string("iam_profile_id").description(
            "The id of a trusted profile to act as. It is assumed with the API key, or with the \
             token of a compute resource. Environment: `IC_IAM_PROFILE_ID`, \
             `IBMCLOUD_IAM_PROFILE_ID`.",
        ),
        string("iam_profile_name").description(
            "The name of a trusted profile to act as, in the account `ibmcloud_account_id`, \
             instead of `iam_profile_id`. Environment: `IC_IAM_PROFILE_NAME`, \
             `IBMCLOUD_IAM_PROFILE_NAME`.",
        ),
        string("ibmcloud_account_id").description(
            "The account of `iam_profile_name`. Environment: `IC_ACCOUNT_ID`, \
             `IBMCLOUD_ACCOUNT_ID`.",
        ),
        string("cr_token_file").description(
            "A file with the token of the compute resource that Terraform runs on, to assume a \
             trusted profile without an API key. It is read again for each IAM token, because \
             the platform replaces it. If a profile is set without any other credentials, the \
             usual files of Kubernetes and Code Engine below `/var/run/secrets` are tried. \
             Environment: `IBMCLOUD_CR_TOKEN_FILE`.",
        ),
        string("region").description(
            format!(
                "The region of instances for which a resource sets none. Default: \
                 `{DEFAULT_REGION}`. Environment: `IC_REGION`, `IBMCLOUD_REGION`, `BM_REGION`, \
                 `BLUEMIX_REGION`."
            ),
        ),
        string("visibility").validator(one_of(VISIBILITIES)).description(
            "Which endpoints to use; for Secrets Manager, `public-and-private` means private. \
             Default: `public`. Environment: `IC_VISIBILITY`, `IBMCLOUD_VISIBILITY`.",
        ),
        string("private_endpoint_type").validator(one_of(&[VPE])).description(
            "With `visibility = \"private\"`, `vpe` reaches IAM through the regional virtual \
             private endpoint. Environment: `IC_PRIVATE_ENDPOINT_TYPE`, \
             `IBMCLOUD_PRIVATE_ENDPOINT_TYPE`.",
        ),
        string("endpoints_file_path").description(
            "A JSON file with addresses by variable, visibility and region. The address of IAM is \
             that of this block's region, the address of an instance that of its own region. \
             Environment: `IC_ENDPOINTS_FILE_PATH`, `IBMCLOUD_ENDPOINTS_FILE_PATH`.",
        ),
        string("ca_cert_file").description(
            "A file with PEM certificates of authorities to trust in addition to the system's, \
             for IAM, Secrets Manager and a proxy. Environment: `IBMCLOUD_CA_CERT_FILE`.",
        ),
        string("ca_cert_pem").description(
            "The PEM certificates themselves, instead of `ca_cert_file`. Environment: \
             `IBMCLOUD_CA_CERT_PEM`.",
        ),
        string("proxy_url").sensitive().description(
            "The proxy for all requests: `http://[USER:PASSWORD@]HOST:PORT`, or `https://`. \
             Without it, the usual variables apply, in upper or lower case: `HTTPS_PROXY`, \
             `HTTP_PROXY`, `ALL_PROXY`, and `NO_PROXY` for hosts, domains and networks that are \
             reached without one; on macOS and Windows also the settings of the system. With it, \
             they are all ignored. Environment: `IBMCLOUD_PROXY_URL`.",
        ),
        number("max_retries").validator(at_least(0)).description(
            format!(
                "How often a request that failed for a temporary reason is retried. Default: \
                 {DEFAULT_RETRIES}. Environment: `MAX_RETRIES`."
            ),
        ),
        string("iam_endpoint").description(
            "The base address of IAM; plain `http://` only to this machine, unless \
             `allow_plain_http` is set. Environment: `IBMCLOUD_IAM_API_ENDPOINT`.",
        ),
        string("secrets_manager_endpoint").description(
            "The address of Secrets Manager instances; it may contain `{instance_id}` and \
             `{region}`. Plain `http://` only to this machine, unless `allow_plain_http` is set. \
             Environment: `IBMCLOUD_SECRETS_MANAGER_API_ENDPOINT`.",
        ),
        boolean("allow_plain_http").description(
            "Whether an address of another host, wherever it is set, may begin with `http://`. \
             Keys, tokens and secrets are then sent in clear, and each run warns of it. Without \
             it, only addresses of this machine (`localhost`, `127.0.0.0/8`, `::1`) may. There is \
             no environment variable for it, because one could move an address as well.",
        ),
        boolean("bulk_read").description(
            "Whether a refresh of many secrets or groups of an instance lists them instead of reading \
             each. What a list lacks is read all the same. Default: true.",
        ),
        boolean("store_api_key").description(
            "Whether states contain the keys of IAM credentials secrets that do not set \
             `store_api_key` themselves. With `false` no import and no refresh reads a key either, \
             and the next apply removes those that states still contain. Default: true.",
        ),
        boolean("adopt_existing").description(
            "Whether a create adopts an object that already has its name, instead of asking for an \
             import: if the same identity created it within the last day, and everything configured \
             is as in it. That is what a run leaves that was killed before it could write the \
             state. Default: false.",
        ),
        boolean("cleanup_iam_on_destroy").description(
            "Whether the destroy of IAM credentials also removes from IAM what their instance no \
             longer can: the API key, and the generated service ID, that the state names, if the \
             secret or the instance was deleted outside Terraform. Such a secret stays in the state \
             until an apply has removed them. It needs the platform role Operator on IAM Identity, \
             and one request more for each secret that is destroyed. Default: false; a warning then \
             says what is left and how to delete it.",
        ),
    ];
    attributes.extend(without_effect());
    Schema::new(
        "IAM credentials of IBM Cloud Secrets Manager. The block takes the arguments of the \
         official IBM Cloud provider.",
        attributes,
    )
}

/// Arguments of the official provider that have no effect here.
fn without_effect() -> impl Iterator<Item = Attribute> {
    const DESCRIPTION: &str = "Accepted so that a block of the official provider still works; it \
                               has no effect on Secrets Manager.";
    let plain = [
        string("iaas_classic_api_key").sensitive(),
        string("iaas_classic_endpoint_url"),
        number("iaas_classic_timeout"),
        string("iaas_classic_username"),
        number("ibmcloud_timeout"),
        string("resource_group"),
        string("zone"),
    ];
    let deprecated = [
        number("bluemix_timeout"),
        string("function_namespace"),
        number("generation"),
        string("riaas_endpoint"),
        string("softlayer_api_key").sensitive(),
        string("softlayer_endpoint_url"),
        number("softlayer_timeout"),
        string("softlayer_username"),
    ];
    plain
        .into_iter()
        .chain(deprecated.into_iter().map(Attribute::deprecated))
        .map(|attribute| attribute.description(DESCRIPTION))
}
