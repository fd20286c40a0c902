//! Starts a PostgreSQL server for other programs. Prints the URL of a new database for each argument, and ends with its standard input.
//!
//! Prints one line with the problem instead if the machine has no PostgreSQL.
#![expect(clippy::print_stdout, reason = "this is a command line tool")]

use std::io::Read as _;

use payments_test_postgres::{Server, url};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = match Server::start() {
        Ok(server) => server,
        Err(problem) => {
            println!("{}", problem.replace('\n', " "));
            return Ok(());
        }
    };
    for name in std::env::args().skip(1) {
        // A server that existed before keeps the databases of earlier runs.
        let database = format!("{}_{}", name.replace('-', "_"), std::process::id());
        println!("{}", url(&server.create(&database, None).await?));
    }
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
