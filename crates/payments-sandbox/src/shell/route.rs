//! The endpoints of the control port that do not belong to one provider.

use std::sync::Arc;

use crate::endpoint::{ControlCall, Route};
use crate::http::Response;
use crate::problem::Problem;
use crate::state::SharedState;

pub(super) type SharedRoute = Route<fn(&Arc<SharedState>, &ControlCall<'_>) -> Result<Response, Problem>>;
