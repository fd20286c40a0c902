//! The inspector's timeline: a window over all records, filters, jumps, and a record's details.

use std::time::Duration;

use payments_browser_tests::{Browser, Screen};
use payments_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::support::World;

/// Everything that a timeline can show: faults, lost and cut responses, messages, actions, notes and a redirect.
async fn world_with_everything() -> World {
    let world = World::recording().await;
    world.shop.respond("/status", &[], "");
    let sandbox = &world.sandbox;
    world.deposit_with_status_url("order-1", &world.shop.url("/status")).await;
    sandbox.turbopay().order("order-1").succeed();
    sandbox.settle().await;
    sandbox.fault("turbopay.deposit @after-commit truncate=60");
    world.try_deposit("order-2").await;
    sandbox.note("order-2 is unknown, says the client");
    sandbox.fault("turbopay.deposit @before-commit fin");
    world.try_deposit("order-3").await;
    sandbox.fault("turbopay.deposit @head rst");
    world.try_deposit("order-4").await;
    world.deposit_with_status_url("order-5", "http://127.0.0.1:9/status").await;
    sandbox.turbopay().order("order-5").succeed();
    world.transaction("order-6").await;
    world.checkout("order-7").await;
    sandbox.clock().advance(Duration::from_secs(30));
    sandbox.settle().await;
    world
}

/// The numbers of the rows in the page, in order.
async fn numbers(browser: &Browser) -> Vec<u64> {
    let rows = browser
        .run("return [...document.querySelectorAll('#rows > *')].map((row) => Number(row.dataset.number))")
        .await;
    let mut numbers: Vec<u64> = serde_json::from_value(rows).unwrap();
    numbers.sort_unstable();
    numbers
}

/// Waits until a script returns true.
async fn until(browser: &Browser, script: &str) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    while browser.run(&format!("return Boolean({script})")).await != json!(true) {
        assert!(tokio::time::Instant::now() < deadline, "never: {script}; the page has {:?}", numbers(browser).await);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A script that is true once the row with this number is in sight.
fn in_sight(number: u64) -> String {
    format!(
        "(() => {{ const row = document.querySelector('#rows [data-number=\"{number}\"]')?.getBoundingClientRect(); \
         const list = document.getElementById('timeline').getBoundingClientRect(); \
         return row && row.top >= list.top && row.bottom <= list.bottom + 1; }})()"
    )
}

#[tokio::test]
async fn the_timeline_shows_what_happened_and_each_record_in_detail() {
    for screen in Screen::ALL {
        let world = world_with_everything().await;
        let mut browser = Browser::start(screen).await;
        browser.open(&world.inspector("/inspector/timeline")).await;
        browser.shows("order-2 is unknown, says the client").await;
        browser.shows("then fin").await;
        browser.look("timeline").await;

        let cut = "document.querySelector('#rows .told.broken a')";
        browser.run(&format!("{cut}.scrollIntoView({{block: 'center'}}); {cut}.click()")).await;
        browser.shows("What the provider did").await;
        browser.shows("Only a part of the response (201) was sent").await;
        until(&browser, "document.activeElement.id === 'detail'").await;
        browser.look("timeline-detail").await;
        let request = "[...document.querySelectorAll('#detail .story a')][0]";
        browser.run(&format!("{request}.click()")).await;
        browser.shows("Copy as curl").await;
        browser.press("Copy as curl").await;
        let command = browser.run("return document.getElementById('curl').textContent").await;
        let command = command.as_str().unwrap();
        assert!(command.contains("--header 'authorization: '\"$TURBOPAY_API_KEY\""), "{command}");
        browser.shows("opied").await;
        browser.press("Show the command").await;
        browser.look("timeline-curl").await;
        browser.press("Open as a page").await;
        browser.shows("Related records").await;
        browser.look("record").await;
        browser.finish().await;
        world.sandbox.abandon();
    }
}

#[tokio::test]
async fn a_record_appears_while_the_page_is_open_and_filters_are_applied() {
    for screen in Screen::ALL {
        let world = World::recording().await;
        let mut browser = Browser::start(screen).await;
        browser.open(&world.inspector("/inspector/timeline")).await;
        browser.shows("Nothing happened yet.").await;
        browser.look("timeline-empty").await;
        world.deposit("order-1").await;
        browser.shows("POST /api/deposit/new").await;
        browser.shows("201, sent").await;
        browser.does_not_show("Nothing happened yet.").await;

        browser.choose("Kind", "ledger").await;
        browser.fill("Order", "order-2").await;
        browser.press("Filter").await;
        browser.shows("No record matches.").await;
        assert!(browser.url().await.contains("order=order-2&kind=ledger"), "{}", browser.url().await);
        world.deposit("order-3").await;
        world.deposit("order-2").await;
        browser.shows("turbopay.deposit executed").await;
        until(&browser, "document.querySelectorAll('#rows > *').length === 1").await;
        browser.does_not_show("order-3").await;
        browser.press("Show everything").await;
        browser.shows("POST /api/deposit/new").await;
        browser.finish().await;
        world.sandbox.finish();
    }
}

/// Starts a sandbox with this many records.
async fn sandbox_with(records: u64) -> Sandbox {
    let sandbox = Sandbox::builder().record_contents().start().await;
    for number in 1..=records {
        sandbox.note(format_args!("note {number}"));
    }
    sandbox
}

#[tokio::test]
async fn the_page_has_few_of_many_rows_and_jumps_to_any_of_them() {
    let sandbox = sandbox_with(20_000).await;
    let mut browser = Browser::start(Screen::Desktop).await;
    browser.open(&format!("{}/inspector/timeline", sandbox.control_url())).await;
    until(&browser, &in_sight(20_000)).await;
    let rows = async || {
        let count = numbers(&browser).await.len();
        assert!((10..=300).contains(&count), "{count} rows");
        browser.run("return [timeline.getAttribute('aria-rowcount'), document.querySelector('#rows > *').getAttribute('aria-rowindex')].map(Number)").await
    };
    assert_eq!(rows().await[0], 20_001);

    browser.fill("Go to number", "10000\n").await;
    until(&browser, &in_sight(10_000)).await;
    rows().await;
    let index = browser
        .run("return document.querySelector('#rows [data-number=\"10000\"]').getAttribute('aria-rowindex')")
        .await;
    assert_eq!(index, "10001");

    browser.run("document.getElementById('timeline').focus()").await;
    for (key, number) in
        [("Home", 1), ("End", 20_000), ("PageUp", 19_980), ("Home", 1), ("PageDown", 20), ("End", 20_000)]
    {
        browser.press_key(key).await;
        until(&browser, &in_sight(number)).await;
        rows().await;
    }
    browser.run("timeline.scrollTop = timeline.scrollHeight / 4").await;
    until(&browser, &in_sight(5_005)).await;

    // Whoever reads stays where they are, and whoever follows sees the end.
    sandbox.note("note 20001");
    until(&browser, "timeline.dataset.last === '20001'").await;
    assert_eq!(browser.run(&format!("return {}", in_sight(5_005))).await, json!(true));
    browser.press("Follow").await;
    until(&browser, &in_sight(20_001)).await;
    sandbox.note("note 20002");
    until(&browser, &in_sight(20_002)).await;
    browser.look("timeline-many").await;
    browser.finish().await;
    sandbox.finish();
}

#[tokio::test]
async fn nothing_is_lost_while_many_records_arrive() {
    let sandbox = sandbox_with(10).await;
    let browser = Browser::start(Screen::Desktop).await;
    browser.open(&format!("{}/inspector/timeline", sandbox.control_url())).await;
    browser.shows("live").await;
    for number in 11..=4_010 {
        sandbox.note(format_args!("note {number}"));
        if number % 10 == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    until(&browser, "timeline.dataset.received === '4000' && timeline.dataset.last === '4010'").await;
    until(&browser, &in_sight(4_010)).await;
    // The rows in sight, and those that are kept ready before them. Further away, rows that were in sight earlier may have gaps.
    let row = "document.querySelector(`#rows [data-number=\"${3951 + index}\"]`)";
    until(&browser, &format!("[...Array(60).keys()].every((index) => {row})")).await;
    let count = numbers(&browser).await.len();
    assert!(count <= 300, "{count} rows");
    browser.finish().await;
    sandbox.finish();
}

#[tokio::test]
async fn a_hidden_page_closes_its_stream_and_catches_up() {
    let sandbox = sandbox_with(1).await;
    let browser = Browser::start(Screen::Desktop).await;
    browser.open(&format!("{}/inspector/timeline", sandbox.control_url())).await;
    browser.shows("live").await;
    let set_hidden = async |hidden: bool| {
        let script = format!(
            "Object.defineProperty(document, 'hidden', {{configurable: true, value: {hidden}}}); \
             document.dispatchEvent(new Event('visibilitychange'))"
        );
        browser.run(&script).await;
    };
    set_hidden(true).await;
    sandbox.note("note 2");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(browser.run("return timeline.dataset.received ?? null").await, Value::Null);
    browser.does_not_show("note 2").await;
    set_hidden(false).await;
    browser.shows("note 2").await;
    assert_eq!(browser.run("return timeline.dataset.received").await, "1");
    browser.finish().await;
    sandbox.finish();
}

#[tokio::test]
async fn hostile_texts_are_texts() {
    let world = World::recording().await;
    let hostile = "\"><img src=x onerror=alert(1)><script>alert(2)</script>'";
    world.deposit(hostile).await;
    world.sandbox.note(hostile);
    let browser = Browser::start(Screen::Desktop).await;
    browser.open(&world.inspector("/inspector/timeline")).await;
    browser.shows(hostile).await;
    browser.run("document.querySelector('#rows a').click()").await;
    browser.shows("Copy as curl").await;
    let elements = browser.run("return document.querySelectorAll('main img, main script').length").await;
    assert_eq!(elements, 0);
    browser.finish().await;
    world.sandbox.finish();
}
