//! One page of a list, with links to the others (ibm-api.md 2.3).

use crate::http::operation::Call;
use crate::http::query::Query;
use crate::refusal::Result;
use serde::Serialize;
use serde_json::{Map, Value, json};

/// Which part of a list is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    offset: usize,
    limit: usize,
}

impl Window {
    /// `offset` and `limit` of a query.
    pub fn of(
        query: &mut Query,
        largest_offset: usize,
        largest_limit: usize,
        default_limit: usize,
    ) -> Result<Self> {
        Ok(Self {
            offset: query.number("offset", 0..=largest_offset, 0)?,
            limit: query.number("limit", 1..=largest_limit, default_limit)?,
        })
    }

    /// The page of `items`, each written by `write`, under `key`.
    pub fn page<'a, T, B: Serialize>(
        self,
        call: &Call,
        key: &str,
        items: &'a [T],
        write: impl Fn(&'a T) -> B,
    ) -> Value {
        let Self { offset, limit } = self;
        let total = items.len();
        let written: Vec<B> = items.iter().skip(offset).take(limit).map(write).collect();
        let link = |offset: usize| json!({ "href": self.href(call, offset) });
        let last = total.saturating_sub(1) / limit * limit;
        let mut page = Map::new();
        page.insert("total_count".to_owned(), json!(total));
        page.insert("limit".to_owned(), json!(limit));
        page.insert("offset".to_owned(), json!(offset));
        page.insert("first".to_owned(), link(0));
        page.insert("last".to_owned(), link(last));
        if offset + limit < total {
            page.insert("next".to_owned(), link(offset + limit));
        }
        if offset > 0 {
            page.insert("previous".to_owned(), link(offset.saturating_sub(limit)));
        }
        page.insert(key.to_owned(), json!(written));
        Value::Object(page)
    }

    /// The request's own address with another offset.
    fn href(self, call: &Call, offset: usize) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let filters = form_urlencoded::parse(call.query.as_bytes());
        query.extend_pairs(filters.filter(|(name, _)| name != "offset" && name != "limit"));
        if offset > 0 {
            query.append_pair("offset", &offset.to_string());
        }
        query.append_pair("limit", &self.limit.to_string());
        format!("{}{}?{}", call.base, call.route, query.finish())
    }
}
