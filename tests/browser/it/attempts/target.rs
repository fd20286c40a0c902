//! What the attempts aim at: a sandbox with something to read and to change, and a server without its rules.

use std::time::Duration;

use payments_browser_tests::{Received, Site};
use payments_sandbox::Sandbox;
use serde_json::Value;

use crate::support::World;

/// One attempt of a web page.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    pub(crate) name: String,
    /// The body of an asynchronous function on the hostile page. It returns what the page could read.
    pub(crate) script: String,
    pub(crate) compare: Compare,
    /// The provider's origin, if the attempt does not aim at the control API.
    pub(crate) provider: Option<String>,
    pub(crate) control: Control,
}

/// What must be the same before and after an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compare {
    All,
    /// Everything but the records: a provider records each request, also one that it rejects.
    WithoutRecords,
}

/// Where the same attempt succeeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Control {
    /// At a server without rules, from another site.
    OtherSite,
    /// At a server without rules, from a page of its own.
    SameOrigin,
    /// Nowhere: the browser prevents it, for this reason.
    Never(&'static str),
}

impl Attempt {
    pub(crate) fn new(name: impl Into<String>, script: impl Into<String>) -> Self {
        let (name, script) = (name.into(), script.into());
        Self { name, script, compare: Compare::All, provider: None, control: Control::OtherSite }
    }

    pub(crate) fn control(self, control: Control) -> Self {
        Self { control, ..self }
    }

    /// Aims at a provider's port.
    pub(crate) fn at_provider(self, origin: &str) -> Self {
        Self { provider: Some(origin.to_owned()), compare: Compare::WithoutRecords, ..self }
    }

    /// The origin that the attempt aims at.
    pub(crate) fn origin(&self, target: &Target) -> String {
        self.provider.clone().unwrap_or_else(|| target.origin())
    }
}

/// A sandbox with an order, a note and more, all with the canary.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) world: World,
    client: reqwest::Client,
}

impl Target {
    pub(crate) async fn start() -> Self {
        let world = World::start_recording().await;
        world.deposit(CANARY).await;
        world.sandbox.note(CANARY);
        world.sandbox.expect_status(CANARY, "waiting");
        world.sandbox.fault("turbopay.balance#99 @before-commit fin");
        Self { world, client: reqwest::Client::builder().no_proxy().build().unwrap() }
    }

    pub(crate) fn sandbox(&self) -> &Sandbox {
        &self.world.sandbox
    }

    pub(crate) fn origin(&self) -> String {
        self.sandbox().control_url().to_owned()
    }

    /// The sandbox's state, as its control API shows it.
    pub(crate) async fn state(&self, compare: Compare) -> String {
        let mut state = String::new();
        let records = ["/records", "/timeline"];
        let paths = ["/ledger", "/doubles", "/orders", "/deliveries", "/faults", "/clock", "/expectations"];
        let records = records.iter().filter(|_| compare == Compare::All);
        for path in paths.iter().chain(records) {
            state.push_str(&format!("{path}: {}\n", self.get(path).await));
        }
        state
    }

    /// The response to a request that no web page sends.
    pub(crate) async fn get(&self, path: &str) -> String {
        let response = self.client.get(format!("{}{path}", self.origin())).send().await.unwrap();
        assert!(response.status().is_success(), "{path}: {}", response.status());
        response.text().await.unwrap()
    }

    /// The paths with their methods, from the description.
    pub(crate) async fn endpoints(&self) -> Vec<(String, String)> {
        let description: Value = serde_json::from_str(&self.get("/openapi.json").await).unwrap();
        let paths = description["paths"].as_object().unwrap().iter();
        let endpoints = paths.flat_map(|(path, methods)| {
            let methods = methods.as_object().unwrap().keys().cloned();
            methods.map(move |method| (method, path.clone()))
        });
        endpoints.collect()
    }

    pub(crate) fn finish(self) {
        // Its expectation is one of the things to read.
        self.world.sandbox.abandon();
    }
}

/// True if a text has something of the sandbox's state.
pub(crate) fn has_canary(text: &str) -> bool {
    text.contains(CANARY)
}

/// A path with values for its parameters, of things that exist if there are any.
pub(crate) fn with_values(path: &str) -> String {
    let value = |segment: &str| match segment {
        "{number}" => "1".to_owned(),
        "{action}" => "success".to_owned(),
        segment if segment.starts_with('{') => CANARY.to_owned(),
        segment => segment.to_owned(),
    };
    path.split('/').map(value).collect::<Vec<_>>().join("/")
}

/// A text that stands everywhere in the sandbox's state.
pub(crate) const CANARY: &str = "canary-7f3a";

/// A server that lets every page do and read everything.
#[derive(Debug)]
pub(crate) struct OpenServer {
    pub(crate) site: Site,
}

impl OpenServer {
    pub(crate) async fn start() -> Self {
        let site = Site::start().await;
        let add = |path: &str, content_type: &str, body: &str| {
            let all = [
                ("content-type", content_type),
                ("access-control-allow-origin", "*"),
                ("access-control-allow-methods", "*"),
                ("access-control-allow-headers", "*"),
                ("timing-allow-origin", "*"),
            ];
            site.respond(path, &all, body);
        };
        add("*", "text/html", &format!("<body><p id=\"{CANARY}\">{CANARY}</p></body>"));
        add("/records", "text/javascript", &format!("self.leaked = '{CANARY}'"));
        add("/ledger", "application/json", &format!("[{{\"reference\": \"{CANARY}\"}}]"));
        add("/timeline", "text/css", &format!("body {{ --leaked: {CANARY} }}"));
        add("/deliveries", "text/event-stream", &format!("data: {CANARY}\n\n"));
        Self { site }
    }

    /// The origin, at the sandbox's host.
    pub(crate) fn origin(&self) -> String {
        self.site.url_by_address("")
    }

    /// Waits until a request arrives, beside preflight requests and that for the icon.
    pub(crate) async fn was_used_since(&self, seen: usize) -> bool {
        for _ in 0..40 {
            let received = self.site.received();
            let counts = |request: &Received| request.method != "OPTIONS" && request.target != "/favicon.ico";
            if received[seen..].iter().any(counts) {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        false
    }
}
