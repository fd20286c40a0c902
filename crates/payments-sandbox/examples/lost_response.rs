//! Pays out once although the response is lost, and shows the ledger.
//!
//! ```sh
//! cargo run --example lost_response
//! ```
#![expect(clippy::print_stdout, reason = "the example prints what it finds")]

use std::error::Error;

use payments_sandbox::Sandbox;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let sandbox = Sandbox::builder().seed(7).fault("turbopay.withdraw#1 @after-commit fin").start().await;

    let response = withdraw(&sandbox, "order-1").await?;
    println!("the client received {} bytes, so it cannot know whether the money was paid out", response.len());

    println!("the ledger knows:");
    for entry in sandbox.ledger().entries() {
        println!("{entry}");
    }
    sandbox.ledger().order("order-1").executed_once();

    // The provider rejects a second request with the same reference.
    let response = withdraw(&sandbox, "order-1").await?;
    println!("response to the second request: {}", response.lines().next().unwrap_or_default());
    sandbox.ledger().order("order-1").executed_once();

    sandbox.finish();
    Ok(())
}

/// Sends a withdrawal over a new connection, and reads until the connection is closed.
async fn withdraw(sandbox: &Sandbox, reference: &str) -> Result<String, Box<dyn Error>> {
    let turbopay = sandbox.turbopay();
    let host = turbopay.base_url().trim_start_matches("http://").trim_end_matches("/api");
    let body = json!({
        "method": "bank_transfer",
        "amount": 500,
        "currency": "INR",
        "traffic": "std",
        "merchant_order_id": reference,
        "merchant_customer_id": "customer-1",
        "customer_bank_account": "065432123456789",
        "bank_code": "HDFC0000053",
        "status_url": "http://127.0.0.1:9/status",
    })
    .to_string();
    let head = format!(
        "POST /api/withdraw/new HTTP/1.1\r\nHost: {host}\r\nAuthorization: {}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        turbopay.api_key(),
        body.len()
    );
    let mut connection = TcpStream::connect(host).await?;
    connection.write_all(&[head.as_bytes(), body.as_bytes()].concat()).await?;
    let mut response = String::new();
    connection.read_to_string(&mut response).await?;
    Ok(response)
}
