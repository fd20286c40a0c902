//! Requests as a browser sends them after a DNS name was rebound to this machine, and requests with forged headers.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::report;
use super::target::{Compare, Target, has_canary};

/// One request. `PORT` stands for the port of the control API.
struct Forged {
    name: String,
    target: String,
    /// All headers but the length.
    headers: String,
}

impl Forged {
    fn new(name: impl Into<String>, headers: impl Into<String>) -> Self {
        Self { name: name.into(), target: "/clock/advance".to_owned(), headers: headers.into() }
    }

    fn at(self, target: &str) -> Self {
        Self { target: target.to_owned(), ..self }
    }
}

impl Forged {
    /// True if it looks like a browser's: marked as a page's, or under a name that can be rebound. Clients that are no browsers
    /// may follow a redirect with any other headers, and that is recorded.
    fn may_be_a_page(&self) -> bool {
        let host = self.headers.lines().find_map(|line| line.strip_prefix("Host: ")).unwrap_or_default();
        self.headers.contains("Sec-Fetch-Site") || host.contains("evil") && host.contains('.')
    }
}

const JSON: &str = "Content-Type: application/json\r\n";

/// Host names that lead to this machine, or may be made to.
const HOSTS: &[&str] = &[
    "evil.example",
    "evil.example:PORT",
    "EVIL.EXAMPLE:PORT",
    "127.0.0.1.evil.example",
    "127.0.0.1.evil.example:PORT",
    "127.0.0.1.nip.io:PORT",
    "localhost.evil.example:PORT",
    "localhost.evil:PORT",
    "evil.localhost:PORT",
    "localhost.:PORT",
    "localhost..:PORT",
    "127.0.0.1.:PORT",
    ".localhost:PORT",
    "localhost.localdomain:PORT",
    "localtest.me:PORT",
    "lvh.me:PORT",
    "evil.example#127.0.0.1:PORT",
    "evil.example/127.0.0.1:PORT",
    "evil.example\\127.0.0.1:PORT",
    "127.0.0.1@evil.example:PORT",
    "evil@127.0.0.1:PORT",
    "localhost:PORT@evil.example",
    "127.0.0.1:PORT:PORT",
    "127.0.0.1:PORT evil.example",
    "127.0.0.1,evil.example:PORT",
    "evil.example,127.0.0.1:PORT",
    "127.0.0.1%00.evil.example:PORT",
    "0.0.0.0",
    "0.0.0.0:PORT",
    "0:PORT",
    "127.1:PORT",
    "127.0.1:PORT",
    "2130706433:PORT",
    "0x7f000001:PORT",
    "0x7f.0.0.1:PORT",
    "0177.0.0.1:PORT",
    "017700000001:PORT",
    "127.0.0.01:PORT",
    "[::]:PORT",
    "[::2]:PORT",
    "::1",
    "[::1",
    "[::1]evil.example:PORT",
    "[::1%25lo]:PORT",
    "[::ffff:127.0.0.1]:PORT",
    "[::ffff:7f00:1]:PORT",
    "[::127.0.0.1]:PORT",
    "[fe80::1]:PORT",
    "169.254.169.254",
    "10.0.0.1:PORT",
    "192.168.0.1:PORT",
    "128.0.0.1:PORT",
    "xn--localhost-:PORT",
    "\u{ff4c}ocalhost:PORT",
    "\u{2460}27.0.0.1:PORT",
    "http://127.0.0.1:PORT",
    "\"127.0.0.1:PORT\"",
    "",
    ":PORT",
];

const ORIGINS: &[&str] = &[
    "null",
    "Null",
    "",
    "http://evil.example",
    "http://evil.example:PORT",
    "https://127.0.0.1:PORT",
    "http://127.0.0.1",
    "http://127.0.0.1:1",
    "http://localhost:PORT",
    "http://[::1]:PORT",
    "http://127.0.0.1:PORT.evil.example",
    "http://127.0.0.1:PORT@evil.example",
    "http://evil.example/http://127.0.0.1:PORT",
    "http://evil.example#http://127.0.0.1:PORT",
    "http://127.0.0.1:PORT/",
    "http://127.0.0.1:PORT0",
    "xhttp://127.0.0.1:PORT",
    "http://evil127.0.0.1:PORT",
    "http:/127.0.0.1:PORT",
    "ws://127.0.0.1:PORT",
    "file://",
    "data:",
    "chrome-extension://abcdefghijklmnop",
    "moz-extension://abcdefghijklmnop",
    "http://127.0.0.1:PORT, http://evil.example",
    "http://evil.example http://127.0.0.1:PORT",
    "*",
];

const CONTENT_TYPES: &[&str] = &[
    "text/plain",
    "TEXT/PLAIN",
    "text/plain, application/json",
    "text/plain;application/json",
    "text/plain; x=application/json",
    "application/x-www-form-urlencoded, application/json",
    "application/json, text/plain",
    "application/json/x",
    "application/jsonx",
    "application/json+x",
    "application/x-json",
    "text/json",
    "application/csp-report",
    "application/reports+json",
    "multipart/form-data; boundary=application/json",
    "\"application/json\"",
    ";application/json",
    "",
    "*/*",
];

fn attempts() -> Vec<Forged> {
    let own = "Host: 127.0.0.1:PORT\r\n";
    let mut attempts = Vec::new();
    for host in HOSTS {
        let headers = format!("Host: {host}\r\nOrigin: http://{host}\r\n{JSON}");
        attempts.push(Forged::new(format!("Host: {host}"), headers));
    }
    for (name, headers) in [
        ("no Host", String::new()),
        ("two equal Hosts", format!("{own}{own}")),
        ("two Hosts, the own one first", format!("{own}Host: evil.example\r\n")),
        ("two Hosts, the own one last", format!("Host: evil.example\r\n{own}")),
        ("X-Forwarded-Host", "Host: evil.example\r\nX-Forwarded-Host: 127.0.0.1\r\n".to_owned()),
        ("Forwarded", "Host: evil.example\r\nForwarded: host=127.0.0.1\r\n".to_owned()),
        ("X-Host", "Host: evil.example\r\nX-Host: 127.0.0.1\r\n".to_owned()),
    ] {
        attempts.push(Forged::new(name, format!("{headers}{JSON}")));
    }
    for authority in ["evil.example", "127.0.0.1:PORT@evil.example", "127.0.0.1:PORT"] {
        let forged = Forged::new(format!("absolute form with {authority}"), format!("Host: evil.example\r\n{JSON}"));
        attempts.push(forged.at(&format!("http://{authority}/clock/advance")));
        let forged = Forged::new(format!("absolute form with {authority}, and the own Host"), format!("{own}{JSON}"));
        attempts.push(forged.at(&format!("http://{authority}/clock/advance")));
    }
    for target in [
        "//evil.example/clock/advance",
        "*",
        "/misdirected/../clock/advance",
        "/./clock/advance",
        "/clock/advance%00",
        "\\clock\\advance",
    ] {
        attempts.push(Forged::new(format!("the target {target}"), format!("Host: evil.example\r\n{JSON}")).at(target));
    }
    for origin in ORIGINS {
        attempts.push(Forged::new(format!("Origin: {origin}"), format!("{own}Origin: {origin}\r\n{JSON}")));
    }
    for content_type in CONTENT_TYPES {
        attempts.push(Forged::new(
            format!("Content-Type: {content_type}"),
            format!("{own}Content-Type: {content_type}\r\n"),
        ));
    }
    attempts.push(Forged::new("no Content-Type", own));
    for override_ in ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"] {
        for method in ["DELETE", "POST"] {
            let forged = Forged::new(format!("{override_}: {method}"), format!("{own}{override_}: {method}\r\n"));
            attempts.push(forged.at("/faults"));
        }
    }
    for site in ["cross-site", "same-site", "Cross-Site", "x"] {
        for rest in [
            "Sec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: empty\r\n",
            "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n",
            "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\n",
        ] {
            let name = format!("Sec-Fetch-Site: {site}, {}", rest.replace("\r\n", ", "));
            attempts.push(Forged::new(name, format!("{own}{JSON}Sec-Fetch-Site: {site}\r\n{rest}")));
        }
    }
    attempts
}

/// Sends bytes, and returns everything that comes back.
async fn exchange(authority: &str, bytes: String) -> String {
    let mut stream = TcpStream::connect(authority).await.unwrap();
    stream.write_all(bytes.as_bytes()).await.unwrap();
    let mut response = Vec::new();
    let _ = stream.read_to_end(&mut response).await;
    String::from_utf8_lossy(&response).into_owned()
}

async fn send(authority: &str, method: &str, path: &str, headers: &str, body: &str) -> String {
    let port = authority.rsplit_once(':').unwrap().1;
    let head =
        format!("{method} {path} HTTP/1.1\r\n{headers}Connection: close\r\nContent-Length: {}\r\n\r\n", body.len());
    exchange(authority, head.replace("PORT", port) + body).await
}

const ADVANCE: &str = "{\"seconds\": 600}";

#[tokio::test]
async fn a_rebound_name_or_a_forged_header_neither_changes_nor_reads_anything() {
    let target = Target::start().await;
    let authority = target.origin().replace("http://", "");
    // The same request with the right headers works.
    for origin in ["", "Origin: http://127.0.0.1:PORT\r\n"] {
        let headers = format!("Host: 127.0.0.1:PORT\r\n{origin}{JSON}");
        let before = target.state(Compare::All).await;
        let response = send(&authority, "POST", "/clock/advance", &headers, ADVANCE).await;
        assert!(response.starts_with("HTTP/1.1 200 "), "{response}");
        assert_ne!(target.state(Compare::All).await, before);
        assert!(has_canary(&send(&authority, "GET", "/records", &headers, "").await));
    }

    let mut count = 0;
    let mut succeeded = Vec::new();
    for attempt in attempts() {
        count += 1;
        let body = if attempt.target.contains("faults") { "{\"spec\": \"turbopay.withdraw fin\"}" } else { ADVANCE };
        let before = target.state(Compare::All).await;
        let mut responses = send(&authority, "POST", &attempt.target, &attempt.headers, body).await;
        // A GET needs no content type, and a page may open an address.
        let readable = attempt.headers.contains("Host: 127.0.0.1:PORT\r\n")
            && (!attempt.headers.contains("Origin") && !attempt.headers.contains("Sec-Fetch")
                || attempt.headers.contains("Sec-Fetch-Mode: navigate"));
        if !readable {
            let path = attempt.target.replace("/clock/advance", "/records");
            responses.push_str(&send(&authority, "GET", &path, &attempt.headers, "").await);
        }
        if attempt.may_be_a_page() {
            responses.push_str(&send(&authority, "GET", "/misdirected", &attempt.headers, "").await);
        }
        if target.state(Compare::All).await != before || has_canary(&responses) {
            succeeded.push(format!("{}: {responses}", attempt.name));
        }
    }
    report("forged requests to the control API", count, &succeeded);
    target.finish();
}

#[tokio::test]
async fn a_rebound_name_does_not_reach_a_provider_although_the_keys_come_from_the_seed() {
    let target = Target::start().await;
    let turbopay = target.sandbox().turbopay();
    let authority = turbopay.base_url().trim_start_matches("http://").trim_end_matches("/api").to_owned();
    let key = format!("Authorization: {}\r\n", turbopay.api_key());
    let body = |reference: &str| {
        format!(
            "{{\"method\": \"bank_transfer\", \"amount\": 500, \"currency\": \"INR\", \"traffic\": \"std\", \
             \"merchant_order_id\": \"{reference}\", \"merchant_customer_id\": \"customer-1\", \
             \"customer_bank_account\": \"065432123456789\", \"bank_code\": \"HDFC0000053\", \"status_url\": \"http://127.0.0.1:9/\"}}"
        )
    };
    // A name without a dot cannot be registered, and so it cannot be rebound.
    for (number, host) in ["127.0.0.1:PORT", "localhost:PORT", "[::1]:PORT", "turbopay"].iter().enumerate() {
        let reference = format!("order-{number}");
        let response =
            send(&authority, "POST", "/api/withdraw/new", &format!("Host: {host}\r\n{key}"), &body(&reference)).await;
        assert!(response.starts_with("HTTP/1.1 201 "), "{response}");
        target.sandbox().ledger().order(&reference).executed_once();
    }

    // An address cannot be rebound, either.
    let is_address = |host: &str| host.trim_end_matches(":PORT").parse::<std::net::Ipv4Addr>().is_ok();
    let hosts = HOSTS.iter().filter(|host| host.contains('.') && !host.contains('@') && !is_address(host));
    let hosts: Vec<_> = hosts.collect();
    let mut succeeded = Vec::new();
    for host in &hosts {
        let before = target.state(Compare::All).await;
        let headers = format!("Host: {host}\r\nOrigin: http://{host}\r\n{key}");
        let mut responses = send(&authority, "POST", "/api/withdraw/new", &headers, &body("hostile")).await;
        responses.push_str(&send(&authority, "GET", "/api/order/status/canary-7f3a", &headers, "").await);
        if target.state(Compare::All).await != before || has_canary(&responses) {
            succeeded.push(format!("Host: {host}: {responses}"));
        }
    }
    report("rebound names at a provider", hosts.len(), &succeeded);
    target.finish();
}
