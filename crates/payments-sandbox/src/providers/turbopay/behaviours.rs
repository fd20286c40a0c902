use crate::engine::Behaviour;
use crate::engine::Provenance::{self, Documented, Inferred, Recorded};

const fn row(text: &'static str, provenance: Provenance) -> Behaviour {
    Behaviour { text, provenance }
}

/// The simulated behaviours of TurboPay. A text that starts with `...` continues the text before it.
pub const BEHAVIOURS: &[Behaviour] = &[
    row("the API key is sent in Authorization without a scheme; a wrong key returns 401", Documented),
    row("an IP address that is not whitelisted returns 403", Documented),
    row("a malformed id in the path returns the web framework's error page, with a stack trace", Recorded),
    row("a well-formed id of no order returns 404 with a message", Inferred),
    row("a merchant_order_id can be used only once", Documented),
    row("... across deposits and withdrawals", Inferred),
    row("a merchant_order_id that is already used returns 422 with the field's name", Recorded),
    row("a UTR can be used only once", Documented),
    row("both fields of a confirmation can be reported as invalid at once", Recorded),
    row("an INR amount must be a whole number of rupees; 500.00 and 11.0 are whole", Recorded),
    row(
        "bank accounts have 9 to 18 characters, IFSCs 11; phone numbers as described; traffic is ftd or std",
        Documented,
    ),
    row("amounts have a minimum and a maximum", Documented),
    row("... which are 1 and 10,000,000", Inferred),
    row("a method without wallets is rejected", Documented),
    row("... with an error at the field `method`", Inferred),
    row(
        "currencies are INR, EUR and USD; methods are upi for deposits, bank_transfer for hosted deposits and withdrawals",
        Inferred,
    ),
    row("a host-to-host deposit by bank_transfer is not configured", Recorded),
    row("a host-to-host deposit expires after 600 seconds", Documented),
    row("... and so does a hosted deposit", Inferred),
    row("statuses change only as the table of transitions says", Documented),
    row("a withdrawal is accepted even if it exceeds the balance", Inferred),
    row("a withdrawal's money leaves the balance when the order is accepted", Inferred),
    row("a withdrawal becomes pending at once, and succeeds two seconds later", Inferred),
    row("a confirmed deposit becomes pending at once, and succeeds two seconds later", Inferred),
    row("an order's amount can change after its creation", Documented),
    row("each change sends a webhook with an HMAC-SHA256 of its body", Documented),
    row("... in hexadecimal", Inferred),
    row("a webhook is acknowledged with 200; otherwise it is sent three more times", Documented),
    row("... after 1, 10 and 60 minutes", Inferred),
    row("a lookup sends a webhook too", Documented),
    row("a settlement does not happen if another change came first", Inferred),
    row("60 lookups per minute are allowed", Documented),
    row("... for both kinds together; further lookups return 429 with Retry-After", Inferred),
    row("lookups return X-RateLimit-Limit and X-RateLimit-Remaining", Recorded),
    row("a chargeback in a lookup has no claim and no UTR", Recorded),
    row("a balance has four decimals", Recorded),
    row("an order of a customer that risk management has blocked is declined", Documented),
    row("the hosted page posts the message \"close\" to a page that frames it", Documented),
    row("a path segment is matched before it is decoded, so that any reference can be looked up", Inferred),
    row("a confirmation returns the order's new status, which is pending", Recorded),
    row("... or success if deposits settle at once (Settle::AtOnce)", Documented),
];
