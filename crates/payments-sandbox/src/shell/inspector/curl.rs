//! A recorded request as a command for curl in a POSIX shell.

use crate::record::{Content, MASKED, MASKED_AND_ENCODED, is_masked};

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
        let header = match (key, value.as_ref()) {
            (Some((_, before, key)), _) => {
                format!("{}\"${}\"", word(&format!("{name}: {before}")), target.variable(key))
            }
            (None, MASKED) => {
                left_out.push(name.as_ref());
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
    if is_masked(&text) {
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
        // The mask encodes an underscore as well.
        let spellings = |name: &&'static str| [format!("{name}="), format!("{}=", name.replace('_', "%5F"))];
        let names = self.credentials.iter().map(|(name, _)| name);
        let fields = names.flat_map(|name| spellings(name).map(|before| (before, *name)));
        let fields: Vec<_> =
            fields.map(|(before, name)| (format!("{before}{MASKED_AND_ENCODED}"), before, name)).collect();
        let mut quoted = String::new();
        let mut rest = text;
        loop {
            let found =
                fields.iter().filter_map(|(field, before, name)| Some((rest.find(field)?, field, before, name)));
            let Some((at, field, before, name)) = found.min_by_key(|(at, ..)| *at) else { break };
            quoted.push_str(&word(&format!("{}{before}", &rest[..at])));
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

/// The headers that curl makes itself, and the one that would make its output unreadable.
const OF_CURL: &[&str] = &["host", "content-length", "connection", "transfer-encoding", "expect", "accept-encoding"];

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::process::{Command as Process, Stdio};

    use super::{Command, Target, command};
    use crate::http::Request;
    use crate::record::{Content, Mask};

    const CREDENTIALS: &[(&str, &str)] =
        &[("base_url", "http://127.0.0.1:9005/api"), ("api_key", "sandbox_key"), ("webhook_key", "sandbox_other")];

    /// Returns a request's record, in which keys are masked.
    fn content(target: &str, headers: &[(&str, &str)], body: &[u8]) -> Content {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let request = Request {
            number: 1,
            record: None,
            method: "POST".to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            body: body.to_vec(),
        };
        Content::of_request(&request, &Mask::new(["sandbox_key".to_owned()]))
    }

    fn command_of(content: &Content) -> Command {
        let credentials: Vec<_> = CREDENTIALS.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        let key_headers = &[("authorization", "Bearer ", "api_key"), ("x-key", "", "api_key")];
        command(content, &Target { provider: "turbo-pay", credentials: &credentials, key_headers })
    }

    /// Runs a command in a real shell with a curl that prints its arguments, and returns them. Nothing else may be run.
    fn run(name: &str, text: &str) -> Vec<String> {
        let directory = std::env::temp_dir().join(format!("payments-sandbox-curl-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let output = Process::new("/bin/sh")
            .args(["-eu", "-c", &format!("curl() {{ printf '%s\\000' \"$@\"; }}\n{text}")])
            .current_dir(&directory)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("TURBO_PAY_API_KEY", "the key $(touch expanded) of the shell")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let created: Vec<PathBuf> = std::fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().path()).collect();
        std::fs::remove_dir_all(&directory).unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{text}: {output:?}");
        assert!(created.is_empty(), "{text}: {created:?}");
        let arguments = String::from_utf8(output.stdout).unwrap();
        arguments.strip_suffix('\0').unwrap().split('\0').map(str::to_owned).collect()
    }

    #[test]
    fn a_request_is_sent_again_with_its_keys_from_variables() {
        let headers = [
            ("host", "127.0.0.1:9005"),
            ("content-type", "application/json"),
            ("content-length", "17"),
            ("authorization", "Bearer sandbox_key"),
            ("idempotency-key", "5f0c"),
            ("accept", ""),
            ("x-trace", "anything"),
        ];
        let Command { text, gaps } = command_of(&content("/api/withdraw/new?a=1", &headers, br#"{"amount": 5.00}"#));
        let expected = "curl --globoff --path-as-is \\\n  --request 'POST' \\\n  --header 'content-type: application/json' \\\n  \
            --header 'authorization: Bearer '\"$TURBO_PAY_API_KEY\" \\\n  --header 'idempotency-key: 5f0c' \\\n  \
            --header 'accept;' \\\n  --data-raw '{\"amount\":5.00}' \\\n  'http://127.0.0.1:9005/api/withdraw/new?a=1'";
        assert_eq!(text, expected);
        assert_eq!(gaps, ["It lacks headers whose values are not recorded: x-trace."]);
        assert_eq!(
            run("plain", &text),
            [
                "--globoff",
                "--path-as-is",
                "--request",
                "POST",
                "--header",
                "content-type: application/json",
                "--header",
                "authorization: Bearer the key $(touch expanded) of the shell",
                "--header",
                "idempotency-key: 5f0c",
                "--header",
                "accept;",
                "--data-raw",
                "{\"amount\":5.00}",
                "http://127.0.0.1:9005/api/withdraw/new?a=1",
            ]
        );
    }

    #[test]
    fn a_key_in_a_form_or_a_query_is_a_variable_too() {
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let content = content("/list?api_key=sandbox_key&page=2", &headers, b"x=it's&api_key=sandbox_key&y=1");
        let Command { text, gaps } = command_of(&content);
        assert_eq!(gaps, [] as [&str; 0]);
        let arguments = run("form", &text);
        let key = "the key $(touch expanded) of the shell";
        assert_eq!(arguments[7], format!("x=it's&api%5Fkey={key}&y=1"));
        assert_eq!(arguments[8], format!("http://127.0.0.1:9005/list?api%5Fkey={key}&page=2"));
    }

    #[test]
    fn a_masked_number_is_a_gap_too() {
        for (content_type, body) in [
            ("application/json", r#"{"orderId":"4111111111111111"}"#),
            ("application/json", r#"{"note":"4111 1111 1111 1111"}"#),
            ("application/x-www-form-urlencoded", "orderId=4111111111111111"),
        ] {
            let Command { text, gaps } = command_of(&content("/", &[("content-type", content_type)], body.as_bytes()));
            assert!(!text.contains("1111 1111") && !text.contains("11111111"), "{text}");
            assert_eq!(gaps, ["Replace the masked values."], "{text}");
        }
        let plain = content("/", &[("content-type", "application/json")], br#"{"a":"x ** 2, 4*2"}"#);
        assert_eq!(command_of(&plain).gaps, [] as [&str; 0]);
    }

    #[test]
    fn no_text_of_a_request_can_end_its_argument() {
        let hostile = [
            "'; touch created; '",
            "'\\''; touch created #",
            "\"$(touch created)\"",
            "`touch created`",
            "$(touch created) ${HOME} $TURBO_PAY_API_KEY",
            "\n touch created\n",
            "\\\n'\ntouch created\n'",
            "--output created -o created @/etc/passwd",
            "-K/etc/passwd",
            "@/etc/passwd",
            "& touch created | touch created > created < created; (touch created) {a,b} * ? [a] ~ ! #",
            "\u{1}\u{7f}\u{202e}\u{fffd}\t\r é 支付 \u{1f4b8}",
        ];
        for (index, text) in hostile.iter().enumerate() {
            let body = serde_json::json!({"reference": text, "list": [text]}).to_string();
            let path = format!("/api/{text}");
            let headers = [("content-type", "application/json"), ("user-agent", text), ("order-id", text)];
            let arguments =
                run(&format!("hostile-{index}"), &command_of(&content(&path, &headers, body.as_bytes())).text);
            assert_eq!(
                arguments[6..10],
                ["--header", &format!("user-agent: {text}"), "--header", &format!("order-id: {text}")]
            );
            assert_eq!(arguments[10], "--data-raw");
            let sent: serde_json::Value = serde_json::from_str(&arguments[11]).unwrap();
            assert_eq!(sent, serde_json::from_str::<serde_json::Value>(&body).unwrap());
            assert_eq!(arguments[12..], [format!("http://127.0.0.1:9005{path}")]);
            let form =
                command_of(&content("/", &[("content-type", "application/x-www-form-urlencoded")], text.as_bytes()));
            assert_eq!(run(&format!("form-{index}"), &form.text)[7], *text);
        }
    }

    #[test]
    fn the_keys_are_sent_to_the_sandbox_only() {
        for path in ["@evil.example/", "http://evil.example/", "//evil.example/", ".evil.example/", ":80@evil.example"]
        {
            let command = command_of(&content(path, &[("host", "evil.example"), ("x-key", "sandbox_key")], b""));
            let arguments = run("origin", &command.text);
            let url = arguments.last().unwrap();
            assert!(url.starts_with("http://127.0.0.1:9005/"), "{url}");
        }
    }

    #[test]
    fn what_is_not_recorded_is_named() {
        let gaps = |headers: &[(&str, &str)], body: &[u8]| command_of(&content("/", headers, body)).gaps.join(" ");
        assert_eq!(gaps(&[], b"neither JSON nor a form"), "It lacks the body, which is not recorded.");
        assert_eq!(gaps(&[], br#"{"cvv": "123"}"#), "Replace the masked values.");
        let form = [("content-type", "application/x-www-form-urlencoded")];
        assert_eq!(gaps(&form, b"a\0b"), "It lacks the body's NUL bytes, which no argument can have.");
        let long = format!("a={}", "x".repeat(20_000));
        assert_eq!(gaps(&form, long.as_bytes()), "It has only the recorded beginning of the body.");
    }

    #[test]
    fn a_body_without_a_type_is_sent_without_one() {
        let arguments = run("untyped", &command_of(&content("/", &[], b"{}")).text);
        assert_eq!(arguments[4..8], ["--header", "Content-Type:", "--data-raw", "{}"]);
    }
}
