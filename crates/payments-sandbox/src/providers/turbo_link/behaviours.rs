use crate::engine::Behaviour;
use crate::engine::Provenance::{self, Documented, Inferred};

const fn row(text: &'static str, provenance: Provenance) -> Behaviour {
    Behaviour { text, provenance }
}

/// The simulated behaviours of tur.bo. A text that starts with `...` continues the text before it.
pub const BEHAVIOURS: &[Behaviour] = &[
    row("the api_key is a form field, and POST /payments/{id} accepts it", Documented),
    row("... with any Content-Type", Inferred),
    row("an error has error true and a msg", Documented),
    row(
        "... and no other member; the status is 401 for a wrong key, 404 for an unknown id, and 400 otherwise",
        Inferred,
    ),
    row("POST /payments/baddef lists the link abc123 of $1.00, with the sample's members only", Documented),
    row("POST /payments exists too, and lists all links", Inferred),
    row("POST /payments/{id} lists that link; both have the table's members too", Inferred),
    row("type is payment-detail", Documented),
    row("api_path is /payments", Documented),
    row(
        "start, end and interval are parameters that filter by the day of created, and are returned in the response",
        Inferred,
    ),
    row("start and end are dates as mm/dd/YYYY, and each can be used alone", Documented),
    row("... of existing days; both days are included", Inferred),
    row("interval is one of eight labels", Documented),
    row("... in the sandbox's time in UTC; a week begins on Monday", Inferred),
    row("interval excludes start and end; an unknown label or date is an error; an empty field is ignored", Inferred),
    row("period is an empty list", Documented),
    row("... and an object with the first and the last day if the request filters by days", Inferred),
    row("limit is 25, although the table calls it the number displayed", Documented),
    row("at most 25 links are listed, the newest first; total_results counts all matching links", Inferred),
    row("amounts have a dollar sign and two decimals", Documented),
    row("... and commas between thousands", Inferred),
    row("created has no time zone", Documented),
    row("... and is UTC", Inferred),
    row("qr is the URL of a QR code, a PNG", Documented),
    row("... of the link's url", Inferred),
    row("url is a page where the customer pays", Documented),
    row("... under /pay/", Inferred),
    row("convenience_fee has setting, status and value, which are null if the fee is disabled", Documented),
    row("... its value is the dollars charged, also for a percentage", Documented),
    row("... half a cent is rounded up", Inferred),
    row("a link is pending, completed or refunded", Documented),
    row("... in this order only", Inferred),
    row("a fee is added to the amount: the ledger has the link's amount without it", Inferred),
    row(
        "no endpoint creates a link: the merchant does so elsewhere; in the sandbox, the test or the control API does",
        Inferred,
    ),
    row(
        "three links from the seed exist at the start, with payments and refunds from before the ledger began",
        Inferred,
    ),
];
