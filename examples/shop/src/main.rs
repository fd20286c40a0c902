//! A shop that takes payments from five providers, and survives a crash. Made to be copied: README.md walks through it.
//!
//! Each file is one idea. Read them in this order.
#![cfg_attr(not(any(feature = "sqlite", feature = "postgres")), expect(unused))]

// What is sold, and what is stored.
mod catalogue;
mod database;
mod orders;
mod payments_table;
mod random;

// How customers pay.
mod checkout;
mod method;
mod next_step;
mod saved_cards;
mod three_ds;
mod upi;

// What the providers are asked, and what they tell.
mod books;
mod clock;
mod links;
mod providers;
mod webhooks;

// What people see.
mod error;
mod office;
mod page;
mod session;
mod shop;

use std::net::SocketAddr;

use axum::Router;
use payments::journal::Worker;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::database::Store;
use crate::shop::{Settings, Shop};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let settings = Settings::from_env()?;
    let listener = TcpListener::bind(settings.listen).await?;
    let url = settings.url.clone();
    let shop = Shop::open(settings).await?;

    // One worker per process sends what is recorded, resolves what is unknown, and books each change of state.
    let (stop, stopped) = watch::channel(());
    let worker = tokio::spawn(work(books::worker(&shop), stopped.clone()));

    say(&format!("the shop is open at {url}"));
    let app = routes(shop.clone()).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, app).with_graceful_shutdown(shutdown_signal()).await?;

    drop(stop);
    worker.await?;
    shop.journal.shut_down().await; // waits for the calls in progress
    Ok(())
}

fn routes(shop: Shop) -> Router {
    let pages = Router::new()
        .merge(catalogue::routes())
        .merge(orders::routes())
        .merge(checkout::routes())
        .merge(saved_cards::routes())
        .merge(upi::routes())
        .merge(links::routes())
        .merge(office::routes(&shop))
        .layer(axum::middleware::from_fn_with_state(shop.clone(), session::start));
    // The banks' forms and the providers' webhooks have no session: they prove themselves, or are only hints.
    let from_outside = Router::new().merge(three_ds::routes()).merge(webhooks::routes(&shop));
    pages.merge(from_outside).merge(page::routes()).with_state(shop)
}

async fn work(worker: Worker<Store>, mut stopped: watch::Receiver<()>) {
    // It ends with an error once the sender is gone.
    worker.run(async move { while stopped.changed().await.is_ok() {} }).await;
}

/// Waits for Ctrl-C or SIGTERM.
async fn shutdown_signal() {
    #[cfg(unix)]
    if let Ok(mut terminated) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminated.recv() => {}
        }
        return;
    }
    let _ = tokio::signal::ctrl_c().await;
}

#[expect(clippy::print_stdout, reason = "whoever starts the shop waits for this line")]
fn say(line: &str) {
    println!("{line}");
}
