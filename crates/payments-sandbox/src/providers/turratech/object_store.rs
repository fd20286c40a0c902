//! A store of objects with lookup by id and paginated lists.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use super::responses::ErrorResponse;

/// Objects of one kind, in order of creation.
#[derive(Debug, Clone)]
pub(crate) struct ObjectStore<T> {
    rows: BTreeMap<u64, T>,
    /// The positions by id. Deleted objects keep theirs, so that they still work as cursors.
    positions: HashMap<String, u64>,
    inserted: u64,
}

/// A requested page of a list.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) limit: usize,
    pub(crate) cursor: Option<Cursor>,
}

/// Where a page begins or ends. The named object is not included.
#[derive(Debug)]
pub(crate) enum Cursor {
    StartingAfter(String),
    EndingBefore(String),
}

impl<T> Default for ObjectStore<T> {
    fn default() -> Self {
        Self { rows: BTreeMap::new(), positions: HashMap::new(), inserted: 0 }
    }
}

impl<T> ObjectStore<T> {
    pub(crate) fn insert(&mut self, id: &str, row: T) {
        self.inserted += 1;
        self.positions.insert(id.to_owned(), self.inserted);
        self.rows.insert(self.inserted, row);
    }

    /// Returns all objects, the oldest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.rows.values()
    }

    pub(crate) fn get(&self, id: &str) -> Option<&T> {
        self.rows.get(self.positions.get(id)?)
    }

    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut T> {
        self.rows.get_mut(self.positions.get(id)?)
    }

    pub(crate) fn remove(&mut self, id: &str) -> Option<T> {
        self.rows.remove(self.positions.get(id)?)
    }

    /// Returns a page in the documented form, with the newest object first.
    pub(crate) fn page(&self, page: &Page, url: &str, to_json: impl Fn(&T) -> Value) -> Result<Value, ErrorResponse> {
        let position = |id: &str, param: &str| {
            self.positions.get(id).copied().ok_or_else(|| ErrorResponse::unknown_id("object", id, param))
        };
        // One more than requested shows whether there are more.
        let count = page.limit + 1;
        let mut rows: Vec<&T> = match &page.cursor {
            None => self.rows.values().rev().take(count).collect(),
            Some(Cursor::StartingAfter(id)) => {
                let position = position(id, "starting_after")?;
                self.rows.range(..position).rev().map(|(_, row)| row).take(count).collect()
            }
            // The objects next to the cursor, so that following pages lead back to the newest.
            Some(Cursor::EndingBefore(id)) => {
                let position = position(id, "ending_before")?;
                self.rows.range(position + 1..).map(|(_, row)| row).take(count).collect()
            }
        };
        let has_more = rows.len() > page.limit;
        rows.truncate(page.limit);
        if matches!(page.cursor, Some(Cursor::EndingBefore(_))) {
            rows.reverse();
        }
        let data: Vec<Value> = rows.into_iter().map(to_json).collect();
        Ok(json!({"object": "list", "data": data, "has_more": has_more, "url": url}))
    }
}
