//! The names and values that a merchant stores with an object.

use std::collections::BTreeMap;

use payments_core::ValidationError;

/// Checks that every value has a name. The document sets no other limits.
pub(crate) fn check(metadata: &BTreeMap<String, String>) -> Result<(), ValidationError> {
    if metadata.contains_key("") {
        Err(ValidationError::new("metadata", "must have a name for each value: a name is empty"))
    } else {
        Ok(())
    }
}

/// Returns the metadata, or `None` if there is nothing to send.
pub(crate) fn unless_empty(metadata: &BTreeMap<String, String>) -> Option<&BTreeMap<String, String>> {
    (!metadata.is_empty()).then_some(metadata)
}

/// Defines the setter for metadata. The type needs a field `metadata: BTreeMap<String, String>`.
macro_rules! metadata_setter {
    () => {
        /// Adds a name and a value that TurraTech stores with the object.
        pub fn metadata(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
            self.metadata.insert(name.into(), value.into());
            self
        }
    };
}

pub(crate) use metadata_setter;
