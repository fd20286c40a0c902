//! A recorded request as a command for curl in a POSIX shell.

use crate::record::Content;

/// A header that holds a key: its name, what precedes the key in its value, and the key's name.
pub(super) type KeyHeader = (&'static str, &'static str, &'static str);

/// Where a request is sent, and the variables that hold the keys which its record does not have.
pub(super) struct Target<'a> {
    /// The provider's name.
    pub(super) provider: &'a str,
    /// The provider's base URL and keys, by their names.
    pub(super) credentials: &'a [(&'static str, String)],
    pub(super) key_headers: &'a [KeyHeader],
}

/// A command, and what it lacks of the request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Command {
    pub(super) text: String,
    pub(super) gaps: Vec<String>,
}

/// Returns the command that sends the request again.
///
/// Every part of the request is quoted, so no text in it can end its argument. The URL's host is always the sandbox's.
pub(super) fn command(content: &Content, target: &Target<'_>) -> Command {
    let mut gaps = Vec::new();
    let (method, path) = content.start.split_once(' ').unwrap_or(("GET", &content.start));
    let mut arguments = vec!["curl --globoff --path-as-is".to_owned(), option("--request", &word(method))];
    if target.origin().starts_with("https:") {
        gaps.push("It needs `--cacert` with the sandbox's certificate.".to_owned());
    }
    let mut left_out = Vec::new();
    for (name, value) in &content.headers {
        if OF_CURL.iter().any(|known| name.eq_ignore_ascii_case(known)) {
            continue;
        }
        let key = target.key_headers.iter().find(|(header, ..)| name.eq_ignore_ascii_case(header));
        let header = match (key, value.as_str()) {
            (Some((_, before, key)), _) => {
                format!("{}\"${}\"", word(&format!("{name}: {before}")), target.variable(key))
            }
            (None, MASKED) => {
                left_out.push(name.as_str());
                continue;
            }
            // curl would leave out a header without a value.
            (None, "") => word(&format!("{name};")),
            (None, value) => word(&format!("{name}: {value}")),
        };
        arguments.push(option("--header", &header));
    }
    if !left_out.is_empty() {
        gaps.push(format!("It lacks headers whose values are not recorded: {}.", left_out.join(", ")));
    }
    if let Some(body) = &content.body {
        if !content.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            arguments.push(option("--header", "'Content-Type:'"));
        }
        if body.contains('\0') {
            gaps.push("It lacks the body's NUL bytes, which no argument can have.".to_owned());
        }
        arguments.push(option("--data-raw", &target.with_keys(body)));
    } else if content.body_bytes > 0 {
        gaps.push("It lacks the body, which is not recorded.".to_owned());
    }
    if content.is_cut() {
        gaps.push("It has only the recorded beginning of the body.".to_owned());
    }
    let url = format!("{}/{}", target.origin(), path.strip_prefix('/').unwrap_or(path));
    arguments.push(target.with_keys(&url));
    let text = arguments.join(" \\\n  ");
    if text.contains(MASKED) || text.contains(MASKED_AND_ENCODED) {
        gaps.push("Replace the masked values.".to_owned());
    }
    Command { text, gaps }
}

impl Target<'_> {
    /// The scheme, the host and the port of the base URL.
    fn origin(&self) -> &str {
        let base_url = self.credentials.iter().find(|(name, _)| *name == "base_url").map_or("", |(_, url)| url);
        let authority = base_url.find("://").map_or(0, |scheme| scheme + 3);
        let end = base_url[authority..].find('/').map_or(base_url.len(), |length| authority + length);
        &base_url[..end]
    }

    /// The name of the environment variable that holds a key, as the overview shows it.
    fn variable(&self, key: &str) -> String {
        format!("{}_{key}", self.provider.replace('-', "_")).to_ascii_uppercase()
    }

    /// Quotes a URL or a body, with a variable for each masked key in a query or a form.
    fn with_keys(&self, text: &str) -> String {
        let fields = self.credentials.iter().map(|(name, _)| (format!("{name}={MASKED_AND_ENCODED}"), *name));
        let fields: Vec<_> = fields.collect();
        let mut quoted = String::new();
        let mut rest = text;
        loop {
            let found = fields.iter().filter_map(|(field, name)| Some((rest.find(field)?, field, name)));
            let Some((at, field, name)) = found.min_by_key(|(at, ..)| *at) else { break };
            quoted.push_str(&word(&format!("{}{name}=", &rest[..at])));
            quoted.push_str(&format!("\"${}\"", self.variable(name)));
            rest = &rest[at + field.len()..];
        }
        if !rest.is_empty() || quoted.is_empty() {
            quoted.push_str(&word(rest));
        }
        quoted
    }
}

fn option(name: &str, value: &str) -> String {
    format!("{name} {value}")
}

/// Quotes a text for a POSIX shell: nothing is special between single quotes, but a single quote.
fn word(text: &str) -> String {
    format!("'{}'", text.replace('\0', "").replace('\'', "'\\''"))
}

const MASKED: &str = "[masked]";
const MASKED_AND_ENCODED: &str = "%5Bmasked%5D";

/// The headers that curl makes itself, and the one that would make its output unreadable.
const OF_CURL: &[&str] = &["host", "content-length", "connection", "transfer-encoding", "expect", "accept-encoding"];
