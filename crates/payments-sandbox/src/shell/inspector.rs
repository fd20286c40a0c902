//! The inspector: pages that show what happened, live. Everything that they do goes through the control API.

mod layout;
mod overview;

use crate::endpoint::Content::Html;
use crate::endpoint::Endpoint;
use crate::endpoint::Method::Get;

use super::route::SharedRoute;

pub(super) use layout::{Page, Pane};

pub(super) const ROUTES: &[SharedRoute] = &[SharedRoute {
    endpoint: Endpoint::new("overview", Get, "/", "the inspector, which shows all of this live", Html),
    handler: |state, _| Ok(overview::page(state)),
}];
