use crate::engine::Behaviour;
use crate::engine::Provenance::{Documented, Inferred};

const fn row(what: &'static str, provenance: crate::engine::Provenance) -> Behaviour {
    Behaviour { what, provenance }
}

/// What the sandbox's card3ds does, and where that comes from.
pub const BEHAVIOURS: &[Behaviour] = &[
    row("X-API-KEY and X-API-SECRET go with every request; without valid ones the answer is 401", Documented),
    row("a refusal is a JSON object with a message, and the field where it is about one", Inferred),
    row("a request that does not fit is answered 400, an unknown id or endpoint 404", Inferred),
    row("a body that does not say application/json is answered 415", Inferred),
    row("fields that are not marked optional are required", Inferred),
    row("amounts are JSON numbers", Documented),
    row("... above zero, with at most their currency's decimals and without an exponent", Inferred),
    row("currencies EUR, GBP, JPY, TRY and USD", Inferred),
    row("months and years of two digits", Documented),
    row("a CVV of three or four digits; it is checked for its form alone", Inferred),
    row("requestIp is an IPv4 or IPv6 address, requestPort a number from 1 to 65535", Inferred),
    row("a payment answers every documented member, null where there is nothing to say", Inferred),
    row("a payment is SUCCESS, FAILED or ENROLLED", Documented),
    row("a declined card is answered 200 with FAILED, its code and its message", Inferred),
    row("a card past its month is declined as EXPIRED_CARD", Inferred),
    row("an orderId is taken as often as it comes, and executed as often", Inferred),
    row("the commission is 2.5 % of what succeeded, rounded half up, and 0 otherwise", Inferred),
    row("a pre-authorization that the bank accepts is SUCCESS", Inferred),
    row("a capture is of at most the authorized amount", Documented),
    row("... less what was captured already, as often as something is left", Inferred),
    row("... answered with the captured amount, under the pre-authorization's id", Inferred),
    row("3-D Secure starts with HTML to show: a form that posts itself to the customer's bank", Documented),
    row("a card that is not enrolled is answered success false, NOT_ENROLLED and no HTML", Inferred),
    row("installmentCount must be one that the card has options for", Documented),
    row("... or is answered 400", Inferred),
    row("after the challenge, the browser posts paymentId and securityKey to successUrl or failureUrl", Documented),
    row("a customer answers a challenge once; one that goes away leaves the payment ENROLLED for ever", Inferred),
    row("completing takes the security key", Documented),
    row("... and answers 400 to a wrong one, before the challenge is answered to any", Inferred),
    row("... and executes an approved payment once; afterwards it answers 409", Inferred),
    row("a rejected payment is FAILED at once, also when it is completed", Inferred),
    row("installments in two and three parts cost 2 % and 3.5 % when the customer pays the interest", Documented),
    row("... up to twelve cost 1.5 % more for each part; nothing when the merchant pays it", Inferred),
    row("interest and parts are rounded half up, so that parts may come to more or less than the total", Inferred),
    row("only domestic credit cards pay in parts, and a part is at least one unit of the currency", Inferred),
    row("maxInstallmentCount limits the options", Documented),
    row("... and is twelve where it is not given", Inferred),
    row("the amount of a payment in parts is the one that was asked for", Inferred),
    row(
        "a checkout is at /checkout-link/{id} and lets the customer pay in up to maxInstallmentCount parts",
        Documented,
    ),
    row("... once; a card that is declined ends it, and so does the customer's cancelling, as FAILED", Inferred),
    row("the browser then posts checkoutId to callback", Documented),
    row("... however it ended", Inferred),
    row("before it is paid, a checkout's payment is ENROLLED, with an id and without a card", Inferred),
    row("well-known test card numbers alone are taken; any other is answered 400 and kept nowhere", Inferred),
];
