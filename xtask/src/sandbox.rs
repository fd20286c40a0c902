//! Starts the sandbox as a child process.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStdout};

use serde_json::Value;

use crate::process::{Failure, Run};
use crate::workspace::SANDBOX;

/// A running sandbox. It stops when this value is dropped.
pub(crate) struct Sandbox {
    pub(crate) addresses: Addresses,
    /// Stays open, because the sandbox may fail when it writes to a closed pipe.
    _stdout: BufReader<ChildStdout>,
    _process: Process,
}

impl Sandbox {
    pub(crate) fn start() -> Result<Sandbox, Failure> {
        // Build first, so that a compiler error is reported as such.
        Run::cargo().args(["build", "--quiet", "--package", SANDBOX]).run()?;
        let serve = Run::cargo().args(["run", "--quiet", "--package", SANDBOX, "--", "serve", "--json"]);
        let mut process = Process(serve.spawn()?);
        let stdout = process.0.stdout.take().ok_or_else(|| Failure::new("the sandbox's output cannot be read"))?;
        let mut stdout = BufReader::new(stdout);
        let mut line = String::new();
        stdout.read_line(&mut line)?;
        Ok(Sandbox { addresses: Addresses::read(&line)?, _stdout: stdout, _process: process })
    }
}

/// The sandbox's URLs and credentials.
#[derive(Debug)]
pub(crate) struct Addresses {
    pub(crate) control_url: String,
    pub(crate) turbopay: TurboPay,
    pub(crate) turbo_txn: TurboTxn,
    pub(crate) turratech: TurraTech,
}

#[derive(Debug)]
pub(crate) struct TurboPay {
    pub(crate) base_url: String,
    pub(crate) api_key: String,
}

#[derive(Debug)]
pub(crate) struct TurboTxn {
    pub(crate) base_url: String,
    pub(crate) client_id: String,
    pub(crate) secret_key: String,
}

#[derive(Debug)]
pub(crate) struct TurraTech {
    pub(crate) base_url: String,
    pub(crate) api_key: String,
    pub(crate) webhook_secret: String,
}

impl Addresses {
    /// Sends a request to the control API, and returns the response.
    pub(crate) fn control(&self, method: &str, path: &str, body: &str) -> Result<Value, Failure> {
        let host = self.control_url.trim_start_matches("http://");
        let mut connection = TcpStream::connect(host)?;
        write!(
            connection,
            "{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        )?;
        let mut response = String::new();
        connection.read_to_string(&mut response)?;
        match response.split_once("\r\n\r\n") {
            Some((head, body)) if head.starts_with("HTTP/1.1 200") => Ok(serde_json::from_str(body)?),
            _ => Err(Failure::new(format!("the sandbox refused {method} {path}: {response}"))),
        }
    }

    fn read(line: &str) -> Result<Addresses, Failure> {
        let line: Value = serde_json::from_str(line)
            .map_err(|_| Failure::new(format!("the sandbox's first line is not JSON: {:?}", line.trim())))?;
        let text = |value: &Value, name: &str| match value[name].as_str() {
            Some(text) => Ok(text.trim_end_matches('/').to_owned()),
            None => Err(Failure::new(format!("the sandbox's first line has no {name}"))),
        };
        let (turbopay, turbo_txn, turratech) = (&line["turbopay"], &line["turbo-txn"], &line["turratech"]);
        Ok(Addresses {
            control_url: text(&line, "control_url")?,
            turbopay: TurboPay { base_url: text(turbopay, "base_url")?, api_key: text(turbopay, "api_key")? },
            turbo_txn: TurboTxn {
                base_url: text(turbo_txn, "base_url")?,
                client_id: text(turbo_txn, "client_id")?,
                secret_key: text(turbo_txn, "secret_key")?,
            },
            turratech: TurraTech {
                base_url: text(turratech, "base_url")?,
                api_key: text(turratech, "api_key")?,
                webhook_secret: text(turratech, "webhook_secret")?,
            },
        })
    }
}

/// A child process. It is killed when this value is dropped.
pub(crate) struct Process(pub(crate) Child);

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only if the process has already ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_contains_the_urls() {
        let line = r#"{"control_url": "http://127.0.0.1:1/control/",
            "turbopay": {"base_url": "http://127.0.0.1:2/api", "api_key": "k"},
            "turbo-txn": {"base_url": "http://127.0.0.1:3/", "client_id": "c", "secret_key": "s"},
            "turratech": {"base_url": "http://127.0.0.1:4/v1/", "api_key": "k", "webhook_secret": "w"}}"#;

        let addresses = Addresses::read(line).unwrap();

        assert_eq!(addresses.control_url, "http://127.0.0.1:1/control");
        assert_eq!(addresses.turbopay.base_url, "http://127.0.0.1:2/api");
        assert_eq!(addresses.turbo_txn.base_url, "http://127.0.0.1:3");
        assert_eq!(addresses.turratech.base_url, "http://127.0.0.1:4/v1");
    }

    #[test]
    fn a_first_line_without_a_url_is_an_error() {
        assert!(Addresses::read("").unwrap_err().to_string().contains("not JSON"));
        assert!(Addresses::read("{}").unwrap_err().to_string().contains("no control_url"));
    }
}
