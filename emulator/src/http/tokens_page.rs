//! One page of an IAM Identity list: `pagesize` and an opaque `pagetoken` (ibm-api.md 3.1).

use crate::http::operation::Call;
use crate::http::query::Query;
use crate::refusal::{Refusal, Result};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::{Map, Value, json};

/// Which part of a list is wanted.
#[derive(Debug)]
pub struct TokenPage {
    size: usize,
    offset: usize,
    /// The account of the first request, when this is a later one.
    account_id: Option<String>,
}

impl TokenPage {
    /// `pagesize` and `pagetoken` of a query.
    pub fn of(query: &mut Query) -> Result<Self> {
        let size = query.number("pagesize", 1..=100, 20)?;
        let Some(token) = query.text("pagetoken") else {
            return Ok(Self { size, offset: 0, account_id: None });
        };
        let unknown = || Refusal::query("pagetoken", "is not a token of an earlier page");
        let text = URL_SAFE_NO_PAD.decode(token).ok();
        let text = text.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(unknown)?;
        let (offset, account_id) = text.split_once('/').ok_or_else(unknown)?;
        Ok(Self {
            size,
            offset: offset.parse().map_err(|_| unknown())?,
            account_id: Some(account_id.to_owned()),
        })
    }

    /// The account: required unless a page token brings it.
    pub fn account(&self, given: Option<String>) -> Result<String> {
        given
            .or_else(|| self.account_id.clone())
            .ok_or_else(|| Refusal::query("account_id", "is required"))
    }

    /// The page of `items`, each written by `write`, under `key`.
    pub fn page<'a, T, B: Serialize>(
        &self,
        call: &Call,
        key: &str,
        items: &'a [T],
        account_id: &str,
        write: impl Fn(&'a T) -> B,
    ) -> Value {
        let written: Vec<B> = items.iter().skip(self.offset).take(self.size).map(write).collect();
        let link = |offset: usize| json!(self.href(call, offset, account_id));
        let mut page = Map::new();
        page.insert("offset".to_owned(), json!(self.offset));
        page.insert("limit".to_owned(), json!(self.size));
        page.insert("first".to_owned(), link(0));
        if self.offset > 0 {
            page.insert("previous".to_owned(), link(self.offset.saturating_sub(self.size)));
        }
        if self.offset.saturating_add(self.size) < items.len() {
            page.insert("next".to_owned(), link(self.offset + self.size));
        }
        page.insert(key.to_owned(), json!(written));
        Value::Object(page)
    }

    fn href(&self, call: &Call, offset: usize, account_id: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let filters = form_urlencoded::parse(call.query.as_bytes());
        query.extend_pairs(filters.filter(|(name, _)| name != "pagetoken"));
        if offset > 0 {
            let token = URL_SAFE_NO_PAD.encode(format!("{offset}/{account_id}"));
            query.append_pair("pagetoken", &token);
        }
        format!("{}{}?{}", call.base, call.route, query.finish())
    }
}
