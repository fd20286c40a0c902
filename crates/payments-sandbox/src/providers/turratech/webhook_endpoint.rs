//! Webhook endpoints.

use serde_json::json;

use super::effects::Call;
use super::engine::TurraTechEngine;
use super::params::Params;
use super::responses::ErrorResponse;
use crate::http::{Response, is_http_url};
use crate::ledger::EntryKind;
use crate::problem::Problem;

impl TurraTechEngine {
    pub(super) fn create_endpoint(&mut self, call: &Call<'_>, params: &Params) -> Result<Response, ErrorResponse> {
        let url = params.required_text("url")?;
        if !is_http_url(&url) {
            return Err(params.invalid("url", "must be an http or https URL"));
        }
        let events = params.texts("enabled_events")?.unwrap_or_else(|| vec!["*".to_owned()]);
        if events.is_empty() || events.iter().any(String::is_empty) {
            return Err(params.invalid("enabled_events", "must name at least one event, or * for all"));
        }
        let metadata = params.metadata()?.unwrap_or_default();
        let id = self.effects.id("we");
        let reference = call.reference(&metadata, &id);
        self.effects.record(call, &reference, EntryKind::Executed, 0, "");
        let response = json!({
            "id": id,
            "object": "webhook_endpoint",
            "url": url,
            "enabled_events": events,
            "secret": self.settings.webhook_secret.as_str(),
            "status": "enabled",
            "created": call.now.unix_timestamp(),
            "livemode": false,
            "metadata": metadata,
        });
        self.effects.add_endpoint(url, events);
        Ok(Response::json(201, &response))
    }

    /// Adds an endpoint for all events, without a request to the API.
    pub(crate) fn send_events_to(&mut self, url: &str) -> Result<(), Problem> {
        if !is_http_url(url) {
            return Err(Problem::Invalid(format!("{url:?} must be an http or https URL")));
        }
        self.effects.add_endpoint(url.to_owned(), vec!["*".to_owned()]);
        Ok(())
    }
}
