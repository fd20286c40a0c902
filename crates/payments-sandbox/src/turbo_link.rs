//! tur.bo.

mod settings;

use serde_json::json;
use time::OffsetDateTime;

pub use settings::Settings;

use crate::engine::{Behaviour, Controlled, Effect, Engine};
use crate::http::{Request, Response};

/// The engine.
#[derive(Clone)]
#[expect(dead_code, reason = "what it is set up with, and nothing is answered yet")]
pub(crate) struct TurboLink {
    settings: Settings,
    /// Where it listens.
    pub(crate) origin: String,
}

/// What the sandbox's tur.bo does, and where that comes from.
pub const BEHAVIOURS: &[Behaviour] = &[];

const OPERATIONS: &[&str] = &["list", "detail"];

impl TurboLink {
    pub(crate) fn new(settings: Settings, _seed: u64) -> Self {
        Self { settings, origin: String::new() }
    }
}

impl Engine for TurboLink {
    fn name(&self) -> &'static str {
        "turbo-link"
    }

    fn operations(&self) -> &'static [&'static str] {
        OPERATIONS
    }

    fn reads(&self) -> &'static [&'static str] {
        &["list", "detail"]
    }

    fn told_of(&self) -> &'static [&'static str] {
        &[]
    }

    fn operation(&self, _request: &Request) -> Option<(&'static str, Option<String>)> {
        None
    }

    fn respond(&mut self, request: &Request, now: OffsetDateTime) -> (Response, Vec<Effect>) {
        (self.rehearse(request, now), Vec::new())
    }

    fn rehearse(&self, _request: &Request, _now: OffsetDateTime) -> Response {
        Response::json(501, &json!({"message": "the sandbox does not play tur.bo yet"}))
    }

    fn tick(&mut self, _now: OffsetDateTime) -> Vec<Effect> {
        Vec::new()
    }

    fn next_due(&self) -> Option<OffsetDateTime> {
        None
    }

    fn status(&self, _reference: &str) -> Option<String> {
        None
    }

    fn behaviours(&self) -> &'static [Behaviour] {
        BEHAVIOURS
    }

    fn control_addresses(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    fn control(&mut self, _path: &[&str], _body: &[u8], _now: OffsetDateTime) -> Option<Controlled> {
        None
    }
}
