//! tur.bo, as its document shows it: payment links to be listed, and the pages behind them.

use time::OffsetDateTime;

use super::behaviours::BEHAVIOURS;
use super::fee::Fee;
use super::filter::Filter;
use super::link::{Action, Link};
use super::responses::{ErrorResponse, Members};
use super::routes::{Route, route};
use super::settings::Settings;
use super::{control, filter, link, pages, responses};
use crate::engine::{ControlResult, Effect, Engine, ProviderSpec};
use crate::html;
use crate::http::{Request, Response};
use crate::qr;
use crate::random::Random;

/// The engine.
#[derive(Debug, Clone)]
pub(crate) struct TurboLinkEngine {
    pub(super) settings: Settings,
    /// Where the payment pages and the QR codes are: the listener's own address.
    pub(super) origin: String,
    pub(super) random: Random,
    /// In the order in which they came.
    pub(super) links: Vec<Link>,
}

pub(crate) const SPEC: ProviderSpec = ProviderSpec {
    name: "turbo-link",
    operations: &["list", "detail"],
    read_only_operations: &["list", "detail"],
    operations_with_messages: &[],
    behaviours: BEHAVIOURS,
    control_addresses: control::ADDRESSES,
};

impl Engine for TurboLinkEngine {
    fn spec(&self) -> &'static ProviderSpec {
        &SPEC
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
        let result = match route(request) {
            Some(Route::Page(id)) => return (self.page(request, &id, &mut effects), effects),
            Some(Route::Image(id)) => return (self.image(&id), effects),
            Some(Route::List) => self.list(request, None, now),
            Some(Route::Detail(id)) => self.list(request, Some(&id), now),
            None => Err(ErrorResponse::new(404, "there is nothing at this address")),
        };
        let response = result.unwrap_or_else(|error| {
            let hides_status =
                self.settings.errors_under_200 || (error.status == 401 && self.settings.unauthorized_under_200);
            error.response(if hides_status { 200 } else { error.status })
        });
        (response, effects)
    }

    fn random(&mut self) -> &mut Random {
        &mut self.random
    }

    fn status(&self, reference: &str) -> Option<String> {
        self.link(reference).ok().map(|link| link.status.as_str().to_owned())
    }

    fn control(&mut self, path: &[&str], body: &[u8], now: OffsetDateTime) -> Option<ControlResult> {
        control::act(self, path, body, now)
    }
}

impl TurboLinkEngine {
    pub(crate) fn new(settings: Settings, origin: String, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let links = if settings.begins_with_links { link::first(&mut random) } else { Vec::new() };
        Self { settings, origin, random, links }
    }

    /// Makes a link, as the merchant would in the dashboard: no endpoint does.
    pub(crate) fn create(&mut self, amount: &str, now: OffsetDateTime) -> Result<String, String> {
        let amount = link::dollars(amount)?;
        let id = loop {
            let id = self.random.alphanumeric(6).to_ascii_lowercase();
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

    fn list(&self, request: &Request, id: Option<&str>, now: OffsetDateTime) -> Result<Response, ErrorResponse> {
        let fields = filter::Fields::read(&request.body);
        if fields.get("api_key") != Some(self.settings.api_key.as_str()) {
            return Err(ErrorResponse::new(401, "the api_key is missing or not valid"));
        }
        let filter = Filter::read(&fields, now.date())?;
        let (id, members) = match id {
            // The sample: this path, and the link that it lists.
            Some(SAMPLE_PATH) => (Some(link::SAMPLE_ID), Members::Sample),
            other => (other, Members::Table),
        };
        if id.is_some_and(|id| self.link(id).is_err()) {
            return Err(ErrorResponse::new(404, "there is no such payment"));
        }
        let matches = |link: &&Link| id.is_none_or(|id| link.id == id) && filter.covers(link.created.date());
        let mut found: Vec<&Link> = self.links.iter().rev().filter(matches).collect();
        // The newest first, and what was made in the same moment in the order of its making, backwards.
        found.sort_by_key(|link| std::cmp::Reverse(link.created));
        Ok(responses::listing(&found, &filter, members, &self.settings, &self.origin))
    }

    fn page(&mut self, request: &Request, id: &str, effects: &mut Vec<Effect>) -> Response {
        let Ok(link) = self.link(id) else { return Response::html(404, html::not_found()) };
        if request.method == "GET" {
            return Response::html(200, pages::payment(link));
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
            Err(problem) => Response::html(409, html::error(&problem)),
        }
    }

    fn image(&self, id: &str) -> Response {
        let link = self.link(id).ok();
        match link.and_then(|link| qr::png(&link.url(&self.origin))) {
            Some(png) => Response::new(200, "image/png", png),
            None => Response::html(404, html::not_found()),
        }
    }
}

/// What the sample asks for, and is answered with the link `abc123`.
const SAMPLE_PATH: &str = "baddef";
