//! The program, for tests in any language.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::support::{Line, authority};

/// The program, ended with the test.
struct Program {
    child: Child,
    output: BufReader<std::process::ChildStdout>,
}

impl Program {
    fn start(arguments: &[&str]) -> Self {
        let mut child = command().args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { child, output }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line
    }

    /// Sends a signal, and gives the exit code.
    fn end(&mut self, signal: &str) -> Option<i32> {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success(), "kill {signal}");
        for _ in 0..2000 {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("it did not end on {signal}");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command() -> Command {
    Command::new(env!("CARGO_BIN_EXE_payments-sandbox"))
}

/// Runs the program to its end.
fn run(arguments: &[&str]) -> Output {
    command().args(arguments).output().unwrap()
}

async fn ask(url: &str, method: &str, path: &str, authorization: &str, body: &str) -> crate::support::Answer {
    let mut line = Line::to(authority(url)).await;
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {authorization}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    line.write(&[head.as_bytes(), body.as_bytes()].concat()).await;
    line.answer().await
}

/// What the first line of `serve --json` says.
fn addresses(program: &mut Program) -> Value {
    serde_json::from_str(&program.line()).unwrap()
}

#[tokio::test]
async fn its_first_line_of_json_says_where_everything_is() {
    let mut program = Program::start(&["serve", "--json", "--seed", "42"]);

    let found = addresses(&mut program);

    assert_eq!(found["seed"], 42);
    let control = found["control_url"].as_str().unwrap();
    let members: BTreeMap<&str, Vec<&str>> = ["turratech", "turbo-txn", "turbo-link", "card3ds", "turbopay"]
        .map(|provider| (provider, found[provider].as_object().unwrap().keys().map(String::as_str).collect()))
        .into();
    assert_eq!(
        members,
        BTreeMap::from([
            ("turratech", vec!["api_key", "base_url", "webhook_secret"]),
            ("turbo-txn", vec!["base_url", "callback_key", "client_id", "secret_key"]),
            ("turbo-link", vec!["api_key", "base_url"]),
            ("card3ds", vec!["api_key", "api_secret", "base_url"]),
            ("turbopay", vec!["api_key", "base_url", "webhook_key"]),
        ])
    );
    let text = |name: &str| found["turbopay"][name].as_str().unwrap().to_owned();
    assert!(text("base_url").starts_with("http://127.0.0.1:") && text("base_url").ends_with("/api"));
    assert!(text("webhook_key").starts_with("sandbox_whk_"));
    assert_eq!(ask(control, "GET", "/health", "", "").await.expect(200)["seed"], 42);
    assert_eq!(ask(control, "GET", "/clock", "", "").await.expect(200)["manual"], false);
    let balance = ask(&text("base_url"), "GET", "/api/balance", &text("api_key"), "").await;
    assert_eq!(balance.expect(200)["currency"], "INR");
    assert_eq!(program.end("-TERM"), Some(0));
}

#[test]
fn it_ends_well_on_either_signal_even_one_that_comes_at_once() {
    for signal in ["-INT", "-TERM"] {
        for _ in 0..5 {
            let mut program = Program::start(&["serve", "--json"]);
            program.line();
            assert_eq!(program.end(signal), Some(0), "{signal}");
            let mut rest = String::new();
            program.output.read_to_string(&mut rest).unwrap();
            assert_eq!(rest, "");
        }
    }
}

#[test]
fn a_fault_that_never_happened_does_not_spoil_its_end() {
    let mut program = Program::start(&["serve", "--json", "--fault", "turbopay.withdraw @after-commit fin"]);
    program.line();
    assert_eq!(program.end("-TERM"), Some(0));
}

#[tokio::test]
async fn it_takes_faults_and_serves_a_withdrawal() {
    let mut program = Program::start(&[
        "serve",
        "--json",
        "--fault",
        "turbopay.withdraw#1 @after-commit html=502",
        "--fault",
        "turbopay.balance @query json=503",
    ]);
    let found = addresses(&mut program);
    let (base, key) = (found["turbopay"]["base_url"].as_str().unwrap(), found["turbopay"]["api_key"].as_str().unwrap());
    let body = crate::support::withdrawal("order-1").to_string();

    assert_eq!(ask(base, "POST", "/api/withdraw/new", key, &body).await.status, 502);
    assert_eq!(ask(base, "GET", "/api/balance", key, "").await.status, 503);

    let ledger = ask(found["control_url"].as_str().unwrap(), "GET", "/ledger", "", "").await.expect(200);
    assert_eq!((&ledger[0]["reference"], &ledger[0]["what"]), (&"order-1".into(), &"executed".into()));
    assert_eq!(program.end("-INT"), Some(0));
}

#[test]
fn it_tells_a_person_what_to_try() {
    let mut program = Program::start(&["serve"]);
    let mut text = String::new();
    while !text.contains("/ledger") {
        let line = program.line();
        assert_ne!(line, "", "it ended: {text}");
        text.push_str(&line);
    }
    for part in [
        "No real money",
        "Seed 1",
        "control          http://127.0.0.1:",
        "turratech        http://127.0.0.1:",
        "turbo-txn        http://127.0.0.1:",
        "turbo-link       http://127.0.0.1:",
        "card3ds          http://127.0.0.1:",
        "turbopay         http://127.0.0.1:",
        "api key        sandbox_api_",
        "curl",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 100), "wider than a screen: {text}");
    assert!(text.lines().count() <= 40, "longer than a screen: {text}");
    assert_eq!(program.end("-INT"), Some(0));
}

#[test]
fn it_listens_where_it_is_told_and_says_when_that_is_taken() {
    // Below the ports that systems hand out by themselves, which other tests use up by the thousand.
    let first = 10_000 + u16::try_from(std::process::id() % 10_000).unwrap();
    let (mut program, port) = (0..50)
        .find_map(|attempt| {
            let free = first + 6 * attempt;
            let mut program = Program::start(&["serve", "--json", "--port", &free.to_string()]);
            let line = program.line();
            (!line.is_empty()).then(|| (program, serde_json::from_str::<Value>(&line).unwrap(), free))
        })
        .map(|(program, found, port)| {
            assert_eq!(found["control_url"], format!("http://127.0.0.1:{port}"));
            for (provider, behind, path) in [
                ("turratech", 1, "/v1"),
                ("turbo-txn", 2, ""),
                ("turbo-link", 3, ""),
                ("card3ds", 4, ""),
                ("turbopay", 5, "/api"),
            ] {
                assert_eq!(found[provider]["base_url"], format!("http://127.0.0.1:{}{path}", port + behind));
            }
            (program, port)
        })
        .expect("no six ports in a row are free");

    let second = run(&["serve", "--port", &port.to_string()]);

    assert_eq!(second.status.code(), Some(2));
    let said = String::from_utf8(second.stderr).unwrap();
    assert!(said.starts_with("payments-sandbox: ") && said.contains(&port.to_string()), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert_eq!(program.end("-TERM"), Some(0));
}

#[test]
fn help_is_help_and_no_error() {
    for arguments in [&["--help"][..], &["-h"], &["help"], &[], &["serve", "--help"], &["serve", "--json", "-h"]] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        let said = String::from_utf8(output.stdout).unwrap();
        for option in ["serve", "--port", "--seed", "--fault", "--json", "--allow-host", "--allow-origin"] {
            assert!(said.contains(option), "{arguments:?}: {said}");
        }
    }
}

#[test]
fn what_it_does_not_understand_ends_it_with_2_and_one_line() {
    for (arguments, part) in [
        (&["run"][..], "`run` is no command"),
        (&["serve", "--colour"], "`--colour` is no option"),
        (&["serve", "extra"], "`extra` is no option"),
        (&["serve", "--port"], "--port needs a value"),
        (&["serve", "--port", "http"], "--port must be a number from 0 to 65535"),
        (&["serve", "--port", "65536"], "--port must be a number from 0 to 65535"),
        (&["serve", "--port", "65531"], "65531: there must be 5 behind it"),
        (&["serve", "--seed", "-1"], "--seed must be a whole number"),
        (&["serve", "--fault"], "--fault needs a value"),
        (&["serve", "--allow-host"], "--allow-host needs a value"),
        (&["serve", "--allow-origin"], "--allow-origin needs a value"),
        (&["serve", "--fault", "turbopay.withdraw @lunch fin"], "`@lunch` in a fault: is no phase"),
        (&["serve", "--fault", "paypal @accept fin"], "`paypal` in a fault: is no provider"),
        (&["serve", "--fault", ""], "in a fault: is empty"),
    ] {
        let output = run(arguments);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.starts_with("payments-sandbox: ") && said.contains(part), "{arguments:?}: {said}");
        assert_eq!(said.lines().count(), 1, "{arguments:?}: {said}");
        assert_eq!(output.stdout, b"", "{arguments:?}");
    }
}
