//! tur.bo, as its document shows it: payment links to be listed, and the pages behind them.

mod behaviours;
mod fee;
mod filter;
mod link;
mod page;
mod settings;
mod wire;

use serde::Deserialize;
use serde_json::{Value, json};
use time::OffsetDateTime;

pub use behaviours::BEHAVIOURS;
pub use fee::Fee;
pub(crate) use link::Action;
pub use settings::{FeeValue, Settings};

use crate::control;
use crate::engine::{Behaviour, Controlled, Effect, Engine};
use crate::http::{Request, Response, decoded};
use crate::page as pages;
use crate::qr;
use crate::random::Random;
use filter::Filter;
use link::Link;
use wire::{Members, Refusal};

/// The engine.
#[derive(Debug, Clone)]
pub(crate) struct TurboLink {
    settings: Settings,
    /// Where the payment pages and the QR codes are: the listener's own address.
    pub(crate) origin: String,
    random: Random,
    /// In the order in which they came.
    links: Vec<Link>,
}

const NAME: &str = "turbo-link";

impl Engine for TurboLink {
    fn name(&self) -> &'static str {
        NAME
    }

    fn operations(&self) -> &'static [&'static str] {
        &["list", "detail"]
    }

    fn reads(&self) -> &'static [&'static str] {
        self.operations()
    }

    fn told_of(&self) -> &'static [&'static str] {
        &[]
    }

    fn operation(&self, request: &Request) -> Option<(&'static str, Option<String>)> {
        Some(match route(request)? {
            Route::List => ("list", None),
            Route::Detail(id) => ("detail", Some(id)),
            Route::Page(_) | Route::Image(_) => return None,
        })
    }

    fn respond(&mut self, request: &Request, now: OffsetDateTime) -> (Response, Vec<Effect>) {
        let mut effects = Vec::new();
        let asked = match route(request) {
            Some(Route::Page(id)) => return (self.page(request, &id, &mut effects), effects),
            Some(Route::Image(id)) => return (self.image(&id), effects),
            Some(Route::List) => self.list(request, None, now),
            Some(Route::Detail(id)) => self.list(request, Some(&id), now),
            None => Err(Refusal::new(404, "there is nothing at this address")),
        };
        let response = asked.unwrap_or_else(|refusal| {
            let hidden =
                self.settings.errors_under_200 || (refusal.status == 401 && self.settings.unauthorized_under_200);
            refusal.response(if hidden { 200 } else { refusal.status })
        });
        (response, effects)
    }

    fn rehearse(&self, request: &Request, now: OffsetDateTime) -> Response {
        self.clone().respond(request, now).0
    }

    fn tick(&mut self, _now: OffsetDateTime) -> Vec<Effect> {
        Vec::new()
    }

    fn next_due(&self) -> Option<OffsetDateTime> {
        None
    }

    fn status(&self, reference: &str) -> Option<String> {
        self.link(reference).ok().map(|link| link.status.as_str().to_owned())
    }

    fn behaviours(&self) -> &'static [Behaviour] {
        BEHAVIOURS
    }

    fn control_addresses(&self) -> &'static [(&'static str, &'static str)] {
        ADDRESSES
    }

    fn control(&mut self, path: &[&str], body: &[u8], now: OffsetDateTime) -> Option<Controlled> {
        match path {
            ["links"] => Some(self.create_as_told(body, now).map(|answer| (Vec::new(), answer))),
            ["links", id, "fee"] => Some(control::read(body).and_then(|fee: Fee| {
                self.set_fee(id, &fee)?;
                Ok((Vec::new(), json!({"id": id, "status": self.status(id)})))
            })),
            ["links", id, action] => Some(self.act_by_name(id, action)),
            _ => None,
        }
    }
}

impl TurboLink {
    pub(crate) fn new(settings: Settings, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let links = if settings.begins_with_links { link::first(&mut random) } else { Vec::new() };
        Self { settings, origin: String::new(), random, links }
    }

    /// Makes a link, as the merchant would in the dashboard: no endpoint does.
    pub(crate) fn create(&mut self, amount: &str, now: OffsetDateTime) -> Result<String, String> {
        let amount = link::dollars(amount)?;
        let id = loop {
            let id = self.random.word(6).to_ascii_lowercase();
            if id != SAMPLE_PATH && self.link(&id).is_err() {
                break id;
            }
        };
        self.links.push(Link::new(id.clone(), amount, now));
        Ok(id)
    }

    /// Does something to a link, as a customer or the back office would.
    pub(crate) fn act(&mut self, id: &str, action: Action) -> Result<Vec<Effect>, String> {
        let link = self.link_mut(id)?;
        Ok(vec![link.apply(action)?])
    }

    /// Sets a link's convenience fee.
    pub(crate) fn set_fee(&mut self, id: &str, fee: &Fee) -> Result<(), String> {
        let charge = fee.charge()?;
        let link = self.link_mut(id)?;
        if link.status != link::Status::Pending {
            return Err(format!("link {id:?} is {} already", link.status.as_str()));
        }
        link.charge = charge;
        Ok(())
    }

    /// Where a link is paid, and where its QR code is.
    pub(crate) fn addresses(&self, id: &str) -> Result<(String, String), String> {
        self.link(id).map(|link| (link.url(&self.origin), link.qr(&self.origin)))
    }

    fn link(&self, id: &str) -> Result<&Link, String> {
        self.links.iter().find(|link| link.id == id).ok_or_else(|| format!("there is no link {id:?}"))
    }

    fn link_mut(&mut self, id: &str) -> Result<&mut Link, String> {
        self.links.iter_mut().find(|link| link.id == id).ok_or_else(|| format!("there is no link {id:?}"))
    }

    fn create_as_told(&mut self, body: &[u8], now: OffsetDateTime) -> Result<Value, String> {
        let new: NewLink = control::read(body)?;
        if let Some(fee) = &new.fee {
            fee.charge()?;
        }
        let id = self.create(&new.amount, now)?;
        if let Some(fee) = &new.fee {
            self.set_fee(&id, fee)?;
        }
        let (url, qr) = self.addresses(&id)?;
        Ok(json!({"id": id, "url": url, "qr": qr}))
    }

    fn act_by_name(&mut self, id: &str, name: &str) -> Controlled {
        let action = match name {
            "complete" => Action::Complete,
            "refund" => Action::Refund,
            _ => return Err(format!("{name:?} is no action; there are complete, refund, fee")),
        };
        let effects = self.act(id, action)?;
        Ok((effects, json!({"id": id, "status": self.status(id)})))
    }

    fn list(&self, request: &Request, id: Option<&str>, now: OffsetDateTime) -> Result<Response, Refusal> {
        let fields = filter::Fields::read(&request.body);
        if fields.get("api_key") != Some(self.settings.api_key.as_str()) {
            return Err(Refusal::new(401, "the api_key is missing or not valid"));
        }
        let filter = Filter::read(&fields, now.date())?;
        let (id, members) = match id {
            // The sample: this path, and the link that it lists.
            Some(SAMPLE_PATH) => (Some(link::SAMPLE_ID), Members::Sample),
            other => (other, Members::Table),
        };
        if id.is_some_and(|id| self.link(id).is_err()) {
            return Err(Refusal::new(404, "there is no such payment"));
        }
        let asked = |link: &&Link| id.is_none_or(|id| link.id == id) && filter.covers(link.created.date());
        let mut found: Vec<&Link> = self.links.iter().rev().filter(asked).collect();
        // The newest first, and what was made in the same moment in the order of its making, backwards.
        found.sort_by_key(|link| std::cmp::Reverse(link.created));
        Ok(wire::listing(&found, &filter, members, &self.settings, &self.origin))
    }

    fn page(&mut self, request: &Request, id: &str, effects: &mut Vec<Effect>) -> Response {
        let Ok(link) = self.link(id) else { return Response::html(404, pages::missing()) };
        if request.method == "GET" {
            return Response::html(200, page::payment(link));
        }
        let done = match request.parameter("action").as_deref() {
            Some("pay") => self.act(id, Action::Complete),
            _ => Err("there is no such button".to_owned()),
        };
        match done {
            Ok(done) => {
                effects.extend(done);
                Response::redirect(303, &format!("{}{id}", link::PAGES))
            }
            Err(problem) => Response::html(409, pages::problem(&problem)),
        }
    }

    fn image(&self, id: &str) -> Response {
        let link = self.link(id).ok();
        match link.and_then(|link| qr::png(&link.url(&self.origin))) {
            Some(png) => Response::new(200, "image/png", png),
            None => Response::html(404, pages::missing()),
        }
    }
}

enum Route {
    List,
    Detail(String),
    Page(String),
    Image(String),
}

fn route(request: &Request) -> Option<Route> {
    let one_segment = |prefix: &str| {
        let rest = request.path.strip_prefix(prefix)?;
        (!rest.is_empty() && !rest.contains('/')).then(|| decoded(rest))
    };
    match request.method.as_str() {
        "POST" if request.path == "/payments" => Some(Route::List),
        "POST" => one_segment("/payments/").map(Route::Detail).or_else(|| one_segment(link::PAGES).map(Route::Page)),
        "GET" => {
            let image = || Some(Route::Image(one_segment(link::IMAGES)?.strip_suffix(".png")?.to_owned()));
            one_segment(link::PAGES).map(Route::Page).or_else(image)
        }
        _ => None,
    }
}

#[derive(Deserialize)]
struct NewLink {
    amount: String,
    fee: Option<Fee>,
}

/// What the sample asks for, and is answered with the link `abc123`.
const SAMPLE_PATH: &str = "baddef";

const ADDRESSES: &[(&str, &str)] = &[
    (
        "POST /turbo-link/links",
        "make one: {\"amount\": \"1.00\"}, perhaps with {\"fee\": {\"setting\": \"flat\", \"value\": \"0.50\"}}",
    ),
    ("POST /turbo-link/links/{id}/{action}", "complete, refund"),
    (
        "POST /turbo-link/links/{id}/fee",
        "{\"setting\": \"flat\", \"value\": \"0.50\"}, {\"setting\": \"percentage\", \"value\": \"2.5\"}, {\"setting\": \"disabled\"}",
    ),
];
