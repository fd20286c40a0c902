//! A shop that takes payments through the facade and receives webhooks through axum.

use axum::Router;
use axum::extract::FromRef;
use axum::routing::post;
use payments::journal::{Journal, JournalKey, JournalKeys};
use payments::journal_sqlx::SqliteStore;
use payments::turbopay::{self, OrderStatus, WebhookKey, WebhookVerifier};
use payments::{Currency, Error, Money, journaled};
use payments_axum::{Acknowledge, Inbox, Webhook};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let shop = Shop { turbopay: WebhookVerifier::new(WebhookKey::new("whk-123")?) };
    let _app: Router = Router::new().route("/turbopay", post(on_turbopay)).with_state(shop);

    for provider in payments::CAPABILITIES {
        println!("{}: {} capabilities", provider.provider, provider.table.len());
    }
    Ok(())
}

#[derive(Clone, FromRef)]
struct Shop {
    turbopay: WebhookVerifier,
}

async fn on_turbopay(Webhook(event): Webhook<WebhookVerifier>) -> Acknowledge<WebhookVerifier> {
    if event.status == OrderStatus::Success {
        println!("{} is paid", event.merchant_order_id);
    }
    Acknowledge::new()
}

/// Receives webhooks into a journal, which also pays out.
#[expect(dead_code, reason = "it has no database")]
fn with_journal(
    store: SqliteStore,
    client: turbopay::Client,
    verifier: WebhookVerifier,
) -> Result<Router, Box<dyn std::error::Error>> {
    let keys = JournalKeys::new("2026", JournalKey::from_env()?)?;
    let journal = Journal::builder(store, keys).gateway(journaled::turbopay("turbopay", client)).build()?;
    Ok(Router::new().route("/turbopay", post(Inbox::new(journal, "turbopay", verifier))))
}

/// Creates an order and returns the URL where the customer pays.
#[cfg_attr(not(test), expect(dead_code, reason = "only the test calls this function"))]
async fn checkout(client: &turbopay::Client, reference: &str, rupees: &str) -> Result<String, Error> {
    let price = Money::parse(rupees, Currency::INR)?;
    let order = turbopay::NewDeposit::upi(price, reference, "customer-9");
    Ok(client.create_deposit(order).send().await?.form_url)
}

#[cfg(test)]
mod tests {
    use payments::{Outcome, turbopay};
    use payments_sandbox::Sandbox;

    #[tokio::test]
    async fn an_order_with_a_lost_response_is_created_once() {
        let sandbox = Sandbox::builder().seed(7).start().await;
        sandbox.fault("turbopay.deposit#2 @after-commit fin");
        let provider = sandbox.turbopay();
        let client = turbopay::Client::builder(turbopay::ApiKey::new(provider.api_key()).unwrap())
            .base_url(provider.base_url())
            .status_url("http://127.0.0.1:9/turbopay")
            .redirect_url("http://127.0.0.1:9/thanks")
            .traffic(turbopay::Traffic::Standard)
            .clock(sandbox.clock())
            .timer(sandbox.clock())
            .build()
            .unwrap();

        assert!(super::checkout(&client, "order-1", "2000").await.unwrap().starts_with("http://127.0.0.1"));
        let err = super::checkout(&client, "order-2", "2000").await.unwrap_err();

        assert_eq!(err.outcome(), Outcome::Unknown);
        sandbox.ledger().order("order-2").executed_once();
        sandbox.finish();
    }
}
