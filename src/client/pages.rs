//! Lists that come in pages: as many pages as needed, and no more (ibm-api.md 2.3).

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::error::ApiError;
use super::instance::InstanceClient;
use super::request::Request;

/// The largest page of a list.
pub(super) const PAGE_SIZE: usize = 1000;

/// One page. Each list has its own name for the items.
#[derive(Deserialize)]
struct Page<T> {
    #[serde(alias = "secrets", alias = "configurations")]
    items: Vec<T>,
    /// Present while more pages follow.
    next: Option<IgnoredAny>,
}

impl InstanceClient {
    /// The first `limit` items that are `wanted`, read in pages of `size`. `request` is the list
    /// without a page; it should sort new items last.
    pub(super) async fn pages<T: DeserializeOwned>(
        &self,
        request: &Request,
        size: usize,
        limit: usize,
        wanted: impl Fn(&T) -> bool,
    ) -> Result<Vec<T>, ApiError> {
        let mut found = Vec::new();
        let mut offset = 0;
        while found.len() < limit {
            let page = request
                .clone()
                .query(&[("offset", &offset.to_string()), ("limit", &size.to_string())]);
            let page: Page<T> = self.json(&page).await?;
            let seen = page.items.len();
            found.extend(page.items.into_iter().filter(&wanted));
            // A page without items ends the list, whatever `next` says.
            if page.next.is_none() || seen == 0 {
                break;
            }
            offset += seen;
        }
        found.truncate(limit);
        Ok(found)
    }
}
