//! Signatures compared with other implementations: OpenSSL, Node.js and Python.

use std::io::Write;
use std::process::{Command, Stdio};

use payments_core::clock::Clock;
use turratech::test_util::sign;
use turratech::{WebhookSecret, WebhookVerifier};

use crate::support::clock;
use crate::webhooks::{delivery, event};

/// A program that reads `<t>.<body>` from its input and prints the HMAC-SHA256 in hex at the end of a line.
struct Signer {
    name: &'static str,
    program: &'static str,
    arguments: fn(&str) -> Vec<String>,
}

const NODE: &str = "const h=require('crypto').createHmac('sha256',process.argv[1]);\
    h.update(require('fs').readFileSync(0));console.log(h.digest('hex'))";

const PYTHON: &str = "import hmac,sys;\
    print(hmac.new(sys.argv[1].encode(),sys.stdin.buffer.read(),'sha256').hexdigest())";

const SIGNERS: [Signer; 3] = [
    Signer {
        name: "openssl",
        program: "openssl",
        arguments: |secret| ["dgst", "-sha256", "-hmac", secret].map(String::from).into(),
    },
    Signer { name: "node", program: "node", arguments: |secret| ["-e", NODE, secret].map(String::from).into() },
    Signer { name: "python", program: "python3", arguments: |secret| ["-c", PYTHON, secret].map(String::from).into() },
];

impl Signer {
    /// Returns `None` if the program is not installed.
    fn hex(&self, secret: &str, time: i64, body: &[u8]) -> Option<String> {
        let mut command = Command::new(self.program);
        command.args((self.arguments)(secret)).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().ok()?;
        let mut input = child.stdin.take().unwrap();
        input.write_all(format!("{time}.").as_bytes()).unwrap();
        input.write_all(body).unwrap();
        drop(input);
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", self.name);
        Some(String::from_utf8(output.stdout).unwrap().trim().rsplit(' ').next().unwrap().to_owned())
    }
}

#[test]
fn signatures_of_other_programs_are_equal_and_accepted() {
    let now = clock().now();
    let bodies = [
        delivery(),
        event("invoice.paid", "{\"note\":\"é \u{1f4b7} \\u0000 \\\"quoted\\\"\"}"),
        event("dispute.created", "{}").replace('\n', "\r\n"),
        format!("{}\n", event("payout.paid", "null")),
        event("payout.paid", &format!("\"{}\"", "x".repeat(100_000))),
    ];
    for signer in SIGNERS {
        if signer.hex("k", 0, b"").is_none() {
            println!("skipped: {} is not installed", signer.name);
            continue;
        }
        for (text, body) in
            ["whsec_short", &"whsec_".repeat(20)].iter().flat_map(|key| bodies.iter().map(move |body| (key, body)))
        {
            let secret = WebhookSecret::new(*text).unwrap();
            let theirs = signer.hex(text, now.unix_timestamp(), body.as_bytes()).unwrap();
            let header = format!("t={},v1={theirs}", now.unix_timestamp());
            assert_eq!(header, sign(&secret, body.as_bytes(), now), "{}", signer.name);
            let verifier = WebhookVerifier::new(secret).clock(clock());
            assert!(verifier.verify_signature(body.as_bytes(), header.as_bytes()).is_ok(), "{}", signer.name);
        }
    }
}
