//! The panel's page.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Html;
use payments_journal::Review;

use super::Panel;
use super::faults::{Armed, BREAKS, Break, armed};
use crate::books::{Books, Row, Verdict};
use crate::{OFFICE_PASSWORD, Shop};

#[derive(Template)]
#[template(path = "panel.html")]
struct Page<'a> {
    shop: &'a str,
    sandbox: &'a str,
    password: &'a str,
    processes: Vec<Process>,
    breaks: &'a [Break],
    armed: Vec<Listed>,
    /// The faults that do not occur any more.
    occurred: Vec<Listed>,
    counts: Vec<Count>,
    rows: Vec<Line>,
    /// The number of rows that the page does not show.
    hidden: usize,
    /// Why there is no comparison.
    unreadable: Option<String>,
}

struct Process {
    url: String,
    id: Option<u32>,
    /// How the process ended, in words.
    ended: String,
    last_lines: String,
}

struct Listed {
    number: u64,
    spec: String,
    occurred: String,
    kills: bool,
}

struct Count {
    verdict: &'static str,
    mood: &'static str,
    rows: usize,
}

struct Line {
    reference: String,
    kind: &'static str,
    state: String,
    booked: String,
    ledger: String,
    verdict: &'static str,
    reason: String,
    mood: &'static str,
}

pub(super) async fn show(State(panel): State<Arc<Panel>>) -> Result<Html<String>, (StatusCode, String)> {
    let stage = &panel.stage;
    let (books, unreadable) = match stage.books().await {
        Ok(books) => (Some(books), None),
        Err(failed) => (None, Some(failed.to_string())),
    };
    let rows = books.as_ref().map_or_else(Vec::new, rows);
    let hidden = rows.len().saturating_sub(SHOWN);
    let (occurred, armed): (Vec<_>, Vec<_>) = armed(stage.sandbox()).into_iter().partition(Armed::is_over);
    let page = Page {
        shop: &stage.url(),
        sandbox: stage.sandbox().control_url(),
        password: OFFICE_PASSWORD,
        processes: stage.shops().iter().map(process).collect(),
        breaks: BREAKS,
        armed: listed(&panel, armed),
        occurred: listed(&panel, occurred),
        counts: books.as_ref().map_or_else(Vec::new, counts),
        rows: rows.into_iter().take(SHOWN).map(line).collect(),
        hidden,
        unreadable,
    };
    let html = page.render().map_err(|error| (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    Ok(Html(html))
}

fn process(shop: &Shop) -> Process {
    let id = shop.id();
    let ended = shop.exit_status().map_or_else(String::new, |status| status.to_string());
    let last_lines = if id.is_none() { shop.last_lines() } else { String::new() };
    Process { url: shop.url(), id, ended, last_lines }
}

fn listed(panel: &Panel, faults: Vec<Armed>) -> Vec<Listed> {
    let kills: Vec<u64> = panel.kills().iter().filter(|kill| !kill.task.is_finished()).map(|kill| kill.fault).collect();
    let listed = faults.into_iter().map(|fault| Listed {
        occurred: match fault.fired {
            0 => "not yet".to_owned(),
            1 => "once".to_owned(),
            times => format!("{times} times"),
        },
        kills: kills.contains(&fault.number),
        number: fault.number,
        spec: fault.spec,
    });
    listed.collect()
}

/// The rows, with the mistakes first.
fn rows(books: &Books) -> Vec<&Row> {
    let mut rows: Vec<&Row> = books.rows().iter().collect();
    rows.sort_by_key(|row| !matches!(row.verdict, Verdict::Wrong(_)));
    rows
}

fn counts(books: &Books) -> Vec<Count> {
    let count = |verdict: &Verdict| {
        let rows = books.count(verdict.name());
        // Without a mistake, its count is good news.
        let mood = if rows == 0 { "quiet" } else { mood(verdict) };
        Count { verdict: verdict.name(), mood, rows }
    };
    let (review, wrong) = (Verdict::InReview(String::new()), Verdict::Wrong(String::new()));
    [Verdict::Equal, Verdict::Open, Verdict::OnTheWay, review, wrong].iter().map(count).collect()
}

fn line(row: &Row) -> Line {
    Line {
        reference: row.reference.clone(),
        kind: row.kind.name(),
        state: row.state.replace('_', " "),
        booked: amount(row.booked, &row.currency),
        ledger: amount(row.ledger, &row.currency),
        verdict: row.verdict.name(),
        reason: reason(&row.verdict),
        mood: mood(&row.verdict),
    }
}

/// Why a row is in review or wrong, in words.
fn reason(verdict: &Verdict) -> String {
    match verdict {
        Verdict::InReview(code) => Review::from_code(code).map_or_else(|| code.clone(), |review| review.to_string()),
        verdict => verdict.reason().to_owned(),
    }
}

fn mood(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Equal => "good",
        Verdict::Open | Verdict::OnTheWay | Verdict::InReview(_) => "warn",
        Verdict::Wrong(_) => "bad",
    }
}

/// Formats an amount: `+12.50 USD`. All currencies of the shop have two decimals.
fn amount(minor: i64, currency: &str) -> String {
    let sign = match minor {
        0 => return "0".to_owned(),
        1.. => '+',
        _ => '\u{2212}',
    };
    let minor = minor.unsigned_abs();
    format!("{sign}{}.{:02} {currency}", minor / 100, minor % 100)
}

/// The most rows that the page shows.
const SHOWN: usize = 100;

#[cfg(test)]
mod tests {
    use super::{amount, reason};
    use crate::books::Verdict;

    #[test]
    fn a_review_is_shown_in_words() {
        let words = "the request may have been executed, and the provider offers no way to find out";
        assert_eq!(reason(&Verdict::InReview("nothing_to_ask".to_owned())), words);
        assert_eq!(reason(&Verdict::InReview("of a later version".to_owned())), "of a later version");
        assert_eq!(reason(&Verdict::Wrong("booked twice".to_owned())), "booked twice");
        assert_eq!(reason(&Verdict::Equal), "");
    }

    #[test]
    fn an_amount_has_a_sign_and_two_decimals() {
        assert_eq!(amount(0, "USD"), "0");
        assert_eq!(amount(1250, "USD"), "+12.50 USD");
        assert_eq!(amount(-5, "INR"), "\u{2212}0.05 INR");
    }
}
