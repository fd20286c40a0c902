//! The inspector under load: nothing is lost, and how long things take.

use std::io::Write as _;
use std::time::{Duration, SystemTime};

use payments_browser_tests::{Browser, LIMIT, Screen};
use payments_sandbox::Sandbox;
use serde_json::Value;
use tokio::time::Instant;

use crate::support::World;

/// Adds notes at a steady rate. Each text ends with the time in microseconds.
#[expect(clippy::disallowed_methods, reason = "the browser compares its clock with this one")]
async fn add_notes(sandbox: &Sandbox, rate: u32, time: Duration) -> u64 {
    let (start, mut added) = (Instant::now(), 0_u64);
    while start.elapsed() < time {
        let due = start.elapsed().as_micros() * u128::from(rate) / 1_000_000;
        while u128::from(added) < due {
            let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
            sandbox.note(format_args!("note at {}", now.as_micros()));
            added += 1;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    added
}

/// Reads the stream beside the page's own scripts: how many records arrived, whether one was missing, and their delays.
const LISTEN: &str = "
    window.bare = { count: 0, last: 0, gaps: 0, resets: 0, delays: [] };
    window.dom = [];
    const delay = (text) => performance.timeOrigin + performance.now() - Number(/note at ([0-9]+)/.exec(text)?.[1]) / 1000;
    const events = new EventSource('/events');
    events.addEventListener('reset', () => { bare.resets += 1; });
    events.addEventListener('record', ({ data }) => {
      const record = JSON.parse(data);
      if (bare.last && record.number !== bare.last + 1) bare.gaps += 1;
      bare.last = record.number;
      bare.count += 1;
      bare.delays.push(delay(record.text));
    });
    const rows = document.getElementById('rows');
    const seen = (node) => { const took = delay(node.textContent); if (Number.isFinite(took)) dom.push(took); };
    new MutationObserver((changes) => changes.forEach(({ addedNodes }) => addedNodes.forEach(seen))).observe(rows, { childList: true });
    return new Promise((done) => { events.onopen = () => done(true); });";

fn report(text: std::fmt::Arguments<'_>) {
    // The test runner does not hide what is written there.
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// The value below which 99 of 100 values are, in milliseconds.
fn percentile_99(values: &Value) -> f64 {
    let mut values: Vec<f64> = values.as_array().unwrap().iter().filter_map(Value::as_f64).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() * 99 / 100).copied().unwrap_or(f64::NAN)
}

async fn until_last(browser: &Browser, last: u64) {
    let deadline = Instant::now() + LIMIT;
    while browser.run("return bare.last").await.as_u64() != Some(last) {
        assert!(
            Instant::now() < deadline,
            "never {last}: {}",
            browser.run("return [bare.last, bare.gaps, bare.resets]").await
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_reach_the_page_soon_and_none_is_lost() {
    let world = World::start_recording().await;
    let browser = Browser::start(Screen::Desktop).await;
    for (rate, seconds) in [(1_000, 10), (5_000, 20)] {
        browser.open(&format!("{}/inspector/timeline", world.sandbox.control_url())).await;
        browser.run(LISTEN).await;
        let before = world.sandbox.records().last().map_or(0, |record| record.number);
        let added = add_notes(&world.sandbox, rate, Duration::from_secs(seconds)).await;
        until_last(&browser, before + added).await;
        let bare = browser.run("return bare").await;
        let dom = browser.run("return dom").await;
        report(format_args!(
            "{rate} records a second for {seconds} s: {added} added, {} arrived, {} gaps; at the 99th percentile {:.0} ms until the \
             event, {:.0} ms until the row ({} rows drawn)",
            bare["count"],
            bare["gaps"],
            percentile_99(&bare["delays"]),
            percentile_99(&dom),
            dom.as_array().unwrap().len(),
        ));
        assert_eq!(
            (bare["count"].as_u64(), bare["gaps"].as_u64(), bare["resets"].as_u64()),
            (Some(added), Some(0), Some(0))
        );
        let last = world.sandbox.records().last().unwrap().text.clone();
        browser.shows(&last).await;
    }
    browser.finish().await;
    world.sandbox.finish();
}

#[tokio::test]
async fn a_hundred_thousand_records_are_shown_and_a_jump_leads_to_the_middle() {
    let world = World::start_recording().await;
    for number in 1..=100_000 {
        world.sandbox.note(format_args!("note {number}"));
    }
    let browser = Browser::start(Screen::Desktop).await;
    browser.open(&format!("{}/inspector/timeline", world.sandbox.control_url())).await;
    browser.shows("note 100000").await;
    let usable = browser.run("return performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd").await;
    let jump = "const start = performance.now(), timeline = document.getElementById('timeline'); \
        timeline.scrollTop = timeline.scrollHeight / 2; \
        return new Promise((done) => { const look = () => { \
          const numbers = [...document.querySelectorAll('#rows > *')].map((row) => Number(/note ([0-9]+)/.exec(row.textContent)?.[1])); \
          if (numbers.some((number) => number > 49000 && number < 51000)) return done(performance.now() - start); \
          requestAnimationFrame(look) }; look() })";
    let jump = browser.run(jump).await;
    report(format_args!("100,000 records: usable after {usable} ms, a jump to the middle takes {jump} ms"));
    assert!(browser.run("return document.querySelectorAll('#rows > *').length <= 300").await == true);
    browser.finish().await;
    world.sandbox.finish();
}

/// A browser opens at most six connections to a host. So hidden tabs must not keep theirs.
#[tokio::test]
async fn eight_tabs_work_at_once() {
    let world = World::start_recording().await;
    let browser = Browser::start(Screen::Desktop).await;
    let url = format!("{}/inspector/timeline", world.sandbox.control_url());
    browser.open(&url).await;
    for _ in 1..8 {
        browser.open_tab(&url).await;
    }
    for round in 0..2 {
        for tab in 0..8 {
            browser.enter_tab(tab).await;
            let note = format!("note for tab {tab} in round {round}");
            world.sandbox.note(&note);
            browser.shows(&note).await;
        }
    }
    browser.finish().await;
    world.sandbox.finish();
}

#[tokio::test]
async fn all_files_of_the_inspector_have_at_most_40_kb_compressed() {
    let world = World::start().await;
    let browser = Browser::start(Screen::Desktop).await;
    let mut files = std::collections::BTreeSet::new();
    for page in [
        "/",
        "/api",
        "/inspector/timeline",
        "/inspector/orders",
        "/inspector/deliveries",
        "/inspector/faults",
        "/inspector/ledger",
    ] {
        browser.open(&format!("{}{page}", world.sandbox.control_url())).await;
        let loaded = browser
            .run("return performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname).filter((path) => /\\.(js|css)$/.test(path))")
            .await;
        files.extend(loaded.as_array().unwrap().iter().map(|file| file.as_str().unwrap().to_owned()));
    }
    let mut total = 0;
    for file in &files {
        let script = format!(
            "return fetch({file:?}).then((file) => new Response(file.body.pipeThrough(new CompressionStream('gzip'))).arrayBuffer())\
             .then((bytes) => bytes.byteLength)"
        );
        total += browser.run(&script).await.as_u64().unwrap();
    }
    report(format_args!("the inspector's {} files have {total} bytes compressed", files.len()));
    assert!(files.len() >= 3 && total <= 40 * 1024, "{total} bytes: {files:?}");
    browser.finish().await;
    world.sandbox.finish();
}
