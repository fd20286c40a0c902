//! Every payment method, to the end.

use super::visit::{Method, Visit};

#[tokio::test]
async fn a_customer_pays_by_card_once_the_bank_has_asked_in_the_frame() {
    let visit = Visit::start().await;
    let order = visit.order().await;
    visit.pay(Method::Card).await;
    visit.decide_in_frame("Approve").await;
    // The page around the frame goes on by itself.
    visit.is("paid").await;
    visit.is_bought_once(&order).await;
    visit.finish().await;
}

#[tokio::test]
async fn a_customer_pays_with_a_card_that_was_saved() {
    let visit = Visit::start().await;
    let order = visit.order().await;
    visit.choose(Method::SavedCard).await;
    visit.browser.press("Save one first.").await;
    let order_with_card = visit.buy().await;
    visit.is_bought_once(&order_with_card).await;
    // The first order is still there, and can be paid now.
    visit.open_order(&order).await;
    visit.pay(Method::SavedCard).await;
    visit.is_bought_once(&order).await;
    visit.finish().await;
}

#[tokio::test]
async fn a_customer_pays_by_upi_on_the_shops_page() {
    let visit = Visit::start().await;
    let order = visit.order().await;
    visit.pay(Method::Upi).await;
    visit.browser.shows("500.00 INR").await;
    let scanned = scan(&visit, "qr").await;
    let link = visit.browser.run("return document.querySelector('a[href^=\"upi:\"]').getAttribute('href')").await;
    assert_eq!(payment(&scanned), payment(link.as_str().unwrap()), "the code and the link pay the same");
    let left = visit.browser.run("return document.getElementById('countdown').textContent").await;
    visit.browser.becomes(&format!("document.getElementById('countdown').textContent !== {left}")).await;

    visit.stage.sandbox().turbopay().order(&format!("{order}-1")).pay();
    visit.browser.fill("UTR", "412345678901").await;
    visit.browser.press("I have paid").await;
    visit.browser.shows("UTR 412345678901 entered").await;
    visit.let_the_bank_decide();
    // The order's page notices by itself.
    visit.is("paid").await;
    visit.is_bought_once(&order).await;
    visit.finish().await;
}

#[tokio::test]
async fn a_customer_pays_by_upi_on_the_pages_of_the_providers() {
    let visit = Visit::start().await;
    for method in [Method::UpiPage, Method::UpiApp] {
        let order = visit.order().await;
        visit.pay(method).await;
        visit.browser.press("I have paid").await;
        assert_eq!(visit.order_on_page().await, order, "the provider sends the customer back to the order");
        visit.let_the_bank_decide();
        visit.is("paid").await;
        visit.is_bought_once(&order).await;
    }
    visit.finish().await;
}

/// What a UPI link pays: the payee's address, a text, and the amount.
fn payment(link: &str) -> [String; 3] {
    let link = reqwest::Url::parse(link).unwrap();
    let value = |name| link.query_pairs().find(|(key, _)| key == name).unwrap().1.trim_end_matches(".00").to_owned();
    ["pa", "tn", "am"].map(value)
}

/// Reads the QR code of an image, as it is shown.
async fn scan(visit: &Visit, id: &str) -> String {
    visit.browser.becomes(&format!("document.getElementById({id:?})?.naturalWidth > 0")).await;
    let pixels = visit.browser.run(&format!("const code = document.getElementById({id:?}); {PIXELS}")).await;
    let width = pixels["width"].as_u64().unwrap() as usize;
    let grey: Vec<u8> = pixels["grey"].as_array().unwrap().iter().map(|grey| grey.as_u64().unwrap() as u8).collect();
    let height = grey.len() / width;
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| grey[y * width + x]);
    let codes = image.detect_grids();
    assert_eq!(codes.len(), 1, "one code is shown");
    codes[0].decode().unwrap().1
}

const PIXELS: &str = "
    const canvas = new OffscreenCanvas(code.width, code.height);
    const context = canvas.getContext('2d');
    context.drawImage(code, 0, 0, code.width, code.height);
    const { data } = context.getImageData(0, 0, code.width, code.height);
    return { width: code.width, grey: Array.from({ length: data.length / 4 }, (_, pixel) => data[4 * pixel]) }";
