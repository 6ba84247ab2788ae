//! Lists that come in pages: as many pages as needed, and no more (ibm-api.md 2.3).

use serde::de::{DeserializeOwned, Error as _, IgnoredAny};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::collections::BTreeSet;
use std::future::Future;

use super::error::ApiError;
use super::instance::InstanceClient;
use super::request::Request;
use super::shared_list::{self, fields_of};

/// The largest page of a list.
pub(super) const PAGE_SIZE: usize = 1000;

/// One page. Each list has its own name for the items.
#[derive(Deserialize)]
struct Page<T> {
    #[serde(
        alias = "secrets",
        alias = "configurations",
        alias = "secret_groups",
        alias = "apikeys"
    )]
    items: Vec<T>,
    /// Present while more pages follow.
    next: Option<IgnoredAny>,
}

/// Where an object was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// In a request of its own.
    Read,
    /// In a list, which may leave out what a read would tell.
    List,
}

/// An object, and the names of its fields.
struct Read<T> {
    object: T,
    fields: BTreeSet<String>,
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Read<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Box::<RawValue>::deserialize(deserializer)?;
        let object = serde_json::from_str(json.get()).map_err(D::Error::custom)?;
        Ok(Read { object, fields: fields_of(&json) })
    }
}

impl InstanceClient {
    /// Reads an object, or finds it in the list of its kind if others are read at the same time.
    pub(super) async fn read_or_find<T: DeserializeOwned, F>(
        &self,
        kind: &str,
        id: &str,
        read: Request,
        page: impl Fn(InstanceClient, usize) -> F + Clone + Send + 'static,
    ) -> Result<(T, Source), ApiError>
    where
        F: Future<Output = Result<shared_list::Page, ApiError>> + Send + 'static,
    {
        let Some(list) = self.shared_list(kind) else {
            return Ok((self.json(&read).await?, Source::Read));
        };
        let client = self.uninterrupted();
        let page = move |offset| page(client.clone(), offset);
        let found = list.find(id, self.cancelled(), page).await;
        if let Some(object) = found.and_then(|json| serde_json::from_str(json.get()).ok()) {
            return Ok((object, Source::List));
        }
        let Read { object, fields } = self.json(&read).await?;
        list.read_directly(id, fields);
        Ok((object, Source::Read))
    }

    /// One page of a list, as it is. Reads can do without it, so it is repeated only if the service
    /// asks for that.
    pub(super) async fn raw_page(&self, request: Request) -> Result<shared_list::Page, ApiError> {
        #[derive(Deserialize)]
        struct Identified {
            id: String,
        }
        let page: Page<Box<RawValue>> = self.json(&request.dispensable()).await?;
        let identified = |json: Box<RawValue>| {
            let id = serde_json::from_str(json.get()).map(|Identified { id }| id);
            (id.unwrap_or_default(), json.into())
        };
        Ok(shared_list::Page {
            entries: page.items.into_iter().map(identified).collect(),
            has_next: page.next.is_some(),
        })
    }

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
            let page: Page<T> = self.json(&request.clone().page(offset, size)).await?;
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
