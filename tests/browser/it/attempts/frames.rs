//! Attempts to frame the sandbox's pages, so that a person clicks in them without knowing it.

use payments_browser_tests::{Browser, Screen, Site};
use serde_json::Value;

use super::target::{OpenServer, Target};
use super::{add_hostile_page, open_hostile, report};

/// The text of the page or the frame in which the browser is.
async fn text(browser: &Browser) -> String {
    let text = browser.run("return document.body ? document.body.innerText.trim() : ''").await;
    text.as_str().unwrap_or_default().to_owned()
}

/// Frames a page on the hostile page, and returns the text in the frame.
async fn framed(browser: &Browser, page: &str, url: &str, sandbox: &str) -> String {
    open_hostile(browser, page).await;
    let sandbox = if sandbox.is_empty() { String::new() } else { format!(", sandbox: {sandbox:?}") };
    browser.run(&format!("return add('iframe', {{id: 'framed', src: {url:?}{sandbox}}}).then(() => 1)")).await;
    browser.enter_frame("framed").await;
    let text = text(browser).await;
    browser.leave_frames().await;
    text
}

#[tokio::test]
async fn no_page_of_the_control_api_can_be_framed() {
    let target = Target::start().await;
    let hostile = Site::start().await;
    let path = add_hostile_page(&hostile, &target.origin());
    let open = OpenServer::start().await;
    let browser = Browser::start(Screen::Desktop).await;
    let sandboxes = ["", "allow-scripts allow-same-origin allow-forms allow-popups allow-top-navigation"];
    for sandbox in sandboxes {
        let shown = framed(&browser, &hostile.url(path), &(open.origin() + "/"), sandbox).await;
        assert!(super::target::has_canary(&shown), "a page that may be framed is not shown: {shown}");
    }

    let mut attempts = 0;
    let mut succeeded = Vec::new();
    for page in target.pages().await {
        let url = format!("{}{page}", target.origin());
        browser.open(&url).await;
        let shown = text(&browser).await;
        let beginning: String = shown.chars().take(60).collect();
        assert!(!beginning.is_empty(), "{page} shows nothing");
        for origin in [hostile.url(path), hostile.url_by_address(path)] {
            for sandbox in sandboxes {
                attempts += 1;
                let inside = framed(&browser, &origin, &url, sandbox).await;
                if inside.contains(&beginning) {
                    succeeded.push(format!("{page} in a frame of {origin} with {sandbox:?}: {inside}"));
                }
            }
        }
    }
    browser.abandon();
    report("frames", attempts, &succeeded);
    target.finish();
}

/// A page that a merchant frames must stay possible to frame.
#[tokio::test]
async fn a_customer_page_can_be_framed_by_any_site() {
    let target = Target::start().await;
    let hostile = Site::start().await;
    let path = add_hostile_page(&hostile, &target.origin());
    let page = target.world.deposit("order-2").await;
    let browser = Browser::start(Screen::Desktop).await;
    let shown = framed(&browser, &hostile.url(path), &page, "").await;
    assert!(shown.contains("2000.00 INR"), "{shown}");
    browser.abandon();
    target.finish();
}

impl Target {
    /// The paths of everything that can be opened in a window, with values for their parameters.
    async fn pages(&self) -> Vec<String> {
        let description: Value = serde_json::from_str(&self.get("/openapi.json").await).unwrap();
        let paths = description["paths"].as_object().unwrap();
        let is_finite = |operation: &Value| operation["responses"]["200"]["content"]["text/event-stream"].is_null();
        let paths = paths.iter().filter(|(_, methods)| methods.get("get").is_some_and(is_finite));
        paths.map(|(path, _)| super::target::with_values(path)).collect()
    }
}
