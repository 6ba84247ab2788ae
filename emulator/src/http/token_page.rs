//! One page of an IAM Identity list: `pagesize` and an opaque `pagetoken` (ibm-api.md 3.1).

use crate::error::{ApiError, Result};
use crate::http::operation::ApiRequest;
use crate::http::page::Page;
use crate::http::query::Query;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;

/// The requested part of a list.
#[derive(Debug)]
pub struct TokenPage {
    size: usize,
    offset: usize,
    /// What the list is of, whether this request says it or the token.
    filters: BTreeMap<String, String>,
}

impl TokenPage {
    /// `pagesize` and `pagetoken` of a query. The token stands for the whole query that it comes from:
    /// what this one does not say is as it was, and is in the query afterwards.
    pub fn of(query: &mut Query) -> Result<Self> {
        let mut offset = 0;
        if let Some(token) = query.text("pagetoken") {
            let (start, filters) = parse(&token)
                .ok_or_else(|| ApiError::query("pagetoken", "is not a token of an earlier page"))?;
            offset = start;
            query.fill(filters);
        }
        let filters = query.rest().clone();
        let size = query.number("pagesize", 1..=100, 20)?;
        Ok(Self { size, offset, filters })
    }

    /// The page of `items`, each converted by `write`, under `key`.
    pub fn page<'a, T, B: Serialize>(
        &self,
        request: &ApiRequest,
        key: &'static str,
        items: &'a [T],
        write: impl Fn(&'a T) -> B,
    ) -> Page<'a, B> {
        let next = self.offset.saturating_add(self.size);
        let link = |offset: usize| json!(self.href(request, offset));
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

    fn href(&self, request: &ApiRequest, offset: usize) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(&self.filters);
        let filters = query.finish();
        let link = format!("{}{}?{filters}", request.base, request.route);
        if offset == 0 {
            return link;
        }
        let token = URL_SAFE_NO_PAD.encode(format!("{offset}?{filters}"));
        format!("{link}&pagetoken={token}")
    }
}

/// Offset and filters of a token.
fn parse(token: &str) -> Option<(usize, BTreeMap<String, String>)> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    let (offset, filters) = text.split_once('?')?;
    let filters = form_urlencoded::parse(filters.as_bytes()).into_owned().collect();
    Some((offset.parse().ok()?, filters))
}
