//! What each client reads from its environment: the only list of these variables, and their form in a shell.

use crate::model::State;
use crate::seed;
use clap::ValueEnum;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

// IBM's SDKs read `<SERVICE>_URL`, `<SERVICE>_AUTH_TYPE` and so on; these are their names of the services
// (`DEFAULT_SERVICE_NAME`), the same in all languages.
const IAM_SERVICES: [&str; 3] = ["IAM_IDENTITY", "IAM_ACCESS_GROUPS", "IAM_POLICY_MANAGEMENT"];
const USERS_SERVICE: &str = "USER_MANAGEMENT";
const SECRETS_SERVICE: &str = "SECRETS_MANAGER";

/// The password of a truststore that has nothing but a public certificate: Java wants one.
const TRUSTSTORE_PASSWORD: &str = "changeit";

/// A client that is configured by its environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Client {
    /// Terraform, with this provider or IBM's
    Terraform,
    /// curl and shell scripts
    Curl,
    /// IBM's SDKs for Python
    Python,
    /// IBM's SDKs for Node.js
    Node,
    /// IBM's SDKs for Go
    Go,
    /// IBM's SDKs for Java
    Java,
    /// The secrets-manager plug-in of the ibmcloud CLI
    Cli,
}

impl Client {
    /// Its name on the command line and in paths.
    pub fn id(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// The client of that name, or a message that names the choices.
    pub fn named(id: &str) -> Result<Self, String> {
        Self::from_str(id, false).map_err(|_| {
            let choices: Vec<_> = Self::value_variants().iter().map(|it| it.id()).collect();
            format!("'{id}' is not a client. Clients are: {}.", choices.join(", "))
        })
    }

    /// Its name for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Terraform => "Terraform",
            Self::Curl => "curl",
            Self::Python => "SDKs for Python",
            Self::Node => "SDKs for Node.js",
            Self::Go => "SDKs for Go",
            Self::Java => "SDKs for Java",
            Self::Cli => "ibmcloud CLI",
        }
    }
}

/// A proxy for IBM's host names, and the file with the authority that its clients must trust.
#[derive(Clone, Debug)]
pub struct Proxy {
    /// Where it listens.
    pub address: SocketAddr,
    /// The authority, in PEM.
    pub ca_file: PathBuf,
}

/// Where clients find an emulator, and what is in it.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The URL that clients call it by.
    pub url: &'a str,
    /// What is in it.
    pub state: &'a State,
    /// The proxy, for clients that are to use IBM's own host names.
    pub proxy: Option<&'a Proxy>,
}

/// A variable of a client's environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Whether the value is a key.
    pub is_key: bool,
}

impl Variable {
    /// A line for a shell that exports it.
    pub fn line(&self) -> String {
        let Self { name, value, .. } = self;
        match word(value) {
            Some(word) => format!("export {name}={word}\n"),
            None => format!("# {name} is not exported: its value has control characters.\n"),
        }
    }
}

/// What the client reads. What the emulator has no value for is left out.
pub fn variables(client: Client, place: Place<'_>) -> Vec<Variable> {
    let mut list = Vec::new();
    let mut add = |name: &str, value: Option<&str>, is_key: bool| {
        let value = value.map(str::to_owned);
        list.extend(value.map(|value| Variable { name: name.to_owned(), value, is_key }));
    };
    let keys = &place.state.iam.api_keys;
    let key_of = |value: &str| keys.values().find(|key| key.apikey.expose() == value);
    let api_key = key_of(seed::BOOTSTRAP_API_KEY).or(keys.values().next());
    let api_key = api_key.map(|key| key.apikey.expose());
    let instances = &place.state.secrets_manager.instances;
    let instance = instances.get(seed::INSTANCE_ID).or(instances.values().next());
    let id = instance.map(|it| it.id.as_str());
    let region = instance.map(|it| it.region.as_str());
    let hosts = Hosts::of(place, region.unwrap_or(seed::REGION));
    let instance_url = id.map(|id| hosts.instance.replace(INSTANCE_ID, id));
    // For the emulator's own commands.
    add("EMULATOR_URL", Some(place.url), false);
    match client {
        Client::Terraform => {
            add("IBMCLOUD_API_KEY", api_key, true);
            add("IBMCLOUD_IAM_API_ENDPOINT", Some(&hosts.iam), false);
            add("IBMCLOUD_USER_MANAGEMENT_ENDPOINT", Some(&hosts.users), false);
            add("IBMCLOUD_SECRETS_MANAGER_API_ENDPOINT", Some(&hosts.instance), false);
            add("IC_REGION", region, false);
            // What the examples ask for.
            let engine = key_of(seed::ENGINE_API_KEY).map(|key| key.apikey.expose());
            let service_id = place.state.iam.service_ids.get(seed::STATIC_SERVICE_ID);
            let group = place.state.iam.access_groups.values().next();
            add("TF_VAR_instance_id", id, false);
            add("TF_VAR_region", region, false);
            add("TF_VAR_engine_api_key", engine, true);
            add("TF_VAR_service_id", service_id.map(|it| it.id.as_str()), false);
            add("TF_VAR_access_group_id", group.map(|it| it.id.as_str()), false);
        }
        Client::Curl => {
            add("IBMCLOUD_API_KEY", api_key, true);
            add("SECRETS_MANAGER_INSTANCE_ID", id, false);
        }
        Client::Python | Client::Node | Client::Go | Client::Java => {
            let iam = IAM_SERVICES.map(|service| (service, Some(&hosts.iam)));
            let others =
                [(SECRETS_SERVICE, instance_url.as_ref()), (USERS_SERVICE, Some(&hosts.users))];
            for (service, url) in others.into_iter().chain(iam) {
                let Some(url) = url else { continue };
                add(&format!("{service}_URL"), Some(url), false);
                add(&format!("{service}_AUTH_TYPE"), Some("iam"), false);
                add(&format!("{service}_AUTH_URL"), Some(&hosts.iam), false);
                add(&format!("{service}_APIKEY"), api_key, true);
            }
        }
        Client::Cli => {
            add("IBMCLOUD_API_KEY", api_key, true);
            add(&format!("{SECRETS_SERVICE}_URL"), instance_url.as_deref(), false);
        }
    }
    if let Some(proxy) = place.proxy {
        list.extend(by_proxy(client, proxy));
    }
    list
}

/// How the client is led through the proxy, and what it must trust.
pub fn by_proxy(client: Client, proxy: &Proxy) -> Vec<Variable> {
    let ca_file = proxy.ca_file.display().to_string();
    let trusting: &[&str] = match client {
        Client::Terraform | Client::Go | Client::Cli => &["SSL_CERT_FILE"],
        Client::Curl => &["CURL_CA_BUNDLE"],
        Client::Python => &["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"],
        Client::Node => &["NODE_EXTRA_CA_CERTS"],
        Client::Java => {
            // A virtual machine reads neither HTTPS_PROXY nor PEM.
            let options = format!(
                "-Dhttps.proxyHost={} -Dhttps.proxyPort={} \"-Djavax.net.ssl.trustStore={}\" -Djavax.net.ssl.trustStorePassword={TRUSTSTORE_PASSWORD}",
                proxy.address.ip(),
                proxy.address.port(),
                truststore(proxy).display()
            );
            return vec![plain("JAVA_TOOL_OPTIONS", options)];
        }
    };
    let mut list = vec![plain("HTTPS_PROXY", format!("http://{}", proxy.address))];
    list.extend(trusting.iter().map(|name| plain(name, ca_file.clone())));
    list
}

fn plain(name: &str, value: String) -> Variable {
    Variable { name: name.to_owned(), value, is_key: false }
}

/// The file that Java is to trust, which its `keytool` makes of the authority.
fn truststore(proxy: &Proxy) -> PathBuf {
    proxy.ca_file.with_file_name("truststore.p12")
}

/// What is to be known beside the variables.
fn notes(client: Client, proxy: Option<&Proxy>) -> Vec<String> {
    match (client, proxy) {
        (Client::Cli, _) => vec![
            "`ibmcloud login` asks cloud.ibm.com, which is not emulated, so it gets a token neither".to_owned(),
            "directly nor by proxy. The plug-in sends its requests to SECRETS_MANAGER_URL all the same.".to_owned(),
        ],
        (Client::Java, Some(proxy)) => {
            let word = |path: &Path| word(&path.display().to_string()).unwrap_or_default();
            vec![
                "Once before, make the truststore of the emulator's authority:".to_owned(),
                format!(
                    "keytool -importcert -noprompt -alias ibm-sm-emulator -file {} -keystore {} -storetype PKCS12 -storepass {TRUSTSTORE_PASSWORD}",
                    word(&proxy.ca_file),
                    word(&truststore(proxy))
                ),
            ]
        }
        _ => Vec::new(),
    }
}

/// Lines for a shell to evaluate: the variables of the client, then comments.
pub fn text(client: Client, place: Place<'_>) -> String {
    text_with(client, place, None)
}

/// The same, with the values of keys replaced if there is a mask.
pub fn text_with(client: Client, place: Place<'_>, mask: Option<&str>) -> String {
    let lines = variables(client, place).into_iter().map(|mut variable| {
        if let Some(mask) = mask.filter(|_| variable.is_key) {
            variable.value = mask.to_owned();
        }
        variable.line()
    });
    let notes = notes(client, place.proxy).into_iter().map(|note| format!("# {note}\n"));
    // Comments are last, where a shell that is given no line breaks has seen all variables.
    let (comments, exports): (Vec<_>, Vec<_>) =
        lines.chain(notes).partition(|line| line.starts_with('#'));
    exports.into_iter().chain(comments).collect()
}

/// One word of a shell. Line breaks would be safe in it, but not when lines are picked by `grep`.
fn word(value: &str) -> Option<String> {
    if value.chars().any(char::is_control) {
        return None;
    }
    shlex::try_quote(value).ok().map(std::borrow::Cow::into_owned)
}

const INSTANCE_ID: &str = "{instance_id}";

/// The base URLs of the services.
struct Hosts {
    iam: String,
    users: String,
    /// That of an instance, with [`INSTANCE_ID`] for its id.
    instance: String,
}

impl Hosts {
    fn of(place: Place<'_>, region: &str) -> Self {
        match place.proxy {
            None => Self {
                iam: place.url.to_owned(),
                users: place.url.to_owned(),
                instance: format!("{}/instances/{INSTANCE_ID}", place.url),
            },
            Some(_) => Self {
                iam: "https://iam.cloud.ibm.com".to_owned(),
                users: "https://user-management.cloud.ibm.com".to_owned(),
                instance: format!("https://{INSTANCE_ID}.{region}.secrets-manager.appdomain.cloud"),
            },
        }
    }
}
