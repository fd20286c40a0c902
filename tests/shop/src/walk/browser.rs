//! A browser: cookies for the shop, none for other sites, and no patience.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Mutex;
use std::time::Duration;

use reqwest::header::LOCATION;
use reqwest::redirect::Policy;

use super::html::Form;
use super::{Tally, lock};
use crate::Failed;

/// What a site sent.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// 0 if there was no response: the shop is dead, or the customer has not waited for it.
    pub(super) status: u16,
    pub(super) location: Option<String>,
    pub(super) text: String,
}

impl Page {
    pub(super) fn is_ok(&self) -> bool {
        self.status == 200
    }

    /// The result in a few words, for the list of steps.
    pub(super) fn in_words(&self) -> String {
        match (self.status, &self.location) {
            (0, _) => "no response".to_owned(),
            (status, Some(location)) => format!("{status} {location}"),
            (status, None) => status.to_string(),
        }
    }
}

#[derive(Debug)]
pub(super) struct Browser {
    shop: String,
    own: reqwest::Client,
    /// Sends no cookies of the shop, as browsers do with a bank's form.
    foreign: reqwest::Client,
}

impl Browser {
    pub(super) fn new(port: u16) -> Result<Self, Failed> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let client = |has_cookies| {
            let builder = reqwest::Client::builder().cookie_store(has_cookies).redirect(Policy::none());
            let client = builder.resolve("localhost", address).timeout(PATIENCE).build();
            client.map_err(|error| Failed::new(error.to_string()))
        };
        Ok(Self { shop: format!("http://localhost:{port}"), own: client(true)?, foreign: client(false)? })
    }

    pub(super) async fn get(&self, tally: &Mutex<Tally>, target: &str) -> Page {
        read(tally, self.client(target).get(self.url(target))).await
    }

    pub(super) async fn send(&self, tally: &Mutex<Tally>, form: &Form) -> Page {
        read(tally, self.client(&form.target).post(self.url(&form.target)).form(&form.fields)).await
    }

    /// Sends a form of another site to the shop.
    pub(super) async fn send_from_elsewhere(&self, tally: &Mutex<Tally>, form: &Form) -> Page {
        read(tally, self.foreign.post(self.url(&form.target)).form(&form.fields)).await
    }

    /// Uses the sandbox's control API: what banks do.
    pub(super) async fn control(&self, tally: &Mutex<Tally>, url: String) -> Page {
        let request = self.foreign.post(url).header("content-type", "application/json").body("{}");
        read(tally, request).await
    }

    pub(super) fn is_shop(&self, target: &str) -> bool {
        target.starts_with('/') || target.starts_with(&self.shop)
    }

    fn client(&self, target: &str) -> &reqwest::Client {
        if self.is_shop(target) { &self.own } else { &self.foreign }
    }

    fn url(&self, target: &str) -> String {
        if target.starts_with('/') { format!("{}{target}", self.shop) } else { target.to_owned() }
    }
}

async fn read(tally: &Mutex<Tally>, request: reqwest::RequestBuilder) -> Page {
    let page = async {
        let response = request.send().await?;
        let location = response.headers().get(LOCATION).and_then(|location| location.to_str().ok()).map(str::to_owned);
        let status = response.status().as_u16();
        Ok::<_, reqwest::Error>(Page { status, location, text: response.text().await? })
    };
    let page = page.await.unwrap_or_default();
    let mut tally = lock(tally);
    tally.requests += 1;
    tally.unanswered += u64::from(page.status == 0);
    tally.server_errors += u64::from(page.status >= 500);
    page
}

/// How long a customer waits before they close the tab.
const PATIENCE: Duration = Duration::from_millis(1500);
