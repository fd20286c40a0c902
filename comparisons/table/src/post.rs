//! Sends POST requests with idempotency keys over loopback, one after another, and decodes the responses.

use std::hint::black_box;

use rcgen::{CertificateParams, KeyPair, SanType};
use tokio::runtime::Runtime;

use crate::side_by_side::medians;
use crate::{child, output_of, report, server, stripe_side, turratech_side};

pub fn plain() {
    let (server, runtime) = (server::plain(), runtime());
    let (sdk, bare) = (turratech_side::sdk("http", server, None), turratech_side::bare());
    let (stripe, url) = (stripe_side::client("http", server), format!("http://{server}/v1/payments"));
    let mut ours = || drop(black_box(runtime.block_on(turratech_side::with_sdk(&sdk))));
    let mut by_hand = || drop(black_box(runtime.block_on(turratech_side::by_hand(&bare, &url))));
    let mut theirs = || drop(black_box(runtime.block_on(stripe_side::create(&stripe))));

    let (our_time, bare_time) = medians(ROUNDS, CALLS, &mut ours, &mut by_hand);
    report("post-bare", "ns", our_time, bare_time);
    let (our_time, their_time) = medians(ROUNDS, CALLS, &mut ours, &mut theirs);
    report("post-stripe", "ns", our_time, their_time);
}

/// Runs in a child process, because async-stripe trusts only the machine's root certificates, which `SSL_CERT_FILE` sets.
pub fn tls() {
    let mut certificate = CertificateParams::new(["localhost".to_owned()]).unwrap();
    certificate.subject_alt_names.push(SanType::IpAddress(std::net::Ipv4Addr::LOCALHOST.into()));
    let key = KeyPair::generate().unwrap();
    let certificate = certificate.self_signed(&key).unwrap();
    let mut child = child(&["tls", &certificate.pem(), &key.serialize_pem()]);
    let roots = std::env::temp_dir().join(format!("comparisons-{}.pem", std::process::id()));
    std::fs::write(&roots, certificate.pem()).unwrap();
    child.env("SSL_CERT_FILE", &roots);
    let lines = output_of(child);
    std::fs::remove_file(roots).unwrap();
    print!("{lines}");
}

pub fn measure_tls(certificate: &str, key: &str) {
    let (server, runtime) = (server::tls(certificate, key), runtime());
    let sdk = turratech_side::sdk("https", server, Some(certificate));
    let stripe = stripe_side::client("https", server);
    let mut ours = || drop(black_box(runtime.block_on(turratech_side::with_sdk(&sdk))));
    let mut theirs = || drop(black_box(runtime.block_on(stripe_side::create(&stripe))));

    let (our_time, their_time) = medians(ROUNDS, CALLS, &mut ours, &mut theirs);
    report("post-stripe-tls", "ns", our_time, their_time);
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

const ROUNDS: usize = 61;
const CALLS: u32 = 100;
