use std::fmt;

use crate::engine::Message;
use crate::outbox::MerchantResponse;

/// A message to the merchant, as it goes over the wire.
///
/// `Debug` shows of its headers the names, and of its body the length: logs are no place for keys and signatures.
#[derive(Clone)]
#[non_exhaustive]
pub struct OutgoingMessage {
    /// Its number among the [`deliveries`](crate::Offline::deliveries).
    pub number: usize,
    /// Where it goes.
    pub url: String,
    /// Its headers, `Content-Type` and the signature among them.
    pub headers: Vec<(String, String)>,
    /// Its body, byte for byte.
    pub body: Vec<u8>,
    pub(super) id: usize,
    accepted: fn(u16, &[u8]) -> bool,
}

impl OutgoingMessage {
    pub(super) fn new(id: usize, message: Message) -> Self {
        let mut headers = vec![("Content-Type".to_owned(), message.content_type.to_owned())];
        headers.extend(message.headers.into_iter().map(|(name, value)| (name.to_owned(), value)));
        Self { number: id + 1, url: message.url, headers, body: message.body, id, accepted: message.resend.accepted }
    }

    /// What the provider makes of an answer: the status decides, or the beginning of the body does as well.
    pub(super) fn evaluate(&self, status: u16, body: &[u8]) -> MerchantResponse {
        MerchantResponse::new(status, body, self.accepted)
    }
}

impl fmt::Debug for OutgoingMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("OutgoingMessage")
            .field("number", &self.number)
            .field("headers", &names)
            .field("body", &format_args!("[{} bytes]", self.body.len()))
            .finish_non_exhaustive()
    }
}
