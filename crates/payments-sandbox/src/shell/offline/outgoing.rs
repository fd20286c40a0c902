use std::fmt;

use crate::engine::Message;
use crate::outbox::MerchantResponse;

/// A webhook or callback that is due, ready for the merchant's handler.
///
/// `Debug` shows only the headers' names and the body's length, because logs must not contain signatures or private
/// ids.
#[derive(Clone)]
#[non_exhaustive]
pub struct OutgoingMessage {
    /// The number of its [`Delivery`](crate::Delivery).
    pub number: usize,
    /// The URL that it is sent to.
    pub url: String,
    /// The headers, including `Content-Type` and the signature.
    pub headers: Vec<(String, String)>,
    /// The body, byte for byte.
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

    /// Evaluates the merchant's response as the provider does.
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
