//! The picture at the beginning of the README.

use std::fs;
use std::path::Path;

use payments_browser_tests::{Browser, Screen};
use serde_json::json;

use crate::support::World;

/// Run this test with `PAYMENTS_TESTS_WRITE_PICTURE=1` to make the picture anew.
#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "tests are configured by variables")]
async fn the_picture_of_the_inspector_can_be_made_and_is_small() {
    let world = World::recording().await;
    world.shop.respond("/status", &[], "");
    world.sandbox.fault("turbopay.withdraw order=payout-7 @after-commit fin");
    world.lose_withdrawal("payout-7", &world.shop.url("/status")).await;
    world.sandbox.settle().await;
    let note = json!({"text": "no response: the outcome is unknown", "reference": "payout-7"});
    world.control("POST", "/notes", &note).await;
    world.sandbox.clock().advance(std::time::Duration::from_secs(2));
    world.sandbox.settle().await;
    world.look_up("payout-7").await;
    let note = json!({"text": "looked up: paid once", "reference": "payout-7"});
    world.control("POST", "/notes", &note).await;

    let browser = Browser::start(Screen::Desktop).await;
    browser.open(&world.inspector("/inspector/timeline")).await;
    browser.shows("looked up: paid once").await;
    browser.press("First").await;
    browser.shows("POST /api/withdraw/new").await;
    let picture = browser.picture().await;
    browser.finish().await;
    world.sandbox.finish();

    let stored = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/inspector.png");
    if std::env::var_os("PAYMENTS_TESTS_WRITE_PICTURE").is_some() {
        fs::write(&stored, &picture).unwrap();
    }
    let stored = fs::read(&stored).unwrap();
    assert_eq!(size(&stored), size(&picture));
    for picture in [picture, stored] {
        assert!(picture.len() <= 200_000, "{} bytes", picture.len());
    }
}

/// The width and the height of a PNG picture.
fn size(png: &[u8]) -> (&[u8], &[u8]) {
    assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"), "this is no PNG");
    (&png[16..20], &png[20..24])
}
