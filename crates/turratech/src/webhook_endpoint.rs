use payments_core::json::{DecodeError, ProviderMessage, Read, UnreadableMembers};
use payments_core::provider::Operation;
use payments_core::request::Path;
use payments_core::{Call, Extra, Keyed, ValidationError, extra_setter};
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::event::EventType;
use crate::expect::expect_readable;
use crate::fields::check_url;
use crate::id::WebhookEndpointId;
use crate::masked_debug::masked_debug;
use crate::request_body::{Parameters, post};
use crate::webhook::WebhookSecret;

/// The parameters of a new webhook endpoint.
///
/// Both parameters are inferred: the document names the call but no parameters.
#[derive(Clone, PartialEq, Eq)]
#[must_use = "an endpoint is not created until it is sent"]
pub struct NewWebhookEndpoint {
    url: String,
    enabled_events: Vec<EventType>,
    extra: Extra,
}

masked_debug!(NewWebhookEndpoint { enabled_events, extra } masked { url });

impl NewWebhookEndpoint {
    /// Creates an endpoint that receives events of these types, at least one, at this URL.
    pub fn new(url: impl Into<String>, events: impl IntoIterator<Item = EventType>) -> Self {
        Self { url: url.into(), enabled_events: events.into_iter().collect(), extra: Extra::default() }
    }

    extra_setter!();
}

impl Parameters for NewWebhookEndpoint {
    const RESERVED: &'static [&'static str] = &["url", "enabled_events"];

    fn check(&self) -> Result<(), ValidationError> {
        check_url("url", &self.url)?;
        if self.enabled_events.is_empty() {
            return Err(ValidationError::new("events", "must contain at least one event type"));
        }
        Ok(())
    }

    fn extra(&self) -> &Extra {
        &self.extra
    }

    fn serialize_members<M: SerializeMap>(&self, members: &mut M) -> Result<(), M::Error> {
        members.serialize_entry("url", &self.url)?;
        members.serialize_entry("enabled_events", &self.enabled_events)
    }
}

/// A webhook endpoint with its signing secret.
///
/// All fields are inferred.
///
/// It cannot be loaded, because its stored form would have no secret. Store the id in your database, and the secret with
/// your secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct WebhookEndpoint {
    /// TurraTech's id of the endpoint.
    pub id: WebhookEndpointId,
    /// The URL that receives the webhooks.
    pub url: Option<String>,
    /// The event types that are delivered.
    pub enabled_events: Vec<EventType>,
    /// The secret that signs every delivery, for [`WebhookVerifier::new`]. Not serialized: store the text of
    /// [`WebhookEndpoint::expose_secret`] with your secrets.
    ///
    /// [`WebhookVerifier::new`]: crate::WebhookVerifier::new
    #[serde(skip)]
    pub secret: WebhookSecret,
    #[serde(skip)]
    unreadable: UnreadableMembers,
}

impl WebhookEndpoint {
    /// Returns the text of the secret, so that you can store it with your secrets. No later call returns it.
    #[must_use]
    pub fn expose_secret(&self) -> &str {
        self.secret.expose()
    }

    /// The members of the response that could not be read as expected. Usually there are none.
    #[must_use]
    pub fn unreadable_members(&self) -> &UnreadableMembers {
        &self.unreadable
    }

    pub(crate) fn read(message: Read<'_, WireEndpoint>) -> Result<Self, DecodeError> {
        let Read { value: wire, unreadable, .. } = message;
        // A repaired secret would be among the unreadable members as text.
        expect_readable("secret", &unreadable)?;
        Ok(Self {
            id: wire.id,
            url: wire.url,
            enabled_events: wire.enabled_events.unwrap_or_default(),
            secret: wire.secret,
            unreadable,
        })
    }
}

impl Client {
    /// Creates a webhook endpoint. The response contains its signing secret.
    ///
    /// After an unknown outcome, repeat the call with the same key within 24 hours to get the secret (inferred: the
    /// document says only that a request can be retried safely). The document has no other call that returns it.
    pub fn create_webhook_endpoint(&self, endpoint: NewWebhookEndpoint) -> Call<WebhookEndpoint, Keyed> {
        let request = self.unless_publishable(|| post(Path::new("webhook_endpoints"), endpoint));
        self.connection.auto_keyed_call(CREATE_WEBHOOK_ENDPOINT, request, WebhookEndpoint::read)
    }
}

#[derive(Deserialize)]
pub(crate) struct WireEndpoint {
    id: WebhookEndpointId,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    enabled_events: Option<Vec<EventType>>,
    #[serde(deserialize_with = "WebhookSecret::deserialize")]
    secret: WebhookSecret,
}

impl ProviderMessage for WireEndpoint {
    const DECIDING: &'static [&'static str] = &["id", "secret"];
}

const CREATE_WEBHOOK_ENDPOINT: Operation =
    Operation::write("create_webhook_endpoint").stable_id("create_webhook_endpoint");
