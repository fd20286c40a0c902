//! The program `attack`. The attack itself is tested in `payments-tests`.

use std::process::Command;

use payments_test_progress::terminal;

const ATTACK: &str = env!("CARGO_BIN_EXE_attack");
const DELIVERIES: [&str; 2] = ["--deliveries", "3000"];

#[test]
fn a_bar_appears_on_a_terminal_and_is_removed() {
    let Some(output) = terminal::run(ATTACK, &DELIVERIES, &[]) else {
        println!("skipped: util-linux's `script` is not installed");
        return;
    };
    assert!(output.counts.first() == Some(&0) && output.counts.last() > Some(&0), "{output:?}");
    assert!(output.printed.starts_with("seed 7\r\n"), "{output:?}");
}

#[test]
fn no_bar_appears_in_a_pipe() {
    let output = Command::new(ATTACK).args(DELIVERIES).env_remove("CI").output().unwrap();

    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    assert!(output.stdout.starts_with(b"seed 7\n"));
}
