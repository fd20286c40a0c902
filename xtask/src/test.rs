//! Runs the tests with nextest if it is installed, otherwise with `cargo test`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;

use crate::process::{Failure, Run, Step};
use crate::shop;
use crate::workspace::Workspace;

/// Runs every test, and names those that the machine cannot run. Arguments go to the test runner.
pub(crate) fn run(args: &[String]) -> Result<Step, Failure> {
    let list = Workspace::load()?.target.join("skipped-tests");
    let path = list.to_string_lossy();
    // Cargo builds no program of another package for a test.
    shop::build_both_for_tests()?;
    match fs::remove_file(&list) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let tests = |words: &[&str]| Run::cargo().args(words).env("PAYMENTS_TESTS_SKIPPED", &path);
    if Run::cargo().args(["nextest", "--version"]).works() {
        tests(&["nextest", "run", "--workspace", "--all-features"]).args(args).run()?;
        // nextest runs no doctests, and `cargo test --doc` does not understand its arguments.
        if args.is_empty() {
            Run::cargo().args(["test", "--doc", "--workspace", "--all-features"]).run()?;
        }
    } else {
        tests(&["test", "--workspace", "--all-features"]).args(args).run()?;
    }
    print!("{}", skipped(&fs::read_to_string(&list).unwrap_or_default()));
    Ok(Step::Passed)
}

/// Names what was skipped. The list has a name and the reason on each line, as tests write it.
pub(crate) fn skipped(list: &str) -> String {
    let mut by_reason: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, reason) in list.lines().filter_map(|line| line.split_once('\t')) {
        by_reason.entry(reason).or_default().insert(name);
    }
    let sections = by_reason.iter().map(|(reason, names)| {
        let names: String = names.iter().map(|name| format!("  {name}\n")).collect();
        format!("\nskipped: {reason}\n{names}")
    });
    sections.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skipped_tests_are_named_under_the_reason_and_what_to_do() {
        let list = "on_postgres::a\tno PostgreSQL: install it\norder\tno strace: install it\n\
                    on_postgres::b\tno PostgreSQL: install it\non_postgres::a\tno PostgreSQL: install it\n";
        let expected = "\nskipped: no PostgreSQL: install it\n  on_postgres::a\n  on_postgres::b\n\
                        \nskipped: no strace: install it\n  order\n";
        assert_eq!(skipped(list), expected);
        assert_eq!(skipped(""), "");
    }
}
