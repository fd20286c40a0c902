//! The panel that breaks things.

use std::sync::Arc;

use payments_browser_tests::{Browser, Screen};
use stage::Stage;
use stage::panel::Panel;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

#[tokio::test]
async fn the_panel_breaks_things_on_a_phone() {
    use_panel(Screen::Phone).await;
}

#[tokio::test]
async fn the_panel_breaks_things_on_a_desktop() {
    use_panel(Screen::Desktop).await;
}

async fn use_panel(screen: Screen) {
    let stage = Stage::builder().start().await.unwrap_or_else(|failed| panic!("{failed}"));
    let panel = Panel::new(stage);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (stop, stopped) = oneshot::channel::<()>();
    let served = tokio::spawn(Arc::clone(&panel).serve(listener, async { drop(stopped.await) }));
    let mut browser = Browser::start(screen).await;

    browser.open(&url).await;
    browser.shows("No payments yet").await;
    browser.look("panel-empty").await;

    browser.press("Arm: Lose the next response").await;
    browser.shows("turbopay.withdraw @after-commit fin").await;
    browser.press("Arm: Kill the shop in the middle of an operation").await;
    browser.shows("then the shop is killed").await;
    browser.press("Kill the shop now").await;
    browser.shows("Not running").await;
    browser.becomes("document.activeElement.id === 'start-1'").await;
    browser.press("Its last lines").await;
    browser.press("What the words mean").await;
    browser.look("panel-killed").await;

    browser.press("Start the shop again").await;
    browser.shows("the process gets no chance to finish").await;
    browser.becomes("document.activeElement.id === 'kill-1'").await;
    browser.press("Remove turbopay.withdraw @after-commit fin").await;
    browser.press("Remove turbopay.withdraw @after-commit stall").await;
    browser.shows("Nothing is armed.").await;
    browser.finish().await;

    drop(panel);
    drop(stop);
    served.await.unwrap().unwrap();
}
