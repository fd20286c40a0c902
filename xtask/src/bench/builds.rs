//! What building costs: from nothing, after a touch, in bytes and in crates.

use std::fs;
use std::path::Path;
use std::time::{Instant, SystemTime};

use super::{Measured, Sides, comparisons};
use crate::features::crate_names;
use crate::process::Failure;
use crate::workspace;

/// Applications are built by turns, so that what disturbs the machine disturbs all.
pub(super) fn measure(target: &Path, rounds: usize, measured: &mut Measured) -> Result<(), Failure> {
    // The download is the network's time.
    comparisons(&["fetch"]).run()?;
    let mut clean = APPS.map(|_| Vec::new());
    let (mut our_touched, mut their_touched) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        for (app, times) in APPS.iter().zip(&mut clean) {
            let target = target.join("from-nothing");
            if target.exists() {
                fs::remove_dir_all(&target)?;
            }
            times.push(build(app, &target)?);
            let touched = match app.name {
                OURS => &mut our_touched,
                BARE => &mut their_touched,
                _ => continue,
            };
            for _ in 0..TOUCHES {
                touch(app.name)?;
                touched.push(build(app, &target)?);
            }
        }
    }
    let [ours, bare, stripe, webhooks, webhooks_with_transport] = clean.map(median);
    let mut put = |row: &str, ours, theirs| measured.insert(row.to_owned(), Sides { ours, theirs });
    put("build-bare", ours, bare);
    put("build-stripe", ours, stripe);
    put("build-webhooks", webhooks, webhooks_with_transport);
    put("incremental", median(our_touched), median(their_touched));
    put("binary", binary(OURS, target)?, binary(BARE, target)?);
    Ok(())
}

pub(super) fn count_crates(measured: &mut Measured) -> Result<(), Failure> {
    let sides = Sides { ours: crates(OURS)?, theirs: crates("payrail-stripe")? };
    measured.insert("crates".to_owned(), sides);
    Ok(())
}

struct App {
    name: &'static str,
    features: &'static [&'static str],
}

/// In the order in which they are built.
const APPS: [App; 5] = [
    App { name: OURS, features: &[] },
    App { name: BARE, features: &[] },
    App { name: "stripe", features: &[] },
    App { name: WEBHOOKS, features: &[] },
    App { name: WEBHOOKS, features: &["transport"] },
];

const OURS: &str = "ours";
const BARE: &str = "bare";
const WEBHOOKS: &str = "ours-webhooks";

/// In milliseconds.
fn build(app: &App, target: &Path) -> Result<u64, Failure> {
    let features = app.features.iter().map(|feature| format!("--features={feature}"));
    let cargo = comparisons(&["build", "--package", app.name]).args(features);
    #[expect(clippy::disallowed_methods, reason = "a build's duration is what is measured")]
    let began = Instant::now();
    cargo.args(["--target-dir".as_ref(), target.as_os_str()]).run()?;
    let took = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    println!("{} {}: {took} ms", app.name, app.features.join(","));
    Ok(took)
}

/// As saving it in an editor does.
fn touch(app: &str) -> Result<(), Failure> {
    let main = workspace::root().join("comparisons").join("apps").join(app).join("src").join("main.rs");
    #[expect(clippy::disallowed_methods, reason = "cargo compares files by their times")]
    let now = SystemTime::now();
    fs::File::options().append(true).open(main)?.set_modified(now)?;
    Ok(())
}

/// The bytes of its stripped release build.
fn binary(app: &str, target: &Path) -> Result<u64, Failure> {
    let target = target.join("stripped");
    let profile = ["--config=profile.release.strip=true", "--config=profile.release.debug=false"];
    let build = comparisons(&["build", "--release", "--package", app]).args(profile);
    build.args(["--target-dir".as_ref(), target.as_os_str()]).run()?;
    Ok(fs::metadata(target.join("release").join(app))?.len())
}

fn crates(app: &str) -> Result<u64, Failure> {
    let tree = comparisons(&["tree", "--package", app, "--prefix", "none", "--format", "{p}"]).read()?;
    Ok(crate_names(&tree).len().try_into().unwrap_or(u64::MAX))
}

fn median(mut times: Vec<u64>) -> u64 {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// They take a second each, and differ more than clean builds do.
const TOUCHES: usize = 5;
