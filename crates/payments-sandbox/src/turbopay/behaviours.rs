use crate::engine::Behaviour;
use crate::engine::Provenance::{Documented, Inferred, Recorded};

const fn row(what: &'static str, provenance: crate::engine::Provenance) -> Behaviour {
    Behaviour { what, provenance }
}

/// What the sandbox's TurboPay does, and where that comes from.
pub const BEHAVIOURS: &[Behaviour] = &[
    row("the API key stands in Authorization without a scheme; a wrong one is answered 401", Documented),
    row("an address that is not whitelisted is answered 403", Documented),
    row("a malformed id in the path is answered by the web framework, with a stack trace", Recorded),
    row("a well-formed id that no order has is answered 404 with a message", Inferred),
    row("a merchant_order_id is taken once", Documented),
    row("... by deposits and withdrawals together", Inferred),
    row("a reference that is taken is answered 422 with the field", Recorded),
    row("a UTR is taken once", Documented),
    row("a confirmation can be wrong in both fields at once", Recorded),
    row("an INR amount with paise must be an integer; 500.00 and 11.0 are whole", Recorded),
    row("bank accounts of 9 to 18 characters, IFSC of 11, phone numbers as described, traffic ftd or std", Documented),
    row("amounts have a least and a most", Documented),
    row("... which are 1 and 10,000,000", Inferred),
    row("a method without wallets is refused", Documented),
    row("... under the name of the method's field", Inferred),
    row(
        "currencies INR, EUR and USD; methods upi for deposits, bank_transfer for hosted deposits and withdrawals",
        Inferred,
    ),
    row("a host-to-host deposit by bank_transfer is not configured", Recorded),
    row("a host-to-host deposit expires after 600 seconds", Documented),
    row("... and so does a hosted one", Inferred),
    row("statuses change as the table of transitions says, and no other way", Documented),
    row("a withdrawal is not refused for want of balance", Inferred),
    row("a withdrawal's money leaves when the order is taken in", Inferred),
    row("a withdrawal becomes pending at once, and succeeds two seconds later", Inferred),
    row("a confirmed deposit becomes pending at once, and succeeds two seconds later", Inferred),
    row("an amount can change on the way", Documented),
    row("each change sends a webhook with an HMAC-SHA256 of its body", Documented),
    row("... in hexadecimal", Inferred),
    row("a webhook is answered 200, and sent again three times otherwise", Documented),
    row("... after one, ten and sixty minutes", Inferred),
    row("a look-up sends a webhook too", Documented),
    row("a settlement that another change overtook does not happen", Inferred),
    row("60 look-ups a minute", Documented),
    row("... both kinds together; beyond, 429 with Retry-After", Inferred),
    row("X-RateLimit-Limit and X-RateLimit-Remaining", Recorded),
    row("a chargeback by look-up has no claim and no UTR", Recorded),
    row("a balance has four decimals", Recorded),
    row("a customer that risk management blocked is declined", Documented),
    row("the hosted page says \"close\" to a page that frames it", Documented),
    row("a segment of a path is matched before it is decoded, so that any reference is found", Inferred),
    row("a confirmation is answered with the order's new status, which is pending", Recorded),
    row("... or success, where deposits settle at once (Settle::AtOnce)", Documented),
];
