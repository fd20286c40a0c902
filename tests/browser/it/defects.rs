//! Pages with a defect each. The other tests prove nothing if these are not found.

use std::time::Duration;

use payments_browser_tests::{Browser, Findings, LIMIT, Screen, Site};

/// Opens a page with this body.
async fn open(body: &str) -> (Browser, Site) {
    let site = Site::start().await;
    site.page("/", body);
    let browser = Browser::start(Screen::Phone).await;
    browser.open(&site.url("/")).await;
    (browser, site)
}

/// Waits until something was found: it may be logged after the click returns.
async fn wait_for(browser: &mut Browser, is_found: fn(&Findings) -> bool) {
    let search = async {
        while !is_found(browser.findings().await) {
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    };
    assert!(tokio::time::timeout(LIMIT, search).await.is_ok(), "not found: {:?}", browser.findings().await);
}

#[tokio::test]
async fn a_page_without_a_defect_has_no_findings() {
    let (mut browser, _site) = open("<p>There is nothing to pay.</p>").await;
    browser.look("defects-none").await;
    browser.finish().await;
}

#[tokio::test]
async fn a_button_that_does_nothing_is_found() {
    let (browser, _site) = open("<button>Pay</button>").await;
    browser.press("Pay").await;
    assert!(!browser.shows_within("paid", Duration::from_secs(1)).await);
    browser.finish().await;
}

#[tokio::test]
async fn a_button_that_a_frame_forbids_is_found() {
    let frame = "<iframe id='frame' title='Bank' sandbox srcdoc=\"<form method='post' action='/paid'><button>Pay</button></form>\">";
    let (mut browser, site) = open(frame).await;
    browser.enter_frame("frame").await;
    browser.press("Pay").await;
    wait_for(&mut browser, |findings| !findings.console.is_empty()).await;
    let console = browser.findings().await.console.concat();
    assert!(console.contains("Blocked form submission"), "{console}");
    assert_eq!(site.posted(), []);
    browser.abandon();
}

#[tokio::test]
async fn an_error_of_a_script_is_found_in_the_page_and_in_a_frame_of_another_site() {
    let (mut browser, site) = open("<script>console.error('first')</script><script>undefined.second</script>").await;
    wait_for(&mut browser, |findings| findings.console.len() == 2).await;
    let console = browser.findings().await.console.concat();
    assert!(console.contains("first") && console.contains("second"), "{console}");

    let elsewhere = site.url("/frame").replace("localhost", "127.0.0.1");
    site.page("/frame", "<script>undefined.third</script>");
    site.page("/outer", &format!("<iframe title='Bank' sandbox='allow-scripts' src='{elsewhere}'></iframe>"));
    browser.open(&site.url("/outer")).await;
    wait_for(&mut browser, |findings| findings.console.len() == 3).await;
    browser.abandon();
}

#[tokio::test]
async fn a_request_to_another_host_is_found() {
    let (mut browser, _site) = open("<script>fetch('https://elsewhere.example/count').catch(() => {})</script>").await;
    wait_for(&mut browser, |findings| !findings.foreign.is_empty()).await;
    assert_eq!(browser.findings().await.foreign, ["https://elsewhere.example/count"]);
    browser.abandon();
}

#[tokio::test]
async fn a_page_that_is_too_wide_or_that_not_everybody_can_use_is_found() {
    let (mut browser, _site) = open(
        "<style>body { margin: 0 }</style><div style='width: 900px'><input><p style='color: #bbb'>Quiet</p></div>",
    )
    .await;
    browser.look("defects-look").await;
    let looks = browser.findings().await.looks.join("\n");
    let axe: &[&str] = if browser.has_axe() { &["label (critical)", "color-contrast (serious)"] } else { &[] };
    for part in ["light: \"900 pixels wide", "dark: \"900 pixels wide"].iter().chain(axe) {
        assert!(looks.contains(part), "{part}: {looks}");
    }
    browser.abandon();
}

#[tokio::test]
#[should_panic(expected = "Findings")]
async fn a_finding_fails_the_test() {
    let (mut browser, _site) = open("<script>undefined.member</script>").await;
    wait_for(&mut browser, |findings| !findings.console.is_empty()).await;
    browser.finish().await;
}

#[tokio::test]
#[should_panic(expected = "expected errors that did not occur")]
async fn an_expected_error_that_does_not_occur_fails_the_test() {
    let (mut browser, _site) = open("<p>Nothing</p>").await;
    browser.expect_error("409", "there is none");
    browser.finish().await;
}

#[test]
fn the_processes_end_with_a_test_that_panics() {
    let (send, receive) = std::sync::mpsc::channel();
    let test = std::thread::spawn(move || {
        let test = async {
            let browser = Browser::start(Screen::Phone).await;
            assert!(Browser::processes_with(browser.directory()) > 1, "a browser has several processes");
            send.send(browser.directory().to_owned()).unwrap();
            panic!("on purpose");
        };
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test)
    });
    assert!(test.join().is_err());
    let directory = receive.recv().unwrap();
    assert!(!directory.exists(), "{}", directory.display());
    assert_eq!(Browser::processes_with(&directory), 0);
}
