//! The go-live example: which steps it checks, and which it leaves to people.

use payments_sandbox::Sandbox;
use payments_sandbox::turbopay::{Settings, Settle};
use turbopay::ApiKey;

#[path = "../../examples/going_live/steps.rs"]
mod steps;

use steps::{Arguments, Merchant, Step, StepResult};

#[tokio::test]
async fn no_step_fails_in_a_sandbox() {
    let steps = run_in(Sandbox::builder().start().await).await;

    assert_eq!(failed(&steps), [""; 0]);
    assert_eq!(steps.iter().filter(|step| matches!(step.result, StepResult::Ok(_))).count(), 13);
}

#[tokio::test]
async fn steps_that_need_a_person_are_reported_as_by_hand() {
    let steps = run_in(Sandbox::builder().start().await).await;

    assert_eq!(
        by_hand(&steps),
        [
            "the application handles every error",
            "the application stores the log",
            "the status URL is public",
            "TurboPay's IP addresses can reach this server",
            "the back office shows every order",
            "the start time is arranged",
            "TurboPay approved the start",
            "the first live payments are monitored",
        ]
    );
}

#[tokio::test]
async fn an_address_that_is_not_whitelisted_fails_with_advice() {
    let steps = run_in(sandbox(Settings::default().not_whitelisted()).await).await;

    let step = steps.iter().find(|step| step.name == "TurboPay accepts requests from this IP address").unwrap();
    assert!(step.to_string().starts_with("FAILED"), "{step}");
    assert!(step.to_string().ends_with("have TurboPay whitelist this server's address"), "{step}");
}

#[tokio::test]
async fn an_account_without_wallets_fails_the_steps_that_need_orders() {
    let steps = run_in(sandbox(Settings::default().no_wallets()).await).await;

    assert_eq!(failed(&steps)[..2], ["deposits are created", "withdrawals are created"], "later steps need orders too");
}

#[tokio::test]
async fn a_reference_that_is_accepted_twice_fails() {
    let sandbox = sandbox(Settings::default().without_unique_references()).await;
    let merchant = external(&sandbox, &[]);

    let steps = run_all(&merchant).await;

    assert_eq!(failed_except_status_url(&steps), ["duplicate data is rejected"]);
    sandbox.abandon(); // `finish` would report the second order
}

#[tokio::test]
async fn nothing_is_paid_out_without_a_beneficiary() {
    let sandbox = Sandbox::builder().start().await;

    let steps = run_all(&external(&sandbox, &[])).await;

    assert!(by_hand(&steps).contains(&"withdrawals are created"));
    assert_eq!(sandbox.ledger().executions("turbopay.withdraw"), 0);
    sandbox.finish();
}

#[tokio::test]
async fn one_payout_is_sent_to_the_given_beneficiary() {
    let sandbox = Sandbox::builder().start().await;

    let steps = run_all(&external(&sandbox, &["account=065432123456789", "ifsc=HDFC0000053", "amount=300"])).await;

    assert_eq!(failed_except_status_url(&steps), [""; 0]);
    assert_eq!(sandbox.ledger().executions("turbopay.withdraw"), 1);
    sandbox.finish();
}

#[tokio::test]
async fn a_payout_whose_response_is_lost_is_looked_up() {
    let sandbox = sandbox(Settings::default().withdrawals(Settle::AtOnce)).await;
    sandbox.fault("turbopay.withdraw#1 @after-commit fin");

    let steps = run_all(&external(&sandbox, &["account=065432123456789", "ifsc=HDFC0000053"])).await;

    assert_eq!(failed_except_status_url(&steps), [""; 0]);
    assert_eq!(sandbox.ledger().executions("turbopay.withdraw"), 1);
    sandbox.finish();
}

#[tokio::test]
async fn a_payout_whose_lookup_fails_may_have_been_executed() {
    let sandbox = Sandbox::builder().start().await;
    sandbox.fault("turbopay.withdraw#1 @after-commit fin");
    sandbox.fault("turbopay.merchant-order-status#2 @query json=401"); // the first lookup is for the deposit
    let merchant = external(&sandbox, &["account=065432123456789", "ifsc=HDFC0000053"]);

    let steps = run_all(&merchant).await;

    let step = steps.iter().find(|step| step.name == "withdrawals are created").unwrap();
    assert!(step.to_string().starts_with("FAILED"), "{step}");
    assert!(step.to_string().contains("MAY HAVE BEEN PAID OUT"), "{step}");
    assert_eq!(sandbox.ledger().executions("turbopay.withdraw"), 1);
    sandbox.finish();
}

#[tokio::test]
async fn a_status_url_that_is_not_public_fails() {
    let sandbox = Sandbox::builder().start().await;
    for url in ["http://shop.test/turbopay", "https://localhost/turbopay", "https://127.0.0.1/turbopay"] {
        let steps = run_all(&external(&sandbox, &[&format!("status-url={url}")])).await;
        assert!(failed(&steps).contains(&"the status URL is public"), "{url}");
    }

    let steps = run_all(&external(&sandbox, &["status-url=https://shop.test/turbopay"])).await;
    assert!(by_hand(&steps).contains(&"the status URL is public"));
    sandbox.finish();
}

/// Runs the checklist in a sandbox that the steps can control.
async fn run_in(sandbox: Sandbox) -> Vec<Step> {
    run_all(&Merchant::in_sandbox(sandbox, arguments(&[])).unwrap()).await
}

/// Returns a merchant who knows only the base URL and the key, as at TurboPay.
fn external(sandbox: &Sandbox, more: &[&str]) -> Merchant {
    let base_url = format!("base-url={}", sandbox.turbopay().base_url());
    let key = ApiKey::new(sandbox.turbopay().api_key()).unwrap();
    Merchant::at_turbopay(key, arguments(&[&[base_url.as_str()], more].concat())).unwrap()
}

fn arguments(texts: &[&str]) -> Arguments {
    Arguments::parse(texts.iter().map(ToString::to_string)).unwrap()
}

async fn sandbox(settings: Settings) -> Sandbox {
    Sandbox::builder().turbopay(settings).start().await
}

async fn run_all(merchant: &Merchant) -> Vec<Step> {
    let mut reported = Vec::new();
    steps::run_all(merchant, |step| reported.push(step)).await;
    reported
}

fn failed(steps: &[Step]) -> Vec<&'static str> {
    steps.iter().filter(|step| matches!(step.result, StepResult::Failed(_))).map(|step| step.name).collect()
}

/// Lists the failed steps, except the one that fails because no status URL is given.
fn failed_except_status_url(steps: &[Step]) -> Vec<&'static str> {
    failed(steps).into_iter().filter(|name| *name != "the status URL is public").collect()
}

fn by_hand(steps: &[Step]) -> Vec<&'static str> {
    steps.iter().filter(|step| matches!(step.result, StepResult::ByHand(_))).map(|step| step.name).collect()
}
