//! Cases of the client itself: connections, limits, waits, and what is sent.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use payments_core::gateway::{PaymentRequest, StartPayment as _};
use payments_core::test_util::{ManualClock, Reply, Script};
use payments_core::{ErrorKind, Exchange, Observer, Outcome, RetryPolicy};
use payments_test_json::Message;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use turbopay::{ApiKey, Client, ClientBuilder};

use super::exchange::{clock, now};
use super::turratech::PAY;
use super::{card3ds, turbopay as samples, turratech};
use crate::support::{pounds, reference, withdrawal};

fn turbopay_with(script: &Script, clock: &ManualClock) -> ClientBuilder {
    let builder = Client::builder(ApiKey::new("key").unwrap()).transport(script.clone());
    let builder = builder.clock(clock.clone()).timer(clock.clone()).status_url("https://merchant.example/status");
    builder.traffic(turbopay::Traffic::Standard)
}

/// A client with its own transport, whose connect timeout is five seconds.
fn turbopay_at(address: SocketAddr, scheme: &str) -> Client {
    let builder = Client::builder(ApiKey::new("key").unwrap()).base_url(format!("{scheme}://{address}"));
    builder.status_url("https://merchant.example/status").traffic(turbopay::Traffic::Standard).build().unwrap()
}

async fn check_not_sent(client: &Client) {
    let call = || client.create_withdrawal(withdrawal("order-1")).retry(RetryPolicy::none());
    let send = |seconds| call().timeout(Duration::from_secs(seconds)).send();
    let (long, short) = tokio::join!(send(60), send(3));
    let err = long.unwrap_err();
    assert_eq!((err.outcome(), err.attempts()), (Outcome::NotSent, 1), "{err}");
    // Not longer than connecting may take: nothing is started.
    let err = short.unwrap_err();
    assert_eq!((err.kind(), err.outcome(), err.attempts()), (ErrorKind::Configuration, Outcome::NotSent, 0), "{err}");
}

#[tokio::test]
async fn a_withdrawal_is_not_sent_to_a_listener_whose_backlog_is_full() {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    while let Ok(Ok(stream)) = tokio::time::timeout(Duration::from_millis(500), TcpStream::connect(address)).await {
        waiting.push(stream);
        assert!(waiting.len() < 100, "the backlog is never full");
    }
    check_not_sent(&turbopay_at(address, "http")).await;
    drop(waiting);
}

#[tokio::test]
async fn a_withdrawal_is_not_sent_over_tls_to_a_listener_that_never_accepts() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    check_not_sent(&turbopay_at(listener.local_addr().unwrap(), "https")).await;
}

/// The kernel completes the connection, so the bytes may be read later.
#[tokio::test]
async fn a_withdrawal_may_be_executed_by_a_plain_listener_that_accepts_later() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = turbopay_at(listener.local_addr().unwrap(), "http");
    let err = client.create_withdrawal(withdrawal("order-1")).timeout(Duration::from_secs(6)).send().await.unwrap_err();
    assert_eq!((err.outcome(), err.attempts()), (Outcome::Unknown, 1), "{err}");
    let err = client.create_withdrawal(withdrawal("order-2")).timeout(Duration::from_secs(3)).send().await.unwrap_err();
    assert_eq!((err.outcome(), err.attempts()), (Outcome::NotSent, 0), "{err}");
    let (mut late, _) = listener.accept().await.unwrap();
    let mut received = vec![0; 4096];
    let length = late.read(&mut received).await.unwrap();
    assert!(String::from_utf8_lossy(&received[..length]).contains("order-1"), "the first one could still be executed");
    let _ = late.shutdown().await;
}

#[test]
fn a_lookup_waits_until_the_date_of_retry_after() {
    // The clock shows 03:04:05.
    let unavailable = Reply::json(503, "{}").header("retry-after", "Fri, 02 Jan 2026 03:04:25 GMT");
    let (script, clock) = (Script::new([unavailable, Reply::json(200, samples::LOOKUP.sample)]), clock());
    let client = turbopay_with(&script, &clock).build().unwrap();
    now(client.lookup(&reference("O_XVajPtgGFk173LluM5oKb")).send()).unwrap();
    assert_eq!(clock.slept(), [Duration::from_secs(20)]);
}

#[test]
fn a_limit_of_one_call_recovers_when_the_provider_raises_it_and_not_beyond_the_documented_one() {
    let reply = |limit: &'static str| Reply::json(200, samples::LOOKUP.sample).header("x-ratelimit-limit", limit);
    let replies = [reply("1"), reply("600")].into_iter().chain((0..70).map(|_| reply("60")));
    let (script, clock) = (Script::new(replies), clock());
    let client = turbopay_with(&script, &clock).build().unwrap();
    for _ in 0..62 {
        let lookup = client.lookup(&reference("O_XVajPtgGFk173LluM5oKb")).timeout(Duration::from_secs(300));
        now(lookup.send()).unwrap();
    }
    // The second call waits for the limit of one, and then sixty a minute are allowed again.
    assert_eq!(clock.slept(), [Duration::from_secs(60); 2]);
}

#[test]
fn a_withdrawal_is_returned_although_the_observer_panics() {
    #[derive(Debug)]
    struct Panics;
    impl Observer for Panics {
        fn exchange(&self, _: &Exchange<'_>) {
            panic!("the log is full");
        }
    }
    let (script, clock) = (Script::new([Reply::json(201, samples::WITHDRAWAL.sample)]), clock());
    let client = turbopay_with(&script, &clock).observer(Panics).build().unwrap();
    assert_eq!(now(client.create_withdrawal(withdrawal("order-1")).send()).unwrap().order_id.as_ref(), "5d4b0e68");
}

#[tokio::test]
async fn a_page_of_more_than_a_mebibyte_is_read_with_a_raised_limit_and_fetched_once_without() {
    let item =
        Message::new(turratech::RETRIEVE_PAYMENT.sample).with("description", &format!("\"{}\"", "x".repeat(12_000)));
    let items: Vec<String> =
        (0..100).map(|number| item.clone().with("id", &format!("\"pay_{number}\"")).to_string()).collect();
    let body = Arc::new(format!(r#"{{"data":[{}],"has_more":false}}"#, items.join(",")));
    assert!(body.len() > 1_200_000);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let served = tokio::spawn(async move {
        let mut connections = 0;
        while connections < 2 {
            let (mut stream, _) = listener.accept().await.unwrap();
            connections += 1;
            let body = Arc::clone(&body);
            tokio::spawn(async move {
                let _ = stream.read(&mut [0; 4096]).await;
                let head = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
                    body.len()
                );
                let _ = stream.write_all(&[head.as_bytes(), body.as_bytes()].concat()).await;
            });
        }
        listener
    });
    let builder = || {
        ::turratech::Client::builder(::turratech::ApiKey::new("sk_test_7f3a").unwrap())
            .base_url(format!("http://{address}"))
    };
    let list = |client: ::turratech::Client| async move {
        client.list_payments(::turratech::ListParams::new()).try_next_page().await
    };

    let err = list(builder().build().unwrap()).await.unwrap_err();
    assert_eq!((err.attempts(), err.kind()), (1, ErrorKind::MalformedResponse), "{err}");
    assert!(err.to_string().contains("request a smaller page"), "{err}");

    let page = list(builder().response_limit(2_000_000).build().unwrap()).await.unwrap().unwrap();
    assert!(page.len() == 100 && page.iter().all(Result::is_ok));
    // Two connections for two calls: nothing was fetched twice.
    let listener = served.await.unwrap();
    assert!(tokio::time::timeout(Duration::from_millis(50), listener.accept()).await.is_err());
}

#[tokio::test]
async fn the_merchants_id_of_a_customer_is_not_sent_as_turratechs() {
    let response = Message::new(turratech::CREATE_PAYMENT.sample).with("metadata", r#"{"order_id":"order-1"}"#);
    let script = Script::new([Reply::json(201, &response.to_string())]);
    let client =
        ::turratech::Client::builder(::turratech::ApiKey::new("sk_test_7f3a").unwrap()).transport(script.clone());
    let request = PaymentRequest::new("order-1", pounds(2000)).payment_method("pm_card_visa").customer("crm/7");
    let started = client.build().unwrap().start_payment(&request).await.unwrap();
    assert_eq!(started.id.as_deref(), Some(PAY));
    let body = String::from_utf8(script.requests()[0].body().as_ref().to_vec()).unwrap();
    assert!(!body.contains("customer") && !body.contains("crm"), "{body}");
}

#[tokio::test]
async fn a_raw_plus_in_a_security_key_is_sent_as_a_plus() {
    let posted = format!("paymentId={}&securityKey=a+b", card3ds::ID);
    let callback = ::card3ds::ThreeDsCallback::parse(posted.as_bytes()).unwrap();
    let script = Script::new([Reply::json(200, card3ds::PAYMENT.sample)]);
    let (key, secret) = (::card3ds::ApiKey::new("key").unwrap(), ::card3ds::ApiSecret::new("secret").unwrap());
    let builder = ::card3ds::Client::builder(key, secret).base_url("https://api.example.com");
    let client = builder.transport(script.clone()).build().unwrap();
    client.complete_3ds(&card3ds::ID.parse().unwrap(), &callback).send().await.unwrap();
    assert_eq!(script.requests()[0].body().as_ref(), br#"{"securityKey":"a+b"}"#);
}
