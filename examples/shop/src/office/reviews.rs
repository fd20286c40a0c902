//! What nothing automatic can resolve: the evidence, what to ask the provider, and the decision.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{Html, Redirect};
use payments::journal::{Decided, Decision, IntentId, Report};
use serde::Deserialize;

use crate::shop::Shop;
use crate::web::{Error, OwnForm, Result, Session, render};

pub(crate) async fn list(State(shop): State<Shop>) -> Result<Html<String>> {
    render(&List { reports: shop.journal.reviews(None, 100).await? })
}

pub(crate) async fn show(State(shop): State<Shop>, session: Session, Path(intent): Path<i64>) -> Result<Html<String>> {
    render(&Show { csrf: session.csrf(), report: shop.journal.report(IntentId::new(intent)).await? })
}

#[derive(Deserialize)]
pub(crate) struct Answer {
    decision: Decision,
    by: String,
}

/// Stores what the provider said. It sends nothing.
pub(crate) async fn decide(
    State(shop): State<Shop>, Path(intent): Path<i64>, OwnForm(answer): OwnForm<Answer>,
) -> Result<Redirect> {
    match shop.journal.decide(IntentId::new(intent), answer.decision, &answer.by).await? {
        Decided::Stored(_) => Ok(Redirect::to("/office/reviews")),
        Decided::NotInReview(state) => Err(Error::Invalid(format!("not stored: the operation is {state} by now"))),
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
}
