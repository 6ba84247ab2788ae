//! One page of a list, with links to the others (ibm-api.md 2.3).

use crate::error::Result;
use crate::http::operation::ApiRequest;
use crate::http::query::Query;
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use std::ops::RangeInclusive;

/// A page: position and links, and the items under the name of the list.
pub struct Page<'a, B> {
    /// Position and links.
    pub head: Vec<(&'a str, Value)>,
    /// The name of the list.
    pub key: &'a str,
    /// The items.
    pub items: Vec<B>,
}

impl<B: Serialize> Serialize for Page<'_, B> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut page = serializer.serialize_map(Some(self.head.len() + 1))?;
        for (name, value) in &self.head {
            page.serialize_entry(name, value)?;
        }
        page.serialize_entry(self.key, &self.items)?;
        page.end()
    }
}

/// The requested part of a list.
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
        limits: RangeInclusive<usize>,
        default_limit: usize,
    ) -> Result<Self> {
        Ok(Self {
            offset: query.number("offset", 0..=largest_offset, 0)?,
            limit: query.number("limit", limits, default_limit)?,
        })
    }

    /// The page of `items`, each converted by `write`, under `key`.
    pub fn page<'a, T, B: Serialize>(
        self,
        request: &ApiRequest,
        key: &'static str,
        items: &'a [T],
        write: impl Fn(&'a T) -> B,
    ) -> Page<'a, B> {
        let Self { offset, limit } = self;
        let total = items.len();
        let next = offset.saturating_add(limit);
        let link = |offset: usize| json!({ "href": self.href(request, offset) });
        // A limit of 0 requests the total only.
        let last = total.saturating_sub(1).checked_div(limit).unwrap_or(0) * limit;
        let mut head = vec![
            ("total_count", json!(total)),
            ("limit", json!(limit)),
            ("offset", json!(offset)),
            ("first", link(0)),
            ("last", link(last)),
        ];
        if limit > 0 && next < total {
            head.push(("next", link(next)));
        }
        if offset > 0 {
            head.push(("previous", link(offset.saturating_sub(limit))));
        }
        Page { head, key, items: items.iter().skip(offset).take(limit).map(write).collect() }
    }

    /// The URL of the request with another offset.
    fn href(self, request: &ApiRequest, offset: usize) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let filters = form_urlencoded::parse(request.query.as_bytes());
        query.extend_pairs(filters.filter(|(name, _)| name != "offset" && name != "limit"));
        if offset > 0 {
            query.append_pair("offset", &offset.to_string());
        }
        query.append_pair("limit", &self.limit.to_string());
        format!("{}{}?{}", request.base, request.route, query.finish())
    }
}
