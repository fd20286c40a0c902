//! What a web page of another site, or another name for this machine, could do to the sandbox: nothing.
//!
//! Each attempt is a row. It has succeeded if the sandbox's state has changed, or if the page could read something of it. The same
//! attempt against a server without the sandbox's rules succeeds, so it does not fail for a reason of its own.

mod acts;
mod frames;
mod reads;
mod sockets;
mod target;
mod texts;
mod visits;

use std::io::Write as _;

use payments_browser_tests::{Browser, Screen, Site};

use target::{Attempt, Compare, Control, OpenServer, Target};

/// Reports what was attempted, also if the test passes.
fn report(what: &str, attempts: usize, succeeded: &[String]) {
    // The test runner does not hide what is written there.
    let _ = writeln!(std::io::stderr(), "{what}: {attempts} attempts, {} succeeded", succeeded.len());
    assert!(succeeded.is_empty(), "{what}: succeeded: {succeeded:#?}");
}

/// Adds the page from which a browser attacks, and returns its path.
fn add_hostile_page(site: &Site, target: &str) -> &'static str {
    // A browser posts what violates this policy to the target.
    let policy = format!("default-src 'none'; report-uri {target}/clock/advance");
    site.respond("/reports", &[("content-type", "text/html"), ("content-security-policy", &policy)], "<img src=x>");
    // In the page itself: a script that must be loaded may fail to load.
    site.page("/hostile", &format!("<script>{}</script>", include_str!("attempts/helpers.js")));
    "/hostile"
}

/// Opens the hostile page, and waits until its script has run.
async fn open_hostile(browser: &Browser, page: &str) {
    browser.open(page).await;
    browser.becomes("typeof opened === 'function'").await;
}

/// Runs an attempt on the page that is open.
async fn run(browser: &Browser, attempt: &Attempt, target: &str) -> String {
    let script = format!(
        "const target = {target:?}; return (async () => {{ {} }})().catch(String).then((result) => String(result));",
        attempt.script
    );
    browser.run(&script).await.as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_page_of_another_origin_changes_nothing_and_reads_nothing() {
    let target = Target::start().await;
    let hostile = Site::start().await;
    let path = add_hostile_page(&hostile, &target.origin());
    let browser = Browser::start(Screen::Desktop).await;
    let attempts: Vec<Attempt> = acts::attempts(&target).into_iter().chain(reads::attempts(&target)).collect();
    let mut succeeded = Vec::new();
    // Another site, and another port of the sandbox's own site.
    for page in [hostile.url(path), hostile.url_by_address(path)] {
        for attempt in &attempts {
            let before = target.state(attempt.compare).await;
            open_hostile(&browser, &page).await;
            let result = run(&browser, attempt, &attempt.origin(&target)).await;
            let after = target.state(attempt.compare).await;
            if before != after || target::has_canary(&result) {
                succeeded.push(format!("{} from {page}: {result}", attempt.name));
            }
        }
    }
    // What arrived late, after its attempt was judged.
    let before = target.state(Compare::All).await;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert_eq!(target.state(Compare::All).await, before, "something arrived late");
    browser.abandon();
    report("pages of other origins", attempts.len() * 2, &succeeded);
    target.finish();
}

#[tokio::test]
async fn the_same_attempts_succeed_against_a_server_without_rules() {
    let target = Target::start().await;
    let hostile = Site::start().await;
    let browser = Browser::start(Screen::Desktop).await;
    let mut failed = Vec::new();
    let mut without = 0;
    for attempt in acts::attempts(&target).into_iter().chain(reads::attempts(&target)) {
        let server = OpenServer::start().await;
        // Some things are possible within one origin only.
        let (page, aim) = match attempt.control {
            Control::OtherSite => (hostile.url(add_hostile_page(&hostile, &server.origin())), server.origin()),
            Control::SameOrigin => (server.site.url_by_address(add_hostile_page(&server.site, "")), server.origin()),
            Control::Never(_) => {
                without += 1;
                continue;
            }
        };
        open_hostile(&browser, &page).await;
        let seen = server.site.received().len();
        let result = run(&browser, &attempt, &aim).await;
        if !target::has_canary(&result) && !server.was_used_since(seen).await {
            failed.push(format!("{}: {result}", attempt.name));
        }
    }
    browser.abandon();
    assert!(failed.is_empty(), "these attempts prove nothing: {failed:#?}");
    let _ = writeln!(std::io::stderr(), "{without} attempts without such a proof");
    target.finish();
}
