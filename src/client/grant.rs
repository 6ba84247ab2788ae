//! Tokens from IAM, for every grant (ibm-api.md 1.5).

use reqwest::header::{AUTHORIZATION, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio_util::sync::CancellationToken;

use super::authorize::Anonymous;
use super::credentials::TrustedProfile;
use super::endpoint::IamUrl;
use super::error::{ApiError, ApiErrorKind};
use super::operation::Operation;
use super::request::Request;
use super::token::IssuedToken;
use super::transport::Transport;

/// HTTP Basic of `bx:bx`, the client id that the IBM Cloud CLI's refresh tokens are issued to.
const CLI_CLIENT: HeaderValue = HeaderValue::from_static("Basic Yng6Yng=");
/// What stands in place of a refresh token where the grant has none.
const NOT_SUPPORTED: &str = "not_supported";

/// What a token is requested with.
#[derive(Debug)]
pub(super) enum Grant<'a> {
    ApiKey(&'a SecretString),
    RefreshToken(&'a SecretString),
    /// An identity's token, and the profile that the identity assumes.
    Assume(&'a SecretString, &'a TrustedProfile),
    /// The token that the platform gave a compute resource, and the profile that it acts as.
    ComputeResource(&'a SecretString, &'a TrustedProfile),
}

/// A token, and the refresh token that gets the next one.
#[derive(Debug)]
pub(super) struct Granted {
    pub(super) token: IssuedToken,
    pub(super) refresh_token: Option<SecretString>,
}

#[derive(Deserialize)]
struct TokenResponse {
    access_token: SecretString,
    refresh_token: Option<SecretString>,
    expires_in: Option<u64>,
    expiration: Option<u64>,
}

impl Grant<'_> {
    fn secret(&self) -> &SecretString {
        match self {
            Self::ApiKey(secret)
            | Self::RefreshToken(secret)
            | Self::Assume(secret, _)
            | Self::ComputeResource(secret, _) => secret,
        }
    }

    fn form(&self) -> Vec<(&'static str, &str)> {
        let secret = self.secret().expose_secret();
        match self {
            Self::ApiKey(_) => vec![
                ("grant_type", "urn:ibm:params:oauth:grant-type:apikey"),
                ("apikey", secret),
                ("response_type", "cloud_iam"),
            ],
            Self::RefreshToken(_) => vec![
                ("grant_type", "refresh_token"),
                ("refresh_token", secret),
                ("response_type", "cloud_iam"),
            ],
            Self::Assume(_, profile) => {
                let mut form = vec![
                    ("grant_type", "urn:ibm:params:oauth:grant-type:assume"),
                    ("access_token", secret),
                ];
                match profile {
                    TrustedProfile::Id(id) => form.push(("profile_id", id)),
                    TrustedProfile::Name { name, account_id } => {
                        form.extend([("profile_name", name.as_str()), ("account", account_id)]);
                    }
                }
                form
            }
            // The account is the one of the compute resource.
            Self::ComputeResource(_, profile) => vec![
                ("grant_type", "urn:ibm:params:oauth:grant-type:cr-token"),
                ("cr_token", secret),
                match profile {
                    TrustedProfile::Id(id) => ("profile_id", id),
                    TrustedProfile::Name { name, .. } => ("profile_name", name),
                },
            ],
        }
    }
}

/// Requests a token.
pub(super) async fn get_token(
    transport: &Transport,
    iam_url: &IamUrl,
    grant: &Grant<'_>,
    cancel: &CancellationToken,
) -> Result<Granted, ApiError> {
    let mut request = Request::new(Operation::GetToken, iam_url.as_url(), &[])?
        .secret(Some(grant.secret()))
        .form(&grant.form());
    if matches!(grant, Grant::RefreshToken(_)) {
        let mut client = CLI_CLIENT;
        client.set_sensitive(true);
        request = request.header(AUTHORIZATION, client);
    }
    let response: TokenResponse =
        transport.json(&request, &Anonymous, cancel).await.map_err(as_token_error)?;
    let issued = [Some(&response.access_token), response.refresh_token.as_ref()];
    for secret in issued.into_iter().flatten() {
        transport.known_secrets().add(secret.expose_secret());
    }
    let token = IssuedToken {
        value: response.access_token,
        expires_in: response.expires_in,
        expiration: response.expiration,
    };
    let refresh_token =
        response.refresh_token.filter(|next| !matches!(next.expose_secret(), "" | NOT_SUPPORTED));
    Ok(Granted { token, refresh_token })
}

/// A refused token request says nothing about the object that the token was wanted for: a 404 here
/// must not look like "the secret is gone".
fn as_token_error(error: ApiError) -> ApiError {
    let kind = match error.kind() {
        ApiErrorKind::Invalid | ApiErrorKind::Unauthenticated | ApiErrorKind::Forbidden => {
            ApiErrorKind::Unauthenticated
        }
        ApiErrorKind::NotFound | ApiErrorKind::Conflict | ApiErrorKind::Locked => {
            ApiErrorKind::UnexpectedStatus
        }
        kind => kind,
    };
    error.with_kind(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_grant_sends_what_it_needs_and_nothing_else() {
        let secret = SecretString::from("s");
        let id = TrustedProfile::Id("Profile-1".to_owned());
        let name =
            TrustedProfile::Name { name: "deployer".to_owned(), account_id: "a1".to_owned() };
        let table = [
            (
                Grant::ApiKey(&secret),
                "grant_type=urn:ibm:params:oauth:grant-type:apikey&apikey=s&response_type=cloud_iam",
            ),
            (
                Grant::RefreshToken(&secret),
                "grant_type=refresh_token&refresh_token=s&response_type=cloud_iam",
            ),
            (
                Grant::Assume(&secret, &id),
                "grant_type=urn:ibm:params:oauth:grant-type:assume&access_token=s&profile_id=Profile-1",
            ),
            (
                Grant::Assume(&secret, &name),
                "grant_type=urn:ibm:params:oauth:grant-type:assume&access_token=s&profile_name=deployer&account=a1",
            ),
            (
                Grant::ComputeResource(&secret, &id),
                "grant_type=urn:ibm:params:oauth:grant-type:cr-token&cr_token=s&profile_id=Profile-1",
            ),
            (
                Grant::ComputeResource(&secret, &name),
                "grant_type=urn:ibm:params:oauth:grant-type:cr-token&cr_token=s&profile_name=deployer",
            ),
        ];
        for (grant, form) in table {
            let pairs: Vec<String> =
                grant.form().iter().map(|(name, value)| format!("{name}={value}")).collect();
            assert_eq!(pairs.join("&"), form);
        }
    }
}
