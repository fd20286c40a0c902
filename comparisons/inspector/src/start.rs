//! The time from the start of `payments-sandbox serve` until it has printed its addresses.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::{median, report};

pub fn measure() {
    let program = std::env::var("PAYMENTS_SANDBOX").expect("PAYMENTS_SANDBOX is the path of the program");
    let times = (0..ROUNDS).map(|_| {
        let start = Instant::now();
        let mut process = Command::new(&program).args(["serve", "--json"]).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let elapsed = start.elapsed();
        assert!(line.contains("control_url"), "{line}");
        process.kill().unwrap();
        process.wait().unwrap();
        u64::try_from(elapsed.as_micros()).unwrap()
    });
    report("serve-start", "us", median(times.collect()), 0);
}

const ROUNDS: usize = 21;
