//! Runs the sandbox as a program, for tests in any language.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the program prints its URLs and errors")]

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
            eprintln!("payments-sandbox: {problem} (see --help)");
            return ExitCode::from(2);
        }
    };
    let mut builder = Sandbox::builder().clock(serve.clock).record_contents().seed(serve.seed).port(serve.port);
    for fault in serve.faults {
        builder = builder.fault(fault);
    }
    for name in serve.hosts {
        builder = builder.allow_host(name);
    }
    for origin in serve.origins {
        builder = builder.allow_origin(origin);
    }
    // Installed before the URLs are printed, so that a signal right after them ends the program cleanly.
    let shutdown_signal = shutdown_signal();
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
    shutdown_signal.await;
    sandbox.abandon();
    ExitCode::SUCCESS
}

struct ServeArguments {
    clock: Clock,
    port: u16,
    seed: u64,
    faults: Vec<String>,
    hosts: Vec<String>,
    origins: Vec<String>,
    json: bool,
}

/// Parses the arguments. Returns `None` if help is requested.
fn parse(arguments: &[String]) -> Result<Option<ServeArguments>, String> {
    let mut arguments = arguments.iter();
    match arguments.next().map(String::as_str) {
        Some("serve") => {}
        None | Some("--help" | "-h" | "help") => return Ok(None),
        Some(other) => return Err(format!("unknown command `{other}`; the only command is `serve`")),
    }
    let mut serve = ServeArguments {
        clock: Clock::running(),
        port: 0,
        seed: 1,
        faults: Vec::new(),
        hosts: Vec::new(),
        origins: Vec::new(),
        json: false,
    };
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--port" => {
                serve.port = value()?.parse().map_err(|_| "--port must be a number from 0 to 65535".to_owned())?
            }
            "--seed" => {
                serve.seed = value()?
                    .parse()
                    .map_err(|_| "--seed must be a whole number from 0 to 18446744073709551615".to_owned())?
            }
            "--clock" => {
                serve.clock = match value()?.as_str() {
                    "running" => Clock::running(),
                    "frozen" => Clock::manual(),
                    _ => return Err("--clock must be running or frozen".to_owned()),
                }
            }
            "--fault" => serve.faults.push(value()?.clone()),
            "--allow-host" => serve.hosts.push(value()?.clone()),
            "--allow-origin" => serve.origins.push(value()?.clone()),
            "--json" => serve.json = true,
            "--help" | "-h" => return Ok(None),
            other => return Err(format!("unknown option `{other}`")),
        }
    }
    Ok(Some(serve))
}

fn print_json(sandbox: &Sandbox) {
    let mut line = json!({"control_url": sandbox.control_url(), "seed": sandbox.seed()});
    for (provider, values) in sandbox.credentials() {
        line[provider] = json!(BTreeMap::from_iter(values));
    }
    println!("{line}");
}

fn print_screen(sandbox: &Sandbox) {
    let (turbopay, control) = (sandbox.turbopay(), sandbox.control_url());
    println!(
        "Simulated payment providers on this machine. No real money. Seed {}. Press Ctrl-C to stop.\n\n  \
         Open {control} in a browser to see what happens.\n",
        sandbox.seed()
    );
    for (provider, values) in sandbox.credentials() {
        for (name, value) in values {
            let name = if name == "base_url" { provider.to_owned() } else { format!("  {}", name.replace('_', " ")) };
            println!("  {name:<16} {value}");
        }
    }
    println!(
        "
Try:
  curl {base}/balance -H 'Authorization: {key}'
  # The next payout is executed, and its response is lost:
  curl {control}/faults -H 'content-type: application/json' \\
    -d '{{\"spec\": \"turbopay.withdraw @after-commit fin\"}}'
  curl {base}/withdraw/new \\
    -H 'Authorization: {key}' \\
    -d '{{\"method\": \"bank_transfer\", \"amount\": 500, \"currency\": \"INR\", \"traffic\": \"std\",
      \"merchant_order_id\": \"order-1\", \"merchant_customer_id\": \"customer-1\",
      \"customer_bank_account\": \"065432123456789\", \"bank_code\": \"HDFC0000053\",
      \"status_url\": \"http://127.0.0.1:9/\"}}'
  curl {control}/ledger",
        base = turbopay.base_url(),
        key = turbopay.api_key(),
    );
}

/// Waits for Ctrl-C or SIGTERM. Signals are recorded from this call on, before the first poll.
#[cfg(unix)]
fn shutdown_signal() -> impl Future<Output = ()> {
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

/// Waits for Ctrl-C.
#[cfg(not(unix))]
async fn shutdown_signal() {
    let _ = tokio::signal::ctrl_c().await;
}

const HELP: &str = "Simulates five payment providers on loopback, for tests.

  payments-sandbox serve [--port N] [--seed N] [--clock running|frozen] [--fault SPEC]...
                          [--json] [--allow-host NAME]... [--allow-origin ORIGIN]...

  --port N               port of the control API; the providers use the next five ports.
                         Default: 0, which picks free ports
  --seed N               seed of all random values. Default: 1
  --clock running|frozen frozen: the time is 2026-01-01 12:00 UTC until POST /clock/advance. Your
                         program can take its time from GET /clock. Default: running
  --fault SPEC           inject a fault, such as \"turbopay.withdraw#1 @after-commit fin\"
  --json                 print URLs and keys as one line of JSON
  --allow-host NAME      allow another `Host`. Always allowed: the loopback
                         hosts 127.0.0.0/8, [::1] and localhost, with any port
  --allow-origin ORIGIN  let web pages of another origin, such as http://localhost:3000, use the
                         control API

A POST to the control API needs the header `Content-Type: application/json`.";
