use crate::engine::Behaviour;
use crate::engine::Provenance::{self, Documented, Inferred};

const fn row(what: &'static str, provenance: Provenance) -> Behaviour {
    Behaviour { what, provenance }
}

/// What the sandbox's Turbo Transactions does, and where that comes from.
pub const BEHAVIOURS: &[Behaviour] = &[
    row("every request carries client-id and secret-key", Documented),
    row("... and is answered 401 otherwise, by HTTP and in the envelope", Inferred),
    row("an error comes in the envelope, with success false, its own statusCode and no data", Inferred),
    row("an amount is a JSON integer, and a decimal is refused", Documented),
    row("... as are 300.0, 3e2, a text, zero and more than 15 digits", Inferred),
    row("orderId, amount and returnUrl are mandatory", Documented),
    row("an orderId is 1 to 100 visible ASCII characters, and a returnUrl http or https", Inferred),
    row("a body that is not sent as application/json is answered 415", Inferred),
    row("the amount in the answer can differ from the one asked for, and is the one that counts", Documented),
    row("... by 0.01 for the first transaction over an amount, 0.02 for the second, to 0.99, and 0.01 again", Inferred),
    row("an amount is a JSON number without zeros at its end", Inferred),
    row("an orderId that is used again creates another transaction, and look-ups find the newest", Inferred),
    row("sdkUrl is a page where the customer pays", Documented),
    row("... declines, or leaves, which changes nothing", Inferred),
    row("the customer is sent to returnUrl after paying", Documented),
    row("... and after declining, and the address says nothing of what happened", Inferred),
    row("txnStatus is Initiated, Pending, Approved or Rejected", Documented),
    row("a payment becomes pending when the customer has paid, and is approved two seconds later", Inferred),
    row("what is approved or rejected stays so, and what nobody pays stays Initiated", Inferred),
    row("utr is empty", Documented),
    row("... until the payment is approved, and then 12 digits that nobody else has", Inferred),
    row("a look-up names its order in the header order-id", Documented),
    row("an order that there is not is answered 404, and a look-up without one 400", Inferred),
    row("Approved and Rejected are told by a callback", Documented),
    row("... and nothing else is", Inferred),
    row("a callback is AES-256-CBC behind a 16-byte IV, in base64; the key is 32 bytes in base64", Documented),
    row("... with PKCS #7 padding", Documented),
    row("a callback is taken with 200 and the body OK", Documented),
    row("... with white space around it or not; and sent again after one, ten and sixty minutes otherwise", Inferred),
];
