//! The sandbox as a program, for tests in any language.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program speaks through its output")]

use std::collections::BTreeMap;
use std::process::ExitCode;

use payments_sandbox::{Clock, Sandbox};
use serde_json::json;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let serve = match parse(&arguments) {
        Ok(Some(serve)) => serve,
        Ok(None) => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(problem) => {
            eprintln!("payments-sandbox: {problem} (--help shows what there is)");
            return ExitCode::from(2);
        }
    };
    let mut builder = Sandbox::builder().clock(Clock::running()).seed(serve.seed).port(serve.port);
    for fault in serve.faults {
        builder = builder.fault(fault);
    }
    for name in serve.hosts {
        builder = builder.allow_host(name);
    }
    for origin in serve.origins {
        builder = builder.allow_origin(origin);
    }
    // Before anybody is told that it runs: who then ends it at once is to find it listening to that.
    let stopped = stopped();
    let sandbox = match builder.try_start().await {
        Ok(sandbox) => sandbox,
        Err(err) => {
            eprintln!("payments-sandbox: {err}");
            return ExitCode::from(2);
        }
    };
    if serve.json {
        print_json(&sandbox)
    } else {
        print_screen(&sandbox)
    }
    stopped.await;
    sandbox.abandon();
    ExitCode::SUCCESS
}

struct Serve {
    port: u16,
    seed: u64,
    faults: Vec<String>,
    hosts: Vec<String>,
    origins: Vec<String>,
    json: bool,
}

/// Nothing where help is asked for.
fn parse(arguments: &[String]) -> Result<Option<Serve>, String> {
    let mut arguments = arguments.iter();
    match arguments.next().map(String::as_str) {
        Some("serve") => {}
        None | Some("--help" | "-h" | "help") => return Ok(None),
        Some(other) => return Err(format!("`{other}` is no command; there is serve")),
    }
    let mut serve = Serve { port: 0, seed: 1, faults: Vec::new(), hosts: Vec::new(), origins: Vec::new(), json: false };
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--port" => {
                serve.port = value()?.parse().map_err(|_| "--port must be a number from 0 to 65535".to_owned())?
            }
            "--seed" => serve.seed = value()?.parse().map_err(|_| "--seed must be a whole number".to_owned())?,
            "--fault" => serve.faults.push(value()?.clone()),
            "--allow-host" => serve.hosts.push(value()?.clone()),
            "--allow-origin" => serve.origins.push(value()?.clone()),
            "--json" => serve.json = true,
            "--help" | "-h" => return Ok(None),
            other => return Err(format!("`{other}` is no option")),
        }
    }
    Ok(Some(serve))
}

/// Where each provider is and whom it knows, by the names that the JSON has.
fn providers(sandbox: &Sandbox) -> [(&'static str, Vec<(&'static str, &str)>); 5] {
    let (turratech, turbo_txn) = (sandbox.turratech(), sandbox.turbo_txn());
    let (turbo_link, card3ds, turbopay) = (sandbox.turbo_link(), sandbox.card3ds(), sandbox.turbopay());
    [
        (
            "turratech",
            vec![
                ("base_url", turratech.base_url()),
                ("api_key", turratech.api_key()),
                ("webhook_secret", turratech.webhook_secret()),
            ],
        ),
        (
            "turbo-txn",
            vec![
                ("base_url", turbo_txn.base_url()),
                ("client_id", turbo_txn.client_id()),
                ("secret_key", turbo_txn.secret_key()),
                ("callback_key", turbo_txn.callback_key()),
            ],
        ),
        ("turbo-link", vec![("base_url", turbo_link.base_url()), ("api_key", turbo_link.api_key())]),
        (
            "card3ds",
            vec![
                ("base_url", card3ds.base_url()),
                ("api_key", card3ds.api_key()),
                ("api_secret", card3ds.api_secret()),
            ],
        ),
        (
            "turbopay",
            vec![
                ("base_url", turbopay.base_url()),
                ("api_key", turbopay.api_key()),
                ("webhook_key", turbopay.webhook_key()),
            ],
        ),
    ]
}

fn print_json(sandbox: &Sandbox) {
    let mut line = json!({"control_url": sandbox.control_url(), "seed": sandbox.seed()});
    for (provider, values) in providers(sandbox) {
        line[provider] = json!(BTreeMap::from_iter(values));
    }
    println!("{line}");
}

fn print_screen(sandbox: &Sandbox) {
    let (turbopay, control) = (sandbox.turbopay(), sandbox.control_url());
    println!("Payment providers on this machine. No real money. Seed {}. Ctrl-C ends it.\n", sandbox.seed());
    println!("  {:<16} {control}", "control");
    for (provider, values) in providers(sandbox) {
        for (name, value) in values {
            let name = if name == "base_url" { provider.to_owned() } else { format!("  {}", name.replace('_', " ")) };
            println!("  {name:<16} {value}");
        }
    }
    println!(
        "
Try:
  curl {base}/balance -H 'Authorization: {key}'
  curl {base}/withdraw/new \\
    -H 'Authorization: {key}' \\
    -d '{{\"method\": \"bank_transfer\", \"amount\": 500, \"currency\": \"INR\", \"traffic\": \"std\",
      \"merchant_order_id\": \"order-1\", \"merchant_customer_id\": \"customer-1\",
      \"customer_bank_account\": \"065432123456789\", \"bank_code\": \"HDFC0000053\",
      \"status_url\": \"http://127.0.0.1:9/\"}}'
  curl {control}/faults -H 'content-type: application/json' \\
    -d '{{\"spec\": \"turbopay.withdraw @after-commit fin\"}}'
  curl {control}/ledger",
        base = turbopay.base_url(),
        key = turbopay.api_key(),
    );
}

/// Ends when Ctrl-C is pressed or the program is told to end, from the moment of this call on.
#[cfg(unix)]
fn stopped() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (interrupted, terminated) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
    async move {
        let (Ok(mut interrupted), Ok(mut terminated)) = (interrupted, terminated) else {
            return std::future::pending().await;
        };
        tokio::select! {
            _ = interrupted.recv() => {}
            _ = terminated.recv() => {}
        }
    }
}

/// Ends when Ctrl-C is pressed.
#[cfg(not(unix))]
async fn stopped() {
    let _ = tokio::signal::ctrl_c().await;
}

const HELP: &str = "Payment providers on loopback, for tests.

  payments-sandbox serve [--port N] [--seed N] [--fault SPEC]... [--json]
                          [--allow-host NAME]... [--allow-origin ORIGIN]...

  --port N               the control API's port; the providers have those behind it
  --seed N               what everything random comes from
  --fault SPEC           something that goes wrong, such as \"turbopay.withdraw#1 @after-commit fin\"
  --json                 print addresses and keys as one line of JSON first
  --allow-host NAME      allow another `Host` for the control API; without this option, only
                         loopback hosts: 127.0.0.0/8, [::1] and localhost, with any port
  --allow-origin ORIGIN  allow web pages of another origin, such as http://localhost:3000, to use
                         the control API

A POST to the control API needs the header `Content-Type: application/json`.";
