//! Creates a Stripe customer with async-stripe.

use std::net::SocketAddr;
use std::time::Duration;

use stripe::{Client, ClientBuilder, RequestStrategy, StripeRequest as _};
use stripe_core::customer::CreateCustomer;
use tokio_rustls::rustls::crypto::aws_lc_rs;

/// A response of about the same length as TurraTech's payment.
pub const CUSTOMER: &str = r#"{"id":"cus_NffrFeUfNV2Hib","object":"customer","address":null,"balance":0,"created":1680893993,"currency":null,"default_source":null,"delinquent":false,"description":"Order #12345","email":"jennyrosen@example.com","livemode":false,"metadata":{"order_id":"12345"},"name":"Jenny Rosen","phone":null,"shipping":null,"tax_exempt":"none"}"#;

pub fn client(scheme: &str, server: SocketAddr) -> Client {
    // apalis enables rustls' other provider as well, and async-stripe does not choose one. An error says that one is installed.
    let _ = aws_lc_rs::default_provider().install_default();
    let builder = ClientBuilder::new("sk_test_51ABC123DEF456").url(format!("{scheme}://{server}/"));
    builder.timeout(Duration::from_secs(30)).build().unwrap()
}

pub async fn create(client: &Client) -> stripe_core::Customer {
    let customer = CreateCustomer::new()
        .email("jennyrosen@example.com")
        .name("Jenny Rosen")
        .description("Order #12345")
        .metadata([("order_id".to_owned(), "12345".to_owned())]);
    let strategy = RequestStrategy::idempotent_with_uuid();
    customer.customize().request_strategy(strategy).send(client).await.unwrap()
}
