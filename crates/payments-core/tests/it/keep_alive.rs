//! An idle connection that the server closes just as the next request is written on it.

use std::sync::Arc;
use std::time::Duration;

use payments_core::transport::reqwest::ReqwestTransport;
use payments_core::{ErrorKind, Outcome};

use crate::support::server::{Server, http};
use crate::support::{KEYED, PAID, Shop, over_sockets, settings_at};

/// Closes a connection that has been idle for so long, as common servers do.
async fn closing_after(idle: Duration) -> Server {
    Server::start(move |_, mut connection| async move {
        while let Ok(Some(_)) = tokio::time::timeout(idle, connection.request()).await {
            connection.write(&http(200, PAID)).await;
        }
    })
    .await
}

/// Takes no second request on a connection that has been idle for so long: it closes just as one arrives.
async fn closing_on_arrival_after(idle: Duration) -> Server {
    Server::start(move |_, mut connection| async move {
        connection.request().await;
        loop {
            connection.write(&http(200, PAID)).await;
            let answered = tokio::time::Instant::now();
            if connection.more().await.is_none() || answered.elapsed() >= idle || connection.request().await.is_none() {
                return;
            }
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_spaced_around_a_servers_five_seconds_are_all_answered() {
    const CLIENTS: u32 = 120;
    let server = closing_after(Duration::from_secs(5)).await;
    let (first, last) = (Duration::from_millis(3800), Duration::from_millis(5200));
    let mut clients = Vec::new();
    for number in 0..CLIENTS {
        let gap = first + (last - first) * number / (CLIENTS - 1);
        let shop = over_sockets(server.address);
        clients.push(tokio::spawn(async move {
            let mut unknown = 0;
            shop.pay().send().await.unwrap();
            for _ in 0..2 {
                tokio::time::sleep(gap).await;
                unknown += u32::from(shop.pay().send().await.is_err());
            }
            unknown
        }));
    }
    for client in clients {
        assert_eq!(client.await.unwrap(), 0);
    }
    assert_eq!(server.requests().len(), 3 * CLIENTS as usize);
    // Below four seconds connections are used again: the default is no connection a call.
    let connections = server.connections() as u32;
    assert!(CLIENTS < connections && connections < 3 * CLIENTS, "{connections}");
}

#[tokio::test]
async fn a_client_that_keeps_connections_longer_than_the_server_is_left_not_knowing() {
    let idle = Duration::from_millis(200);
    for (keeps, lost) in [(Duration::from_secs(60), true), (idle / 4, false), (Duration::ZERO, false)] {
        let server = closing_on_arrival_after(idle).await;
        let mut settings = settings_at(&format!("http://{}", server.address));
        settings.transport = Some(Arc::new(ReqwestTransport::builder().idle_timeout(keeps).build().unwrap()));
        let shop = Shop::new(settings, &KEYED, None);
        shop.pay().send().await.unwrap();
        tokio::time::sleep(idle + idle / 2).await;
        match shop.pay().send().await {
            Ok(_) => assert!(!lost),
            Err(err) => {
                assert!(lost, "{err}");
                assert_eq!((err.kind(), err.outcome(), err.attempts()), (ErrorKind::Connection, Outcome::Unknown, 1));
            }
        }
        assert_eq!(server.connections(), if lost { 1 } else { 2 });
    }
}
