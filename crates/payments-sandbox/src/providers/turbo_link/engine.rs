//! tur.bo's engine: its links, its API, and its pages.

use time::OffsetDateTime;

use super::behaviours::BEHAVIOURS;
use super::fee::Fee;
use super::filter::Filter;
use super::link::{Action, Link};
use super::responses::{ErrorResponse, Members};
use super::routes::{Route, route};
use super::settings::Settings;
use super::{actions, control, filter, link, pages, responses};
use crate::endpoint::{self, ControlCall, Endpoint};
use crate::engine::{ControlResult, Effect, Engine, Imperfections, OrderSummary, PossibleAction, ProviderSpec};
use crate::html;
use crate::http::{Request, Response};
use crate::money::AmountUnit;
use crate::problem::Problem;
use crate::qr;
use crate::random::Random;

/// The engine of tur.bo.
#[derive(Debug, Clone)]
pub(crate) struct TurboLinkEngine {
    pub(super) settings: Settings,
    /// The origin of the payment pages and QR codes, which is the listener's.
    pub(super) origin: String,
    pub(super) random: Random,
    /// In order of creation.
    pub(super) links: Vec<Link>,
}

pub(crate) const SPEC: ProviderSpec = ProviderSpec {
    name: "turbo-link",
    key_headers: &[],
    operations: &["list", "detail"],
    read_only_operations: &["list", "detail"],
    operations_with_messages: &[],
    paid_later: &[],
    unit: AmountUnit::Hundredths,
    page_action: actions::of_page,
    handle_call: actions::handle_call,
    transitions: &[],
    behaviours: BEHAVIOURS,
    imperfections: Imperfections {
        descriptive: &["msg", "api_path", "limit", "qr", "url", "created"],
        prose: &[],
        refusal: (200, r#"{"error":true,"msg":"Invalid request"}"#),
    },
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

    fn page_order(&self, request: &Request) -> Option<(String, String)> {
        match route(request)? {
            Route::Page(id) if self.link(&id).is_ok() => Some((id.clone(), id)),
            Route::Page(_) | Route::Image(_) | Route::List | Route::Detail(_) => None,
        }
    }

    fn respond(&mut self, request: &Request, now: OffsetDateTime) -> (Response, Vec<Effect>) {
        let mut effects = Vec::new();
        let result = match route(request) {
            Some(Route::Page(id)) => return (self.page(request, &id, &mut effects), effects),
            Some(Route::Image(id)) => return (self.image(&id), effects),
            Some(Route::List) => self.list(request, None, now),
            Some(Route::Detail(id)) => self.list(request, Some(&id), now),
            None => Err(ErrorResponse::new(404, "no such endpoint")),
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

    fn possible_actions(&self, id: &str) -> Vec<PossibleAction> {
        self.possible(id)
    }

    fn orders(&self) -> Vec<OrderSummary<'_>> {
        let summaries = self.links.iter().map(|link| OrderSummary {
            operation: "payment",
            reference: &link.id,
            id: &link.id,
            status: link.status.as_str(),
            amount: link.amount,
            currency: "USD",
        });
        summaries.collect()
    }

    fn endpoints(&self) -> Vec<&'static Endpoint> {
        endpoint::endpoints(control::ROUTES)
    }

    fn control(&mut self, endpoint: usize, call: &ControlCall<'_>, now: OffsetDateTime) -> ControlResult {
        (control::ROUTES[endpoint].handler)(self, call, now)
    }
}

impl TurboLinkEngine {
    pub(crate) fn new(settings: Settings, origin: String, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let links = if settings.has_initial_links { link::initial(&mut random) } else { Vec::new() };
        Self { settings, origin, random, links }
    }

    /// Creates a link, as the merchant does in the dashboard: no endpoint creates one. Returns its id.
    pub(crate) fn create(&mut self, amount: &str, now: OffsetDateTime) -> Result<(Vec<Effect>, String), Problem> {
        let amount = link::dollars(amount)?;
        let id = loop {
            let id = self.random.alphanumeric(6).to_ascii_lowercase();
            if id != SAMPLE_PATH && self.link(&id).is_err() {
                break id;
            }
        };
        let link = Link::new(id.clone(), amount, now);
        let created = link.changed(None);
        self.links.push(link);
        Ok((vec![created], id))
    }

    /// Performs an action of the customer or the merchant on a link.
    pub(crate) fn act(&mut self, id: &str, action: Action) -> Result<Vec<Effect>, Problem> {
        self.link_mut(id)?.apply(action)
    }

    /// Sets a link's convenience fee.
    pub(crate) fn set_fee(&mut self, id: &str, fee: &Fee) -> Result<(), Problem> {
        let charge = fee.charge()?;
        let link = self.link_mut(id)?;
        if link.status != link::Status::Pending {
            return Err(Problem::Conflict(format!("link {id:?} is already {}", link.status.as_str())));
        }
        link.charge = charge;
        Ok(())
    }

    /// Returns the URLs of a link's payment page and of its QR code.
    pub(crate) fn urls(&self, id: &str) -> Result<(String, String), Problem> {
        self.link(id).map(|link| (link.url(&self.origin), link.qr(&self.origin)))
    }

    pub(super) fn link(&self, id: &str) -> Result<&Link, Problem> {
        self.links.iter().find(|link| link.id == id).ok_or_else(|| Problem::NotFound(format!("no such link: {id:?}")))
    }

    fn link_mut(&mut self, id: &str) -> Result<&mut Link, Problem> {
        self.links
            .iter_mut()
            .find(|link| link.id == id)
            .ok_or_else(|| Problem::NotFound(format!("no such link: {id:?}")))
    }

    fn list(&self, request: &Request, id: Option<&str>, now: OffsetDateTime) -> Result<Response, ErrorResponse> {
        let fields = filter::Fields::read(&request.body);
        if fields.get("api_key") != Some(self.settings.api_key.as_str()) {
            return Err(ErrorResponse::new(401, "the api_key is missing or not valid"));
        }
        let filter = Filter::read(&fields, now.date())?;
        let (id, members) = match id {
            // The sample requests this path, and its response lists this link.
            Some(SAMPLE_PATH) => (Some(link::SAMPLE_ID), Members::Sample),
            other => (other, Members::Table),
        };
        if id.is_some_and(|id| self.link(id).is_err()) {
            return Err(ErrorResponse::new(404, "no such payment"));
        }
        let matches = |link: &&Link| id.is_none_or(|id| link.id == id) && filter.covers(link.created.date());
        let mut links: Vec<&Link> = self.links.iter().rev().filter(matches).collect();
        // The newest first. The sort is stable, so links of the same time stay in reverse order of creation.
        links.sort_by_key(|link| std::cmp::Reverse(link.created));
        Ok(responses::listing(&links, &filter, members, &self.settings, &self.origin))
    }

    fn page(&mut self, request: &Request, id: &str, effects: &mut Vec<Effect>) -> Response {
        let Ok(link) = self.link(id) else { return Response::customer_page(404, html::not_found()) };
        if request.method == "GET" {
            return Response::customer_page(200, pages::payment(link));
        }
        let result = match request.parameter("action").as_deref() {
            Some("pay") => self.act(id, Action::Complete),
            _ => Err(Problem::invalid("unknown action")),
        };
        match result {
            Ok(recorded) => {
                effects.extend(recorded);
                Response::redirect(303, &format!("{}{id}", link::PAGES))
            }
            Err(problem) => {
                let page = match (problem, self.link(id)) {
                    // A page that the browser went back to shows what the link has become.
                    (Problem::Conflict(_), Ok(link)) => pages::payment(link),
                    (problem, _) => html::error(&problem.to_string(), &format!("{}{id}", link::PAGES)),
                };
                Response::customer_page(409, page)
            }
        }
    }

    fn image(&self, id: &str) -> Response {
        let link = self.link(id).ok();
        match link.and_then(|link| qr::png(&link.url(&self.origin))) {
            Some(png) => Response::new(200, "image/png", png),
            None => Response::customer_page(404, html::not_found()),
        }
    }
}

/// The id in the sample's path, whose response lists the link `abc123`.
const SAMPLE_PATH: &str = "baddef";
