//! The frame of every page of the inspector: navigation, the banner, and the policy.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::html::escape;
use crate::http::Response;
use crate::state::SharedState;

/// A page of the inspector.
pub(in crate::shell) struct Page<'a> {
    pub(in crate::shell) pane: Pane,
    /// The title and the heading.
    pub(in crate::shell) title: &'a str,
    /// The paths of the modules that the page loads besides `/inspector.js`.
    pub(in crate::shell) scripts: &'a [&'a str],
    /// The page's own HTML, after the heading.
    pub(in crate::shell) body: &'a str,
    /// The number of the last record before the body was made. The page's stream goes on after it, so that the page misses none.
    pub(in crate::shell) last: u64,
}

/// An entry of the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::shell) enum Pane {
    Overview,
    Timeline,
    Orders,
    Deliveries,
    Faults,
    Ledger,
    Api,
}

impl Pane {
    const ALL: &[(Self, &'static str, &'static str)] = &[
        (Self::Overview, "/", "Overview"),
        (Self::Timeline, "/inspector/timeline", "Timeline"),
        (Self::Orders, "/inspector/orders", "Orders"),
        (Self::Deliveries, "/inspector/deliveries", "Deliveries"),
        (Self::Faults, "/inspector/faults", "Faults"),
        (Self::Ledger, "/inspector/ledger", "Ledger"),
        (Self::Api, "/api", "API"),
    ];
}

impl Page<'_> {
    /// Renders the page.
    pub(in crate::shell) fn respond(&self, state: &Arc<SharedState>) -> Response {
        let html = self.render(state);
        let response = Response::html(200, html).header("Content-Security-Policy", POLICY);
        response.header("X-Content-Type-Options", "nosniff").header("Referrer-Policy", "no-referrer")
    }

    fn render(&self, state: &Arc<SharedState>) -> String {
        let title = escape(self.title);
        let (run, last) = (&state.run, self.last);
        let mut html = format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{title} · payments sandbox</title>\
             <link rel=\"icon\" href=\"data:,\"><link rel=\"stylesheet\" href=\"/inspector.css\">\
             <script type=\"module\" src=\"/inspector.js\"></script>"
        );
        for script in self.scripts {
            let _ = write!(html, "<script type=\"module\" src=\"{script}\"></script>");
        }
        let _ = write!(
            html,
            "</head><body data-position=\"{run}-{last}\"><a class=\"skip\" href=\"#main\">Skip to the content</a>\
             <header><p class=\"brand\">Payments sandbox <span>no real money</span></p><nav aria-label=\"Inspector\"><ul>"
        );
        for (pane, path, name) in Pane::ALL {
            let current = if *pane == self.pane { " aria-current=\"page\"" } else { "" };
            let _ = write!(html, "<li><a href=\"{path}\"{current}>{name}</a></li>");
        }
        let _ = write!(
            html,
            "</ul></nav><p class=\"live\" id=\"live\" hidden></p></header>{}<main id=\"main\"><h1>{title}</h1>{}</main>\
             <p id=\"status\" role=\"status\"></p></body></html>",
            banner(state),
            self.body,
        );
        html
    }
}

/// The banner while anything was executed twice.
fn banner(state: &Arc<SharedState>) -> String {
    let doubles: String =
        state.doubles().iter().map(|double| format!("<li>{}</li>", escape(&double.to_string()))).collect();
    let alarm = match doubles.as_str() {
        "" => String::new(),
        doubles => format!("<div class=\"alarm\"><strong>Executed or paid twice</strong><ul>{doubles}</ul></div>"),
    };
    format!("<section id=\"banner\" data-live aria-label=\"Executed or paid twice\">{alarm}</section>")
}

/// No inline code, nothing from other hosts, and no page may frame it. Scripts cannot turn a text into HTML.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
    base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";
