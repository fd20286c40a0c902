//! The customer's pages. They work without scripts, and inside a sandboxed frame.

use super::amount::Currency;
use super::browser_return::BrowserReturn;
use super::card::TEST_CARDS;
use super::installments::InstallmentQuery;
use super::payment::{Checkout, Payment, Status};
use super::three_ds::Challenge;
use crate::html::{LOAD_SCRIPT, document, escape};

/// Builds the HTML that starts a challenge on the merchant's page: a form that a script or a button posts.
pub(crate) fn challenge_form(origin: &str, challenge: &Challenge) -> String {
    format!(
        "<form id=\"card3ds\" action=\"{}{CHALLENGE}\" method=\"POST\">\
         <input type=\"hidden\" name=\"challenge\" value=\"{}\"><button>Continue to your bank</button></form>\
         <script>document.getElementById('card3ds').submit()</script>",
        escape(origin),
        escape(&challenge.token)
    )
}

/// Builds the challenge page of the cardholder's bank.
pub(crate) fn challenge(payment: &Payment, challenge: &Challenge) -> String {
    let summary = summary(payment);
    if let Some(result) = challenge.result() {
        return document("Your bank", &format!("{summary}<p>This payment was <strong>{result}</strong>.</p>"));
    }
    // A sandboxed frame may not navigate the window around it, but it can navigate itself.
    let button = |action: &str, label: &str, class: &str| {
        form(
            CHALLENGE,
            "_self",
            &[("challenge", &challenge.token), ("action", action)],
            &format!("<button class=\"{class}\">{label}</button>"),
        )
    };
    let card = payment.card.as_ref().map(|card| card.mask.as_str()).unwrap_or_default();
    let installments = if payment.installments > 1 {
        format!("<p>In {} installments, {} in total</p>", payment.installments, money(payment.total, payment.currency))
    } else {
        String::new()
    };
    document(
        "Your bank",
        &format!(
            "{summary}{installments}<p>Card {}</p>{}{}<p class=\"aside\">Only in the sandbox:</p>{}",
            escape(card),
            button("approve", "Approve", "main"),
            button("reject", "Reject", ""),
            button("abandon", "Leave without a decision", ""),
        ),
    )
}

/// Builds the page for a customer who left without a decision.
pub(crate) fn abandoned() -> String {
    document("Your bank", "<p>You left without a decision. The shop is not notified, and the payment stays open.</p>")
}

/// Builds the page that sends the customer's browser back to the merchant, by a script or a button.
pub(crate) fn browser_return(browser_return: &BrowserReturn) -> String {
    let fields: Vec<(&str, &str)> = browser_return.form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let form = form(&browser_return.url, "_self", &fields, "<button class=\"main\">Back to the shop</button>");
    document("Back to the shop", &format!("<div data-submit>{form}</div>{LOAD_SCRIPT}"))
}

/// Builds the hosted checkout page.
pub(crate) fn checkout(payment: &Payment, checkout: &Checkout) -> String {
    let description = escape(&checkout.description);
    let summary = format!("{}<p>{description}</p>", summary(payment));
    if payment.status != Status::Enrolled {
        let status = payment.status.as_str();
        return document("Checkout", &format!("{summary}<p>This payment is <strong>{status}</strong>.</p>"));
    }
    let cards: String = TEST_CARDS
        .iter()
        .map(|card| {
            let (name, mask, aside) = (card.name, card.mask(), card.declines.map_or("", |(_, message)| message));
            format!("<button name=\"card\" value=\"{name}\">{name} {mask}<br><small>{}</small></button>", escape(aside))
        })
        .collect();
    let target = format!("{CHECKOUT}{}", checkout.id);
    let pay = form(
        &target,
        "_self",
        &[("action", "pay")],
        &format!("{}<p class=\"aside\">With a test card:</p>{cards}", installment_choice(payment, checkout)),
    );
    let cancel = form(&target, "_self", &[("action", "cancel")], "<button>Cancel</button>");
    document("Checkout", &format!("{summary}{pay}{cancel}"))
}

/// Builds the choice of installments; empty if there is no choice.
fn installment_choice(payment: &Payment, checkout: &Checkout) -> String {
    let currency = payment.currency;
    let options: String = installment_query(payment, checkout)
        .offers()
        .map(|offer| {
            let (count, each, total) = (offer.count, currency.format(offer.installment), money(offer.total, currency));
            format!("<option value=\"{count}\">{count} × {each}, {total} in total</option>")
        })
        .collect();
    if options.is_empty() {
        return String::new();
    }
    format!(
        "<p><label>Pay <select name=\"installments\"><option value=\"1\">in full</option>{options}</select></label></p>"
    )
}

/// Returns the installment rules of a checkout.
pub(crate) fn installment_query(payment: &Payment, checkout: &Checkout) -> InstallmentQuery {
    InstallmentQuery {
        amount: payment.amount,
        currency: payment.currency,
        max_installments: checkout.max_installments,
        interest_paid_by_customer: checkout.interest_paid_by_customer,
    }
}

fn summary(payment: &Payment) -> String {
    let (amount, order) = (money(payment.amount, payment.currency), escape(&payment.order));
    format!("<p class=\"amount\">{amount}</p><p>Your order: {order}</p>")
}

fn money(amount: i64, currency: Currency) -> String {
    format!("{} {}", currency.format(amount), currency.code)
}

fn form(action: &str, target: &str, hidden: &[(&str, &str)], rest: &str) -> String {
    let hidden: String = hidden
        .iter()
        .map(|(name, value)| format!("<input type=\"hidden\" name=\"{}\" value=\"{}\">", escape(name), escape(value)))
        .collect();
    format!("<form method=\"post\" action=\"{}\" target=\"{target}\">{hidden}{rest}</form>", escape(action))
}

/// The path of challenge pages.
pub(crate) const CHALLENGE: &str = "/3ds-challenge";
/// The path prefix of checkout pages (documented).
pub(crate) const CHECKOUT: &str = "/checkout-link/";
