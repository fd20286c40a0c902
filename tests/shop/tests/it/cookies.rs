//! The shop's cookies behind HTTPS.

use ::stage::{OFFICE_PASSWORD, Stage};
use reqwest::header::{COOKIE, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};

use crate::customer::hidden;

/// A browser would not send these cookies without HTTPS, so this keeps them itself.
struct Browser<'a> {
    client: Client,
    stage: &'a Stage,
}

impl Browser<'_> {
    async fn get(&self, path: &str, cookies: &str) -> Response {
        let request = self.client.get(format!("{}{path}", self.stage.url())).header(COOKIE, cookies);
        request.send().await.unwrap()
    }

    async fn post(&self, path: &str, cookies: &str, fields: &[(&str, &str)]) -> Response {
        let request = self.client.post(format!("{}{path}", self.stage.url())).header(COOKIE, cookies).form(fields);
        request.send().await.unwrap()
    }
}

/// The cookie that a response sets, with its attributes.
fn set(response: &Response) -> String {
    response.headers()[SET_COOKIE].to_str().unwrap().to_owned()
}

fn pair(cookie: &str) -> &str {
    cookie.split(';').next().unwrap()
}

#[tokio::test]
async fn no_other_host_can_set_a_session_or_the_proof_of_the_office() {
    let stage = Stage::builder().env("SHOP_URL", "https://shop.example").start().await.unwrap();
    let browser = Browser { client: Client::builder().redirect(Policy::none()).build().unwrap(), stage: &stage };

    let session = set(&browser.get("/office/login", "").await);
    let attributes: Vec<&str> = session.split("; ").skip(1).collect();
    assert!(session.starts_with("__Host-session="), "{session}");
    assert_eq!(attributes, ["HttpOnly", "SameSite=Lax", "Secure", "Path=/"]);

    let page = browser.get("/office/login", pair(&session)).await;
    assert!(!page.headers().contains_key(SET_COOKIE), "the session is known");
    let csrf = hidden(&page.text().await.unwrap(), "csrf");
    let login = [("csrf", csrf.as_str()), ("password", OFFICE_PASSWORD)];
    let office = set(&browser.post("/office/login", pair(&session), &login).await);
    assert!(office.starts_with("__Host-office=") && office.contains("; SameSite=Strict; Secure"), "{office}");

    let both = format!("{}; {}", pair(&session), pair(&office));
    assert_eq!(browser.get("/office", &both).await.status(), StatusCode::OK);
    let planted = both.replace("__Host-", "");
    let refused = browser.get("/office", &planted).await;
    assert_eq!(refused.status(), StatusCode::SEE_OTHER);
    assert_ne!(pair(&set(&refused)), pair(&session), "what any host can set is no session");

    // A browser deletes a cookie with this prefix only if the attributes are right, too.
    let deleted = set(&browser.post("/office/logout", &both, &[("csrf", &csrf)]).await);
    assert!(deleted.starts_with("__Host-office=;") && deleted.contains("Max-Age=0"), "{deleted}");
    assert!(deleted.contains("; Secure") && deleted.contains("; Path=/"), "{deleted}");
    stage.finish();
}
