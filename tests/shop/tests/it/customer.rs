//! A customer and the back office, over HTTP.

use std::time::Duration;

use ::stage::{OFFICE_PASSWORD, Stage};
use payments_sandbox::turbopay::Settings;
use reqwest::header::LOCATION;
use reqwest::redirect::Policy;
use serde_json::Value;

/// Starts a stage on which banks settle at once.
pub(crate) async fn stage() -> Stage {
    let turbopay = Settings::default().settles_after(Duration::from_millis(50));
    Stage::builder().seed(7).sandbox(|sandbox| sandbox.turbopay(turbopay)).start().await.unwrap()
}

/// A browser with cookies, which follows no redirect.
pub(crate) struct Customer<'a> {
    client: reqwest::Client,
    stage: &'a Stage,
}

impl<'a> Customer<'a> {
    pub(crate) fn of(stage: &'a Stage) -> Self {
        let client = reqwest::Client::builder().cookie_store(true).redirect(Policy::none()).build().unwrap();
        Self { client, stage }
    }

    pub(crate) async fn get(&self, path: &str) -> String {
        let response = self.client.get(format!("{}{path}", self.stage.url())).send().await.unwrap();
        assert!(response.status().is_success(), "{path}: {}", response.status());
        response.text().await.unwrap()
    }

    pub(crate) async fn status(&self, path: &str) -> u16 {
        self.client.get(format!("{}{path}", self.stage.url())).send().await.unwrap().status().as_u16()
    }

    /// Sends the form of a page, with its token. Returns where the shop sends the browser.
    pub(crate) async fn send(&self, page: &str, path: &str, fields: &[(&str, &str)]) -> String {
        let csrf = hidden(&self.get(page).await, "csrf");
        self.try_send(path, &csrf, fields).await.unwrap()
    }

    /// Sends a form. An error if the shop does not respond, as when it is killed.
    pub(crate) async fn try_send(
        &self,
        path: &str,
        csrf: &str,
        fields: &[(&str, &str)],
    ) -> Result<String, reqwest::Error> {
        let form: Vec<(&str, &str)> = [("csrf", csrf)].into_iter().chain(fields.iter().copied()).collect();
        let response = self.client.post(format!("{}{path}", self.stage.url())).form(&form).send().await?;
        let status = response.status();
        let location = response.headers().get(LOCATION).map(|location| location.to_str().unwrap().to_owned());
        let body = response.text().await?;
        Ok(location.unwrap_or_else(|| panic!("{path}: {status} {body}")))
    }

    /// Posts a form, and returns the status.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> u16 {
        let request = self.client.post(format!("{}{path}", self.stage.url())).form(fields);
        request.send().await.unwrap().status().as_u16()
    }

    /// Posts a form as another site does: without the session. Returns the status, and whether a cookie was set.
    pub(crate) async fn post_from_another_site(&self, path: &str, fields: &[(&str, &str)]) -> (u16, bool) {
        let url = format!("{}{path}", self.stage.url());
        let client = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
        let response = client.post(url).form(fields).send().await.unwrap();
        (response.status().as_u16(), response.headers().contains_key("set-cookie"))
    }

    /// Waits until the page of the order shows this state.
    pub(crate) async fn wait_for(&self, order: &str, state: &str) {
        self.wait_for_page(&format!("/orders/{order}"), &format!("data-state=\"{state}\"")).await;
    }

    /// Waits until a page contains this text, and returns the page.
    pub(crate) async fn wait_for_page(&self, path: &str, text: &str) -> String {
        let until = async {
            loop {
                let page = self.get(path).await;
                if page.contains(text) {
                    return page;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let Ok(page) = tokio::time::timeout(LONGEST, until).await else {
            panic!("{path} does not contain {text}: {}", self.get(path).await);
        };
        page
    }

    /// Orders tea, and returns the order's id.
    pub(crate) async fn order(&self) -> String {
        let catalogue = self.get("/").await;
        let (csrf, order) = (hidden(&catalogue, "csrf"), hidden(&catalogue, "order"));
        self.try_send("/orders", &csrf, &[("order", &order), ("product", "tea")]).await.unwrap();
        order
    }

    /// Starts a payment by this method, and returns where the shop sends the browser.
    pub(crate) async fn pay(&self, order: &str, method: &str, fields: &[(&str, &str)]) -> String {
        let path = format!("/orders/{order}/pay/{method}");
        self.send(&path, &path, fields).await
    }

    /// Saves a card, and returns its id.
    pub(crate) async fn save_card(&self) -> String {
        self.send("/cards", "/cards", &CARD_FORM[1..]).await;
        let order = self.order().await;
        let form = self.get(&format!("/orders/{order}/pay/saved-card")).await;
        between(&form, "<option value=\"", "\"")
    }

    pub(crate) async fn log_in(&self) {
        self.send("/office/login", "/office/login", &[("password", OFFICE_PASSWORD)]).await;
    }

    /// Returns the token and the reference of a form for payouts.
    pub(crate) async fn payout_form(&self) -> (String, String) {
        let form = self.get("/office/payouts").await;
        (hidden(&form, "csrf"), hidden(&form, "reference"))
    }

    /// Pays out 500 rupees under this reference. An error if the shop does not respond.
    pub(crate) async fn pay_out(&self, csrf: &str, reference: &str) -> Result<String, reqwest::Error> {
        let payout = [
            ("reference", reference),
            ("amount", "500"),
            ("customer", "C-1"),
            ("account", "065432123456789"),
            ("bank", "HDFC0000053"),
        ];
        self.try_send("/office/payouts", csrf, &payout).await
    }
}

/// The id of the order that card3ds has under this reference, for actions of the customer.
pub(crate) fn card3ds_id(stage: &Stage, reference: &str) -> String {
    let orders = stage.sandbox().control("GET", &format!("/orders?provider=card3ds&reference={reference}"), "");
    let orders: Value = serde_json::from_str(&orders).unwrap();
    orders[0]["id"].as_str().unwrap().to_owned()
}

/// The value of the first hidden field with this name.
pub(crate) fn hidden(html: &str, name: &str) -> String {
    between(html, &format!("name=\"{name}\" value=\""), "\"")
}

#[track_caller]
pub(crate) fn between(text: &str, before: &str, after: &str) -> String {
    let rest = text.split_once(before).unwrap_or_else(|| panic!("no {before} in {text}")).1;
    rest.split_once(after).unwrap().0.to_owned()
}

pub(crate) const CARD: &str = "4111111111111111";

/// What the form for a card has. That for a card to save has no holder.
pub(crate) const CARD_FORM: [(&str, &str); 4] =
    [("holder", "Asha"), ("number", CARD), ("expiry", "12/35"), ("cvv", "123")];

/// Far longer than anything takes. The tests poll until something is so.
pub(crate) const LONGEST: Duration = Duration::from_secs(240);
