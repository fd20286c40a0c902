//! A browser that a test uses as a person does.

use std::fs;
use std::path::Path;
use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::{Value, json};
use thirtyfour::prelude::*;
use tokio::time::Instant;

use crate::findings::Findings;
use crate::process::{self, Driver};
use crate::{axe, machine};

/// How long something may take that a person expects at once. Much longer than on a slow machine.
pub const LIMIT: Duration = Duration::from_secs(60);

/// The size of a screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    /// 390 × 844
    Phone,
    /// 1280 × 800
    Desktop,
}

impl Screen {
    /// Both sizes.
    pub const ALL: [Self; 2] = [Self::Phone, Self::Desktop];

    fn name(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Desktop => "desktop",
        }
    }

    fn size(self) -> (u32, u32) {
        match self {
            Self::Phone => (390, 844),
            Self::Desktop => (1280, 800),
        }
    }
}

/// A new browser with nothing stored. It ends when it is dropped, also by a panic.
#[derive(Debug)]
pub struct Browser {
    session: WebDriver,
    screen: Screen,
    findings: Findings,
    expected: Vec<(&'static str, &'static str)>,
    finished: bool,
    /// Dropped last.
    driver: Driver,
}

impl Browser {
    /// Starts a browser with a screen of this size.
    pub async fn start(screen: Screen) -> Self {
        let (driver, url) = start_driver().await;
        // Never through a configured proxy.
        let client = reqwest::Client::builder().no_proxy().build().expect("an HTTP client");
        let session = WebDriver::builder(url, capabilities(&driver, screen)).client(client).await;
        let session = session.unwrap_or_else(|error| panic!("no browser: {error}\n{}", driver.log()));
        let mut browser =
            Self { session, screen, findings: Findings::default(), expected: Vec::new(), finished: false, driver };
        browser.set_screen().await;
        // The page of a new tab is the browser's, and not a part of any test.
        browser.open("about:blank").await;
        browser.findings().await;
        browser.findings = Findings::default();
        browser
    }

    /// Opens a page by its URL.
    pub async fn open(&self, url: &str) {
        self.session.goto(url).await.unwrap_or_else(|error| panic!("{url}: {error}"));
    }

    /// Goes back to the page before, as with the browser's button.
    pub async fn back(&self) {
        self.session.back().await.expect("there is no page before");
    }

    /// Loads the page again.
    pub async fn reload(&self) {
        self.session.refresh().await.expect("the page cannot be loaded again");
    }

    /// Clicks on a button, a link or a summary with this text or accessible name, once there is one.
    pub async fn press(&self, label: &str) {
        let path = pressable(label);
        self.try_until(&format!("`{label}` can be pressed"), async || {
            // What is not there yet, not visible, or covered, was not clicked.
            self.session.find(By::XPath(path.as_str())).await?.click().await
        })
        .await;
    }

    /// Clicks on it twice, as fast as a hand does.
    pub async fn press_twice(&self, label: &str) {
        let path = pressable(label);
        self.try_until(&format!("`{label}` can be pressed"), async || {
            let target = self.session.find(By::XPath(path.as_str())).await?;
            self.session.action_chain().double_click_element(&target).perform().await
        })
        .await;
    }

    /// Chooses an option of the list with this label.
    pub async fn choose(&self, list: &str, option: &str) {
        let path = format!("//label[contains(., '{list}')]//option[starts-with(normalize-space(), '{option}')]");
        self.try_until(&format!("`{option}` can be chosen"), async || {
            self.session.find(By::XPath(path.as_str())).await?.click().await
        })
        .await;
    }

    /// Types a text into the field with this label, in place of what is there.
    pub async fn fill(&self, label: &str, text: &str) {
        let path = field(label);
        self.try_until(&format!("`{label}` can be filled in"), async || {
            let field = self.session.find(By::XPath(path.as_str())).await?;
            field.clear().await?;
            field.send_keys(text).await
        })
        .await;
    }

    /// The text in the field with this label.
    pub async fn value(&self, label: &str) -> String {
        let field = self.session.find(By::XPath(field(label))).await.unwrap_or_else(|error| panic!("{label}: {error}"));
        field.prop("value").await.expect("the field has a value").unwrap_or_default()
    }

    /// Lets pages of this origin use the clipboard, which a person allows by clicking.
    pub async fn allow_clipboard(&self, origin: &str) {
        let permissions = ["clipboardReadWrite", "clipboardSanitizedWrite"];
        self.devtools("Browser.grantPermissions", json!({"origin": origin, "permissions": permissions})).await;
    }

    /// The text in the clipboard.
    pub async fn clipboard(&self) -> String {
        let read =
            "const done = arguments[0]; navigator.clipboard.readText().then(done, (error) => done(String(error)))";
        let text = self.session.execute_async(read, Vec::new()).await.expect("the clipboard can be read");
        text.json().as_str().unwrap_or_default().to_owned()
    }

    /// Presses a key by its name in the DOM, such as `End`, in what has the focus.
    pub async fn press_key(&self, name: &str) {
        for kind in ["rawKeyDown", "keyUp"] {
            let code = match name {
                "PageUp" => 33,
                "PageDown" => 34,
                "End" => 35,
                "Home" => 36,
                "Escape" => 27,
                "Enter" => 13,
                _ => panic!("{name} is not a key that tests press"),
            };
            let event = json!({"type": kind, "key": name, "code": name, "windowsVirtualKeyCode": code});
            self.devtools("Input.dispatchKeyEvent", event).await;
        }
    }

    /// Waits until the page shows a text.
    pub async fn shows(&self, text: &str) {
        if !self.shows_within(text, LIMIT).await {
            panic!("the page never shows {text:?}, but {:?}", self.text().await);
        }
    }

    /// Waits until the page shows a text, but not longer than this.
    pub async fn shows_within(&self, text: &str, limit: Duration) -> bool {
        within(limit, async || self.text().await.is_some_and(|shown| shown.contains(text)).then_some(()))
            .await
            .is_some()
    }

    /// Waits until the page shows a text no longer, such as after another one was requested.
    pub async fn stops_showing(&self, text: &str) {
        let is_gone = async || self.text().await.is_some_and(|shown| !shown.contains(text)).then_some(());
        until(&format!("{text:?} is gone"), is_gone).await;
    }

    /// Asserts that the page that is shown now has no such text.
    pub async fn does_not_show(&self, text: &str) {
        let shown = self.text().await.expect("there is no page");
        assert!(!shown.contains(text), "the page shows {text:?}: {shown:?}");
    }

    /// The text of the page, as it is shown. `None` while there is no page.
    async fn text(&self) -> Option<String> {
        let text = self.session.execute("return document.body?.innerText", Vec::new()).await.ok()?;
        text.convert().ok()
    }

    /// Waits until a script returns `true`.
    pub async fn becomes(&self, condition: &str) {
        let script = format!("return Boolean({condition})");
        let is_met = within(LIMIT, async || {
            // A page that is being loaded has no document.
            let met = self.session.execute(script.as_str(), Vec::new()).await.ok()?;
            (*met.json() == true).then_some(())
        });
        if is_met.await.is_none() {
            panic!("never: {condition}; the page shows {:?}", self.text().await);
        }
    }

    /// Waits until the browser is at an address with this part.
    pub async fn comes_to(&self, part: &str) {
        let is_there =
            async || self.session.current_url().await.ok().filter(|url| url.as_str().contains(part)).map(drop);
        if within(LIMIT, is_there).await.is_none() {
            panic!("the browser never comes to {part:?}, but to {:?}: {:?}", self.url().await, self.text().await);
        }
    }

    /// The cookies of all sites, with their attributes, as the browser's developer tools show them.
    pub async fn cookies(&self) -> Vec<Value> {
        let cookies = self.devtools("Network.getAllCookies", json!({})).await;
        cookies["cookies"].as_array().cloned().expect("a list of cookies")
    }

    /// The URL of the page.
    pub async fn url(&self) -> String {
        self.session.current_url().await.expect("the page has a URL").to_string()
    }

    /// Goes on in the other one of two tabs.
    pub async fn enter_other_tab(&self) {
        let current = self.session.window().await.expect("there is a tab");
        let other = until("there is another tab", async || {
            let tabs = self.session.windows().await.ok()?;
            tabs.into_iter().find(|tab| *tab != current)
        });
        self.session.switch_to_window(other.await).await.expect("the other tab is there");
        self.set_screen().await;
    }

    /// Opens a page in a new tab, and goes on there.
    pub async fn open_tab(&self, url: &str) {
        let tab = self.session.new_tab().await.expect("no new tab");
        self.session.switch_to_window(tab).await.expect("the new tab is there");
        self.set_screen().await;
        self.open(url).await;
    }

    /// Goes on in the tab that was opened at this place, from 0.
    pub async fn enter_tab(&self, place: usize) {
        let tabs = self.session.windows().await.expect("there are tabs");
        self.session.switch_to_window(tabs[place].clone()).await.expect("the tab is there");
    }

    /// Goes on inside the frame with this id.
    pub async fn enter_frame(&self, id: &str) {
        self.try_until(&format!("the frame `{id}` is there"), async || {
            self.session.find(By::Id(id)).await?.enter_frame().await
        })
        .await;
    }

    /// Goes on outside of all frames.
    pub async fn leave_frames(&self) {
        self.session.enter_default_frame().await.expect("the page is there");
    }

    /// Runs a script in the page, and returns what it returns.
    pub async fn run(&self, script: &str) -> Value {
        let result = self.session.execute(script, Vec::new()).await;
        result.unwrap_or_else(|error| panic!("{error}")).json().clone()
    }

    /// Looks at the page, or the frame, in its light and dark colours: takes a screenshot, lets axe-core search for violations, and
    /// checks that the page is not wider than the screen.
    pub async fn look(&mut self, name: &str) {
        for colours in ["light", "dark"] {
            let media = json!({"features": [{"name": "prefers-color-scheme", "value": colours}]});
            self.devtools("Emulation.setEmulatedMedia", media).await;
            let name = format!("{name}-{}-{colours}", self.screen.name());
            self.take_screenshot(&name).await;
            let mut problems = Vec::new();
            let width = self.run("return document.documentElement.scrollWidth").await;
            if width.as_u64() > Some(self.width().await) {
                problems.push(json!(format!("{width} pixels wide, which is more than there are")));
            }
            if let Some(script) = axe::script() {
                problems.extend(self.run(&script).await.as_array().cloned().expect("axe-core returns a list"));
            }
            self.findings.looks.extend(problems.iter().map(|problem| format!("{name}: {problem}")));
        }
        self.devtools("Emulation.setEmulatedMedia", json!({"features": []})).await;
    }

    /// False if the tests run without axe-core, because there is no npm.
    #[must_use]
    pub fn has_axe(&self) -> bool {
        axe::script().is_some()
    }

    /// The width of the screen, or of the frame.
    async fn width(&self) -> u64 {
        let frame = self.run("return parent === window ? null : innerWidth").await;
        frame.as_u64().unwrap_or(self.screen.size().0.into())
    }

    /// Stores a picture of the whole page, or of the screen if the test is in a frame.
    async fn take_screenshot(&self, name: &str) {
        let size = "const page = document.documentElement;\
            return parent === window ? [page.scrollWidth, Math.min(page.scrollHeight, 4000)] : null";
        let size = self.run(size).await;
        let mut params = json!({"captureBeyondViewport": true});
        if let [width, height] = size.as_array().map_or(&[][..], Vec::as_slice) {
            params["clip"] = json!({"x": 0, "y": 0, "width": width, "height": height, "scale": 1});
        }
        let png = self.capture(params).await;
        let directory = machine::directory().join("screenshots");
        fs::create_dir_all(&directory).expect("no directory for screenshots");
        fs::write(directory.join(format!("{name}.png")), png).expect("the screenshot cannot be stored");
    }

    /// Returns a PNG picture of the screen.
    pub async fn picture(&self) -> Vec<u8> {
        self.capture(json!({"optimizeForSpeed": false})).await
    }

    async fn capture(&self, params: Value) -> Vec<u8> {
        let png = self.devtools("Page.captureScreenshot", params).await;
        BASE64_STANDARD.decode(png["data"].as_str().expect("no screenshot")).expect("a screenshot is in Base64")
    }

    /// Expects an error or a warning in the console with this text, and says why it is not a defect. It must occur.
    pub fn expect_error(&mut self, part: &'static str, reason: &'static str) {
        self.expected.push((part, reason));
    }

    /// What was found so far.
    pub async fn findings(&mut self) -> &mut Findings {
        let console = self.session.get_log("browser").await.expect("the driver logs the console");
        let network = self.session.get_log("performance").await.expect("the driver logs the network");
        self.findings.add_console(console);
        self.findings.add_network(&network);
        &mut self.findings
    }

    /// Ends the browser.
    ///
    /// # Panics
    ///
    /// Panics if something was found, or if an expected error did not occur.
    pub async fn finish(mut self) {
        let is_loaded = async || (self.run("return document.readyState").await == "complete").then_some(());
        until("the page is loaded", is_loaded).await;
        let expected = std::mem::take(&mut self.expected);
        let findings = self.findings().await;
        let missing = findings.remove_expected(&expected);
        assert_eq!(*findings, Findings::default());
        assert!(missing.is_empty(), "expected errors that did not occur: {missing:?}");
        self.finished = true;
    }

    /// Ends the browser of a test that has compared what was found itself.
    pub fn abandon(mut self) {
        self.finished = true;
    }

    /// The directory that the browser's processes name.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.driver.directory()
    }

    /// How many processes name this directory of a browser.
    #[must_use]
    pub fn processes_with(directory: &Path) -> usize {
        process::naming(directory)
    }

    /// A window cannot be as narrow as a phone, and each tab has a screen of its own.
    async fn set_screen(&self) {
        let ((width, height), is_phone) = (self.screen.size(), self.screen == Screen::Phone);
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": is_phone});
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    async fn devtools(&self, method: &str, params: Value) -> Value {
        self.session.cdp().send_raw(method, params).await.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// Repeats what may fail because a page is still loading.
    async fn try_until(&self, what: &str, attempt: impl AsyncFn() -> WebDriverResult<()>) {
        let mut last = None;
        let deadline = Instant::now() + LIMIT;
        while Instant::now() < deadline {
            match attempt().await {
                Ok(()) => return,
                Err(error) => last = Some(error),
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("never: {what}: {last:?}; the page shows {:?}", self.text().await);
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The processes are killed, so nobody has to end the session.
        let _ = self.session.clone().leak();
        assert!(self.finished || std::thread::panicking(), "a test must end with `Browser::finish`");
    }
}

/// Finds a button, a link or a summary.
fn pressable(label: &str) -> String {
    format!(
        "//button[normalize-space()=\"{label}\" or starts-with(normalize-space(), \"{label} \") or @aria-label=\"{label}\"] \
         | //a[normalize-space()=\"{label}\" or @aria-label=\"{label}\"] | //summary[normalize-space()=\"{label}\"]"
    )
}

/// Finds the field inside the label with this text, or the one that the label names.
fn field(label: &str) -> String {
    let label = format!("//label[starts-with(normalize-space(), '{label}')]");
    format!("{label}//*[self::input or self::textarea] | //*[@id = {label}/@for]")
}

/// Starts a driver. It ends at once if another program has taken the port that it chose, so it is started again.
async fn start_driver() -> (Driver, String) {
    let mut logs = String::new();
    for _ in 0..3 {
        let driver = Driver::start();
        if let Some(url) = within(LIMIT / 3, async || driver.url()).await {
            return (driver, url);
        }
        logs.push_str(&driver.log());
    }
    panic!("the driver does not start: {logs}");
}

/// Waits until there is a value, and returns it.
pub async fn until<T>(what: &str, value: impl AsyncFn() -> Option<T>) -> T {
    within(LIMIT, value).await.unwrap_or_else(|| panic!("never: {what}"))
}

/// Waits until there is a value, but not longer than this.
async fn within<T>(limit: Duration, value: impl AsyncFn() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(value) = value().await {
            return Some(value);
        }
        if Instant::now() >= deadline {
            return None;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Between two looks at what is not ready yet.
const PAUSE: Duration = Duration::from_millis(25);

fn capabilities(driver: &Driver, screen: Screen) -> Capabilities {
    let (width, height) = screen.size();
    let own = [format!("--window-size={width},{height}"), format!("--user-data-dir={}", driver.profile().display())];
    let flags: Vec<&str> = FLAGS.iter().copied().chain(own.iter().map(String::as_str)).collect();
    let capabilities = json!({
        "browserName": "chrome",
        "goog:chromeOptions": {"args": flags, "binary": machine::program("chromium")},
        "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
    });
    serde_json::from_value(capabilities).expect("capabilities are JSON")
}

const FLAGS: &[&str] = &[
    "--headless=new",
    // Chromium's own sandbox does not work for root.
    "--no-sandbox",
    // A container's shared memory is small.
    "--disable-dev-shm-usage",
    "--no-proxy-server",
    // No page reaches another host. The attempt is in the network log.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    // Frames stay in the page's process: otherwise, their errors are not in the driver's log.
    "--disable-features=IsolateSandboxedIframes",
    "--disable-site-isolation-trials",
    // No requests of the browser's own.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
];
