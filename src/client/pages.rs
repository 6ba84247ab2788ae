//! Lists that come in pages: as many pages as it takes, and no more (ibm-api.md 2.3).

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::InstanceClient;
use super::call::Call;
use super::error::ApiError;

/// The most that a list gives at once.
pub(super) const PAGE_SIZE: usize = 1000;

/// One page. Each list has its own name for the items.
#[derive(Deserialize)]
struct Page<T> {
    #[serde(alias = "secrets", alias = "configurations")]
    items: Vec<T>,
    /// There while more pages follow.
    next: Option<IgnoredAny>,
}

impl InstanceClient {
    /// The first `limit` items that are `wanted`, of pages of `size`. `call` is the list without
    /// a page; it should have an order in which new items come last.
    pub(super) async fn pages<T: DeserializeOwned>(
        &self,
        call: &Call,
        size: usize,
        limit: usize,
        wanted: impl Fn(&T) -> bool,
    ) -> Result<Vec<T>, ApiError> {
        let mut found = Vec::new();
        let mut offset = 0;
        while found.len() < limit {
            let page = call
                .clone()
                .query(&[("offset", &offset.to_string()), ("limit", &size.to_string())]);
            let page: Page<T> = self.json(&page).await?;
            let seen = page.items.len();
            found.extend(page.items.into_iter().filter(&wanted));
            // A page without items ends the list, whatever it promises.
            if page.next.is_none() || seen == 0 {
                break;
            }
            offset += seen;
        }
        found.truncate(limit);
        Ok(found)
    }
}
