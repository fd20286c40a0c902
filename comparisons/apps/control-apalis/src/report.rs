//! The table.

use crate::harness::Counts;

pub fn print_head() {
    let (apalis, sqlite) = (locked_version("apalis"), locked_version("apalis-sqlite"));
    println!("apalis {apalis} with apalis-sqlite {sqlite}, card3ds `payment`, which has no idempotency keys\n");
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

/// Returns the version of a package in the lock file.
fn locked_version(package: &str) -> &'static str {
    let lock = include_str!("../../../Cargo.lock");
    let (_, entry) = lock.split_once(&format!("name = \"{package}\"\nversion = \"")).unwrap();
    entry.split('"').next().unwrap()
}
