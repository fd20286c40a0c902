//! The example that goes through TurboPay's checklist: what it finds out, and what it leaves to people.

use payments_sandbox::Sandbox;
use payments_sandbox::turbopay::{Settings, Settle};
use turbopay::ApiKey;

#[path = "../../examples/going_live/steps.rs"]
mod steps;

use steps::{Arguments, Found, Merchant};

#[tokio::test]
async fn nothing_fails_in_a_sandbox() {
    let steps = in_a(Sandbox::builder().start().await).await;

    assert_eq!(failed(&steps), [""; 0]);
    assert_eq!(steps.iter().filter(|step| matches!(step.found, Found::Ok(_))).count(), 13);
}

#[tokio::test]
async fn what_only_people_can_do_is_not_called_done() {
    let steps = in_a(Sandbox::builder().start().await).await;

    assert_eq!(
        by_hand(&steps),
        [
            "the application handles every error",
            "the application keeps that log",
            "the status URL can be reached",
            "TurboPay's addresses may reach this server",
            "the back office shows every order",
            "day and hour of the start are arranged",
            "the start is agreed to",
            "the first live payments are watched",
        ]
    );
}

#[tokio::test]
async fn an_address_that_is_not_whitelisted_fails_with_what_to_do() {
    let steps = in_a(sandbox(Settings::default().not_whitelisted()).await).await;

    let step = steps.iter().find(|step| step.name == "TurboPay takes requests from this address").unwrap();
    assert!(step.to_string().starts_with("FAILED"), "{step}");
    assert!(step.to_string().ends_with("have TurboPay whitelist this server's address"), "{step}");
}

#[tokio::test]
async fn an_account_without_wallets_fails_what_needs_them() {
    let steps = in_a(sandbox(Settings::default().no_wallets()).await).await;

    assert_eq!(
        failed(&steps)[..2],
        ["deposits are created", "withdrawals are created"],
        "the steps after them need orders too"
    );
}

#[tokio::test]
async fn a_reference_that_is_taken_twice_fails() {
    let sandbox = sandbox(Settings::default().without_unique_references()).await;
    let merchant = elsewhere(&sandbox, &[]);

    let steps = all(&merchant).await;

    assert_eq!(failed_but_the_address(&steps), ["duplicate data"]);
    sandbox.abandon(); // it complains of the second order
}

#[tokio::test]
async fn nothing_is_paid_out_to_nobody() {
    let sandbox = Sandbox::builder().start().await;

    let steps = all(&elsewhere(&sandbox, &[])).await;

    assert!(by_hand(&steps).contains(&"withdrawals are created"));
    assert_eq!(sandbox.ledger().executions("turbopay.withdraw"), 0);
    sandbox.finish();
}

#[tokio::test]
async fn one_payout_is_made_where_it_is_told_to() {
    let sandbox = Sandbox::builder().start().await;

    let steps = all(&elsewhere(&sandbox, &["account=065432123456789", "ifsc=HDFC0000053", "amount=300"])).await;

    assert_eq!(failed_but_the_address(&steps), [""; 0]);
    assert_eq!(sandbox.ledger().executions("turbopay.withdraw"), 1);
    sandbox.finish();
}

#[tokio::test]
async fn a_payout_whose_answer_is_lost_is_looked_up() {
    let sandbox = sandbox(Settings::default().withdrawals(Settle::AtOnce)).await;
    sandbox.fault("turbopay.withdraw#1 @after-commit fin");

    let steps = all(&elsewhere(&sandbox, &["account=065432123456789", "ifsc=HDFC0000053"])).await;

    assert_eq!(failed_but_the_address(&steps), [""; 0]);
    assert_eq!(sandbox.ledger().executions("turbopay.withdraw"), 1);
    sandbox.finish();
}

#[tokio::test]
async fn a_payout_that_cannot_be_found_may_have_been_made() {
    let sandbox = Sandbox::builder().start().await;
    sandbox.fault("turbopay.withdraw#1 @after-commit fin");
    sandbox.fault("turbopay.merchant-order-status#2 @query json=401"); // the first asks about the deposit
    let merchant = elsewhere(&sandbox, &["account=065432123456789", "ifsc=HDFC0000053"]);

    let steps = all(&merchant).await;

    let step = steps.iter().find(|step| step.name == "withdrawals are created").unwrap();
    assert!(step.to_string().starts_with("FAILED"), "{step}");
    assert!(step.to_string().contains("MAY HAVE BEEN PAID OUT"), "{step}");
    assert_eq!(sandbox.ledger().executions("turbopay.withdraw"), 1);
    sandbox.finish();
}

#[tokio::test]
async fn a_status_url_that_nobody_can_reach_fails() {
    let sandbox = Sandbox::builder().start().await;
    for url in ["http://shop.test/turbopay", "https://localhost/turbopay", "https://127.0.0.1/turbopay"] {
        let steps = all(&elsewhere(&sandbox, &[&format!("status-url={url}")])).await;
        assert!(failed(&steps).contains(&"the status URL can be reached"), "{url}");
    }

    let steps = all(&elsewhere(&sandbox, &["status-url=https://shop.test/turbopay"])).await;
    assert!(by_hand(&steps).contains(&"the status URL can be reached"));
    sandbox.finish();
}

/// The steps with a sandbox that they may play with.
async fn in_a(sandbox: Sandbox) -> Vec<steps::Step> {
    all(&Merchant::in_a_sandbox(sandbox, arguments(&[])).unwrap()).await
}

/// The steps as at TurboPay: they know an address and a key.
fn elsewhere(sandbox: &Sandbox, more: &[&str]) -> Merchant {
    let base_url = format!("base-url={}", sandbox.turbopay().base_url());
    let key = ApiKey::new(sandbox.turbopay().api_key()).unwrap();
    Merchant::at_turbopay(key, arguments(&[&[base_url.as_str()], more].concat())).unwrap()
}

fn arguments(texts: &[&str]) -> Arguments {
    Arguments::read(texts.iter().map(ToString::to_string)).unwrap()
}

async fn sandbox(settings: Settings) -> Sandbox {
    Sandbox::builder().turbopay(settings).start().await
}

async fn all(merchant: &Merchant) -> Vec<steps::Step> {
    let mut told = Vec::new();
    steps::all(merchant, |step| told.push(step)).await;
    told
}

fn failed(steps: &[steps::Step]) -> Vec<&'static str> {
    steps.iter().filter(|step| matches!(step.found, Found::Failed(_))).map(|step| step.name).collect()
}

/// Without the one that fails wherever no status URL is given.
fn failed_but_the_address(steps: &[steps::Step]) -> Vec<&'static str> {
    failed(steps).into_iter().filter(|name| *name != "the status URL can be reached").collect()
}

fn by_hand(steps: &[steps::Step]) -> Vec<&'static str> {
    steps.iter().filter(|step| matches!(step.found, Found::ByHand(_))).map(|step| step.name).collect()
}
