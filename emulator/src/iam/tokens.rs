//! Mints and verifies access tokens with one key pair, whose public key is served as a JWK.

use crate::error::{ApiError, ErrorKind, Result};
use crate::ids::Ids;
use crate::model::iam::Iam;
use crate::model::timestamp::Timestamp;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Lifetime of an access token in seconds (ibm-api.md 1.5).
pub const LIFETIME: i64 = 3_600;
/// The issuer of IBM's tokens.
const ISSUER: &str = "https://iam.cloud.ibm.com/identity";
/// How many verified tokens are cached, so that a signature is not verified on every call.
const REMEMBERED: usize = 4_096;

/// The claims of a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The identity that the token belongs to.
    pub iam_id: String,
    /// The same, under the name that the official Terraform provider reads.
    pub id: String,
    /// `iam`.
    pub realmid: String,
    /// The token's own id, which makes every token unique.
    pub jti: String,
    /// The identity without the realm.
    pub identifier: String,
    /// The same.
    pub sub: String,
    /// `ServiceId` or `Profile`; users have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_type: Option<String>,
    /// Users only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Users only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The account.
    pub account: Account,
    /// When it was issued, in seconds since 1970.
    pub iat: i64,
    /// When it expires, in seconds since 1970.
    pub exp: i64,
    /// IBM's token service.
    pub iss: String,
    /// The grant type that it was issued for.
    pub grant_type: String,
    /// `ibm openid`.
    pub scope: String,
    /// `default`.
    pub client_id: String,
    /// 1.
    pub acr: u8,
    /// How the identity was authenticated.
    pub amr: Vec<String>,
}

/// The account of a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Always true.
    pub valid: bool,
    /// The account's id.
    pub bss: String,
    /// Always false.
    pub frozen: bool,
}

/// The key pair of the token service.
pub struct Tokens {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
    jwk: Value,
    checked: Mutex<HashMap<String, Claims>>,
}

impl Tokens {
    /// A new key pair, and its PKCS #8 encoding for storage: ECDSA on P-256, because generating an
    /// RSA pair takes a noticeable part of a second.
    pub fn generate() -> anyhow::Result<(Self, Vec<u8>)> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?;
        let private = pair.to_pkcs8v1()?;
        let tokens = Self::from_pkcs8(private.as_ref())?;
        Ok((tokens, private.as_ref().to_vec()))
    }

    /// The key pair from storage.
    pub fn from_pkcs8(private: &[u8]) -> anyhow::Result<Self> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, private)?;
        let public = pair.public_key().as_ref();
        // An uncompressed point: one byte for the format, then x and y of equal length.
        let (x, y) = public
            .get(1..)
            .and_then(|point| point.split_at_checked(point.len() / 2))
            .ok_or_else(|| anyhow::anyhow!("the public key is not an uncompressed point"))?;
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        let mut validation = Validation::new(Algorithm::ES256);
        // The emulator's clock decides, not the system's: the caller checks `exp`.
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.set_issuer(&[ISSUER]);
        Ok(Self {
            encoding: EncodingKey::from_ec_der(private),
            decoding: DecodingKey::from_ec_components(&x, &y)?,
            validation,
            jwk: json!({
                "kty": "EC", "crv": "P-256", "x": x, "y": y,
                "use": "sig", "alg": "ES256", "kid": KEY_ID,
            }),
            checked: Mutex::new(HashMap::new()),
        })
    }

    /// The public key as `/identity/keys` serves it.
    pub fn jwks(&self) -> Value {
        json!({ "keys": [self.jwk] })
    }

    /// A token for the identity.
    pub fn mint(&self, claims: &Claims) -> Result<String> {
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(KEY_ID.to_owned());
        jsonwebtoken::encode(&header, claims, &self.encoding)
            .map_err(|error| ApiError::new(ErrorKind::Internal, error.to_string()))
    }

    /// The claims of a token with a valid signature. The caller checks whether it has expired.
    pub fn signed(&self, token: &str) -> Result<Claims> {
        let mut checked = self.checked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(claims) = checked.get(token) {
            return Ok(claims.clone());
        }
        let claims = jsonwebtoken::decode::<Claims>(token, &self.decoding, &self.validation)
            .map_err(|_| unauthenticated("The access token is not valid."))?
            .claims;
        if checked.len() >= REMEMBERED {
            checked.clear();
        }
        checked.insert(token.to_owned(), claims.clone());
        Ok(claims)
    }
}

const KEY_ID: &str = "emulator-1";

/// Whom a token is issued to.
#[derive(Clone, Copy, Debug)]
pub struct Grantee<'a> {
    /// The identity.
    pub iam_id: &'a str,
    /// The grant type of the request.
    pub grant_type: &'a str,
    /// The client that sent the request.
    pub client_id: &'a str,
}

impl Claims {
    /// The claims of a token for the identity, if it exists.
    pub fn new(iam: &Iam, grantee: Grantee<'_>, ids: &mut Ids, now: Timestamp) -> Option<Self> {
        let iam_id = grantee.iam_id;
        let account_id = iam.account_of(iam_id)?;
        let user = iam.users.get(iam_id);
        let identifier = iam_id.strip_prefix("iam-").unwrap_or(iam_id);
        let sub_type = identifier.split_once('-').map(|(kind, _)| kind).filter(|_| user.is_none());
        Some(Self {
            iam_id: iam_id.to_owned(),
            id: iam_id.to_owned(),
            realmid: if user.is_some() { "IBMid" } else { "iam" }.to_owned(),
            jti: ids.uuid(),
            identifier: identifier.to_owned(),
            sub: user.map_or(identifier, |user| &user.email).to_owned(),
            sub_type: sub_type.map(str::to_owned),
            name: user.map(|user| user.name.clone()),
            email: user.map(|user| user.email.clone()),
            account: Account { valid: true, bss: account_id.to_owned(), frozen: false },
            iat: now.unix(),
            exp: now.plus_seconds(lifetime(iam, account_id)).unix(),
            iss: ISSUER.to_owned(),
            grant_type: grantee.grant_type.to_owned(),
            scope: "ibm openid".to_owned(),
            client_id: grantee.client_id.to_owned(),
            acr: 1,
            amr: vec!["pwd".to_owned()],
        })
    }
}

/// How long tokens of an account live, in seconds.
pub fn lifetime(iam: &Iam, account_id: &str) -> i64 {
    iam.accounts.get(account_id).and_then(|account| account.token_lifetime()).unwrap_or(LIFETIME)
}

/// The error for a request without a valid token.
pub fn unauthenticated(message: &str) -> ApiError {
    ApiError::new(ErrorKind::Unauthenticated, message)
}
