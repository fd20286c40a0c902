//! Starts a PostgreSQL server as a child process.

use std::io::{BufRead as _, BufReader};

use crate::process::{Failure, Run};
use crate::sandbox::Process;

/// A running server. It stops when this value is dropped.
pub(crate) struct Postgres {
    /// Each database's name and URL.
    databases: Vec<(&'static str, String)>,
    _process: Process,
}

impl Postgres {
    /// Starts a server with an empty database for each name, or uses the server that `PAYMENTS_TEST_POSTGRES` names.
    ///
    /// Returns how to install PostgreSQL if the machine has none. With `PAYMENTS_TESTS_REQUIRE_POSTGRES`, that is a failure.
    pub(crate) fn start(names: &[&'static str]) -> Result<Result<Postgres, String>, Failure> {
        let program = ["--quiet", "--package", "payments-tests", "--bin", "postgres"];
        // Build first, so that a compiler error is reported as such.
        Run::cargo().args(["build"]).args(program).run()?;
        let mut process = Process(Run::cargo().args(["run"]).args(program).args(["--"]).args(names).spawn()?);
        let stdout = process.0.stdout.take().ok_or_else(|| Failure::new("the output of PostgreSQL cannot be read"))?;
        let mut lines = BufReader::new(stdout).lines();
        let mut databases = Vec::new();
        for name in names {
            match lines.next().transpose()? {
                Some(url) if url.starts_with("postgres://") => databases.push((*name, url)),
                Some(problem) if is_required() => return Err(Failure::new(problem)),
                Some(problem) => return Ok(Err(problem)),
                None => return Err(Failure::new("PostgreSQL did not start")),
            }
        }
        Ok(Ok(Postgres { databases, _process: process }))
    }

    /// The URL of a database.
    pub(crate) fn url(&self, name: &str) -> Option<&str> {
        self.databases.iter().find(|(database, _)| *database == name).map(|(_, url)| url.as_str())
    }
}

#[expect(clippy::disallowed_methods, reason = "CI sets it, and then nothing may be skipped")]
fn is_required() -> bool {
    std::env::var_os("PAYMENTS_TESTS_REQUIRE_POSTGRES").is_some()
}
