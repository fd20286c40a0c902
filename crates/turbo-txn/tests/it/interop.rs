//! Interoperability with OpenSSL, Node and Java: each decrypts what the other encrypted.

use std::io::Write as _;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use turbo_txn::test_util::encrypt;

use crate::support::{CALLBACK_KEY, CALLBACK_KEY_BYTES, callback_key, decryptor};

#[test]
fn openssl_encrypts_and_decrypts_the_same_callbacks() {
    if !is_installed("openssl", "version") {
        return;
    }
    let run = |direction: &str, vector: &[u8; 16], input: &[u8]| {
        let (key, vector) = (hex(CALLBACK_KEY_BYTES), hex(vector));
        run("openssl", &["enc", direction, "-aes-256-cbc", "-K", &key, "-iv", &vector], input)
    };
    for (vector, text) in cases() {
        let encrypted = [vector.to_vec(), run("-e", &vector, &text)].concat();
        check_decryption(&STANDARD.encode(encrypted), &text);
        let encrypted = STANDARD.decode(encrypt(&callback_key(), vector, &text)).unwrap();
        assert_eq!(run("-d", &vector, &encrypted[16..]), text);
    }
}

#[test]
fn node_encrypts_and_decrypts_the_same_callbacks() {
    if is_installed("node", "--version") {
        check_program("node", "callbacks.mjs");
    }
}

#[test]
fn java_encrypts_and_decrypts_the_same_callbacks() {
    if is_installed("java", "-version") {
        check_program("java", "Callbacks.java");
    }
}

/// Lets the program encrypt and decrypt every case, in one run.
#[track_caller]
fn check_program(program: &str, source: &str) {
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
        check_decryption(pair[0], text);
        assert_eq!(pair[0], encrypt(&callback_key(), *vector, text), "both must produce the same bytes");
        assert_eq!(pair[1], hex(text));
    }
}

/// Decrypts the data with the crate and compares the order id with the text.
#[track_caller]
fn check_decryption(data: &str, text: &[u8]) {
    let callback = decryptor().decrypt(format!(r#"{{"encryptedData":"{data}"}}"#).as_bytes());
    let order_id = callback.unwrap().claimed().as_str().to_owned();
    assert!(std::str::from_utf8(text).unwrap().contains(&format!(r#""orderId": "{order_id}""#)), "{order_id}");
}

/// Texts with every length of padding. Together, their vectors contain every byte.
fn cases() -> Vec<([u8; 16], Vec<u8>)> {
    let cases = (0..17_u8).map(|number| {
        let vector = std::array::from_fn(|index| number.wrapping_mul(16).wrapping_add(u8::try_from(index).unwrap()));
        let utr = "4".repeat(usize::from(number));
        let text = format!(r#"{{"utr": "{utr}", "payer": "₹", "orderId": "order-{number}", "amount": 300.01}}"#);
        (vector, text.into_bytes())
    });
    cases.collect()
}

#[expect(clippy::print_stderr, reason = "a skipped test reports why")]
fn is_installed(program: &str, version_argument: &str) -> bool {
    let mut command = Command::new(program);
    let installed = command.arg(version_argument).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !installed {
        eprintln!("skipped: {program} is not installed");
    }
    installed
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
