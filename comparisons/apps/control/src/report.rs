//! The table.

use crate::harness::Counts;

/// Prints what is tested, and the head of the table.
pub fn print_head(queue: &str) {
    println!("{queue}, card3ds `payment`, which has no idempotency keys\n");
    println!(
        "{:<13} {:>6} {:>8} {:>6} {:>7} {:>6} {:>7}",
        "max_attempts", "jobs", "kills", "once", "twice", "more", "never"
    );
}

pub fn print_row(max_attempts: Option<usize>, counts: &Counts) {
    let Counts { jobs, kills, once, twice, more, never } = counts;
    let attempts = max_attempts.map_or_else(|| "default".to_owned(), |attempts| attempts.to_string());
    println!("{attempts:<13} {jobs:>6} {kills:>8} {once:>6} {twice:>7} {more:>6} {never:>7}");
}

/// Returns the version of a package in a lock file.
pub fn locked_version<'l>(lock: &'l str, package: &str) -> &'l str {
    let (_, entry) = lock.split_once(&format!("name = \"{package}\"\nversion = \"")).unwrap();
    entry.split('"').next().unwrap()
}
