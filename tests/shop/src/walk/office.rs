//! The back office: refunds, payouts and decisions. It decides by what the providers say, which is the ledger.

use std::sync::Mutex;

use payments_proof::Random;
use payments_sandbox::EntryKind;

use super::browser::Browser;
use super::html::{Form, all_between, between, unescape};
use super::{Walk, lock};
use crate::{Failed, OFFICE_PASSWORD};

#[derive(Debug)]
pub(super) struct Office {
    browser: Browser,
    /// The forms that were sent, for the back button.
    forms: Mutex<Vec<Form>>,
}

/// What the back office does.
#[derive(Debug, Clone, Copy)]
pub(super) enum Task {
    Refund,
    PayOut,
    SendOldForm,
    Look,
}

impl Office {
    pub(super) fn new(port: u16) -> Result<Self, Failed> {
        Ok(Self { browser: Browser::new(port)?, forms: Mutex::default() })
    }

    /// True if a form with this reference was sent.
    pub(super) fn has_sent(&self, reference: &str) -> bool {
        lock(&self.forms).iter().any(|form| form.value("reference") == reference)
    }

    pub(super) async fn act(&self, walk: &Walk, task: Task, random: &mut Random) {
        match task {
            Task::Refund => self.refund(walk, random).await,
            Task::PayOut => self.pay_out(walk, random).await,
            Task::SendOldForm => self.send_old_form(walk, random).await,
            Task::Look => {
                let pages = ["/office", "/office/payouts", "/office/reviews", "/office/webhooks", "/office/links"];
                let page = random.pick(&pages);
                let result = self.get(walk, page).await.map_or("no response", |_| "shown");
                walk.note(NAME, &format!("looks at {page}"), result);
            }
        }
    }

    async fn refund(&self, walk: &Walk, random: &mut Random) {
        let Some(page) = self.get(walk, "/office").await else { return };
        let targets: Vec<String> = all_between(&page, "action=\"", "\"").map(str::to_owned).collect();
        if targets.is_empty() {
            return;
        }
        if let Some(form) = Form::of(&page, &random.pick(&targets)) {
            self.submit(walk, form, random).await;
        }
    }

    async fn pay_out(&self, walk: &Walk, random: &mut Random) {
        let Some(page) = self.get(walk, "/office/payouts").await else { return };
        let Some(form) = Form::of(&page, "/office/payouts") else { return };
        let form = form.with("amount", random.between(100, 9_999).to_string()).with("customer", "C-1");
        let form = form.with("account", "065432123456789").with("bank", "HDFC0000053");
        self.submit(walk, form, random).await;
    }

    async fn send_old_form(&self, walk: &Walk, random: &mut Random) {
        let forms = lock(&self.forms).clone();
        if !forms.is_empty() {
            self.submit(walk, random.pick(&forms), random).await;
        }
    }

    async fn submit(&self, walk: &Walk, form: Form, random: &mut Random) {
        lock(&self.forms).push(form.clone());
        let what = format!("sends {} {}", form.target, form.value("reference"));
        let first = self.browser.send(&walk.tally, &form);
        if random.percent(35) {
            let (first, second) = tokio::join!(first, self.browser.send(&walk.tally, &form));
            walk.note(NAME, &what, &format!("{} and {}", first.in_words(), second.in_words()));
        } else {
            walk.note(NAME, &what, &first.await.in_words());
        }
    }

    /// Decides everything that is in review by the ledger, and returns the number of decisions.
    ///
    /// Nothing else may happen meanwhile, and no request may still be on its way.
    pub(super) async fn decide_reviews(&self, walk: &Walk) -> usize {
        let Some(page) = self.get(walk, "/office/reviews").await else { return 0 };
        let reviews: Vec<String> = all_between(&page, "href=\"/office/reviews/", "\"").map(str::to_owned).collect();
        let mut decided = 0;
        for review in reviews {
            let target = format!("/office/reviews/{review}");
            let Some(page) = self.get(walk, &target).await else { continue };
            let Some(form) = Form::of(&page, &target) else { continue };
            let key = unescape(between(&page, "<h1>", "</h1>").unwrap_or_default());
            let reference = unescape(between(&page, "<dt>Reference</dt><dd><code>", "</code>").unwrap_or_default());
            let decision = if was_executed(walk, &key, &reference) { "done" } else { "not_done" };
            let form = form.with("decision", decision).with("by", "Grace, ticket 1");
            let result = self.browser.send(&walk.tally, &form).await;
            walk.note(NAME, &format!("decides {decision} of {key}"), &result.in_words());
            if result.status == 303 {
                decided += 1;
                walk.count(
                    |tally| if decision == "done" { tally.decided_done += 1 } else { tally.decided_not_done += 1 },
                );
            }
        }
        decided
    }

    /// Returns a page of the back office, after a login if that is needed.
    async fn get(&self, walk: &Walk, target: &str) -> Option<String> {
        let page = self.browser.get(&walk.tally, target).await;
        if page.is_ok() {
            return Some(page.text);
        }
        page.location.filter(|location| location == LOGIN)?;
        let page = self.browser.get(&walk.tally, LOGIN).await;
        let form = Form::of(&page.text, LOGIN)?.with("password", OFFICE_PASSWORD);
        let _ = self.browser.send(&walk.tally, &form).await;
        let page = self.browser.get(&walk.tally, target).await;
        if page.is_ok() { Some(page.text) } else { None }
    }
}

/// What the provider says when it is asked about the operation.
fn was_executed(walk: &Walk, key: &str, reference: &str) -> bool {
    let ledger = walk.stage.sandbox().ledger();
    let (is_confirmation, payment) = match reference.rsplit_once("-utr-") {
        Some((payment, _)) if key.contains("confirm") => (true, payment),
        _ => (false, reference),
    };
    ledger.order(payment).entries().iter().any(|entry| match entry.kind {
        EntryKind::Confirmed => is_confirmation,
        EntryKind::Executed | EntryKind::Credited | EntryKind::Refunded => entry.moves_money && !is_confirmation,
        _ => false,
    })
}

const NAME: &str = "back office";
const LOGIN: &str = "/office/login";
