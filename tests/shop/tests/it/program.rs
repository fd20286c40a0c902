//! The program that `cargo xtask shop` runs.

use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use tokio::time::{sleep, timeout};

use crate::customer::LONGEST;

/// Starts the program, and returns it with the ports of the shop, the sandbox and the panel.
fn start() -> (Child, [u16; 3]) {
    let mut panel = Command::new(env!("CARGO_BIN_EXE_panel"))
        .args(["--port", "0", "--end-with-input", "--shop"])
        .arg(::stage::program().unwrap())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(panel.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut addresses = lines.filter_map(|line| {
        let address = ["shop ", "sandbox ", "break it "].into_iter().find_map(|name| line.trim().strip_prefix(name))?;
        address.trim().rsplit_once(':')?.1.parse().ok()
    });
    let ports = [addresses.next().unwrap(), addresses.next().unwrap(), addresses.next().unwrap()];
    (panel, ports)
}

fn is_open(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_ok()
}

async fn until_closed(ports: [u16; 3]) {
    let closed = async {
        while ports.into_iter().any(is_open) {
            sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    timeout(LONGEST, closed).await.unwrap_or_else(|_| panic!("still open: {:?}", ports.map(is_open)));
}

#[tokio::test]
async fn the_program_ends_with_its_input_and_so_does_the_shop() {
    let (mut panel, ports) = start();
    assert!(ports.into_iter().all(is_open));

    drop(panel.stdin.take());
    assert!(panel.wait().unwrap().success());
    until_closed(ports).await;
}

#[tokio::test]
async fn the_shop_ends_also_if_the_program_is_killed() {
    let (mut panel, ports) = start();

    panel.kill().unwrap();
    panel.wait().unwrap();
    until_closed(ports).await;
}
