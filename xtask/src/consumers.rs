//! Small applications that depend on the crates as users do, each a workspace of its own: what they bring in, and that they work.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::features::{HTTP_STACK, crate_names};
use crate::process::{Failure, Run, Step};
use crate::sandbox::{Addresses, Sandbox};
use crate::workspace::{self, PROVIDERS, SANDBOX, Workspace};

/// An application in `tests/consumers`.
struct Consumer {
    name: &'static str,
    /// The providers that it asks for; no other may come with them.
    providers: &'static [&'static str],
    /// What else must not be in its tree.
    absent: &'static [&'static str],
    /// How many crates its tree has at most, itself included. A limit that has to be raised is a price that every user pays.
    most_crates: usize,
    try_out: fn(&Built<'_>, &Addresses) -> Result<(), Failure>,
}

const CONSUMERS: &[Consumer] = &[
    Consumer {
        name: "one-provider",
        providers: &["turbopay"],
        absent: &[SANDBOX, "payments", "native-tls", "openssl"],
        most_crates: 122,
        try_out: one_provider,
    },
    Consumer {
        name: "facade-subset",
        providers: &["turbopay", "turbo-txn"],
        absent: &[SANDBOX, "native-tls", "openssl"],
        most_crates: 130,
        try_out: facade_subset,
    },
    Consumer {
        name: "webhooks-only",
        providers: &["turbopay"],
        absent: HTTP_STACK,
        most_crates: 48,
        try_out: webhooks_only,
    },
    Consumer {
        name: "own-transport",
        providers: &["turbopay"],
        absent: HTTP_STACK,
        most_crates: 51,
        try_out: one_provider,
    },
];

pub(crate) fn run(_: &[String]) -> Result<Step, Failure> {
    let target = Workspace::load()?.target.join("consumers");
    for consumer in CONSUMERS {
        lock(consumer.name)?;
        check_tree(consumer)?;
    }
    let sandbox = Sandbox::start()?;
    for consumer in CONSUMERS {
        cargo(consumer.name, "build").args(["--target-dir".as_ref(), target.as_os_str()]).run_without_warnings()?;
        (consumer.try_out)(&Built { name: consumer.name, target: &target }, &sandbox.addresses)?;
    }
    time_from_nothing("webhooks-only", &target.join("from-nothing"))?;
    Ok(Step::Passed)
}

/// They are no members, so that `cargo fmt` does not know them.
pub(crate) fn formatted() -> Result<(), Failure> {
    for name in CONSUMERS.iter().map(|consumer| consumer.name).chain(["packaged"]) {
        let main = dir(name).join("src").join("main.rs");
        Run::program("rustfmt").args(["--check", "--edition", "2024"]).args([main]).run()?;
    }
    Ok(())
}

/// The application that uses the archives; they have been unpacked here.
pub(crate) fn packaged(target: &Path, patches: &[(String, PathBuf)]) -> Result<(), Failure> {
    lock("packaged")?;
    let mut test = cargo("packaged", "test").args(["--target-dir".as_ref(), target.as_os_str()]);
    for (name, archive) in patches {
        test = test.args(["--config".to_owned(), format!("patch.crates-io.{name}.path={archive:?}")]);
    }
    test.run()
}

/// The versions that everything else here is tested with.
fn lock(name: &str) -> Result<(), Failure> {
    fs::copy(workspace::root().join("Cargo.lock"), dir(name).join("Cargo.lock"))?;
    Ok(())
}

fn check_tree(consumer: &Consumer) -> Result<(), Failure> {
    let tree = cargo(consumer.name, "tree").args(["--prefix", "none", "--format", "{p}"]).read()?;
    let crates = crate_names(&tree);
    println!("{}: {} crates of {} allowed", consumer.name, crates.len(), consumer.most_crates);
    let others = PROVIDERS.iter().filter(|provider| !consumer.providers.contains(provider));
    let found: Vec<_> = others.chain(consumer.absent).copied().filter(|name| crates.contains(name)).collect();
    if !found.is_empty() {
        return Err(Failure::new(format!("{} depends on {}", consumer.name, found.join(", "))));
    }
    if crates.len() > consumer.most_crates {
        return Err(Failure::new(format!(
            "{} has {} crates in its tree, and may have {}",
            consumer.name,
            crates.len(),
            consumer.most_crates
        )));
    }
    Ok(())
}

/// An application that has been built.
struct Built<'a> {
    name: &'a str,
    target: &'a Path,
}

impl Built<'_> {
    fn run(&self) -> Run {
        Run::program(self.target.join("debug").join(self.name))
    }

    fn says(&self, run: Run, expected: &str) -> Result<(), Failure> {
        let said = run.read()?;
        print!("{}: {said}", self.name);
        if said.contains(expected) {
            return Ok(());
        }
        Err(Failure::new(format!("{} should have said {expected:?}", self.name)))
    }
}

fn one_provider(built: &Built<'_>, sandbox: &Addresses) -> Result<(), Failure> {
    let run = built.run().args([&sandbox.turbopay.base_url]).env("TURBOPAY_API_KEY", &sandbox.turbopay.api_key);
    built.says(run, "send the customer to http://127.0.0.1:")
}

fn facade_subset(built: &Built<'_>, sandbox: &Addresses) -> Result<(), Failure> {
    let run = built
        .run()
        // Nobody listens at the first address, so the second provider gets the order.
        .args(["http://127.0.0.1:9", &sandbox.turbo_txn.base_url])
        .env("TURBOPAY_API_KEY", &sandbox.turbopay.api_key)
        .env("TURBO_TXN_CLIENT_ID", &sandbox.turbo_txn.client_id)
        .env("TURBO_TXN_SECRET_KEY", &sandbox.turbo_txn.secret_key);
    built.says(run, "awaiting customer: ")
}

fn webhooks_only(built: &Built<'_>, _: &Addresses) -> Result<(), Failure> {
    let run = built.run().args([SIGNATURE, BODY]).env("TURBOPAY_WEBHOOK_KEY", WEBHOOK_KEY);
    built.says(run, "200.00 of order-7421 is success")
}

/// Says how long it takes whoever has nothing but the sources; a busy machine's figure fails nobody.
fn time_from_nothing(name: &str, target: &Path) -> Result<(), Failure> {
    if target.exists() {
        fs::remove_dir_all(target)?;
    }
    // The download is the network's time.
    cargo(name, "fetch").run()?;
    #[expect(clippy::disallowed_methods, reason = "a build's duration is for people to read")]
    let start = Instant::now();
    cargo(name, "build").args(["--target-dir".as_ref(), target.as_os_str()]).run()?;
    println!("{name}: built from nothing in {:.1} s", start.elapsed().as_secs_f64());
    Ok(())
}

fn cargo(name: &str, command: &str) -> Run {
    Run::cargo().args([command, "--quiet"]).args(["--manifest-path".as_ref(), dir(name).join("Cargo.toml").as_os_str()])
}

fn dir(name: &str) -> PathBuf {
    workspace::root().join("tests").join("consumers").join(name)
}

/// A delivery as TurboPay sends it.
const BODY: &str = r#"{"order_id":"849655cf-ceba-49bc-951a-cbfbf8d63274","merchant_order_id":"order-7421","status":"success","amount":"200.00"}"#;

const WEBHOOK_KEY: &str = "whk-123";

/// Of the body under the key, as `openssl dgst -sha256 -hmac` makes it.
const SIGNATURE: &str = "2d2187551b62a5159805182f7d1ecbb087865607cfabc4ce6f08142385dedca1";
