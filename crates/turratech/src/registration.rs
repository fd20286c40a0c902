use payments_core::id::{check_id, check_web_address};
use payments_core::provider::Operation;
use payments_core::request::Path;
use payments_core::{Call, Keyed, ValidationError, string_newtype};
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::event::EventType;
use crate::parameters::{Extra, Parameters, extra_setter, post};
use crate::shown::debug_masked;
use crate::webhook::WebhookSecret;

string_newtype! {
    /// TurraTech's id of a webhook endpoint.
    pub struct WebhookEndpointId("webhook_endpoint"): |text| check_id("webhook_endpoint", text);
}

/// A place for webhooks to go, to be made known to TurraTech.
///
/// The document names the call and nothing of what it takes: both parameters are inferred.
#[derive(Clone, PartialEq, Eq)]
#[must_use = "an endpoint is not created until it is sent"]
pub struct NewWebhookEndpoint {
    url: String,
    enabled_events: Vec<EventType>,
    extra: Extra,
}

debug_masked!(NewWebhookEndpoint { enabled_events, extra } free { url });

impl NewWebhookEndpoint {
    /// Events of these types, at least one, go to this web address.
    pub fn new(url: impl Into<String>, events: impl IntoIterator<Item = EventType>) -> Self {
        Self { url: url.into(), enabled_events: events.into_iter().collect(), extra: Extra::default() }
    }

    extra_setter!();
}

impl Parameters for NewWebhookEndpoint {
    const NAMES: &'static [&'static str] = &["url", "enabled_events"];

    fn check(&self) -> Result<(), ValidationError> {
        check_web_address("url", &self.url, LONGEST_URL)?;
        if self.enabled_events.is_empty() {
            return Err(ValidationError::new("events", "must name at least one type of event"));
        }
        Ok(())
    }

    fn extra(&self) -> &Extra {
        &self.extra
    }

    fn members<M: SerializeMap>(&self, members: &mut M) -> Result<(), M::Error> {
        members.serialize_entry("url", &self.url)?;
        members.serialize_entry("enabled_events", &self.enabled_events)
    }
}

/// A webhook endpoint that TurraTech knows now, with its signing secret.
///
/// All of it is inferred.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct WebhookEndpoint {
    /// TurraTech's id.
    pub id: WebhookEndpointId,
    /// Where webhooks go.
    pub url: Option<String>,
    /// Which ones.
    pub enabled_events: Vec<EventType>,
    /// Signs every delivery to it: for [`WebhookVerifier::new`]. Store it where secrets are; it is not serialized.
    ///
    /// [`WebhookVerifier::new`]: crate::WebhookVerifier::new
    #[serde(skip)]
    pub secret: WebhookSecret,
}

impl Client {
    /// Makes a webhook endpoint known to TurraTech; the answer has its signing secret.
    ///
    /// After an unknown outcome, the same call under the same key within 24 hours gives the secret (inferred: the
    /// document says only that a request can be retried safely). The document has no other way to it.
    pub fn create_webhook_endpoint(&self, endpoint: NewWebhookEndpoint) -> Call<WebhookEndpoint, Keyed> {
        let request = self.private(|| post(Path::new("webhook_endpoints"), endpoint));
        self.connection.auto_keyed_call(CREATE_WEBHOOK_ENDPOINT, request, |wire: WireEndpoint| {
            Ok(WebhookEndpoint {
                id: wire.id,
                url: wire.url,
                enabled_events: wire.enabled_events.unwrap_or_default(),
                secret: wire.secret,
            })
        })
    }
}

#[derive(Deserialize)]
struct WireEndpoint {
    id: WebhookEndpointId,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    enabled_events: Option<Vec<EventType>>,
    #[serde(deserialize_with = "WebhookSecret::as_it_came")]
    secret: WebhookSecret,
}

/// As long as any browser takes (inferred: the document sets no bound).
const LONGEST_URL: usize = 2048;

const CREATE_WEBHOOK_ENDPOINT: Operation =
    Operation::write("create_webhook_endpoint").stable_id("create_webhook_endpoint");
