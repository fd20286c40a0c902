//! Builds every combination of features, and checks that optional dependencies stay out of the others.

use std::collections::{BTreeMap, BTreeSet};

use crate::process::{Failure, Run, Step};
use crate::workspace::{PROVIDERS, Workspace};

/// Crates that must not be in the dependency tree of a member with these features.
struct Absence {
    member: &'static str,
    /// Comma-separated. The default features are off.
    features: &'static str,
    absent: &'static [&'static str],
}

/// Verifying webhooks needs no HTTP client, no TLS and no async runtime.
const ABSENCES: &[Absence] = &[
    Absence { member: "payments-core", features: "", absent: HTTP_STACK },
    Absence { member: "turratech", features: "", absent: HTTP_STACK },
    Absence { member: "turbo-txn", features: "", absent: HTTP_STACK },
    Absence { member: "turbo-link", features: "", absent: HTTP_STACK },
    Absence { member: "card3ds", features: "", absent: HTTP_STACK },
    Absence { member: "turbopay", features: "", absent: HTTP_STACK },
    Absence { member: "payments", features: "", absent: HTTP_STACK },
    Absence { member: "payments", features: "", absent: PROVIDERS },
    Absence { member: "payments", features: "turbopay", absent: &["turratech", "turbo-txn", "turbo-link", "card3ds"] },
    Absence { member: "turbopay", features: "blocking", absent: &["rustls", "native-tls", "openssl"] },
    Absence { member: "payments", features: "turbopay,rustls", absent: &["payments-sandbox"] },
    Absence { member: "payments", features: "turbopay,rustls", absent: &["payments-journal", "sqlx-core"] },
    Absence { member: "payments", features: "turbopay,journal", absent: CLIENTS },
    Absence { member: "payments", features: "turbopay,journal", absent: &["sqlx-core", "libsqlite3-sys"] },
    Absence { member: "payments-axum", features: "turratech,turbo-txn,card3ds,turbopay", absent: CLIENTS },
    Absence { member: "payments-axum", features: "turbopay,journal", absent: CLIENTS },
];

/// Applications that have a runtime, such as axum's, must not get an HTTP client.
const CLIENTS: &[&str] = &["reqwest", "rustls", "native-tls", "openssl", "aws-lc-rs", "ring", "payments-sandbox"];

pub(crate) const HTTP_STACK: &[&str] =
    &["reqwest", "hyper", "tokio", "rustls", "native-tls", "openssl", "aws-lc-rs", "ring", "mio"];

/// A crate with more features is built with single features, pairs and all features: 2^7 builds take too long.
const MAX_COMBINED: usize = 6;

/// Features that only re-export a crate, which takes long to build. They are built alone, and with all features.
const RE_EXPORTS: &[&str] = &["journal-postgres", "journal-sqlite"];

/// Builds every combination.
pub(crate) fn run(_: &[String]) -> Result<Step, Failure> {
    build(|_, _| true)
}

/// Builds each feature alone, none, and all of them.
pub(crate) fn short(_: &[String]) -> Result<Step, Failure> {
    build(|features, longest| features <= 1 || features == longest)
}

/// Builds the combinations with a wanted number of features. The second number is that of the longest one of the crate.
fn build(is_wanted: fn(usize, usize) -> bool) -> Result<Step, Failure> {
    let workspace = Workspace::load()?;
    for absence in ABSENCES {
        check_absence(absence)?;
    }
    let mut builds = 0;
    for member in workspace.published() {
        let combinations = combinations(&member.features);
        let longest = combinations.iter().map(Vec::len).max().unwrap_or_default();
        for combination in combinations.iter().filter(|combination| is_wanted(combination.len(), longest)) {
            Run::cargo()
                .args(["check", "--quiet", "--package", &member.name, "--no-default-features"])
                .args((!combination.is_empty()).then(|| format!("--features={}", combination.join(","))))
                .run_without_warnings()?;
            builds += 1;
        }
    }
    println!("features: {builds} combinations of {} crates", workspace.published().count());
    Ok(Step::Passed)
}

fn check_absence(absence: &Absence) -> Result<(), Failure> {
    let Absence { member, features, absent } = absence;
    let tree = Run::cargo()
        .args(["tree", "--package", member, "--no-default-features", "--features", features])
        .args(["--edges", "normal", "--prefix", "none", "--format", "{p}"])
        .read()?;
    let crates = crate_names(&tree);
    let features = if features.is_empty() { "no features" } else { features };
    println!("{member} with {features}: {} crates", crates.len());
    let found: Vec<_> = absent.iter().copied().filter(|name| crates.contains(name)).collect();
    if found.is_empty() {
        return Ok(());
    }
    Err(Failure::new(format!(
        "{member} with {features} depends on {}; find out why with `cargo tree -p {member} --no-default-features -i {}`",
        found.join(", "),
        found[0]
    )))
}

/// Returns the crate names in the output of `cargo tree --prefix none`, whose lines are `name v1.2.3 (path)`.
pub(crate) fn crate_names(tree: &str) -> BTreeSet<&str> {
    tree.lines().filter_map(|line| line.split(' ').next()).filter(|name| !name.is_empty()).collect()
}

/// Returns the combinations to build, fewest features first. Omits those that enable the same features as another.
fn combinations(features: &BTreeMap<String, Vec<String>>) -> Vec<Vec<&str>> {
    let names: Vec<&str> = features.keys().map(String::as_str).filter(|name| *name != "default").collect();
    let mut combinations = if names.len() <= MAX_COMBINED { subsets(&names) } else { up_to_pairs(&names) };
    combinations.sort_by_key(Vec::len);
    let mut seen = BTreeSet::new();
    combinations.retain(|combination| seen.insert(closure(combination, features)));
    combinations
}

fn subsets<'a>(names: &[&'a str]) -> Vec<Vec<&'a str>> {
    let mut subsets = vec![Vec::new()];
    for name in names {
        let with_name: Vec<_> = subsets.iter().map(|subset| [subset.as_slice(), &[*name]].concat()).collect();
        subsets.extend(with_name);
    }
    subsets
}

fn up_to_pairs<'a>(names: &[&'a str]) -> Vec<Vec<&'a str>> {
    let mut combinations = vec![Vec::new(), names.to_vec()];
    for (rest, name) in (1..).zip(names) {
        combinations.push(vec![*name]);
        let others = names[rest..].iter().filter(|other| !RE_EXPORTS.contains(name) && !RE_EXPORTS.contains(other));
        combinations.extend(others.map(|other| vec![*name, *other]));
    }
    combinations
}

/// Returns every feature that these features enable, including features of dependencies.
fn closure<'a>(combination: &[&'a str], features: &'a BTreeMap<String, Vec<String>>) -> BTreeSet<&'a str> {
    let mut on = BTreeSet::new();
    let mut next = combination.to_vec();
    while let Some(name) = next.pop() {
        if on.insert(name) {
            next.extend(features.get(name).into_iter().flatten().map(String::as_str));
        }
    }
    on
}

#[cfg(test)]
mod tests {
    use super::*;

    fn features(features: &[(&str, &[&str])]) -> BTreeMap<String, Vec<String>> {
        let on = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        features.iter().map(|(name, names)| ((*name).to_owned(), on(names))).collect()
    }

    #[test]
    fn few_features_are_combined_in_every_way() {
        let features = features(&[("default", &["a"]), ("a", &["dep:a"]), ("b", &["dep:b"])]);

        assert_eq!(combinations(&features), [vec![], vec!["a"], vec!["b"], vec!["a", "b"]]);
    }

    #[test]
    fn combinations_that_enable_the_same_features_are_built_once() {
        let features = features(&[("a", &["dep:a"]), ("b", &["a"])]);

        assert_eq!(combinations(&features), [vec![], vec!["a"], vec!["b"]]);
    }

    #[test]
    fn many_features_are_combined_in_pairs_and_all_together() {
        let names = ["a", "b", "c", "d", "e", "f", "g"];
        let features: BTreeMap<_, _> =
            names.iter().map(|name| ((*name).to_owned(), vec![format!("dep:{name}")])).collect();

        let combinations = combinations(&features);

        assert_eq!(combinations.len(), 1 + 7 + 21 + 1);
        assert_eq!(combinations.last().map(Vec::len), Some(7));
    }

    #[test]
    fn a_re_export_is_built_alone_and_with_all_features() {
        let names = ["a", "b", "c", "d", "e", "f", "journal-sqlite"];
        let features: BTreeMap<_, _> =
            names.iter().map(|name| ((*name).to_owned(), vec![format!("dep:{name}")])).collect();

        let combinations = combinations(&features);

        assert_eq!(combinations.len(), 1 + 7 + 15 + 1);
        let lengths: Vec<_> =
            combinations.iter().filter(|names| names.contains(&"journal-sqlite")).map(Vec::len).collect();
        assert_eq!(lengths, [1, 7]);
    }

    #[test]
    fn each_crate_is_counted_once() {
        let names = crate_names("turbopay v0.1.0 (/here)\nhttp v1.5.0\nhyper-util v0.1.0\nhttp v1.5.0 (*)\n\n");

        assert_eq!(names.into_iter().collect::<Vec<_>>(), ["http", "hyper-util", "turbopay"]);
    }
}
