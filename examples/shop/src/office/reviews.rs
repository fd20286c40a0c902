//! What nothing automatic can resolve: the evidence, what to ask the provider, and the decision.

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{Html, Redirect};
use axum::routing::get;
use payments::journal::{Decided, Decision, IntentId, JournalError, Report, StoreError};
use serde::Deserialize;

use crate::error::{Error, Result};
use crate::page::render;
use crate::session::{OwnForm, Session};
use crate::shop::Shop;

pub(crate) fn routes() -> Router<Shop> {
    Router::new().route("/office/reviews", get(list)).route("/office/reviews/{intent}", get(show).post(decide))
}

async fn list(State(shop): State<Shop>) -> Result<Html<String>> {
    render(&List { reports: shop.journal.reviews(None, 100).await? })
}

async fn show(State(shop): State<Shop>, session: Session, Path(intent): Path<i64>) -> Result<Html<String>> {
    let report = shop.journal.report(IntentId::new(intent)).await.map_err(|error| match error {
        JournalError::Store(StoreError::NoSuchIntent(_)) => Error::NotFound,
        error => error.into(),
    })?;
    let evidence = report.evidence.iter().map(|entry| (entry.at.to_string(), format!("{:?}", entry.evidence.fact)));
    render(&Show { csrf: session.csrf(), evidence: evidence.collect(), report })
}

#[derive(Deserialize)]
struct Answer {
    decision: String,
    by: String,
}

/// Stores what the provider said. It sends nothing.
async fn decide(
    State(shop): State<Shop>,
    Path(intent): Path<i64>,
    OwnForm(answer): OwnForm<Answer>,
) -> Result<Redirect> {
    let decision = match answer.decision.as_str() {
        "done" => Decision::Done,
        "not_done" => Decision::NotDone,
        _ => return Err(Error::invalid(&"`decision` must be `done` or `not_done`")),
    };
    if answer.by.trim().is_empty() {
        return Err(Error::invalid(&"`by` must say who decides, and by what"));
    }
    match shop.journal.decide(IntentId::new(intent), decision, answer.by.trim()).await? {
        Decided::Stored(_) => Ok(Redirect::to("/office/reviews")),
        Decided::NotInReview(state) => Err(Error::Invalid(format!("nothing was decided: it is {state} by now"))),
    }
}

#[derive(Template)]
#[template(path = "office/reviews.html")]
struct List {
    reports: Vec<Report>,
}

#[derive(Template)]
#[template(path = "office/review.html")]
struct Show {
    csrf: String,
    report: Report,
    evidence: Vec<(String, String)>,
}
