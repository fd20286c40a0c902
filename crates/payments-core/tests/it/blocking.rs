//! Calls from synchronous programs, over real sockets.

use std::pin::pin;
use std::process::Command;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use payments_core::blocking::block_on;
use payments_core::clock::SystemClock;
use payments_core::json::{ProviderMessage, Read};
use payments_core::provider::Operation;
use payments_core::request::{Path, RequestBuilder};
use payments_core::test_util::{Reply, Script};
use payments_core::transport::reqwest::ReqwestTransport;
use payments_core::{Error, ErrorKind, IdempotencyKey, Outcome, Page, Pager, Poller, RetryPolicy, Settings};
use serde::Deserialize;
use tokio::runtime::{Builder, Runtime};

use crate::support::server::{Closed, Server, http_response};
use crate::support::{
    Client, KEYED, PAYMENT_JSON, child_variable, client_at, error_response, payment_response, poll_once,
    scripted_settings, settings_at,
};

/// A runtime in the background, for servers.
fn background() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// A connection returns to the pool shortly after its response.
fn let_connections_return() {
    std::thread::sleep(Duration::from_millis(700));
}

#[track_caller]
fn check_configuration(err: &Error, text: &str) {
    assert_eq!((err.kind(), err.outcome()), (ErrorKind::Configuration, Outcome::NotSent), "{err:?}");
    assert!(err.to_string().contains(text), "{err}");
    assert!(err.attempts() <= 1, "{err:?}");
}

#[test]
fn a_call_is_sent_without_a_runtime_of_ones_own() {
    let background = background();
    let server = background.block_on(Server::responding(http_response(200, PAYMENT_JSON)));
    let client = client_at(server.address);

    let payment = client.pay().send_blocking().unwrap();
    let_connections_return();
    let sent = client.pay().send_with_response_blocking().unwrap();

    assert_eq!((payment.id.as_str(), sent.value.id.as_str()), ("pay_1", "pay_1"));
    assert_eq!(sent.response.status().as_u16(), 200);
    let_connections_return();
    let other_thread = client.clone();
    std::thread::spawn(move || other_thread.pay().send_blocking().unwrap()).join().unwrap();
    // All threads share the connections.
    assert_eq!((server.requests().len(), server.connections()), (3, 1));
}

#[test]
fn many_threads_can_wait_at_once() {
    let background = background();
    let server = background.block_on(Server::responding(http_response(200, PAYMENT_JSON)));
    let client = client_at(server.address);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..25).for_each(|_| drop(client.pay().send_blocking().unwrap())));
        }
    });
    assert_eq!(server.requests().len(), 200);
    // Connections are reused.
    assert!(server.connections() < 100, "{}", server.connections());
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the deadline of real sockets is real time")]
fn a_call_has_the_same_deadline_and_outcome() {
    let background = background();
    let server = background.block_on(Server::start(|_, mut connection| async move {
        connection.read_request().await;
        connection.hold_open().await;
    }));
    let mut settings = settings_at(&format!("http://{}", server.address));
    let short = Duration::from_secs(2);
    settings.transport = Some(Arc::new(ReqwestTransport::builder().connect_timeout(short / 2).build().unwrap()));
    let client = Client::new(settings, &KEYED, None);
    let start = Instant::now();

    let err = client.pay().timeout(short).send_blocking().unwrap_err();

    assert_eq!((err.kind(), err.outcome(), err.attempts()), (ErrorKind::Timeout, Outcome::Unknown, 1), "{err:?}");
    assert!(start.elapsed() >= short);
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_refused_connection_is_retried_after_real_waits() {
    let closed = Closed::new();
    let client = client_at(closed.address());
    let retry = RetryPolicy::default().wait(Duration::from_millis(5), Duration::from_millis(5));
    let err = client.pay().retry(retry).send_blocking().unwrap_err();
    assert_eq!((err.kind(), err.outcome(), err.attempts()), (ErrorKind::Connection, Outcome::NotSent, 3), "{err:?}");
}

#[test]
fn inside_a_runtime_nothing_is_sent() {
    const TEXT: &str = "inside a tokio runtime: use `send().await`";
    let background = background();
    let server = background.block_on(Server::responding(http_response(200, PAYMENT_JSON)));
    let client = client_at(server.address);
    let current_thread = Builder::new_current_thread().enable_all().build().unwrap();
    for runtime in [&background, &current_thread] {
        runtime.block_on(async {
            let err = client.pay().send_blocking().unwrap_err();
            check_configuration(&err, TEXT);
            assert_eq!((err.provider(), err.operation(), err.attempts()), ("acme", "pay", 0));
            let in_task = client.clone();
            let in_task = tokio::task::spawn_blocking(move || in_task.pay().send_blocking()).await.unwrap();
            check_configuration(&in_task.unwrap_err(), TEXT);
            check_configuration(&numbers(&client).blocking().next().unwrap().unwrap_err(), TEXT);
            check_configuration(&poller(&client).send_blocking().unwrap_err(), TEXT);
            assert!(block_on(async {}).unwrap_err().to_string().contains(TEXT));

            // An earlier process may have sent the request under this key.
            let key = IdempotencyKey::new("key-1", payments_core::clock::Clock::now(&SystemClock::new())).unwrap();
            let err = client.pay_keyed("other").idempotency_key(key).send_blocking().unwrap_err();
            assert_eq!((err.kind(), err.outcome()), (ErrorKind::Configuration, Outcome::Unknown), "{err:?}");
        });
    }
    assert_eq!(server.connections(), 0);
    // The client still works.
    client.pay().send_blocking().unwrap();
}

#[test]
fn a_client_is_used_from_async_and_blocking_code_in_turns() {
    let background = background();
    let server = background.block_on(Server::responding(http_response(200, PAYMENT_JSON)));
    let client = client_at(server.address);
    // It stands still between its calls. No blocking call may wait for a connection that it drives.
    let own = Builder::new_current_thread().enable_all().build().unwrap();
    for _ in 0..3 {
        own.block_on(client.pay().send()).unwrap();
        let_connections_return();
        client.pay().timeout(Duration::from_secs(6)).send_blocking().unwrap();
        let_connections_return();
    }
    drop(own);
    client.pay().send_blocking().unwrap();
    assert_eq!((server.requests().len(), server.connections()), (7, 2));
}

#[derive(Debug, Deserialize)]
struct PageBody {
    items: Vec<u32>,
    next: Option<String>,
}

impl ProviderMessage for PageBody {
    const DECIDING: &'static [&'static str] = &["items", "next"];
}

fn numbers(client: &Client) -> Pager<u32> {
    let connection = client.connection.clone();
    Pager::new(move |cursor| {
        let path = Path::new("numbers").query("after", cursor.unwrap_or_default());
        connection.call(Operation::read("numbers"), Ok(RequestBuilder::get(path)), |read: Read<'_, PageBody>| {
            Ok(Page { items: read.value.items, next: read.value.next })
        })
    })
}

fn poller(client: &Client) -> Poller<crate::support::Payment> {
    let lookup = client.clone();
    Poller::new(&client.connection, move || lookup.retrieve(), |payment| payment.id == "pay_1")
}

fn scripted(replies: impl IntoIterator<Item = Reply>) -> (Client, Script) {
    let script = Script::new(replies);
    let clock = payments_core::test_util::ManualClock::at(payments_core::time::OffsetDateTime::UNIX_EPOCH);
    (Client::new(scripted_settings(&script, &clock), &KEYED, None), script)
}

#[test]
fn a_list_is_an_iterator_that_fetches_pages_as_it_goes() {
    let first = Reply::json(200, r#"{"items":[1,2],"next":"b"}"#);
    let (client, script) = scripted([first, Reply::json(200, r#"{"items":[3],"next":null}"#)]);
    let mut list = numbers(&client).blocking();
    assert_eq!(script.requests().len(), 0);

    assert_eq!(list.next().unwrap().unwrap(), 1);
    assert_eq!((script.requests().len(), list.cursor()), (1, None));
    assert_eq!(list.collect::<Result<Vec<_>, _>>().unwrap(), [2, 3]);
    assert_eq!(script.requests().len(), 2);
}

#[test]
fn an_iterator_ends_after_its_first_error_and_the_list_can_be_read_on() {
    let first = Reply::json(200, r#"{"items":[1],"next":"b"}"#);
    let broken = || error_response(400);
    let (client, _) = scripted([first, broken(), Reply::json(200, r#"{"items":[3],"next":null}"#)]);
    let mut list = numbers(&client).blocking();

    assert_eq!(list.next().unwrap().unwrap(), 1);
    assert!(list.next().unwrap().is_err());
    assert!(list.next().is_none());
    assert_eq!(list.into_pager().blocking().map(Result::unwrap).collect::<Vec<_>>(), [3]);
}

#[test]
fn a_poller_waits_for_the_final_status() {
    let pending = Reply::json(200, r#"{"id":"pay_0","amount":1}"#);
    let (client, script) = scripted([pending, payment_response()]);
    assert_eq!(poller(&client).send_blocking().unwrap().id, "pay_1");
    assert_eq!(script.requests().len(), 2);
}

#[test]
fn any_future_can_be_awaited() {
    let background = background();
    let server = background.block_on(Server::responding(http_response(200, PAYMENT_JSON)));
    let client = client_at(server.address);
    // It borrows, and is not `Send`.
    let not_send = std::rc::Rc::new(&client);
    let two = block_on(async { (not_send.pay().send().await.unwrap(), not_send.retrieve().send().await.unwrap()) });
    assert_eq!(two.unwrap().1.id, "pay_1");
}

#[test]
fn outside_tokio_the_default_transport_and_timer_return_an_error() {
    const TEXT: &str = "use `send_blocking` of the `blocking` feature";
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let script = Script::new([payment_response()]);
    let clock = payments_core::test_util::ManualClock::at(payments_core::time::OffsetDateTime::UNIX_EPOCH);
    let mut own_timer = settings_at(&format!("http://{address}"));
    own_timer.timer = Some(Arc::new(clock));
    let own_transport = Settings::builder().transport(script.clone()).build();
    let defaults = settings_at(&format!("http://{address}"));
    for settings in [defaults, own_timer, own_transport] {
        let client = Client::new(settings, &KEYED, None);
        let Poll::Ready(result) = poll_once(pin!(client.pay().send())) else { panic!("it waits") };
        check_configuration(&result.unwrap_err(), TEXT);
        let Poll::Ready(result) = poll_once(pin!(client.pay_keyed("key-1").send())) else { panic!("it waits") };
        check_configuration(&result.unwrap_err(), TEXT);
        let Poll::Ready(result) = poll_once(pin!(client.retrieve_limited().send())) else { panic!("it waits") };
        check_configuration(&result.unwrap_err(), TEXT);
    }
    assert_eq!(script.requests().len(), 0);
}

#[test]
fn child_process_with_few_file_descriptors() {
    let Some(address) = child_variable("ADDRESS") else { return };
    let client = client_at(address.parse().unwrap());
    let mut files = Vec::new();
    while let Ok(file) = std::fs::File::open("/dev/null") {
        files.push(file);
    }

    let err = client.pay().send_blocking().unwrap_err();
    check_configuration(&err, "the runtime of blocking calls could not be started");
    assert!(std::error::Error::source(&err).is_some());
    assert!(block_on(async {}).is_err());

    // The failure is not final.
    drop(files);
    client.pay().send_blocking().unwrap();
}

#[test]
fn a_runtime_that_cannot_be_started_is_a_configuration_error() {
    let background = background();
    let server = background.block_on(Server::responding(http_response(200, PAYMENT_JSON)));
    let test = format!(
        "ulimit -n 64; exec {:?} --exact blocking::child_process_with_few_file_descriptors --nocapture",
        std::env::current_exe().unwrap()
    );
    let mut child = Command::new("sh");
    child.args(["-c", &test]).env("PAYMENTS_CORE_TEST_CHILD", "1");
    let output = child.env("ADDRESS", server.address.to_string()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
    assert_eq!(server.requests().len(), 1);
}
