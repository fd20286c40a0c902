//! Uses the pages of the sandbox and of the shop in headless Chromium, as a customer does.
//!
//! A [`Browser`] watches everything that its pages do. [`Browser::finish`] fails the test after an error in the console, a request
//! to another host, or a problem on a page that the test has [looked at](Browser::look).

mod axe;
mod browser;
mod findings;
mod machine;
mod process;
mod site;

pub use browser::{Browser, LIMIT, Screen, until};
pub use findings::Findings;
pub use site::{Posted, Received, Site};
