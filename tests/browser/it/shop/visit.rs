//! The shop, with a browser.

use std::time::Duration;

use payments_browser_tests::{Browser, LIMIT, Screen, until};
use payments_sandbox::RecordKind;
use stage::books::Books;
use stage::{OFFICE_PASSWORD, Stage};

/// The way to pay, as the order's page names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Card,
    BankPage,
    SavedCard,
    Upi,
    UpiPage,
    UpiApp,
}

impl Method {
    fn title(self) -> &'static str {
        match self {
            Self::Card => "Card with 3-D Secure",
            Self::BankPage => "Card on the bank's page",
            Self::SavedCard => "Saved card",
            Self::Upi => "UPI with a QR code here",
            Self::UpiPage => "UPI on TurboPay's page",
            Self::UpiApp => "UPI on the page of Turbo Transactions",
        }
    }
}

/// A running shop, and a browser of one customer.
#[derive(Debug)]
pub(super) struct Visit {
    pub(super) browser: Browser,
    pub(super) stage: Stage,
}

impl Visit {
    pub(super) async fn start() -> Self {
        Self::start_on(Screen::Desktop).await
    }

    pub(super) async fn start_on(screen: Screen) -> Self {
        let stage = Stage::builder().start().await.unwrap_or_else(|failed| panic!("{failed}"));
        Self { browser: Browser::start(screen).await, stage }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.stage.url())
    }

    /// Opens a page of the shop.
    pub(super) async fn open(&self, path: &str) {
        self.browser.open(&self.url(path)).await;
    }

    /// Orders a thing in the catalogue, and returns the order's id.
    pub(super) async fn order(&self) -> String {
        self.open("/").await;
        self.browser.press("Order Assam tea").await;
        self.order_on_page().await
    }

    /// The id of the order whose page is shown.
    pub(super) async fn order_on_page(&self) -> String {
        self.browser.comes_to("/orders/ORD-").await;
        let url = self.browser.url().await;
        let (_, order) = url.split_once("/orders/").expect("the page of an order");
        order.split('/').next().unwrap_or_default().to_owned()
    }

    pub(super) async fn open_order(&self, order: &str) {
        self.open(&format!("/orders/{order}")).await;
    }

    /// Opens the form of a method from the order's page, and fills it in.
    pub(super) async fn choose(&self, method: Method) {
        self.browser.press(method.title()).await;
        self.fill_in(method).await;
    }

    /// Fills in the form of a method.
    pub(super) async fn fill_in(&self, method: Method) {
        if method == Method::Card {
            self.browser.fill("Name on the card", "John Doe").await;
            self.fill_card(CARD3DS_CARD).await;
        }
    }

    async fn fill_card(&self, number: &str) {
        for (field, text) in [("Card number", number), ("Expiry date, MM/YY", "04/30"), ("Security code", "916")] {
            self.browser.fill(field, text).await;
        }
    }

    /// Chooses a method, and sends its form.
    pub(super) async fn pay(&self, method: Method) {
        self.choose(method).await;
        self.browser.press("Pay").await;
    }

    /// Stores a card at TurraTech.
    pub(super) async fn save_card(&self) {
        self.open("/cards").await;
        self.fill_card(TURRATECH_CARD).await;
        self.browser.press("Save").await;
        self.browser.shows("4242").await;
    }

    /// Orders a thing and pays it with a saved card: the shortest way to a paid order.
    pub(super) async fn buy(&self) -> String {
        self.save_card().await;
        let order = self.order().await;
        self.pay(Method::SavedCard).await;
        self.is("paid").await;
        order
    }

    /// Waits until the bank asks the customer in the frame.
    pub(super) async fn bank_asks(&self) {
        self.browser.enter_frame("three-ds").await;
        self.browser.shows("200.50 TRY").await;
        self.browser.leave_frames().await;
    }

    /// Decides in the frame with the bank's challenge.
    pub(super) async fn decide_in_frame(&self, button: &str) {
        self.browser.enter_frame("three-ds").await;
        self.browser.press(button).await;
        self.browser.leave_frames().await;
    }

    /// Lets the banks decide about a payment, which takes them two seconds.
    pub(super) fn let_the_bank_decide(&self) {
        self.stage.sandbox().clock().advance(Duration::from_secs(3));
    }

    /// Waits until the order's page shows this state.
    pub(super) async fn is(&self, state: &str) {
        self.browser.becomes(&format!("document.body.dataset.state === {state:?}")).await;
    }

    /// Opens a page until it shows a text.
    pub(super) async fn page_comes_to_show(&self, path: &str, text: &str) {
        let is_shown = async || {
            self.open(path).await;
            self.browser.shows_within(text, Duration::from_millis(500)).await.then_some(())
        };
        until(&format!("{path} shows {text:?}"), is_shown).await;
    }

    /// Waits until the page says that the order is paid and shipped, and asserts that money moved once and is booked.
    pub(super) async fn is_bought_once(&self, order: &str) {
        self.open_order(order).await;
        self.is("paid").await;
        self.browser.shows("Handed to shipping").await;
        self.books_are_equal().await;
        self.money_moved(order, 1);
    }

    /// Asserts how often money moved under all references of an order.
    #[track_caller]
    pub(super) fn money_moved(&self, order: &str, times: usize) {
        let ledger = self.stage.sandbox().ledger();
        let prefix = format!("{order}-");
        let moved = ledger.entries().iter().filter(|entry| entry.moves_money && entry.reference.starts_with(&prefix));
        let moved: Vec<String> = moved.map(ToString::to_string).collect();
        assert_eq!(moved.len(), times, "{order}: {moved:#?}");
    }

    /// How many requests of an operation the provider has received.
    pub(super) fn requests(&self, operation: &str) -> usize {
        self.records(RecordKind::Request, operation)
    }

    /// How many responses of an operation the provider has sent.
    pub(super) fn responses(&self, operation: &str) -> usize {
        self.records(RecordKind::Told, operation)
    }

    fn records(&self, kind: RecordKind, operation: &str) -> usize {
        let records = self.stage.sandbox().records();
        records.iter().filter(|record| record.kind == kind && record.operation == Some(operation)).count()
    }

    /// Waits until the shop has booked what the ledger has.
    pub(super) async fn books_are_equal(&self) {
        self.books_when("equal", |books| books.unequal().next().is_none()).await;
    }

    /// Waits until the comparison of the books with the ledger is as expected.
    pub(super) async fn books_when(&self, what: &str, is_met: impl FnMut(&Books) -> bool) {
        let met = tokio::time::timeout(LIMIT, self.stage.books_when(is_met)).await;
        if met.is_err() {
            let books = self.stage.books().await.unwrap_or_else(|failed| panic!("{failed}"));
            panic!("never: the books are {what}:\n{books}\n{}", self.stage.shop().last_lines());
        }
    }

    /// Logs in to the back office.
    pub(super) async fn log_in(&self) {
        self.open("/office").await;
        self.browser.fill("Password", OFFICE_PASSWORD).await;
        self.browser.press("Log in").await;
        self.browser.shows("Balance at TurboPay").await;
    }

    /// Opens what needs review in the back office, and decides it.
    pub(super) async fn decide_review(&self, reference: &str, decision: &str, question: &str) {
        self.open("/office/reviews").await;
        self.browser
            .run(&format!("[...document.links].find((link) => link.text.includes({reference:?})).click()"))
            .await;
        self.browser.shows(question).await;
        self.browser.shows(&format!("{reference}-1")).await;
        self.browser.run(&format!("document.querySelector('input[value={decision}]').click()")).await;
        self.browser.fill("Decided by", "Asha, ticket 17").await;
        self.browser.press("Decide").await;
        self.browser.shows("Nothing needs a person.").await;
    }

    /// Fills in a payout in the back office.
    pub(super) async fn fill_payout(&self) {
        self.open("/office/payouts").await;
        for (field, text) in [
            ("Amount in rupees", "750"),
            ("Your id of the recipient", "supplier-1"),
            ("Account number", "065432123456789"),
            ("IFSC", "HDFC0000053"),
        ] {
            self.browser.fill(field, text).await;
        }
    }

    /// Clicks, and kills the shop once the provider has executed the operation that follows, before it responds.
    pub(super) async fn kill_after(&self, operation: &str, button: &str) {
        let killed = self.stage.kill_when_executed(operation);
        let click = format!("setTimeout(() => document.getElementById({button:?}).click())");
        // The driver waits for the page that follows.
        tokio::join!(self.browser.run(&click), self.killed(killed));
    }

    pub(super) async fn killed(&self, killed: impl Future<Output = ()>) {
        tokio::time::timeout(LIMIT, killed).await.expect("the provider executes the operation");
    }

    /// Starts the shop again, once the lease of the call that was interrupted is over.
    pub(super) async fn restart(&mut self) {
        self.stage.sandbox().clock().advance(Duration::from_secs(40));
        self.stage.start().await.unwrap_or_else(|failed| panic!("{failed}"));
        // Chromium may log the requests that the kill has ended.
        self.browser.findings().await.console.retain(|error| !error.contains("net::ERR_"));
    }

    pub(super) async fn finish(self) {
        self.stage.books().await.unwrap_or_else(|failed| panic!("{failed}")).nothing_is_wrong();
        self.browser.finish().await;
        self.stage.finish();
    }
}

const CARD3DS_CARD: &str = "5421190122090656";
const TURRATECH_CARD: &str = "4242424242424242";
