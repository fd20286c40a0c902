//! What OpenSSL, Node and Java encrypt is decrypted here, and the other way round.

use std::io::Write as _;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use turbo_txn::test_util::encrypt;

use crate::support::{CALLBACK_KEY, CALLBACK_KEY_BYTES, callback_key, callbacks};

#[test]
fn openssl_agrees() {
    if !is_there("openssl", "version") {
        return;
    }
    let run = |direction: &str, vector: &[u8; 16], input: &[u8]| {
        let (key, vector) = (hex(CALLBACK_KEY_BYTES), hex(vector));
        run("openssl", &["enc", direction, "-aes-256-cbc", "-K", &key, "-iv", &vector], input)
    };
    for (vector, text) in cases() {
        let theirs = [vector.to_vec(), run("-e", &vector, &text)].concat();
        check_ours(&STANDARD.encode(theirs), &text);
        let ours = STANDARD.decode(encrypt(&callback_key(), vector, &text)).unwrap();
        assert_eq!(run("-d", &vector, &ours[16..]), text);
    }
}

#[test]
fn node_agrees() {
    if is_there("node", "--version") {
        check_lines("node", "callbacks.mjs");
    }
}

#[test]
fn java_agrees() {
    if is_there("java", "-version") {
        check_lines("java", "Callbacks.java");
    }
}

/// Has the program encrypt and decrypt every case in one run.
#[track_caller]
fn check_lines(program: &str, source: &str) {
    let cases = cases();
    let mut input = String::new();
    for (vector, text) in &cases {
        input.push_str(&format!("encrypt {} {}\n", hex(vector), hex(text)));
        input.push_str(&format!("decrypt {}\n", encrypt(&callback_key(), *vector, text)));
    }
    let source = format!("{}/tests/programs/{source}", env!("CARGO_MANIFEST_DIR"));
    let output = String::from_utf8(run(program, &[&source, CALLBACK_KEY], input.as_bytes())).unwrap();
    let lines: Vec<&str> = output.lines().collect();
    assert_eq!(lines.len(), 2 * cases.len(), "{output}");
    for (pair, (vector, text)) in lines.chunks(2).zip(&cases) {
        check_ours(pair[0], text);
        assert_eq!(pair[0], encrypt(&callback_key(), *vector, text), "the same bytes, too");
        assert_eq!(pair[1], hex(text));
    }
}

#[track_caller]
fn check_ours(data: &str, text: &[u8]) {
    let hint = callbacks().decrypt(format!(r#"{{"encryptedData":"{data}"}}"#).as_bytes());
    let order = hint.unwrap().claimed().as_str().to_owned();
    assert!(std::str::from_utf8(text).unwrap().contains(&format!(r#""orderId": "{order}""#)), "{order}");
}

/// Callbacks of every length of padding, and vectors of every byte.
fn cases() -> Vec<([u8; 16], Vec<u8>)> {
    let each = (0..17_u8).map(|number| {
        let vector = std::array::from_fn(|at| number.wrapping_mul(16).wrapping_add(u8::try_from(at).unwrap()));
        let utr = "4".repeat(usize::from(number));
        let text = format!(r#"{{"utr": "{utr}", "payer": "₹", "orderId": "order-{number}", "amount": 300.01}}"#);
        (vector, text.into_bytes())
    });
    each.collect()
}

#[expect(clippy::print_stderr, reason = "a check that is left out says so")]
fn is_there(program: &str, question: &str) -> bool {
    let there = Command::new(program).arg(question).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !there {
        eprintln!("left out: there is no {program} here to compare with");
    }
    there
}

#[track_caller]
fn run(program: &str, arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
