//! What all handlers share: sessions and forms, errors, and the frame of a page.

mod error;
mod page;
mod session;

pub(crate) use error::{Error, Result};
pub(crate) use page::{add_headers, render, time};
pub(crate) use session::{OwnForm, Session, cookie, cookie_name, is_equal, start};
