//! Idle connections that the server closes while the next request is written.

use std::sync::Arc;
use std::time::Duration;

use payments_core::transport::reqwest::ReqwestTransport;
use payments_core::{ErrorKind, Outcome};

use crate::support::server::{Server, http_response};
use crate::support::{Client, KEYED, PAYMENT_JSON, client_at, settings_at};

/// Starts a server that closes connections after this idle time, as common servers do.
async fn server_closing_after(idle: Duration) -> Server {
    Server::start(move |_, mut connection| async move {
        while let Ok(Some(_)) = tokio::time::timeout(idle, connection.read_request()).await {
            connection.write(&http_response(200, PAYMENT_JSON)).await;
        }
    })
    .await
}

/// Starts a server that closes a connection when a request arrives on it after this idle time.
async fn server_closing_on_arrival_after(idle: Duration) -> Server {
    Server::start(move |_, mut connection| async move {
        connection.read_request().await;
        loop {
            connection.write(&http_response(200, PAYMENT_JSON)).await;
            let responded_at = tokio::time::Instant::now();
            if connection.read_some().await.is_none()
                || responded_at.elapsed() >= idle
                || connection.read_request().await.is_none()
            {
                return;
            }
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_call_is_lost_to_a_server_with_an_idle_timeout_of_five_seconds() {
    const CLIENTS: u32 = 120;
    let server = server_closing_after(Duration::from_secs(5)).await;
    let (first, last) = (Duration::from_millis(3800), Duration::from_millis(5200));
    let mut clients = Vec::new();
    for number in 0..CLIENTS {
        let gap = first + (last - first) * number / (CLIENTS - 1);
        let client = client_at(server.address);
        clients.push(tokio::spawn(async move {
            let mut unknown = 0;
            client.pay().send().await.unwrap();
            for _ in 0..2 {
                tokio::time::sleep(gap).await;
                unknown += u32::from(client.pay().send().await.is_err());
            }
            unknown
        }));
    }
    for client in clients {
        assert_eq!(client.await.unwrap(), 0);
    }
    assert_eq!(server.requests().len(), 3 * CLIENTS as usize);
    // Connections that are idle for less than four seconds are reused, so there is not one connection per call.
    let connections = server.connections() as u32;
    assert!(CLIENTS < connections && connections < 3 * CLIENTS, "{connections}");
}

#[tokio::test]
async fn a_client_that_keeps_connections_longer_than_the_server_gets_unknown_outcomes() {
    let idle = Duration::from_millis(200);
    for (idle_timeout, lost) in [(Duration::from_secs(60), true), (idle / 4, false), (Duration::ZERO, false)] {
        let server = server_closing_on_arrival_after(idle).await;
        let mut settings = settings_at(&format!("http://{}", server.address));
        settings.transport = Some(Arc::new(ReqwestTransport::builder().idle_timeout(idle_timeout).build().unwrap()));
        let client = Client::new(settings, &KEYED, None);
        client.pay().send().await.unwrap();
        tokio::time::sleep(idle + idle / 2).await;
        match client.pay().send().await {
            Ok(_) => assert!(!lost),
            Err(err) => {
                assert!(lost, "{err}");
                assert_eq!((err.kind(), err.outcome(), err.attempts()), (ErrorKind::Connection, Outcome::Unknown, 1));
            }
        }
        assert_eq!(server.connections(), if lost { 1 } else { 2 });
    }
}
