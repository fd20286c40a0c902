use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// A value that a request needs and that is never stored, such as a card.
///
/// It travels from the [`Intent`](crate::Intent) through its [`Ticket`](crate::Ticket) to the [`Executor`](crate::Executor), in one
/// process. `Debug` omits the value.
///
/// ```
/// use payments_journal::InMemory;
///
/// let code = InMemory::new("916".to_owned());
/// assert_eq!(code.get::<String>().map(String::as_str), Some("916"));
/// assert_eq!(code.get::<u32>(), None);
/// assert!(!format!("{code:?}").contains("916"));
/// ```
#[derive(Clone)]
pub struct InMemory(Arc<dyn Any + Send + Sync>);

impl InMemory {
    /// Wraps a value.
    pub fn new(value: impl Any + Send + Sync) -> Self {
        Self(Arc::new(value))
    }

    /// Returns the value if it has this type.
    #[must_use]
    pub fn get<T: Any>(&self) -> Option<&T> {
        self.0.downcast_ref()
    }
}

impl fmt::Debug for InMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InMemory(..)")
    }
}
