//! Measures clean builds, incremental builds, binary sizes and dependency counts.

use std::fs;
use std::path::Path;
use std::time::{Instant, SystemTime};

use super::{Measured, Sides, Steps, comparisons};
use crate::features::crate_names;
use crate::process::Failure;
use crate::workspace;

/// Measures build times and binary sizes. The applications take turns, so that load on the machine affects all of them.
pub(super) fn measure(target: &Path, rounds: usize, steps: &mut Steps, measured: &mut Measured) -> Result<(), Failure> {
    // Exclude the download from the measurement.
    comparisons(&["fetch"]).run()?;
    let mut clean = APPS.map(|_| Vec::new());
    let (mut our_incremental, mut their_incremental) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        for (app, times) in APPS.iter().zip(&mut clean) {
            let target = target.join("clean");
            if target.exists() {
                fs::remove_dir_all(&target)?;
            }
            steps.next(format_args!("a clean build of {app}"));
            times.push(build(app, &target)?);
            let incremental = match app.name {
                OURS => &mut our_incremental,
                BARE => &mut their_incremental,
                _ => continue,
            };
            for _ in 0..INCREMENTAL_BUILDS {
                steps.next(format_args!("an incremental build of {app}"));
                touch(app.name)?;
                incremental.push(build(app, &target)?);
            }
        }
    }
    let [ours, bare, stripe, webhooks, webhooks_with_transport] = clean.map(median);
    let mut insert = |row: &str, ours, theirs| measured.insert(row.to_owned(), Sides { ours, theirs });
    insert("build-bare", ours, bare);
    insert("build-stripe", ours, stripe);
    insert("build-webhooks", webhooks, webhooks_with_transport);
    insert("incremental", median(our_incremental), median(their_incremental));
    insert("binary", binary_size(OURS, target, steps)?, binary_size(BARE, target, steps)?);
    Ok(())
}

/// The number of steps of [`measure`].
pub(super) fn steps(rounds: usize) -> usize {
    rounds * (APPS.len() + 2 * INCREMENTAL_BUILDS) + 2
}

/// The rows that this module measures.
pub(super) const ROWS: [&str; 6] = ["build-bare", "build-stripe", "build-webhooks", "incremental", "binary", "crates"];

pub(super) fn count_crates(measured: &mut Measured) -> Result<(), Failure> {
    let sides = Sides { ours: crate_count(OURS)?, theirs: crate_count("payrail-stripe")? };
    measured.insert("crates".to_owned(), sides);
    Ok(())
}

struct App {
    name: &'static str,
    features: &'static [&'static str],
}

impl std::fmt::Display for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.name, self.features.join(","))
    }
}

/// The applications, in build order.
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

/// Builds an application and returns the time in milliseconds.
fn build(app: &App, target: &Path) -> Result<u64, Failure> {
    let features = app.features.iter().map(|feature| format!("--features={feature}"));
    let cargo = comparisons(&["build", "--package", app.name]).args(features);
    #[expect(clippy::disallowed_methods, reason = "the duration of a build is measured")]
    let start = Instant::now();
    cargo.args(["--target-dir".as_ref(), target.as_os_str()]).run()?;
    let millis = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    println!("{app}: {millis} ms");
    Ok(millis)
}

/// Updates the modification time of an application's `main.rs`, as saving in an editor does.
fn touch(app: &str) -> Result<(), Failure> {
    let main = workspace::root().join("comparisons").join("apps").join(app).join("src").join("main.rs");
    #[expect(clippy::disallowed_methods, reason = "cargo detects changes by modification time")]
    let now = SystemTime::now();
    fs::File::options().append(true).open(main)?.set_modified(now)?;
    Ok(())
}

/// Returns the size of the stripped release build in bytes.
fn binary_size(app: &str, target: &Path, steps: &mut Steps) -> Result<u64, Failure> {
    steps.next(format_args!("a stripped release build of {app}"));
    let target = target.join("stripped");
    let profile = ["--config=profile.release.strip=true", "--config=profile.release.debug=false"];
    let build = comparisons(&["build", "--release", "--package", app]).args(profile);
    build.args(["--target-dir".as_ref(), target.as_os_str()]).run()?;
    Ok(fs::metadata(target.join("release").join(app))?.len())
}

fn crate_count(app: &str) -> Result<u64, Failure> {
    let tree = comparisons(&["tree", "--package", app, "--prefix", "none", "--format", "{p}"]).read()?;
    Ok(crate_names(&tree).len().try_into().unwrap_or(u64::MAX))
}

fn median(mut times: Vec<u64>) -> u64 {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// More than the clean builds, because each takes only a second and the times vary more.
const INCREMENTAL_BUILDS: usize = 5;
