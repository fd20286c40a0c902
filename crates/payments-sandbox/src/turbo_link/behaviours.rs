use crate::engine::Behaviour;
use crate::engine::Provenance::{self, Documented, Inferred};

const fn row(what: &'static str, provenance: Provenance) -> Behaviour {
    Behaviour { what, provenance }
}

/// What the sandbox's tur.bo does, and where that comes from.
pub const BEHAVIOURS: &[Behaviour] = &[
    row("the api_key is a field of a form, and POST /payments/{id} takes it", Documented),
    row("... whatever Content-Type says", Inferred),
    row("an error has error true and a msg", Documented),
    row("... and nothing else, under 401 for a wrong key, 404 for an id that there is not, 400 otherwise", Inferred),
    row("POST /payments/baddef lists the link abc123 of $1.00, with the sample's members alone", Documented),
    row("POST /payments is there too, and lists all links", Inferred),
    row("POST /payments/{id} lists that link; both have the table's members too", Inferred),
    row("type is payment-detail", Documented),
    row("api_path is /payments", Documented),
    row("start, end and interval are sent, choose by the day of created, and come back in the answer", Inferred),
    row("start and end are dates as mm/dd/YYYY, and either can stand alone", Documented),
    row("... of days that there are, both ends among those chosen", Inferred),
    row("interval is one of eight labels", Documented),
    row("... by the sandbox's clock in UTC; a week begins on Monday", Inferred),
    row("interval excludes start and end, an unknown label or date is an error, an empty field is none", Inferred),
    row("period is an empty list", Documented),
    row("... and an object of the first and the last day where days are chosen", Inferred),
    row("limit is 25, although the table calls it the number displayed", Documented),
    row("at most 25 links are listed, the newest first; total_results counts all that were found", Inferred),
    row("amounts have a dollar sign and two decimals", Documented),
    row("... and commas between thousands", Inferred),
    row("created has no time zone", Documented),
    row("... and is UTC", Inferred),
    row("qr leads to a QR code, a PNG", Documented),
    row("... of the link's url", Inferred),
    row("url leads to a page where the customer pays", Documented),
    row("... under /pay/", Inferred),
    row("convenience_fee has setting, status and value, null where the fee is off", Documented),
    row("... its value is the dollars charged, also for a percentage", Documented),
    row("... half a cent rounded up", Inferred),
    row("a link is pending, completed or refunded", Documented),
    row("... in this order, and no other way", Inferred),
    row("a fee comes on top: the ledger has the link's amount", Inferred),
    row("no endpoint makes a link: the merchant does elsewhere, here the test or the control API", Inferred),
    row(
        "three links from the seed are there from the start, with what became of them before the ledger began",
        Inferred,
    ),
];
