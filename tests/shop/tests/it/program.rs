//! The program that `cargo xtask shop` runs.

use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tokio::time::{sleep, timeout};

use crate::customer::LONGEST;

/// Starts the program, and returns it with the ports of the shop, the sandbox and the panel.
fn start(directory: &TempDir) -> (Child, [u16; 3]) {
    let mut panel = Command::new(env!("CARGO_BIN_EXE_panel"))
        .args(["--port", "0", "--end-with-input"])
        // A program that is killed leaves its files.
        .env("TMPDIR", directory.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(panel.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut addresses = lines.by_ref().filter_map(|line| {
        let address = ["shop ", "sandbox ", "break it "].into_iter().find_map(|name| line.trim().strip_prefix(name))?;
        address.trim().rsplit_once(':')?.1.parse().ok()
    });
    let ports = [addresses.next().unwrap(), addresses.next().unwrap(), addresses.next().unwrap()];
    assert!(lines.any(|line| line.contains("UTR")), "the program ended");
    (panel, ports)
}

fn is_open(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_ok()
}

async fn until_closed(ports: [u16; 3]) {
    let closed = async {
        while ports.into_iter().any(is_open) {
            sleep(STEP).await;
        }
    };
    timeout(LONGEST, closed).await.unwrap_or_else(|_| panic!("still open: {:?}", ports.map(is_open)));
}

#[tokio::test]
async fn the_program_ends_with_its_input_and_leaves_nothing() {
    let directory = TempDir::new().unwrap();
    let (mut panel, ports) = start(&directory);
    assert!(ports.into_iter().all(is_open));

    drop(panel.stdin.take());
    assert!(panel.wait().unwrap().success());
    until_closed(ports).await;
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_signal_ends_the_program_also_while_its_input_is_open() {
    for signal in ["INT", "TERM", "HUP"] {
        let directory = TempDir::new().unwrap();
        let (mut panel, ports) = start(&directory);

        assert!(Command::new("kill").args(["-s", signal, &panel.id().to_string()]).status().unwrap().success());
        let ended = async {
            loop {
                if let Some(status) = panel.try_wait().unwrap() {
                    return status;
                }
                sleep(STEP).await;
            }
        };
        assert!(timeout(LONGEST, ended).await.unwrap().success(), "SIG{signal}");
        until_closed(ports).await;
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0, "SIG{signal}");
    }
}

#[tokio::test]
async fn the_shop_ends_also_if_the_program_is_killed() {
    let directory = TempDir::new().unwrap();
    let (mut panel, ports) = start(&directory);

    panel.kill().unwrap();
    panel.wait().unwrap();
    until_closed(ports).await;
}

const STEP: Duration = Duration::from_millis(10);
