//! Webhook endpoints: where events go.

use serde_json::json;

use super::TurraTech;
use super::books::Call;
use super::params::Params;
use super::refusal::Refusal;
use crate::http::Response;
use crate::ledger::What;

impl TurraTech {
    pub(super) fn create_endpoint(&mut self, call: &Call<'_>, params: &Params) -> Result<Response, Refusal> {
        let url = params.required_text("url")?;
        if !is_web_address(&url) {
            return Err(params.refuse("url", "must be an http or https address"));
        }
        let events = params.texts("enabled_events")?.unwrap_or_else(|| vec!["*".to_owned()]);
        if events.is_empty() || events.iter().any(String::is_empty) {
            return Err(params.refuse("enabled_events", "must name at least one event, or * for all"));
        }
        let metadata = params.metadata()?.unwrap_or_default();
        let id = self.books.id("we");
        let reference = call.reference(&metadata, &id);
        self.books.record(call, &reference, What::Executed, 0, "");
        let answer = json!({
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
        self.books.add_endpoint(url, events);
        Ok(Response::json(201, &answer))
    }

    /// An endpoint for all events that nobody created over the API.
    pub(crate) fn send_events_to(&mut self, url: &str) -> Result<(), String> {
        if !is_web_address(url) {
            return Err(format!("{url:?} is no http or https address"));
        }
        self.books.add_endpoint(url.to_owned(), vec!["*".to_owned()]);
        Ok(())
    }
}

fn is_web_address(text: &str) -> bool {
    // A line feed in an address would write headers of its own.
    let host = text.strip_prefix("http://").or(text.strip_prefix("https://"));
    host.is_some_and(|host| !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_graphic()))
}
