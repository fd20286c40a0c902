//! A shop that takes payments from five providers, and survives a crash. Made to be copied: README.md walks through it.
//!
//! Each file is one idea. Read them in this order.
#![expect(clippy::print_stdout, reason = "whoever starts the shop waits for a line")]

// What is sold and stored.
mod catalogue;
mod database;
mod order;
mod payment;

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
mod providers;

// What people see.
mod office;
mod random;
mod routes;
mod shop;
mod web;

use std::net::SocketAddr;

use axum::BoxError;
use tokio::net::TcpListener;

use crate::shop::{Settings, Shop};

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    tracing_subscriber::fmt().with_ansi(false).with_writer(std::io::stderr).init();
    let settings = Settings::from_env()?;
    let listener = TcpListener::bind(settings.listen).await?;
    let shop = Shop::open(settings).await?;

    // One worker per process sends what is recorded, finds out what is unknown, and books each change of state.
    let worker = tokio::spawn(books::worker(&shop).run(asked_to_stop()));

    println!("the shop is open at {}", shop.settings.url);
    let app = routes::routes(&shop).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, app).with_graceful_shutdown(asked_to_stop()).await?;

    worker.await?;
    shop.journal.shut_down().await; // waits for the calls in progress
    Ok(())
}

/// Waits for Ctrl-C or SIGTERM.
async fn asked_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminated) = signal(SignalKind::terminate()) else { return std::future::pending().await };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminated.recv() => {}
    }
}
