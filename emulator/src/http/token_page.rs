//! One page of an IAM Identity list: `pagesize` and an opaque `pagetoken` (ibm-api.md 3.1).

use crate::error::{ApiError, Result};
use crate::http::operation::ApiRequest;
use crate::http::page::Page;
use crate::http::query::Query;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::json;

/// The requested part of a list.
#[derive(Debug)]
pub struct TokenPage {
    size: usize,
    offset: usize,
    /// The account of the first request, if this is a later one.
    account_id: Option<String>,
}

impl TokenPage {
    /// `pagesize` and `pagetoken` of a query.
    pub fn of(query: &mut Query) -> Result<Self> {
        let size = query.number("pagesize", 1..=100, 20)?;
        let Some(token) = query.text("pagetoken") else {
            return Ok(Self { size, offset: 0, account_id: None });
        };
        let unknown = || ApiError::query("pagetoken", "is not a token of an earlier page");
        let text = URL_SAFE_NO_PAD.decode(token).ok();
        let text = text.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(unknown)?;
        let (offset, account_id) = text.split_once('/').ok_or_else(unknown)?;
        Ok(Self {
            size,
            offset: offset.parse().map_err(|_| unknown())?,
            account_id: Some(account_id.to_owned()),
        })
    }

    /// The account: required unless the page token contains it.
    pub fn account(&self, given: Option<String>) -> Result<String> {
        given
            .or_else(|| self.account_id.clone())
            .ok_or_else(|| ApiError::query("account_id", "is required"))
    }

    /// The page of `items`, each converted by `write`, under `key`.
    pub fn page<'a, T, B: Serialize>(
        &self,
        request: &ApiRequest,
        key: &'static str,
        items: &'a [T],
        account_id: &str,
        write: impl Fn(&'a T) -> B,
    ) -> Page<'a, B> {
        let next = self.offset.saturating_add(self.size);
        let link = |offset: usize| json!(self.href(request, offset, account_id));
        let mut head =
            vec![("offset", json!(self.offset)), ("limit", json!(self.size)), ("first", link(0))];
        if self.offset > 0 {
            head.push(("previous", link(self.offset.saturating_sub(self.size))));
        }
        if next < items.len() {
            head.push(("next", link(next)));
        }
        let wanted = items.iter().skip(self.offset).take(self.size);
        Page { head, key, items: wanted.map(write).collect() }
    }

    fn href(&self, request: &ApiRequest, offset: usize, account_id: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let filters = form_urlencoded::parse(request.query.as_bytes());
        query.extend_pairs(filters.filter(|(name, _)| name != "pagetoken"));
        if offset > 0 {
            let token = URL_SAFE_NO_PAD.encode(format!("{offset}/{account_id}"));
            query.append_pair("pagetoken", &token);
        }
        format!("{}{}?{}", request.base, request.route, query.finish())
    }
}
