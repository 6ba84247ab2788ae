//! Rows by key, with commit and rollback.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;

/// Something stored in a [`Table`].
pub trait Row: Clone {
    /// Identifies the row in its table; includes the parent's key where ids are not global.
    fn key(&self) -> String;
}

/// Rows in order of their keys. Serialized as an array of rows.
///
/// The first change of a row saves its former value, so that a refused request can be undone
/// ([`Table::rollback`]) and the changes of a granted one are known ([`Table::touched`]).
#[derive(Clone, Debug)]
pub struct Table<T> {
    rows: BTreeMap<String, T>,
    before: BTreeMap<String, Option<T>>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { rows: BTreeMap::new(), before: BTreeMap::new() }
    }
}

impl<T: Row> Table<T> {
    /// The row with that key.
    pub fn get(&self, key: &str) -> Option<&T> {
        self.rows.get(key)
    }

    /// The row with that key, mutable.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut T> {
        let row = self.rows.get_mut(key)?;
        self.before.entry(key.to_owned()).or_insert_with(|| Some(row.clone()));
        Some(row)
    }

    /// Adds the row, or replaces the one with the same key.
    pub fn insert(&mut self, row: T) {
        let key = row.key();
        let former = self.rows.insert(key.clone(), row);
        self.before.entry(key).or_insert(former);
    }

    /// Removes the row.
    pub fn remove(&mut self, key: &str) -> Option<T> {
        let former = self.rows.remove(key)?;
        self.before.entry(key.to_owned()).or_insert_with(|| Some(former.clone()));
        Some(former)
    }

    /// All rows, in order of their keys.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.rows.values()
    }

    /// The rows whose key starts with `prefix`.
    pub fn starting_with<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a T> {
        self.rows
            .range(prefix.to_owned()..)
            .take_while(move |(key, _)| key.starts_with(prefix))
            .map(|(_, row)| row)
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The changes since the last commit: each key, with its row unless that was removed.
    pub fn touched(&self) -> impl Iterator<Item = (&str, Option<&T>)> {
        self.before.keys().map(|key| (key.as_str(), self.rows.get(key)))
    }

    /// Keeps all changes.
    pub fn commit(&mut self) {
        self.before.clear();
    }

    /// Undoes all changes since the last commit.
    pub fn rollback(&mut self) {
        for (key, former) in std::mem::take(&mut self.before) {
            match former {
                Some(row) => self.rows.insert(key, row),
                None => self.rows.remove(&key),
            };
        }
    }
}

impl<T: Serialize> Serialize for Table<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.rows.values())
    }
}

impl<'de, T: Row + Deserialize<'de>> Deserialize<'de> for Table<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut table = Self::default();
        for row in Vec::<T>::deserialize(deserializer)? {
            let key = row.key();
            if table.rows.insert(key.clone(), row).is_some() {
                return Err(D::Error::custom(format!("two objects are called {key}")));
            }
        }
        Ok(table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Pair(String, u32);

    impl Row for Pair {
        fn key(&self) -> String {
            self.0.clone()
        }
    }

    fn pair(key: &str, value: u32) -> Pair {
        Pair(key.to_owned(), value)
    }

    fn table() -> Table<Pair> {
        serde_json::from_str(r#"[["a/1",1],["a/2",2],["b",3]]"#).unwrap()
    }

    #[test]
    fn rollback_takes_back_inserts_changes_and_removals() {
        let mut table = table();
        table.insert(pair("c", 4));
        table.get_mut("b").unwrap().1 = 30;
        table.get_mut("b").unwrap().1 = 31;
        table.remove("a/1");
        table.insert(pair("a/1", 10));
        table.rollback();
        let rows: Vec<_> = table.values().cloned().collect();
        assert_eq!(rows, [pair("a/1", 1), pair("a/2", 2), pair("b", 3)]);
    }

    #[test]
    fn touched_names_what_a_commit_keeps() {
        let mut table = table();
        table.insert(pair("c", 4));
        table.remove("b");
        let touched: Vec<_> =
            table.touched().map(|(key, row)| (key.to_owned(), row.cloned())).collect();
        assert_eq!(touched, [("b".to_owned(), None), ("c".to_owned(), Some(pair("c", 4)))]);
        table.commit();
        assert_eq!(table.touched().count(), 0);
        table.rollback();
        assert_eq!(table.len(), 3);
    }

    #[test]
    fn a_prefix_selects_the_rows_of_one_parent() {
        let table = table();
        let values: Vec<_> = table.starting_with("a/").map(|row| row.1).collect();
        assert_eq!(values, [1, 2]);
    }

    #[test]
    fn two_rows_of_one_key_are_refused() {
        let error = serde_json::from_str::<Table<Pair>>(r#"[["a",1],["a",2]]"#).unwrap_err();
        assert!(error.to_string().contains("two objects are called a"));
    }
}
