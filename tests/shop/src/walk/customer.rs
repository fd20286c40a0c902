//! A customer: orders, pays, hesitates, and clicks twice. A customer knows only what the shop's pages have shown.

use std::sync::Mutex;
use std::time::Duration;

use payments_proof::Random;
use tokio::time::sleep;

use super::browser::{Browser, Page};
use super::faults::LOST_CHARGE;
use super::html::{Form, all_between, between, unescape};
use super::{Walk, lock};
use crate::Failed;

#[derive(Debug)]
pub(super) struct Customer {
    pub(super) name: String,
    pub(super) browser: Browser,
    orders: Mutex<Vec<Order>>,
}

/// An order, with all tabs that the customer has opened for it.
#[derive(Debug, Clone, Default)]
struct Order {
    id: String,
    /// The state that its page has shown last.
    state: String,
    /// True if that page loads itself again until there is a result.
    is_waiting: bool,
    /// The forms that were sent, for the back button.
    forms: Vec<Form>,
    /// The providers' pages.
    pages: Vec<String>,
    /// The banks' forms for the shop.
    returns: Vec<Form>,
    /// The payments at TurboPay whose page or QR code was shown.
    seen: Vec<String>,
    /// The one whose QR code was shown last.
    upi: Option<String>,
}

impl Order {
    /// True if the bank's page was shown last. Such a payment can be cancelled, and be passed later.
    fn is_challenged(&self) -> bool {
        self.pages.last().is_some_and(|page| page.contains("?challenge="))
    }

    fn is_unpaid(&self) -> bool {
        !matches!(self.state.as_str(), "paid" | "refunded" | "reversed" | "paid twice")
    }
}

/// What a customer does.
#[derive(Debug, Clone, Copy)]
pub(super) enum Act {
    Order,
    Pay,
    SendOldForm,
    Look,
    UsePage,
    SendReturnAgain,
    PayByUpiApp,
    EnterUtr,
    Cancel,
}

impl Customer {
    pub(super) fn new(number: usize, port: u16) -> Result<Self, Failed> {
        Ok(Self { name: format!("customer {number}"), browser: Browser::new(port)?, orders: Mutex::default() })
    }

    /// Opens the shop for the first time, and gets the cookie: tabs that are opened together would get one each.
    pub(super) async fn arrive(&self, walk: &Walk) {
        while !self.get(walk, "/").await.is_ok() {}
    }

    /// The ids of all orders that the shop has confirmed or may have created.
    pub(super) fn orders(&self) -> Vec<String> {
        lock(&self.orders).iter().map(|order| order.id.clone()).collect()
    }

    /// True if the customer can have paid this payment at TurboPay.
    pub(super) fn has_seen(&self, payment: &str) -> bool {
        lock(&self.orders).iter().any(|order| order.seen.iter().any(|seen| seen == payment))
    }

    pub(super) async fn act(&self, walk: &Walk, act: Act, random: &mut Random) {
        let orders = lock(&self.orders).clone();
        let unpaid: Vec<Order> = orders.iter().filter(|order| order.is_unpaid()).cloned().collect();
        // Most customers leave alone what they have paid.
        let is_careful = random.percent(85);
        let among = if is_careful { &unpaid } else { &orders };
        if matches!(act, Act::Order) || among.is_empty() {
            return self.order(walk, random).await;
        }
        let order = random.pick(among);
        match act {
            Act::Order => {}
            Act::Pay => self.pay(walk, &order, random).await,
            Act::SendOldForm => self.send_old_form(walk, &order, random).await,
            Act::Look => self.look(walk, &order, random).await,
            Act::UsePage => {
                // Most people finish what they have begun.
                let with_pages: Vec<Order> = among.iter().filter(|order| !order.pages.is_empty()).cloned().collect();
                let order = if with_pages.is_empty() { order } else { random.pick(&with_pages) };
                if order.is_challenged() && random.percent(45) {
                    return self.cancel(walk, &order, random).await;
                }
                self.use_page(walk, &order, random).await;
            }
            Act::SendReturnAgain => self.send_return_again(walk, &order, random).await,
            Act::PayByUpiApp | Act::EnterUtr if among.iter().all(|order| order.upi.is_none()) => {
                self.pay(walk, &order, random).await;
            }
            Act::PayByUpiApp => self.pay_by_upi_app(walk, among, random).await,
            Act::EnterUtr => self.enter_utr(walk, among, random).await,
            Act::Cancel => self.cancel(walk, &order, random).await,
        }
    }

    async fn order(&self, walk: &Walk, random: &mut Random) {
        let catalogue = self.get(walk, "/").await;
        let forms: Vec<&str> = catalogue.text.split("action=\"/orders\"").skip(1).collect();
        if forms.is_empty() {
            return walk.note(&self.name, "opens the catalogue", &catalogue.in_words());
        }
        let html = format!("action=\"/orders\"{}", random.pick(&forms));
        let Some(form) = Form::of(&html, "/orders") else { return };
        let id = form.value("order").to_owned();
        lock(&self.orders).push(Order { id: id.clone(), ..Order::default() });
        walk.count(|tally| tally.orders += 1);
        let result = self.submit(walk, &[form.clone(), form], random.percent(30)).await;
        walk.note(&self.name, &format!("orders {id}"), &result);
    }

    async fn pay(&self, walk: &Walk, order: &Order, random: &mut Random) {
        let mut forms = Vec::new();
        let is_in_two_tabs = random.percent(20);
        for _ in 0..=usize::from(is_in_two_tabs) {
            forms.extend(self.form(walk, &order.id, random.pick(METHODS), random).await);
        }
        let Some(first) = forms.first().cloned() else { return };
        if forms.len() == 1 {
            forms.push(first.clone());
        }
        let is_twice = is_in_two_tabs || random.percent(25);
        self.change(&order.id, |order| order.forms.extend(forms[..=usize::from(is_in_two_tabs)].iter().cloned()));
        if first.target.ends_with("/saved-card") && random.one_in(3) {
            for fault in LOST_CHARGE {
                walk.note("sandbox", fault, "");
                walk.stage.sandbox().fault(fault);
            }
        }
        let tabs = if is_in_two_tabs { format!(" and {}", forms[1].target) } else { String::new() };
        let result = self.submit(walk, &forms, is_twice).await;
        walk.note(&self.name, &format!("sends {}{tabs}", first.target), &result);
        self.pay_again_if_open(walk, &order.id, random).await;
    }

    /// Waits for the result for a moment, and pays in another way if the page says that the order is not paid, as most people do.
    /// What may have been charged must not look so.
    async fn pay_again_if_open(&self, walk: &Walk, order: &str, random: &mut Random) {
        let page = format!("/orders/{order}");
        let mut shown = self.look_again(walk, order, &page).await;
        for _ in 0..RELOADS {
            if !shown.is_waiting {
                break;
            }
            sleep(RELOADS_AFTER).await;
            shown = self.look_again(walk, order, &page).await;
        }
        if shown.state != "open" || random.percent(30) {
            return;
        }
        let form = self.form(walk, order, "saved-card", random).await;
        let result = self.submit(walk, form.as_slice(), false).await;
        walk.note(&self.name, &format!("pays {order} by a saved card"), &result);
    }

    /// Opens the order's page, and returns what the customer knows then.
    async fn look_again(&self, walk: &Walk, order: &str, page: &str) -> Order {
        self.follow(walk, order, page).await;
        lock(&self.orders).iter().find(|known| known.id == order).cloned().unwrap_or_default()
    }

    /// Opens the form of a method and fills it in.
    async fn form(&self, walk: &Walk, order: &str, method: &str, random: &mut Random) -> Option<Form> {
        let target = format!("/orders/{order}/pay/{method}");
        let mut page = self.get(walk, &target).await;
        if method == "saved-card" && page.is_ok() && !page.text.contains("<option value=") {
            self.save_card(walk, random).await;
            page = self.get(walk, &target).await;
        }
        let form = Form::of(&page.text, &target);
        let Some(form) = form.filter(|_| page.is_ok()) else {
            walk.note(&self.name, &format!("opens {target}"), &page.in_words());
            return None;
        };
        Some(match method {
            "card" => {
                let number = if random.percent(85) { random.pick(GOOD_CARDS) } else { random.pick(BAD_CARDS) };
                let form = form.with("holder", "Ada Lovelace").with("number", number);
                form.with("expiry", "12/35").with("cvv", "123")
            }
            "saved-card" => {
                let cards: Vec<&str> = all_between(&page.text, "<option value=\"", "\"").collect();
                if cards.is_empty() {
                    return None;
                }
                form.with("saved_card", unescape(random.pick(&cards)))
            }
            _ => form,
        })
    }

    async fn save_card(&self, walk: &Walk, random: &mut Random) {
        let page = self.get(walk, "/cards").await;
        let Some(form) = Form::of(&page.text, "/cards") else { return };
        let number = if random.percent(75) { GOOD_CARDS[0] } else { random.pick(BAD_CARDS) };
        let form = form.with("number", number).with("expiry", "12/35").with("cvv", "123");
        let page = self.browser.send(&walk.tally, &form).await;
        walk.note(&self.name, "saves a card", &page.in_words());
    }

    /// Sends the first form, or both at the same time, and follows where the shop leads.
    async fn submit(&self, walk: &Walk, forms: &[Form], is_both: bool) -> String {
        let pages = match forms {
            [first, second, ..] if is_both => {
                let (first, second) =
                    tokio::join!(self.browser.send(&walk.tally, first), self.browser.send(&walk.tally, second));
                vec![first, second]
            }
            [first, ..] => vec![self.browser.send(&walk.tally, first).await],
            [] => Vec::new(),
        };
        let mut results = Vec::new();
        for (page, form) in pages.iter().zip(forms) {
            results.push(page.in_words());
            if let Some(location) = &page.location {
                self.follow(walk, order_of(&form.target).unwrap_or(form.value("order")), location).await;
            }
        }
        results.join(" and ")
    }

    /// Goes where a redirect or a link leads, and remembers what is shown there.
    async fn follow(&self, walk: &Walk, order: &str, target: &str) {
        if !self.browser.is_shop(target) {
            let paying = walk.newest_payment(order).filter(|_| target.contains("/deposit"));
            self.change(order, |order| order.seen.extend(paying));
            return self.remember_page(order, target.to_owned());
        }
        let page = self.get(walk, target).await;
        if target.ends_with("/challenge") {
            // The challenge is a form in the frame's text, which its script sends at once.
            let html = unescape(&page.text);
            let place = between(&html, "<form id=\"card3ds\" action=\"", "\"");
            let token = between(&html, "name=\"challenge\" value=\"", "\"");
            if let (Some(place), Some(token)) = (place, token) {
                self.remember_page(order, format!("{place}?challenge={token}"));
            }
            return;
        }
        if let Some(state) = between(&page.text, "data-state=\"", "\"") {
            let is_waiting = page.text.contains("http-equiv=\"refresh\"");
            self.change(order, |order| (order.state, order.is_waiting) = (state.to_owned(), is_waiting));
        }
        if let Some(link) = between(&page.text, "id=\"continue\" href=\"", "\"") {
            Box::pin(self.follow(walk, order, &unescape(link))).await;
        }
        if page.text.contains("id=\"upi-address\"") {
            let paying = walk.newest_payment(order);
            self.change(order, |order| {
                order.seen.extend(paying.clone());
                order.upi = paying.or(order.upi.take());
            });
        }
    }

    async fn send_old_form(&self, walk: &Walk, order: &Order, random: &mut Random) {
        if order.forms.is_empty() {
            return self.pay(walk, order, random).await;
        }
        let form = random.pick(&order.forms);
        let result = self.submit(walk, &[form.clone(), form.clone()], random.percent(30)).await;
        walk.note(&self.name, &format!("goes back and sends {} again", form.target), &result);
    }

    async fn look(&self, walk: &Walk, order: &Order, random: &mut Random) {
        let order_page = format!("/orders/{}", order.id);
        let target = random.pick(&[order_page.as_str(), &order_page, "/orders", "/cards"]);
        self.follow(walk, &order.id, target).await;
        walk.note(&self.name, &format!("looks at {target}"), "");
    }

    async fn use_page(&self, walk: &Walk, order: &Order, random: &mut Random) {
        let Some(page) = order.pages.last() else { return self.pay(walk, order, random).await };
        let page = if random.percent(80) { page.clone() } else { random.pick(&order.pages) };
        let (form, action) = choice(&page, random);
        let Some(form) = form else {
            let shown = self.get(walk, &page).await;
            return walk.note(&self.name, &format!("reloads {page}"), &shown.in_words());
        };
        let shown = self.browser.send(&walk.tally, &form).await;
        walk.note(&self.name, &format!("{action} at {page}"), &shown.in_words());
        let Some(form) = Form::sent_at_once(&shown.text) else { return };
        self.change(&order.id, |order| order.returns.push(form.clone()));
        // Some close the tab before it is sent.
        if random.percent(85) {
            self.send_return(walk, &order.id, &form, random).await;
        }
    }

    /// Sends the bank's form to the shop, as the customer's browser does: a bank's script sends it, without the shop's cookies.
    async fn send_return(&self, walk: &Walk, order: &str, form: &Form, random: &mut Random) {
        let is_twice = random.percent(25);
        let mut result = String::new();
        if is_twice {
            let (first, second) = tokio::join!(
                self.browser.send_from_elsewhere(&walk.tally, form),
                self.browser.send_from_elsewhere(&walk.tally, form)
            );
            result = format!("{} and ", first.in_words());
            result += &second.in_words();
        } else {
            let page = self.browser.send_from_elsewhere(&walk.tally, form).await;
            result += &page.in_words();
        }
        walk.note(&self.name, &format!("returns to {}", form.target), &result);
        self.pay_again_if_open(walk, order, random).await;
    }

    /// A reload, a return that was late, or a forged one.
    async fn send_return_again(&self, walk: &Walk, order: &Order, random: &mut Random) {
        let Some(form) = order.returns.last() else { return self.use_page(walk, order, random).await };
        let mut form = form.clone();
        if random.percent(30) {
            // Another payment's id and key under this payment's address.
            let others = lock(&self.orders).clone();
            let others: Vec<Form> = others.into_iter().flat_map(|order| order.returns).collect();
            let other = random.pick(&others);
            if other.target != form.target {
                walk.note(
                    &self.name,
                    &format!("forges a return to {} with the form of {}", form.target, other.target),
                    "",
                );
            }
            form.fields = other.fields;
        }
        self.send_return(walk, &order.id, &form, random).await;
    }

    async fn pay_by_upi_app(&self, walk: &Walk, orders: &[Order], random: &mut Random) {
        let payments: Vec<&String> = orders.iter().filter_map(|order| order.upi.as_ref()).collect();
        if payments.is_empty() {
            return;
        }
        let payment = random.pick(&payments);
        let url = format!("{}/turbopay/orders/{payment}/pay", walk.stage.sandbox().control_url());
        let page = self.browser.control(&walk.tally, url).await;
        walk.note(&self.name, &format!("pays {payment} in the UPI app"), &page.in_words());
    }

    async fn enter_utr(&self, walk: &Walk, orders: &[Order], random: &mut Random) {
        let waiting: Vec<&Order> = orders.iter().filter(|order| order.upi.is_some()).collect();
        if waiting.is_empty() {
            return;
        }
        let order = random.pick(&waiting);
        let (page, target) = (format!("/orders/{}", order.id), format!("/orders/{}/utr", order.id));
        let page = self.get(walk, &page).await;
        let Some(form) = Form::of(&page.text, &target) else { return };
        let utr = match random.below(10) {
            0 => "123".to_owned(),
            1 => "40201234567x".to_owned(),
            _ => random.between(400_000_000_000, 499_999_999_999).to_string(),
        };
        let form = form.with("utr", &utr);
        self.change(&order.id, |order| order.forms.push(form.clone()));
        let result = self.submit(walk, &[form.clone(), form], random.percent(25)).await;
        walk.note(&self.name, &format!("enters the UTR {utr} of {}", order.id), &result);
    }

    async fn cancel(&self, walk: &Walk, order: &Order, random: &mut Random) {
        let page = self.get(walk, &format!("/orders/{}", order.id)).await;
        let Some(form) = Form::of(&page.text, &format!("/orders/{}/cancel", order.id)) else {
            return self.look(walk, order, random).await;
        };
        self.change(&order.id, |order| order.forms.push(form.clone()));
        let result = self.submit(walk, &[form.clone(), form], random.percent(20)).await;
        walk.note(&self.name, &format!("cancels the payment of {}", order.id), &result);
        self.pay_again_if_open(walk, &order.id, random).await;
        // Most go back to the page of the old payment.
        if random.percent(85) {
            self.use_page(walk, order, random).await;
        }
    }

    /// The state that the order's page shows.
    pub(super) async fn state_of(&self, walk: &Walk, order: &str) -> String {
        let mut page = Page::default();
        // At the end, nobody is impatient.
        for _ in 0..20 {
            page = self.get(walk, &format!("/orders/{order}")).await;
            if page.status != 0 {
                break;
            }
        }
        between(&page.text, "data-state=\"", "\"").map_or_else(|| page.in_words(), str::to_owned)
    }

    async fn get(&self, walk: &Walk, target: &str) -> Page {
        self.browser.get(&walk.tally, target).await
    }

    fn remember_page(&self, order: &str, page: String) {
        self.change(order, |order| {
            if !order.pages.contains(&page) {
                order.pages.push(page);
            }
        });
    }

    fn change(&self, order: &str, change: impl FnOnce(&mut Order)) {
        if let Some(order) = lock(&self.orders).iter_mut().find(|known| known.id == order) {
            change(order);
        }
    }
}

/// The order of an address such as `/orders/ORD-1/utr`.
fn order_of(target: &str) -> Option<&str> {
    target.strip_prefix("/orders/")?.split('/').next()
}

/// What the customer decides on a provider's page; no form if the page is only loaded again.
fn choice(page: &str, random: &mut Random) -> (Option<Form>, &'static str) {
    let form = |fields: &[(&str, &str)]| Some(Form::new(page, fields));
    let number = random.below(20);
    if let Some((place, token)) = page.split_once("?challenge=") {
        let action = match number {
            0..=11 => "approve",
            12..=14 => "reject",
            15..=16 => "abandon",
            _ => return (None, "looks"),
        };
        return (Some(Form::new(place, &[("challenge", token), ("action", action)])), action);
    }
    let (pays, declines, leaves): (&[_], &[_], &[_]) = if page.contains("/checkout-link/") {
        (&[("action", "pay"), ("card", "visa")], &[("action", "pay"), ("card", "declined")], &[("action", "cancel")])
    } else if page.contains("/deposit") {
        (&[("action", "pay")], &[("action", "cancel")], &[("action", "expire")])
    } else {
        (&[("action", "pay")], &[("action", "reject")], &[("action", "leave")])
    };
    match number {
        0..=12 => (form(pays), "pays"),
        13..=14 => (form(declines), "declines"),
        15..=16 => (form(leaves), "leaves"),
        _ => (None, "looks"),
    }
}

/// How often a customer sees the page load itself again, and how soon: for longer than a worker takes to ask the provider.
const RELOADS: u32 = 8;
const RELOADS_AFTER: Duration = Duration::from_millis(200);

const METHODS: &[&str] = &["card", "card", "saved-card", "saved-card", "bank-page", "upi", "upi-page", "upi-app"];
/// Cards that both card providers accept.
const GOOD_CARDS: &[&str] = &["4111111111111111", "4242424242424242", "4000056655665556"];
/// Declined, without money, and one that needs the bank's confirmation at TurraTech.
const BAD_CARDS: &[&str] = &["4000000000000002", "4000000000009995", "4000002500003155"];
