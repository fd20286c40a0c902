//! Small applications that use the crates, each in its own workspace. Checks their dependencies and their output.

mod on_postgres;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::Value;

use crate::features::{HTTP_STACK, crate_names};
use crate::postgres::Postgres;
use crate::process::{Failure, Run, Step};
use crate::sandbox::{Addresses, Process, Sandbox};
use crate::test::skipped;
use crate::workspace::{self, PROVIDERS, SANDBOX, Workspace};

/// An application in `tests/consumers`.
struct Consumer {
    name: &'static str,
    /// The providers it depends on. No other provider may be in its dependency tree.
    providers: &'static [&'static str],
    /// Other crates that must not be in its dependency tree.
    absent: &'static [&'static str],
    /// The highest number of crates in its dependency tree, including itself. Every user pays for a higher limit.
    max_crates: usize,
    check_output: fn(&Built<'_>, &Addresses) -> Result<(), Failure>,
}

const CONSUMERS: &[Consumer] = &[
    Consumer {
        name: "one-provider",
        providers: &["turbopay"],
        absent: &[SANDBOX, "payments", "native-tls", "openssl"],
        max_crates: 122,
        check_output: one_provider,
    },
    Consumer {
        name: "facade-subset",
        providers: &["turbopay", "turbo-txn"],
        absent: &[SANDBOX, "native-tls", "openssl"],
        max_crates: 130,
        check_output: facade_subset,
    },
    Consumer {
        name: "webhooks-only",
        providers: &["turbopay"],
        absent: HTTP_STACK,
        max_crates: 48,
        check_output: webhooks_only,
    },
    Consumer {
        name: "own-transport",
        providers: &["turbopay"],
        absent: HTTP_STACK,
        max_crates: 51,
        check_output: one_provider,
    },
    Consumer {
        name: "http-settings",
        providers: &["turbopay"],
        absent: &[SANDBOX, "payments", "native-tls", "openssl"],
        max_crates: 122,
        check_output: http_settings,
    },
    Consumer {
        name: "no-root-certificates",
        providers: &["turbopay"],
        absent: &[SANDBOX, "payments", "native-tls", "openssl"],
        max_crates: 122,
        check_output: no_root_certificates,
    },
    Consumer {
        name: "native-tls",
        providers: &["turbopay"],
        absent: &[SANDBOX, "payments"],
        max_crates: 130,
        check_output: native_tls,
    },
    Consumer {
        name: "restarted-worker",
        providers: &["turbopay", "turratech"],
        absent: &[SANDBOX, "payments", "native-tls", "openssl"],
        max_crates: 124,
        check_output: restarted_worker,
    },
    Consumer {
        name: "journal-sqlite",
        providers: &["turbopay"],
        absent: &[SANDBOX, "native-tls", "openssl"],
        max_crates: 166,
        check_output: journal_sqlite,
    },
    // After `journal-sqlite`, whose program is its worker.
    Consumer {
        name: "journal-rusqlite",
        providers: &[],
        absent: &["reqwest", "hyper", "rustls", "native-tls", "openssl", "mio", "sqlx-core"],
        // rusqlite is not in the workspace's lock file, so there is some room for its later versions.
        max_crates: 75,
        check_output: journal_rusqlite,
    },
    // After `journal-sqlite`, whose fault hits the first withdrawal.
    Consumer {
        name: "journal-opentelemetry",
        providers: &["turbopay"],
        absent: &[SANDBOX, "native-tls", "openssl"],
        max_crates: 192,
        check_output: journal_opentelemetry,
    },
    Consumer {
        name: "journal-postgres",
        providers: &["turbopay"],
        absent: &[SANDBOX, "native-tls", "openssl", "libsqlite3-sys"],
        max_crates: 174,
        check_output: on_postgres::journal_postgres,
    },
    // After `journal-postgres`, whose program is its worker.
    Consumer {
        name: "journal-tokio-postgres",
        providers: &[],
        absent: &["reqwest", "hyper", "rustls", "native-tls", "openssl", "sqlx-core"],
        // As with rusqlite.
        max_crates: 96,
        check_output: on_postgres::journal_tokio_postgres,
    },
    // After `journal-sqlite`, too.
    Consumer {
        name: "blocking",
        providers: &["turbopay"],
        absent: &[SANDBOX, "payments", "native-tls", "openssl"],
        max_crates: 122,
        check_output: blocking,
    },
];

/// The applications that need a PostgreSQL server.
const ON_POSTGRES: &[&str] = &["journal-postgres", "journal-tokio-postgres"];

pub(crate) fn run(_: &[String]) -> Result<Step, Failure> {
    let target = Workspace::load()?.target.join("consumers");
    for consumer in CONSUMERS {
        lock(consumer.name)?;
        check_tree(consumer)?;
    }
    let sandbox = Sandbox::start()?;
    let postgres = Postgres::start(ON_POSTGRES)?;
    let mut not_run = String::new();
    for consumer in CONSUMERS {
        cargo(consumer.name, "build").args(["--target-dir".as_ref(), target.as_os_str()]).run_without_warnings()?;
        let mut built = Built { name: consumer.name, target: &target, database_url: None };
        if ON_POSTGRES.contains(&consumer.name) {
            match &postgres {
                Ok(postgres) => built.database_url = postgres.url(consumer.name),
                Err(problem) => {
                    not_run += &format!("{}\t{problem}\n", consumer.name);
                    continue;
                }
            }
        }
        (consumer.check_output)(&built, &sandbox.addresses)?;
    }
    time_clean_build("webhooks-only", &target.join("clean-build"))?;
    print!("{}", skipped(&not_run));
    Ok(Step::Passed)
}

/// Checks the format of the applications. They are not members, so `cargo fmt` skips them.
pub(crate) fn check_format() -> Result<(), Failure> {
    for name in CONSUMERS.iter().map(|consumer| consumer.name).chain(["packaged"]) {
        // It formats the modules of the program as well.
        let main = dir(name).join("src").join("main.rs");
        Run::program("rustfmt").args(["--check", "--edition", "2024"]).args([main]).run()?;
    }
    Ok(())
}

/// Tests the application `packaged` with the unpacked archives of the crates.
pub(crate) fn packaged(target: &Path, patches: &[(String, PathBuf)]) -> Result<(), Failure> {
    lock("packaged")?;
    let mut test = cargo("packaged", "test").args(["--target-dir".as_ref(), target.as_os_str()]);
    for (name, archive) in patches {
        test = test.args(["--config".to_owned(), format!("patch.crates-io.{name}.path={archive:?}")]);
    }
    test.run()
}

/// Copies the workspace's `Cargo.lock`, so that the application has the same versions.
fn lock(name: &str) -> Result<(), Failure> {
    fs::copy(workspace::root().join("Cargo.lock"), dir(name).join("Cargo.lock"))?;
    Ok(())
}

fn check_tree(consumer: &Consumer) -> Result<(), Failure> {
    let tree = cargo(consumer.name, "tree").args(["--prefix", "none", "--format", "{p}"]).read()?;
    let crates = crate_names(&tree);
    println!("{}: {} crates (limit: {})", consumer.name, crates.len(), consumer.max_crates);
    let others = PROVIDERS.iter().filter(|provider| !consumer.providers.contains(provider));
    let found: Vec<_> = others.chain(consumer.absent).copied().filter(|name| crates.contains(name)).collect();
    if !found.is_empty() {
        return Err(Failure::new(format!("{} depends on {}", consumer.name, found.join(", "))));
    }
    if crates.len() > consumer.max_crates {
        return Err(Failure::new(format!(
            "{} has {} crates in its dependency tree, more than the limit of {}",
            consumer.name,
            crates.len(),
            consumer.max_crates
        )));
    }
    Ok(())
}

/// A built application.
#[derive(Clone, Copy)]
struct Built<'a> {
    name: &'a str,
    target: &'a Path,
    /// The URL of a database of its own, if it is on PostgreSQL.
    database_url: Option<&'a str>,
}

impl Built<'_> {
    fn run(&self) -> Run {
        let run = Run::program(self.target.join("debug").join(self.name));
        match self.database_url {
            Some(url) => run.env("DATABASE_URL", url),
            None => run,
        }
    }

    fn check_output(&self, run: Run, expected: &str) -> Result<(), Failure> {
        let output = run.read()?;
        print!("{}: {output}", self.name);
        if output.contains(expected) {
            return Ok(());
        }
        Err(Failure::new(format!("the output of {} does not contain {expected:?}", self.name)))
    }
}

fn one_provider(built: &Built<'_>, sandbox: &Addresses) -> Result<(), Failure> {
    let run = built.run().args([&sandbox.turbopay.base_url]).env("TURBOPAY_API_KEY", &sandbox.turbopay.api_key);
    built.check_output(run, "send the customer to http://127.0.0.1:")
}

fn facade_subset(built: &Built<'_>, sandbox: &Addresses) -> Result<(), Failure> {
    let run = built
        .run()
        // The first provider's address refuses connections, so the second provider gets the order.
        .args(["http://127.0.0.1:9", &sandbox.turbo_txn.base_url])
        .env("TURBOPAY_API_KEY", &sandbox.turbopay.api_key)
        .env("TURBO_TXN_CLIENT_ID", &sandbox.turbo_txn.client_id)
        .env("TURBO_TXN_SECRET_KEY", &sandbox.turbo_txn.secret_key);
    built.check_output(run, "awaiting customer: ")
}

fn webhooks_only(built: &Built<'_>, _: &Addresses) -> Result<(), Failure> {
    let run = built.run().args([SIGNATURE, BODY]).env("TURBOPAY_WEBHOOK_KEY", WEBHOOK_KEY);
    built.check_output(run, "200.00 of order-7421 is success")
}

fn blocking(built: &Built<'_>, sandbox: &Addresses) -> Result<(), Failure> {
    let run = built.run().args([&sandbox.turbopay.base_url]).env("TURBOPAY_API_KEY", &sandbox.turbopay.api_key);
    built.check_output(run, "blocking-1 is pending")
}

/// Reaches the sandbox under the name that a compose file would give it.
fn http_settings(built: &Built<'_>, sandbox: &Addresses) -> Result<(), Failure> {
    let port = sandbox.turbopay.base_url.trim_start_matches("http://127.0.0.1:").trim_end_matches("/api");
    let run = built.run().args([port]).env("TURBOPAY_API_KEY", &sandbox.turbopay.api_key);
    built.check_output(run, "send the customer to http://")
}

fn no_root_certificates(built: &Built<'_>, sandbox: &Addresses) -> Result<(), Failure> {
    let run = built.run().args([&sandbox.turbopay.base_url]).env("TURBOPAY_API_KEY", &sandbox.turbopay.api_key);
    let run = run.env("SSL_CERT_FILE", "/nowhere").env("SSL_CERT_DIR", "/nowhere");
    built.check_output(run, "because there are no root certificates: install them")
}

fn native_tls(built: &Built<'_>, _: &Addresses) -> Result<(), Failure> {
    built.check_output(built.run(), "the other dependency: native TLS\nturbopay: rustls\n")
}

/// Runs the worker twice. The second process has only what the first one stored.
fn restarted_worker(built: &Built<'_>, sandbox: &Addresses) -> Result<(), Failure> {
    let file = built.target.join("restarted-worker.json");
    let run = |step: &str| {
        let addresses = [sandbox.turbopay.base_url.as_str(), sandbox.turratech.base_url.as_str()];
        let run = built.run().args([step]).args([&file]).args(addresses);
        let run = run.env("TURBOPAY_API_KEY", &sandbox.turbopay.api_key);
        let run = run.env("TURRATECH_API_KEY", &sandbox.turratech.api_key);
        run.env("TURRATECH_WEBHOOK_SECRET", &sandbox.turratech.webhook_secret)
    };
    let received = run("receive").read()?;
    let payment = received.trim().strip_prefix("received: ");
    let payment = payment.ok_or_else(|| Failure::new(format!("the output of {} is {received:?}", built.name)))?;
    // The same payment, so it was not executed twice.
    built.check_output(run("resume"), &format!("resumed: {payment} after invoice.paid"))?;
    fs::remove_file(file)?;
    Ok(())
}

/// The response to the payout is lost. The worker finds out.
fn journal_sqlite(built: &Built<'_>, sandbox: &Addresses) -> Result<(), Failure> {
    let database = Database::new(built)?;
    sandbox.control("POST", "/faults", r#"{"spec": "turbopay.withdraw#1 @after-commit fin"}"#)?;
    let merchant = database.run(built, "withdraw", sandbox);
    pays_once(merchant, "journal-sqlite-1", "journal-sqlite-1 was sent: unknown", sandbox)
}

/// The merchant records the payout with rusqlite, while a worker runs in another process.
fn journal_rusqlite(built: &Built<'_>, sandbox: &Addresses) -> Result<(), Failure> {
    let database = Database::new(built)?;
    let worker = Built { name: "journal-sqlite", ..*built };
    let _worker = start_worker(database.run(&worker, "work", sandbox))?;
    let merchant = built.run().args([&database.0]).env("PAYMENTS_JOURNAL_KEY", JOURNAL_KEY);
    pays_once(merchant, "journal-rusqlite-1", "journal-rusqlite-1 is pending", sandbox)
}

/// The spans and metrics of a payout arrive at a receiver in the same process.
fn journal_opentelemetry(built: &Built<'_>, sandbox: &Addresses) -> Result<(), Failure> {
    let database = Database::new(built)?;
    let run = built.run().args([database.0.as_os_str(), sandbox.turbopay.base_url.as_ref()]);
    let output = with_keys(run, sandbox).read()?;
    print!("{output}");
    for expected in [
        "span payments_call operation=create_withdrawal provider=turbopay\n",
        "span payments_send account= intent=1 operation=pay_out outcome=accepted provider=turbopay state=pending tenant=\n",
        "event \"the state changed\" account= from=intended",
        "span withdraw",
        "metric payments.calls operation=pay_out outcome=accepted provider=turbopay = 1\n",
        "metric payments.intents account= operation=pay_out provider=turbopay state=pending tenant= = 1\n",
        "metric payments.overdue_seconds  = 0\n",
    ] {
        if !output.contains(expected) {
            return Err(Failure::new(format!("the output of {} does not contain {expected:?}", built.name)));
        }
    }
    Ok(())
}

/// Starts a worker in a process of its own, and waits until it says that it is ready.
fn start_worker(worker: Run) -> Result<Process, Failure> {
    let mut worker = Process(worker.spawn()?);
    let mut ready = String::new();
    BufReader::new(worker.0.stdout.take().ok_or_else(|| Failure::new("the worker has no output"))?)
        .read_line(&mut ready)?;
    match ready.trim() {
        "ready" => Ok(worker),
        _ => Err(Failure::new(format!("the worker did not start: {ready:?}"))),
    }
}

/// Runs a merchant until its payout succeeded, and checks that it was executed once.
fn pays_once(merchant: Run, reference: &str, first: &str, sandbox: &Addresses) -> Result<(), Failure> {
    pays(merchant, reference, &[first], sandbox)?;
    is_executed(reference, 1, sandbox)
}

/// Runs a merchant until its payout succeeded, and checks that it prints these lines. The bank executes the payout once it is pending.
fn pays(merchant: Run, reference: &str, expected: &[&str], sandbox: &Addresses) -> Result<(), Failure> {
    let pending = format!("{reference} is pending");
    let mut lines = Vec::new();
    merchant.read_lines(|line| {
        println!("{line}");
        lines.push(line.to_owned());
        if line == pending {
            sandbox.control("POST", &format!("/turbopay/orders/{reference}/success"), "{}")?;
        }
        Ok(())
    })?;
    let succeeded = format!("{reference} is succeeded");
    for expected in expected.iter().copied().chain([pending.as_str(), &succeeded]) {
        if !lines.iter().any(|line| line == expected) {
            return Err(Failure::new(format!("{expected:?} is not in {lines:?}")));
        }
    }
    Ok(())
}

/// Checks how often a payout was executed, as the sandbox's ledger shows it.
fn is_executed(reference: &str, times: usize, sandbox: &Addresses) -> Result<(), Failure> {
    match executions(reference, sandbox)? {
        count if count == times => Ok(()),
        count => Err(Failure::new(format!("{reference} was executed {count} times instead of {times}"))),
    }
}

fn executions(reference: &str, sandbox: &Addresses) -> Result<usize, Failure> {
    let ledger = sandbox.control("GET", "/ledger", "")?;
    let is_payout = |entry: &&Value| entry["reference"] == reference && entry["kind"] == "executed";
    Ok(ledger.as_array().into_iter().flatten().filter(is_payout).count())
}

/// A new database of a merchant.
struct Database(PathBuf);

impl Database {
    fn new(built: &Built<'_>) -> Result<Self, Failure> {
        let directory = built.target.join(format!("{}-data", built.name));
        if directory.exists() {
            fs::remove_dir_all(&directory)?;
        }
        fs::create_dir_all(&directory)?;
        Ok(Self(directory.join("shop.db")))
    }

    /// A command of `journal-sqlite` on this database.
    fn run(&self, built: &Built<'_>, command: &str, sandbox: &Addresses) -> Run {
        let run = built.run().args([command.as_ref(), self.0.as_os_str(), sandbox.turbopay.base_url.as_ref()]);
        with_keys(run, sandbox)
    }
}

fn with_keys(run: Run, sandbox: &Addresses) -> Run {
    run.env("TURBOPAY_API_KEY", &sandbox.turbopay.api_key).env("PAYMENTS_JOURNAL_KEY", JOURNAL_KEY)
}

const JOURNAL_KEY: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";

/// Prints the time of a clean build. There is no limit, because the time depends on the machine.
fn time_clean_build(name: &str, target: &Path) -> Result<(), Failure> {
    if target.exists() {
        fs::remove_dir_all(target)?;
    }
    // Exclude the download from the measurement.
    cargo(name, "fetch").run()?;
    #[expect(clippy::disallowed_methods, reason = "the duration is only printed")]
    let start = Instant::now();
    cargo(name, "build").args(["--target-dir".as_ref(), target.as_os_str()]).run()?;
    println!("{name}: clean build in {:.1} s", start.elapsed().as_secs_f64());
    Ok(())
}

fn cargo(name: &str, command: &str) -> Run {
    Run::cargo().args([command, "--quiet"]).args(["--manifest-path".as_ref(), dir(name).join("Cargo.toml").as_os_str()])
}

fn dir(name: &str) -> PathBuf {
    workspace::root().join("tests").join("consumers").join(name)
}

/// The body of a TurboPay webhook.
const BODY: &str = r#"{"order_id":"849655cf-ceba-49bc-951a-cbfbf8d63274","merchant_order_id":"order-7421","status":"success","amount":"200.00"}"#;

const WEBHOOK_KEY: &str = "whk-123";

/// The signature of `BODY` under `WEBHOOK_KEY`, computed by `openssl dgst -sha256 -hmac`.
const SIGNATURE: &str = "2d2187551b62a5159805182f7d1ecbb087865607cfabc4ce6f08142385dedca1";
