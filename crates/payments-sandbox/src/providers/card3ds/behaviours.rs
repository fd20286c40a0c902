use crate::engine::Behaviour;
use crate::engine::Provenance::{self, Documented, Inferred};

const fn row(text: &'static str, provenance: Provenance) -> Behaviour {
    Behaviour { text, provenance }
}

/// The simulated behaviours of card3ds. A text that starts with `...` continues the text before it.
pub const BEHAVIOURS: &[Behaviour] = &[
    row("every request needs X-API-KEY and X-API-SECRET; without valid ones, the response is 401", Documented),
    row("an error is a JSON object with a message, and with the field's name if it concerns a field", Inferred),
    row("an invalid request returns 400, an unknown id or endpoint 404", Inferred),
    row("a body without Content-Type: application/json returns 415", Inferred),
    row("fields that are not marked as optional are required", Inferred),
    row("amounts are JSON numbers", Documented),
    row("... above zero, without an exponent, and with at most the currency's number of decimals", Inferred),
    row("currencies are EUR, GBP, JPY, TRY and USD", Inferred),
    row("months and years have two digits", Documented),
    row("a CVV has three or four digits; only this form is checked", Inferred),
    row("requestIp is an IPv4 or IPv6 address, requestPort a number from 1 to 65535", Inferred),
    row("a payment has every documented member, with null for a missing value", Inferred),
    row("a payment's status is SUCCESS, FAILED or ENROLLED", Documented),
    row("a declined card returns 200 with FAILED, a result code and a result message", Inferred),
    row("a card past its expiry month is declined as EXPIRED_CARD", Inferred),
    row("an orderId can be used any number of times, and each request is executed", Inferred),
    row("the commission is 2.5 % of a successful payment, rounded half up, and 0 otherwise", Inferred),
    row("a pre-authorization that the bank accepts is SUCCESS", Inferred),
    row("a capture is at most the authorized amount", Documented),
    row("... minus earlier captures; there can be several until nothing remains", Inferred),
    row("... and returns the captured amount under the pre-authorization's id", Inferred),
    row("starting 3-D Secure returns HTML to show", Documented),
    row("... with a form that posts itself to the customer's bank", Inferred),
    row("a card that is not enrolled returns success false, NOT_ENROLLED and no HTML", Inferred),
    row("installmentCount must be one of the card's installment options", Inferred),
    row("... otherwise, the response is 400", Inferred),
    row("after the challenge, paymentId and securityKey are posted as a form to successUrl or failureUrl", Documented),
    row("... by the customer's browser", Inferred),
    row("... once; a response from 200 to 399 acknowledges it", Inferred),
    row("a customer decides a challenge once; a customer who leaves lets the payment stay ENROLLED forever", Inferred),
    row("completing a payment needs the security key", Documented),
    row("... and returns 400 for a wrong key, and for any key before the customer's decision", Inferred),
    row("... and executes an approved payment once; a repeated completion returns 409", Inferred),
    row("a rejected payment is FAILED at once, and stays so when it is completed", Inferred),
    row("two and three installments cost 2 % and 3.5 %, as in the document's sample", Inferred),
    row("... if the customer pays the interest", Inferred),
    row(
        "... each further installment, up to twelve, costs 1.5 % more; nothing if the merchant pays the interest",
        Inferred,
    ),
    row("interest and installments are rounded half up, so the installments' sum may differ from the total", Inferred),
    row(
        "only domestic credit cards offer installments, and an installment is at least one unit of the currency",
        Inferred,
    ),
    row("maxInstallmentCount limits the options", Documented),
    row("... and defaults to twelve", Inferred),
    row("the amount of a payment in installments is the requested amount", Inferred),
    row(
        "a checkout is at /checkout-link/{id} and lets the customer pay in up to maxInstallmentCount installments",
        Documented,
    ),
    row("... once; a declined card ends it as FAILED, and so does a customer who cancels", Inferred),
    row("checkoutId is then posted as a form to callback", Documented),
    row("... by the customer's browser, whatever the result", Inferred),
    row("before it is paid, a checkout's payment is ENROLLED, with an id and without a card", Inferred),
    row("only well-known test card numbers are accepted; any other number returns 400 and is not stored", Inferred),
];
