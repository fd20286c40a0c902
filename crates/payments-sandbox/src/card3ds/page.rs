//! The pages that a card's customer meets. They work without scripts, and inside a frame that is sandboxed.

use super::amount::Currency;
use super::card::TEST_CARDS;
use super::installments::Asked;
use super::payment::{Checkout, Payment, Status};
use super::three_ds::Challenge;
use super::way_back::WayBack;
use crate::page::{document, escaped};

/// What a merchant shows to have a challenge begin: a form, which a script posts, or else a button.
pub(crate) fn entrance(origin: &str, challenge: &Challenge) -> String {
    format!(
        "<form id=\"card3ds\" action=\"{}{CHALLENGE}\" method=\"POST\">\
         <input type=\"hidden\" name=\"challenge\" value=\"{}\"><button>Continue to your bank</button></form>\
         <script>document.getElementById('card3ds').submit()</script>",
        escaped(origin),
        escaped(&challenge.token)
    )
}

/// The cardholder's bank asks.
pub(crate) fn challenge(payment: &Payment, challenge: &Challenge) -> String {
    let told = told(payment);
    if let Some(done) = challenge.done() {
        return document("Your bank", &format!("{told}<p>This payment was <strong>{done}</strong>.</p>"));
    }
    // A frame that may not navigate the window around it, as a shop's frame should be, can still navigate itself.
    let button = |action: &str, label: &str, class: &str| {
        form(
            CHALLENGE,
            "_self",
            &[("challenge", &challenge.token), ("action", action)],
            &format!("<button class=\"{class}\">{label}</button>"),
        )
    };
    let card = payment.card.as_ref().map(|card| card.mask.as_str()).unwrap_or_default();
    let parts = if payment.installments > 1 {
        format!("<p>In {} parts, together {}</p>", payment.installments, money(payment.total, payment.currency))
    } else {
        String::new()
    };
    document(
        "Your bank",
        &format!(
            "{told}{parts}<p>Card {}</p>{}{}<p class=\"aside\">Only in the sandbox:</p>{}",
            escaped(card),
            button("approve", "Approve", "main"),
            button("reject", "Reject", ""),
            button("abandon", "Go away without an answer", ""),
        ),
    )
}

/// The customer has gone away.
pub(crate) fn abandoned() -> String {
    document("Your bank", "<p>You went away. Nobody will ever hear of this payment again.</p>")
}

/// Sends the customer's browser back to the merchant: by script, or else by a button.
pub(crate) fn way_back(way_back: &WayBack) -> String {
    let fields: Vec<(&str, &str)> = way_back.form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let form = form(&way_back.url, "_self", &fields, "<button class=\"main\">Back to the shop</button>");
    document("Back to the shop", &format!("{form}<script>document.forms[0].submit()</script>"))
}

/// The hosted checkout.
pub(crate) fn checkout(payment: &Payment, checkout: &Checkout) -> String {
    let description = escaped(&checkout.description);
    let told = format!("{}<p>{description}</p>", told(payment));
    if payment.status != Status::Enrolled {
        let status = payment.status.as_str();
        return document("Checkout", &format!("{told}<p>This payment is <strong>{status}</strong>.</p>"));
    }
    let cards: String = TEST_CARDS
        .iter()
        .map(|card| {
            let (name, mask, aside) = (card.name, card.mask(), card.declines.map_or("", |(_, words)| words));
            format!(
                "<button name=\"card\" value=\"{name}\">{name} {mask}<br><small>{}</small></button>",
                escaped(aside)
            )
        })
        .collect();
    let target = format!("{CHECKOUT}{}", checkout.id);
    let pay = form(
        &target,
        "_self",
        &[("action", "pay")],
        &format!("{}<p class=\"aside\">With a test card:</p>{cards}", parts(payment, checkout)),
    );
    let cancel = form(&target, "_self", &[("action", "cancel")], "<button>Cancel</button>");
    document("Checkout", &format!("{told}{pay}{cancel}"))
}

/// The choice in how many parts to pay, where there is one.
fn parts(payment: &Payment, checkout: &Checkout) -> String {
    let currency = payment.currency;
    let options: String = asked(payment, checkout)
        .offers()
        .map(|offer| {
            let (count, part, total) = (offer.count, currency.written(offer.part), money(offer.total, currency));
            format!("<option value=\"{count}\">{count} × {part}, together {total}</option>")
        })
        .collect();
    if options.is_empty() {
        return String::new();
    }
    format!(
        "<p><label>Pay <select name=\"installments\" style=\"font:inherit;width:100%;padding:.6rem\"><option value=\"1\">at once</option>{options}</select></label></p>"
    )
}

/// What a checkout's customer may choose from.
pub(crate) fn asked(payment: &Payment, checkout: &Checkout) -> Asked {
    Asked {
        amount: payment.amount,
        currency: payment.currency,
        most: checkout.most,
        interest_paid_by_customer: checkout.interest_paid_by_customer,
    }
}

fn told(payment: &Payment) -> String {
    let (amount, order) = (money(payment.amount, payment.currency), escaped(&payment.order));
    format!("<p class=\"amount\">{amount}</p><p>Your order: {order}</p>")
}

fn money(amount: i64, currency: Currency) -> String {
    format!("{} {}", currency.written(amount), currency.code)
}

fn form(action: &str, target: &str, hidden: &[(&str, &str)], rest: &str) -> String {
    let hidden: String = hidden
        .iter()
        .map(|(name, value)| format!("<input type=\"hidden\" name=\"{}\" value=\"{}\">", escaped(name), escaped(value)))
        .collect();
    format!("<form method=\"post\" action=\"{}\" target=\"{target}\">{hidden}{rest}</form>", escaped(action))
}

/// Where challenges are.
pub(crate) const CHALLENGE: &str = "/3ds-challenge";
/// What the addresses of checkouts begin with (documented).
pub(crate) const CHECKOUT: &str = "/checkout-link/";
