//! card3ds: the bank's page, in a frame and on its own, and the checkout.

use card3ds::{
    ApiKey, ApiSecret, Card, Challenge, ChallengePage, Client, Currency, Expiry, Money, NewPayment, NewThreeDsPayment,
    ReturnUrls, ThreeDsCallback,
};
use payments_browser_tests::{Browser, Screen};

use crate::support::{World, expect_conflict};

fn client(world: &World) -> Client {
    let card3ds = world.sandbox.card3ds();
    let (key, secret) = (ApiKey::new(card3ds.api_key()).unwrap(), ApiSecret::new(card3ds.api_secret()).unwrap());
    Client::builder(key, secret).base_url(card3ds.base_url()).build().unwrap()
}

/// Starts a payment with 3-D Secure.
async fn start_3ds(world: &World, success: &str, failure: &str) -> Challenge {
    let price = Money::parse("100.50", Currency::TRY).unwrap();
    let expiry = Expiry::new(4, 2028).unwrap();
    let card = Card::new("John Doe", "5421190122090656".parse().unwrap(), expiry, "916".parse().unwrap());
    let payment = NewPayment::new("order-1", price, card, "198.51.100.7:52144".parse().unwrap());
    let urls = ReturnUrls { success: world.shop.url(success), failure: world.shop.url(failure) };
    let start = client(world).start_3ds(NewThreeDsPayment::new(payment, urls)).send().await.unwrap();
    start.into_challenge().unwrap()
}

/// Adds the merchant's pages of the guide: the challenge in a frame, and what the customer sees after it.
fn frame_challenge(world: &World, challenge: &Challenge) {
    let (frame, script) = (challenge.page.frame("three-ds"), ChallengePage::frame_script("three-ds"));
    let go_on = "<script>document.getElementById('three-ds')\
        .addEventListener('card3ds-returned', () => location.assign('/result'))</script>";
    world.shop.page("/challenge", &format!("{frame}{script}{go_on}"));
    for path in ["/success", "/failure"] {
        world.shop.respond(path, &ChallengePage::RETURN_HEADERS, ChallengePage::RETURN_PAGE);
    }
    world.shop.page("/result", "<p>We are looking at your payment</p>");
}

#[tokio::test]
async fn a_customer_approves_in_the_frame_of_another_site() {
    for screen in Screen::ALL {
        let world = World::start().await;
        let challenge = start_3ds(&world, "/success", "/failure").await;
        frame_challenge(&world, &challenge);
        let mut browser = Browser::start(screen).await;
        browser.open(&world.shop.url("/challenge")).await;
        browser.enter_frame("three-ds").await;
        browser.shows("100.50 TRY").await;
        browser.look("card3ds-frame").await;
        browser.press("Approve").await;
        browser.leave_frames().await;
        browser.shows("We are looking at your payment").await;

        let posted = world.shop.posted();
        assert_eq!((posted.len(), posted[0].path.as_str()), (1, "/success"));
        let callback = ThreeDsCallback::parse(posted[0].body.as_bytes()).unwrap();
        let payment = client(&world).complete_3ds(&challenge.payment_id, &callback).send().await.unwrap();
        payment.into_success().unwrap();
        browser.finish().await;
        world.sandbox.ledger().order("order-1").executed_once();
        world.sandbox.finish();
    }
}

#[tokio::test]
async fn a_customer_rejects_in_the_frame_of_another_site() {
    for screen in Screen::ALL {
        let world = World::start().await;
        let challenge = start_3ds(&world, "/success", "/failure").await;
        frame_challenge(&world, &challenge);
        let browser = Browser::start(screen).await;
        browser.open(&world.shop.url("/challenge")).await;
        browser.enter_frame("three-ds").await;
        browser.press("Reject").await;
        browser.leave_frames().await;
        browser.shows("We are looking at your payment").await;
        browser.finish().await;
        assert_eq!(world.shop.posted()[0].path, "/failure");
        assert_eq!(world.sandbox.card3ds().order("order-1").status(), Some("FAILED"));
        world.sandbox.ledger().order("order-1").never_executed();
        world.sandbox.finish();
    }
}

#[tokio::test]
async fn a_bank_that_has_the_window_decides_once() {
    for screen in Screen::ALL {
        for (button, result, back) in [
            ("Approve", "approved", Some("Welcome back")),
            ("Reject", "rejected", Some("Welcome back")),
            ("Leave without a decision", "abandoned", None),
        ] {
            let world = World::start().await;
            let challenge = start_3ds(&world, "/back", "/back").await;
            // The provider's HTML, which a click or its script submits.
            world.shop.page("/bank", challenge.page.html());
            let mut browser = Browser::start(screen).await;
            browser.open(&world.shop.url("/bank")).await;
            browser.shows("542119******0656").await;
            browser.look("card3ds-bank").await;
            browser.reload().await;
            browser.press(button).await;
            browser.shows(back.unwrap_or("You left without a decision.")).await;
            if back.is_none() {
                browser.look("card3ds-abandoned").await;
            }

            let page = challenge_page(&world, &challenge);
            browser.open(&page).await;
            browser.shows(&format!("This payment was {result}.")).await;
            browser.look(&format!("card3ds-{result}")).await;
            browser.finish().await;
            world.sandbox.finish();
        }
    }
}

/// The bank's page, for a customer who returns to it.
fn challenge_page(world: &World, challenge: &Challenge) -> String {
    let (_, rest) = challenge.page.html().split_once("value=\"").unwrap();
    let (token, _) = rest.split_once('"').unwrap();
    format!("{}/3ds-challenge?challenge={token}", world.sandbox.card3ds().base_url())
}

#[tokio::test]
async fn a_customer_pays_in_installments_at_the_checkout_and_cannot_pay_again() {
    for screen in Screen::ALL {
        let world = World::start().await;
        let (id, page) = world.checkout("order-1").await;
        let mut browser = Browser::start(screen).await;
        browser.open(&page).await;
        browser.shows("Two books").await;
        browser.look("card3ds-checkout").await;
        browser.reload().await;
        browser.choose("Pay", "3 ×").await;
        browser.press("mastercard").await;
        browser.shows("Welcome back").await;
        assert_eq!(world.shop.posted()[0].body, format!("checkoutId={id}"));

        browser.open(&page).await;
        browser.shows("This payment is SUCCESS.").await;
        browser.look("card3ds-checkout-ended").await;
        browser.finish().await;
        world.sandbox.ledger().order("order-1").executed_once();
        world.sandbox.finish();
    }
}

#[tokio::test]
async fn a_customer_goes_back_to_the_checkout_and_finds_a_way_on() {
    for screen in Screen::ALL {
        let world = World::start().await;
        let (_, page) = world.checkout("order-1").await;
        let mut browser = Browser::start(screen).await;
        browser.open(&page).await;
        browser.shows("Two books").await;
        browser.run("window.open(location.href)").await;
        browser.press("Cancel").await;
        browser.shows("Welcome back").await;
        browser.enter_other_tab().await;
        expect_conflict(&mut browser);
        browser.press("visa").await;
        browser.shows("this checkout has already ended").await;
        browser.look("card3ds-not-possible").await;
        browser.press("Back to the payment").await;
        browser.shows("This payment is FAILED.").await;
        browser.finish().await;
        world.sandbox.ledger().order("order-1").never_executed();
        world.sandbox.finish();
    }
}

#[tokio::test]
async fn a_declined_card_sends_the_customer_back() {
    for screen in Screen::ALL {
        let world = World::start().await;
        let (_, page) = world.checkout("order-1").await;
        let browser = Browser::start(screen).await;
        browser.open(&page).await;
        browser.press("declined").await;
        browser.shows("Welcome back").await;
        browser.finish().await;
        world.sandbox.ledger().order("order-1").never_executed();
        world.sandbox.finish();
    }
}
