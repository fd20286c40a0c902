//! What a person would notice, or should never happen.

use reqwest::Url;
use serde_json::Value;
use thirtyfour::common::log::BrowserLogEntry;

/// The problems of the pages that a browser has shown, so far.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Errors and warnings in the console, of the page and of its frames.
    pub console: Vec<String>,
    /// The URLs of requests to other hosts, also if they were blocked.
    pub foreign: Vec<String>,
    /// Problems of a page that the test has looked at.
    pub looks: Vec<String>,
}

impl Findings {
    pub(crate) fn add_console(&mut self, entries: Vec<BrowserLogEntry>) {
        let problems = entries.into_iter().filter(|entry| matches!(entry.level.as_str(), "SEVERE" | "WARNING"));
        self.console.extend(problems.map(|entry| format!("{}: {}", entry.level, entry.message)));
    }

    /// Adds the foreign requests in the driver's log of the network.
    pub(crate) fn add_network(&mut self, entries: &[BrowserLogEntry]) {
        for entry in entries {
            let event: Value = serde_json::from_str(&entry.message).expect("the driver logs JSON");
            let (event, params) = (&event["message"]["method"], &event["message"]["params"]);
            let url = match event.as_str() {
                Some("Network.requestWillBeSent") => &params["request"]["url"],
                Some("Network.webSocketCreated" | "Network.webTransportCreated") => &params["url"],
                _ => continue,
            };
            let url = url.as_str().expect("a request has a URL");
            if is_foreign(url) {
                self.foreign.push(url.to_owned());
            }
        }
    }

    /// Removes the errors of the console that are expected. Returns the expectations that were not met.
    pub(crate) fn remove_expected<'a>(&mut self, expected: &[(&'a str, &str)]) -> Vec<&'a str> {
        let is_missing = |part: &&str| !self.console.iter().any(|error| error.contains(part));
        let missing = expected.iter().map(|(part, _)| *part).filter(is_missing).collect();
        self.console.retain(|error| !expected.iter().any(|(part, _)| error.contains(part)));
        missing
    }
}

/// True if a URL needs another host than this machine.
fn is_foreign(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return true };
    // A page cannot load the browser's own pages, such as that of a new tab.
    let is_inside = matches!(url.scheme(), "about" | "blob" | "chrome" | "chrome-untrusted" | "data");
    !is_inside && !matches!(url.host_str(), Some("127.0.0.1" | "localhost"))
}
