//! The `payments-sandbox` program.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Connection, authority};

/// A running program, which is killed when the test ends.
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

    fn read_line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line
    }

    /// Sends a signal and returns the exit code.
    fn stop(&mut self, signal: &str) -> Option<i32> {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success(), "kill {signal}");
        for _ in 0..2000 {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("the program did not exit after {signal}");
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

/// Runs the program until it exits.
fn run(arguments: &[&str]) -> Output {
    command().args(arguments).output().unwrap()
}

async fn send_request(
    url: &str,
    method: &str,
    path: &str,
    authorization: &str,
    body: &str,
) -> crate::support::Response {
    let mut connection = Connection::open(authority(url)).await;
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {authorization}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    connection.write(&[head.as_bytes(), body.as_bytes()].concat()).await;
    connection.response().await
}

/// Reads the first line of `serve --json`.
fn read_addresses(program: &mut Program) -> Value {
    serde_json::from_str(&program.read_line()).unwrap()
}

#[tokio::test]
async fn the_first_json_line_has_the_addresses_and_the_keys() {
    let mut program = Program::start(&["serve", "--json", "--seed", "42"]);

    let addresses = read_addresses(&mut program);

    assert_eq!(addresses["seed"], 42);
    let control = addresses["control_url"].as_str().unwrap();
    let fields: BTreeMap<&str, Vec<&str>> = ["turratech", "turbo-txn", "turbo-link", "card3ds", "turbopay"]
        .map(|provider| (provider, addresses[provider].as_object().unwrap().keys().map(String::as_str).collect()))
        .into();
    assert_eq!(
        fields,
        BTreeMap::from([
            ("turratech", vec!["api_key", "base_url", "webhook_secret"]),
            ("turbo-txn", vec!["base_url", "callback_key", "client_id", "secret_key"]),
            ("turbo-link", vec!["api_key", "base_url"]),
            ("card3ds", vec!["api_key", "api_secret", "base_url"]),
            ("turbopay", vec!["api_key", "base_url", "webhook_key"]),
        ])
    );
    let text = |name: &str| addresses["turbopay"][name].as_str().unwrap().to_owned();
    assert!(text("base_url").starts_with("http://127.0.0.1:") && text("base_url").ends_with("/api"));
    assert!(text("webhook_key").starts_with("sandbox_whk_"));
    assert_eq!(send_request(control, "GET", "/health", "", "").await.expect_status(200)["seed"], 42);
    assert_eq!(send_request(control, "GET", "/clock", "", "").await.expect_status(200)["manual"], false);
    let balance = send_request(&text("base_url"), "GET", "/api/balance", &text("api_key"), "").await;
    assert_eq!(balance.expect_status(200)["currency"], "INR");
    assert_eq!(program.stop("-TERM"), Some(0));
}

#[test]
fn sigint_and_sigterm_end_the_program_with_exit_code_0() {
    for signal in ["-INT", "-TERM"] {
        for _ in 0..5 {
            let mut program = Program::start(&["serve", "--json"]);
            program.read_line();
            assert_eq!(program.stop(signal), Some(0), "{signal}");
            let mut rest = String::new();
            program.output.read_to_string(&mut rest).unwrap();
            assert_eq!(rest, "");
        }
    }
}

#[test]
fn an_unfired_fault_does_not_change_the_exit_code() {
    let mut program = Program::start(&["serve", "--json", "--fault", "turbopay.withdraw @after-commit fin"]);
    program.read_line();
    assert_eq!(program.stop("-TERM"), Some(0));
}

#[tokio::test]
async fn faults_from_the_command_line_apply_to_requests() {
    let mut program = Program::start(&[
        "serve",
        "--json",
        "--fault",
        "turbopay.withdraw#1 @after-commit html=502",
        "--fault",
        "turbopay.balance @query json=503",
    ]);
    let addresses = read_addresses(&mut program);
    let (base, key) =
        (addresses["turbopay"]["base_url"].as_str().unwrap(), addresses["turbopay"]["api_key"].as_str().unwrap());
    let body = crate::support::withdrawal("order-1").to_string();

    assert_eq!(send_request(base, "POST", "/api/withdraw/new", key, &body).await.status, 502);
    assert_eq!(send_request(base, "GET", "/api/balance", key, "").await.status, 503);

    let ledger =
        send_request(addresses["control_url"].as_str().unwrap(), "GET", "/ledger", "", "").await.expect_status(200);
    assert_eq!((&ledger[0]["reference"], &ledger[0]["kind"]), (&"order-1".into(), &"executed".into()));
    assert_eq!(program.stop("-INT"), Some(0));
}

#[tokio::test]
async fn a_frozen_clock_stands_still_until_it_is_advanced() {
    let mut program = Program::start(&["serve", "--json", "--clock", "frozen"]);
    let control = read_addresses(&mut program)["control_url"].as_str().unwrap().to_owned();
    let clock = async || crate::support::send(&control, "GET", "/clock", &[], "").await.expect_status(200);

    assert_eq!(clock().await, json!({"now": 1_767_268_800, "manual": true}));
    let json = [("Content-Type", "application/json")];
    let advance = crate::support::send(&control, "POST", "/clock/advance", &json, "{\"seconds\": 60}").await;
    advance.expect_status(200);
    assert_eq!(clock().await["now"], 1_767_268_860);

    assert_eq!(program.stop("-INT"), Some(0));
}

#[test]
fn the_text_output_explains_what_to_try() {
    let mut program = Program::start(&["serve"]);
    let mut text = String::new();
    while !text.contains("/ledger") {
        let line = program.read_line();
        assert_ne!(line, "", "the program exited: {text}");
        text.push_str(&line);
    }
    for part in [
        "No real money",
        "Seed 1",
        "Open http://127.0.0.1:",
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
    assert_eq!(program.stop("-INT"), Some(0));
}

#[test]
fn the_program_listens_on_the_given_port_and_reports_when_it_is_taken() {
    // Below the ephemeral ports, of which other tests use thousands.
    let first = 10_000 + u16::try_from(std::process::id() % 10_000).unwrap();
    let (mut program, port) = (0..50)
        .find_map(|attempt| {
            let free = first + 6 * attempt;
            let mut program = Program::start(&["serve", "--json", "--port", &free.to_string()]);
            let line = program.read_line();
            (!line.is_empty()).then(|| (program, serde_json::from_str::<Value>(&line).unwrap(), free))
        })
        .map(|(program, addresses, port)| {
            assert_eq!(addresses["control_url"], format!("http://127.0.0.1:{port}"));
            for (provider, offset, path) in [
                ("turratech", 1, "/v1"),
                ("turbo-txn", 2, ""),
                ("turbo-link", 3, ""),
                ("card3ds", 4, ""),
                ("turbopay", 5, "/api"),
            ] {
                assert_eq!(addresses[provider]["base_url"], format!("http://127.0.0.1:{}{path}", port + offset));
            }
            (program, port)
        })
        .expect("no six consecutive ports are free");

    let second = run(&["serve", "--port", &port.to_string()]);

    assert_eq!(second.status.code(), Some(2));
    let stderr = String::from_utf8(second.stderr).unwrap();
    assert!(stderr.starts_with("payments-sandbox: ") && stderr.contains(&port.to_string()), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert_eq!(program.stop("-TERM"), Some(0));
}

#[test]
fn help_is_printed_with_exit_code_0() {
    for arguments in [&["--help"][..], &["-h"], &["help"], &[], &["serve", "--help"], &["serve", "--json", "-h"]] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        let stdout = String::from_utf8(output.stdout).unwrap();
        for option in ["serve", "--port", "--seed", "--clock", "--fault", "--json", "--allow-host", "--allow-origin"] {
            assert!(stdout.contains(option), "{arguments:?}: {stdout}");
        }
    }
}

#[test]
fn an_invalid_argument_ends_the_program_with_exit_code_2_and_one_line() {
    for (arguments, part) in [
        (&["run"][..], "unknown command `run`"),
        (&["serve", "--colour"], "unknown option `--colour`"),
        (&["serve", "extra"], "unknown option `extra`"),
        (&["serve", "--port"], "--port needs a value"),
        (&["serve", "--port", "http"], "--port must be a number from 0 to 65535"),
        (&["serve", "--port", "65536"], "--port must be a number from 0 to 65535"),
        (&["serve", "--port", "65531"], "port 65531: the providers need the 5 ports after it"),
        (&["serve", "--seed", "-1"], "--seed must be a whole number"),
        (&["serve", "--clock", "slow"], "--clock must be running or frozen"),
        (&["serve", "--fault"], "--fault needs a value"),
        (&["serve", "--allow-host"], "--allow-host needs a value"),
        (&["serve", "--allow-origin"], "--allow-origin needs a value"),
        (&["serve", "--fault", "turbopay.withdraw @lunch fin"], "invalid fault: `@lunch` is not a phase"),
        (&["serve", "--fault", "paypal @accept fin"], "invalid fault: `paypal` is not a provider"),
        (&["serve", "--fault", ""], "invalid fault: `` is empty"),
    ] {
        let output = run(arguments);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {stderr}");
        assert!(stderr.starts_with("payments-sandbox: ") && stderr.contains(part), "{arguments:?}: {stderr}");
        assert_eq!(stderr.lines().count(), 1, "{arguments:?}: {stderr}");
        assert_eq!(output.stdout, b"", "{arguments:?}");
    }
}
