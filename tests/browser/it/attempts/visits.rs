//! A page of another site opens every address of the control API: by a link, and as an image. None changes anything.

use payments_browser_tests::{Browser, Screen, Site};

use super::target::{self, Attempt, Compare, Target};
use super::{add_hostile_page, open_hostile, report, run};

#[tokio::test]
async fn no_address_changes_anything_when_another_site_opens_it() {
    let target = Target::start().await;
    let hostile = Site::start().await;
    let path = add_hostile_page(&hostile, &target.origin());
    let browser = Browser::start(Screen::Desktop).await;
    let mut attempts = 0;
    let mut succeeded = Vec::new();
    open_hostile(&browser, &hostile.url(path)).await;
    for (method, path) in target.endpoints().await {
        let path = target::with_values(&path);
        for (way, script) in [
            (
                "a window",
                format!("return opened(target + {path:?}, (other) => read(() => other.document.body.innerText))"),
            ),
            ("an image", format!("await add('img', {{src: target + {path:?} + '?x'}})")),
        ] {
            let attempt = Attempt::new(format!("{way} at {path}, for {method}"), script);
            let before = target.state(Compare::All).await;
            let result = run(&browser, &attempt, &target.origin()).await;
            attempts += 1;
            if target.state(Compare::All).await != before || target::has_canary(&result) {
                succeeded.push(format!("{}: {result}", attempt.name));
            }
        }
    }
    browser.abandon();
    report("visits", attempts, &succeeded);
    target.finish();
}
