//! Runs underway, which is in a program of its own, because it needs an older sqlx.

use std::process::Command;

use own_postgres::Server;

use crate::output_of as output;

/// The program. `cargo xtask bench` builds it and sets the variable.
pub fn program(row: &str) -> Option<String> {
    let program = std::env::var("CONTROL_UNDERWAY");
    program.inspect_err(|_| eprintln!("`{row}` was skipped: CONTROL_UNDERWAY is not set to the program's path")).ok()
}

pub fn command(program: &str, arguments: &[&str], server: &Server, database: &str) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).arg(server.directory()).arg(database);
    command
}

pub fn output_of(program: &str, arguments: &[&str], server: &Server, database: &str) -> String {
    output(command(program, arguments, server, database))
}
