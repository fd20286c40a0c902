use crate::engine::Behaviour;
use crate::engine::Provenance::{self, Documented, Inferred};

const fn row(text: &'static str, provenance: Provenance) -> Behaviour {
    Behaviour { text, provenance }
}

/// The simulated behaviours of Turbo Transactions. A text that starts with `...` continues the text before it.
pub const BEHAVIOURS: &[Behaviour] = &[
    row("every request has the headers client-id and secret-key", Documented),
    row("... otherwise, the HTTP status and the envelope's statusCode are 401", Inferred),
    row("an error has the envelope with success false, its own statusCode and no data", Inferred),
    row("an amount is a JSON integer; decimals are rejected", Documented),
    row("... and so are 300.0, 3e2, strings, zero and more than 15 digits", Inferred),
    row("orderId, amount and returnUrl are required", Documented),
    row("an orderId is 1 to 100 visible ASCII characters, and a returnUrl an http or https URL", Inferred),
    row("a body without Content-Type: application/json returns 415", Inferred),
    row("the amount in the response can differ from the requested amount, and is the amount to pay", Documented),
    row(
        "... by 0.01 for the first transaction of an amount, 0.02 for the second, up to 0.99, and then 0.01 again",
        Inferred,
    ),
    row("an amount is a JSON number without trailing zeros", Inferred),
    row("an orderId that is used again creates another transaction, and a status check finds the newest", Inferred),
    row("sdkUrl is a page where the customer pays", Documented),
    row("... declines, or leaves, which changes nothing", Inferred),
    row("the customer is sent to returnUrl after paying", Documented),
    row("... and after declining; the URL does not contain the result", Inferred),
    row("txnStatus is Initiated, Pending, Approved or Rejected", Documented),
    row("a payment becomes Pending when the customer has paid, and Approved two seconds later", Inferred),
    row("Approved and Rejected are final, and an unpaid transaction stays Initiated", Inferred),
    row("utr is empty", Documented),
    row("... until the payment is approved, and then 12 unique digits", Inferred),
    row("a status check names the order in the header order-id", Documented),
    row("a status check of an unknown order returns 404, and one without an order 400", Inferred),
    row("Approved and Rejected cause a callback", Documented),
    row("... and no other status does", Inferred),
    row("a callback is AES-256-CBC after a 16-byte IV, in base64; the key is 32 bytes in base64", Documented),
    row("... with PKCS #7 padding", Documented),
    row("a callback is acknowledged with 200 and the body OK", Documented),
    row("... with or without white space around it; otherwise it is sent again after 1, 10 and 60 minutes", Inferred),
];
