//! Which of the many possible credentials authenticate the caller (ibm-api.md 5.1).
//!
//! A trusted profile that is set is used, or it is an error: nothing would be worse
//! than calls under another identity than the user asked for.

use std::fs;

use secrecy::{ExposeSecret, SecretString};

use super::environment::{Environment, given};
use super::schema::ProviderBlock;
use crate::client::{Credentials, TokenSource, TrustedProfile};
use crate::framework::diag::{Diagnostics, error, path};

/// Where platforms store the token of a compute resource, the most likely path
/// first (ibm-api.md 1.5).
const DEFAULT_TOKEN_FILES: [&str; 3] = [
    "/var/run/secrets/tokens/vault-token",
    "/var/run/secrets/tokens/sa-token",
    "/var/run/secrets/codeengine.cloud.ibm.com/compute-resource-token/token",
];

/// The trusted profile that block and environment set.
enum Profile {
    NotGiven,
    /// It is unknown until the apply.
    NotKnownYet,
    /// The profile and the argument that sets it.
    Given(TrustedProfile, &'static str),
}

/// Everything that the caller can authenticate with.
struct Available {
    api_key: Option<SecretString>,
    refresh_token: Option<SecretString>,
    token: Option<SecretString>,
    cr_token_file: Option<String>,
}

/// Errors that need only the block.
pub(super) fn validate(block: &ProviderBlock) -> Diagnostics {
    match (given(&block.iam_profile_id), given(&block.iam_profile_name)) {
        (Some(_), Some(_)) => two_profiles(),
        _ => Diagnostics::default(),
    }
}

/// The credentials; `None` if there are none or they are not known yet, which makes
/// the first call fail.
pub(super) fn credentials(
    block: &ProviderBlock,
    environment: &Environment<'_>,
) -> Result<Option<Credentials>, Diagnostics> {
    let available = Available {
        api_key: api_key(block, environment)?,
        refresh_token: environment
            .lookup(
                &block.iam_refresh_token,
                &["IC_IAM_REFRESH_TOKEN", "IBMCLOUD_IAM_REFRESH_TOKEN"],
            )
            .map(SecretString::from),
        token: environment
            .lookup(&block.iam_token, &["IC_IAM_TOKEN", "IBMCLOUD_IAM_TOKEN"])
            .map(SecretString::from),
        cr_token_file: environment.lookup(&block.cr_token_file, &["IBMCLOUD_CR_TOKEN_FILE"]),
    };
    match profile(block, environment)? {
        Profile::NotGiven => without_profile(available),
        Profile::NotKnownYet => Ok(None),
        Profile::Given(profile, argument) => {
            let more_unknown = credentials_unknown(block);
            let nothing_else =
                !more_unknown && available.refresh_token.is_none() && available.token.is_none();
            let default_file = nothing_else.then(|| default_token_file(environment)).flatten();
            match with_profile(profile, available, default_file) {
                None if !more_unknown => Err(no_identity(argument)),
                credentials => Ok(credentials),
            }
        }
    }
}

fn without_profile(available: Available) -> Result<Option<Credentials>, Diagnostics> {
    match (available.api_key, available.refresh_token, available.token) {
        (Some(key), _, _) => Ok(Some(Credentials::ApiKey(key))),
        (None, Some(refresh_token), access_token) => {
            Ok(Some(Credentials::RefreshToken { refresh_token, access_token }))
        }
        (None, None, Some(token)) => Ok(Some(Credentials::BearerToken(token))),
        (None, None, None) if available.cr_token_file.is_some() => Err(error(
            path("cr_token_file"),
            "Compute resource without a trusted profile",
            "A compute resource acts as a trusted profile: set iam_profile_id (environment: \
             IC_IAM_PROFILE_ID, IBMCLOUD_IAM_PROFILE_ID), or iam_profile_name with \
             ibmcloud_account_id.",
        )),
        (None, None, None) => Ok(None),
    }
}

fn with_profile(
    profile: TrustedProfile,
    available: Available,
    default_file: Option<String>,
) -> Option<Credentials> {
    if let Some(api_key) = available.api_key {
        return Some(Credentials::AssumedProfile { api_key, profile });
    }
    let token = token_file(available.cr_token_file.or(default_file)?);
    Some(Credentials::ComputeResource { token, profile })
}

/// The token of a compute resource, which the platform stores in a file and replaces.
fn token_file(file: String) -> TokenSource {
    TokenSource::new(file.clone(), move || {
        let text = fs::read_to_string(&file).map(SecretString::from).map_err(|reason| {
            format!("the compute resource token in {file} cannot be read: {reason}")
        })?;
        match text.expose_secret().trim() {
            "" => Err(format!("the compute resource token in {file} is empty")),
            token => Ok(token.into()),
        }
    })
}

fn default_token_file(environment: &Environment<'_>) -> Option<String> {
    let mut files = DEFAULT_TOKEN_FILES.into_iter();
    files.find(|file| (environment.file_exists)(file)).map(str::to_owned)
}

fn api_key(
    block: &ProviderBlock,
    environment: &Environment<'_>,
) -> Result<Option<SecretString>, Diagnostics> {
    let key = environment.lookup(&block.ibmcloud_api_key, &[]).or_else(|| {
        environment.lookup(&block.bluemix_api_key, &["IC_API_KEY", "IBMCLOUD_API_KEY"])
    });
    match key {
        Some(key) if key.starts_with(['{', '"']) || key.ends_with(['}', '"']) => Err(error(
            path("ibmcloud_api_key"),
            "Malformed API key",
            "The API key begins or ends with a brace or a quote: set the key alone, without \
             the JSON or the quotes around it.",
        )),
        key => Ok(key.map(SecretString::from)),
    }
}

fn profile(block: &ProviderBlock, environment: &Environment<'_>) -> Result<Profile, Diagnostics> {
    if block.iam_profile_id.is_unknown() || block.iam_profile_name.is_unknown() {
        return Ok(Profile::NotKnownYet);
    }
    let given = environment.one_of_two(
        (&block.iam_profile_id, &["IC_IAM_PROFILE_ID", "IBMCLOUD_IAM_PROFILE_ID"]),
        (&block.iam_profile_name, &["IC_IAM_PROFILE_NAME", "IBMCLOUD_IAM_PROFILE_NAME"]),
    );
    let name = match given {
        (None, None) => return Ok(Profile::NotGiven),
        (Some(_), Some(_)) => return Err(two_profiles()),
        (Some(id), None) => return Ok(Profile::Given(TrustedProfile::Id(id), "iam_profile_id")),
        (None, Some(name)) => name,
    };
    match environment.lookup(&block.ibmcloud_account_id, &["IC_ACCOUNT_ID", "IBMCLOUD_ACCOUNT_ID"])
    {
        Some(account_id) => {
            Ok(Profile::Given(TrustedProfile::Name { name, account_id }, "iam_profile_name"))
        }
        None if block.ibmcloud_account_id.is_unknown() => Ok(Profile::NotKnownYet),
        None => Err(error(
            path("iam_profile_name"),
            "Trusted profile without an account",
            "The name of a trusted profile is unique only in its account: set \
             ibmcloud_account_id (environment: IC_ACCOUNT_ID, IBMCLOUD_ACCOUNT_ID), or set \
             iam_profile_id instead.",
        )),
    }
}

/// Whether credentials that can assume the profile are still unknown.
fn credentials_unknown(block: &ProviderBlock) -> bool {
    [&block.ibmcloud_api_key, &block.bluemix_api_key, &block.cr_token_file]
        .iter()
        .any(|argument| argument.is_unknown())
}

fn two_profiles() -> Diagnostics {
    error(
        path("iam_profile_name"),
        "Two trusted profiles",
        "Set iam_profile_id or iam_profile_name, not both.",
    )
}

fn no_identity(argument: &'static str) -> Diagnostics {
    error(
        path(argument),
        "Trusted profile without an identity",
        format!(
            "{argument} is set, but there are no credentials that can assume the profile. Set \
             ibmcloud_api_key (environment: IC_API_KEY, IBMCLOUD_API_KEY), or on a compute resource cr_token_file \
             (environment: IBMCLOUD_CR_TOKEN_FILE). A profile cannot be assumed with iam_token or \
             iam_refresh_token; without them, the token of a compute resource is also looked for \
             in {}.",
            DEFAULT_TOKEN_FILES.join(", ")
        ),
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::framework::value::{Value, known};

    /// The resolved credentials, described in words.
    fn described(
        block: &[(&str, Value<String>)],
        environment: &[(&str, &str)],
        files: &[&str],
    ) -> Result<String, (String, String)> {
        let environment: BTreeMap<&str, &str> = environment.iter().copied().collect();
        let environment = Environment {
            variable: &|name| environment.get(name).map(|value| (*value).to_owned()),
            read_file: &|_| Err(std::io::ErrorKind::NotFound.into()),
            file_exists: &|file| files.contains(&file),
        };
        credentials(&filled(block), &environment).map(describe).map_err(|mut diagnostics| {
            let error = diagnostics.errors.remove(0);
            (error.attribute.to_string(), error.summary.into_owned())
        })
    }

    fn filled(arguments: &[(&str, Value<String>)]) -> ProviderBlock {
        let mut block = ProviderBlock::default();
        for (name, value) in arguments {
            let argument = match *name {
                "key" => &mut block.ibmcloud_api_key,
                "old_key" => &mut block.bluemix_api_key,
                "token" => &mut block.iam_token,
                "refresh_token" => &mut block.iam_refresh_token,
                "profile_id" => &mut block.iam_profile_id,
                "profile_name" => &mut block.iam_profile_name,
                "account" => &mut block.ibmcloud_account_id,
                "file" => &mut block.cr_token_file,
                name => panic!("{name}"),
            };
            *argument = value.clone();
        }
        block
    }

    fn describe(credentials: Option<Credentials>) -> String {
        let profile = |profile| match profile {
            TrustedProfile::Id(id) => id,
            TrustedProfile::Name { name, account_id } => format!("{name} of {account_id}"),
        };
        match credentials {
            None => "nobody".to_owned(),
            Some(Credentials::ApiKey(key)) => format!("key {}", key.expose_secret()),
            Some(Credentials::BearerToken(token)) => format!("token {}", token.expose_secret()),
            Some(Credentials::RefreshToken { refresh_token, access_token: None }) => {
                format!("refresh {}", refresh_token.expose_secret())
            }
            Some(Credentials::RefreshToken { refresh_token, access_token: Some(token) }) => {
                format!(
                    "token {}, refresh {}",
                    token.expose_secret(),
                    refresh_token.expose_secret()
                )
            }
            Some(Credentials::AssumedProfile { api_key, profile: assumed }) => {
                format!("key {} as {}", api_key.expose_secret(), profile(assumed))
            }
            Some(Credentials::ComputeResource { token, profile: assumed }) => {
                format!("{token:?} as {}", profile(assumed)).replace("TokenSource", "file ")
            }
        }
    }

    #[test]
    fn the_first_credentials_count_and_a_profile_always_applies() {
        let (key, old_key) = (("key", known("k")), ("old_key", known("o")));
        let (token, refresh) = (("token", known("t")), ("refresh_token", known("r")));
        let (id, file) = (("profile_id", known("P")), ("file", known("f")));
        let (name, account) = (("profile_name", known("n")), ("account", known("a")));
        for (block, expected) in [
            (vec![], "nobody"),
            (vec![account.clone()], "nobody"),
            (vec![token.clone()], "token t"),
            (vec![refresh.clone()], "refresh r"),
            (vec![token.clone(), refresh.clone()], "token t, refresh r"),
            (vec![old_key.clone(), token.clone(), refresh.clone()], "key o"),
            (vec![key.clone(), old_key, token.clone(), refresh.clone()], "key k"),
            (vec![key.clone(), file.clone()], "key k"),
            (vec![token.clone(), file.clone()], "token t"),
            (vec![key.clone(), id.clone()], "key k as P"),
            (vec![key.clone(), id.clone(), token.clone(), file.clone()], "key k as P"),
            (vec![key, name.clone(), account.clone()], "key k as n of a"),
            (vec![id.clone(), file.clone()], "file (f) as P"),
            (vec![id, file.clone(), token, refresh], "file (f) as P"),
            (vec![name, account, file], "file (f) as n of a"),
        ] {
            let words = described(&block, &[], &[]);
            assert_eq!(words.as_deref(), Ok(expected), "{block:?}");
        }
    }

    #[test]
    fn the_token_of_a_compute_resource_is_read_from_its_file_every_time() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token").display().to_string();
        let source = token_file(file.clone());
        let read = || source.read().map(|token| token.expose_secret().to_owned());
        let about = |reason: &str| format!("the compute resource token in {file} {reason}");
        let absent = std::io::Error::from_raw_os_error(2);
        assert_eq!(read(), Err(about(&format!("cannot be read: {absent}"))));
        for (content, token) in [
            (" \n", Err(about("is empty"))),
            ("first\n", Ok("first".to_owned())),
            (" second ", Ok("second".to_owned())),
        ] {
            fs::write(&file, content).unwrap();
            assert_eq!(read(), token, "{content:?}");
        }
    }

    #[test]
    fn the_environment_is_used_where_the_block_is_silent() {
        for (environment, expected) in [
            (&[("IC_API_KEY", "k"), ("IC_IAM_PROFILE_ID", "P")][..], "key k as P"),
            (&[("IBMCLOUD_API_KEY", "k"), ("IBMCLOUD_IAM_PROFILE_ID", "P")], "key k as P"),
            (&[("IC_IAM_PROFILE_ID", "P"), ("IBMCLOUD_CR_TOKEN_FILE", "f")], "file (f) as P"),
            (
                &[("IC_API_KEY", "k"), ("IC_IAM_PROFILE_NAME", "n"), ("IC_ACCOUNT_ID", "a")],
                "key k as n of a",
            ),
            (
                &[
                    ("IBMCLOUD_API_KEY", "k"),
                    ("IBMCLOUD_IAM_PROFILE_NAME", "n"),
                    ("IBMCLOUD_ACCOUNT_ID", "a"),
                ],
                "key k as n of a",
            ),
            (&[("IC_IAM_REFRESH_TOKEN", "r"), ("IC_IAM_TOKEN", "t")], "token t, refresh r"),
            (
                &[("IBMCLOUD_IAM_REFRESH_TOKEN", "r"), ("IBMCLOUD_IAM_TOKEN", "t")],
                "token t, refresh r",
            ),
        ] {
            assert_eq!(
                described(&[], environment, &[]).as_deref(),
                Ok(expected),
                "{environment:?}"
            );
        }
        // The block sets a profile, so the name in the environment is not a contradiction.
        let environment =
            [("IC_API_KEY", "k"), ("IC_IAM_PROFILE_NAME", "n"), ("IC_ACCOUNT_ID", "a")];
        let words = described(&[("profile_id", known("P"))], &environment, &[]);
        assert_eq!(words.as_deref(), Ok("key k as P"));
    }

    #[test]
    fn the_default_files_are_tried_in_order_if_there_are_no_other_credentials() {
        let profile = [("profile_id", known("P"))];
        let [vault, service_account, code_engine] = DEFAULT_TOKEN_FILES;
        for (files, expected) in [
            (vec![code_engine], format!("file ({code_engine}) as P")),
            (vec![code_engine, service_account], format!("file ({service_account}) as P")),
            (vec![code_engine, service_account, vault], format!("file ({vault}) as P")),
        ] {
            assert_eq!(described(&profile, &[], &files), Ok(expected));
        }
        for (environment, expected) in [
            (("IC_API_KEY", "k"), "key k as P"),
            (("IBMCLOUD_CR_TOKEN_FILE", "f"), "file (f) as P"),
        ] {
            assert_eq!(described(&profile, &[environment], &[vault]).as_deref(), Ok(expected));
        }
        assert_eq!(described(&[], &[], &[vault]).as_deref(), Ok("nobody"));
    }

    #[test]
    fn missing_or_contradicting_arguments_are_errors_on_their_paths() {
        let vault = DEFAULT_TOKEN_FILES[0];
        let missing = "Trusted profile without an identity";
        let (id, name) = (("profile_id", known("P")), ("profile_name", known("n")));
        let (token, account) = (("token", known("t")), ("account", known("a")));
        let key = ("key", known("k"));
        for (block, files, argument, summary) in [
            (vec![id.clone()], vec![], "iam_profile_id", missing),
            (vec![name.clone(), account], vec![], "iam_profile_name", missing),
            (vec![id.clone(), token], vec![vault], "iam_profile_id", missing),
            (
                vec![id.clone(), ("refresh_token", known("r"))],
                vec![vault],
                "iam_profile_id",
                missing,
            ),
            (
                vec![key.clone(), name.clone()],
                vec![],
                "iam_profile_name",
                "Trusted profile without an account",
            ),
            (vec![key, id, name], vec![], "iam_profile_name", "Two trusted profiles"),
            (
                vec![("file", known("f"))],
                vec![],
                "cr_token_file",
                "Compute resource without a trusted profile",
            ),
            (vec![("key", known("\"k\""))], vec![], "ibmcloud_api_key", "Malformed API key"),
            (vec![("old_key", known("{k"))], vec![], "ibmcloud_api_key", "Malformed API key"),
        ] {
            let expected = (argument.to_owned(), summary.to_owned());
            assert_eq!(described(&block, &[], &files), Err(expected), "{block:?}");
        }
        let environment = [("IC_IAM_PROFILE_ID", "P"), ("IC_IAM_PROFILE_NAME", "n")];
        let expected = ("iam_profile_name".to_owned(), "Two trusted profiles".to_owned());
        assert_eq!(described(&[], &environment, &[]), Err(expected));
    }

    #[test]
    fn unknown_arguments_never_lead_to_another_identity() {
        let unknown = |name| (name, Value::Unknown);
        let (key, id, name) =
            (("key", known("k")), ("profile_id", known("P")), ("profile_name", known("n")));
        let vault = DEFAULT_TOKEN_FILES[0];
        for block in [
            vec![key.clone(), unknown("profile_id")],
            vec![key.clone(), unknown("profile_name")],
            vec![key, name, unknown("account")],
            vec![id.clone(), unknown("key")],
            vec![id.clone(), unknown("old_key")],
            vec![id, unknown("file")],
        ] {
            assert_eq!(described(&block, &[], &[vault]).as_deref(), Ok("nobody"), "{block:?}");
        }
        for (block, environment, expected) in [
            (unknown("key"), ("IC_API_KEY", "environment"), "key environment"),
            (unknown("key"), ("IC_IAM_TOKEN", "t"), "token t"),
            (unknown("file"), ("IC_API_KEY", "k"), "key k"),
            (unknown("account"), ("IC_API_KEY", "k"), "key k"),
        ] {
            assert_eq!(described(&[block], &[environment], &[]).as_deref(), Ok(expected));
        }
    }
}
