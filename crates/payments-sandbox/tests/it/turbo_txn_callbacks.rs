//! Turbo Transactions' callbacks: their encryption and their delivery.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use aes::Aes256;
use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockModeDecrypt, KeyIvInit};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use payments_sandbox::turbo_txn::Settings;
use payments_sandbox::{DeliveryState, Sandbox};
use serde_json::json;

use crate::support::{Merchant, check_three_resends, control, wait_until};
use crate::turbo_txn::initiate;

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK";

/// Starts a sandbox whose callbacks go to a merchant that accepts all of them.
async fn start() -> (Sandbox, Merchant) {
    let merchant = Merchant::start().await;
    merchant.queue_responses([OK; 32]);
    let sandbox = Sandbox::builder().turbo_txn(Settings::default().callback_url(merchant.url.as_str())).start().await;
    (sandbox, merchant)
}

/// Initiates and approves an order, and waits until its callback has been sent.
async fn approve_new_order(sandbox: &Sandbox, order: &str) {
    initiate(sandbox, order, 300).await.expect_status(200);
    sandbox.turbo_txn().order(order).approve();
    sandbox.settle().await;
}

/// Returns the only field of a callback's body.
fn encrypted_data(body: &[u8]) -> String {
    let body: serde_json::Value = serde_json::from_slice(body).unwrap();
    assert_eq!(body.as_object().unwrap().len(), 1, "{body}");
    body["encryptedData"].as_str().unwrap().to_owned()
}

/// Returns the key, the IV and the ciphertext of a callback.
fn parts(sandbox: &Sandbox, body: &[u8]) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    let mut iv = STANDARD.decode(encrypted_data(body)).unwrap();
    let ciphertext = iv.split_off(16);
    (STANDARD.decode(sandbox.turbo_txn().callback_key()).unwrap(), iv, ciphertext)
}

fn decrypt(sandbox: &Sandbox, body: &[u8]) -> String {
    let (key, iv, ciphertext) = parts(sandbox, body);
    let cipher = cbc::Decryptor::<Aes256>::new_from_slices(&key, &iv).unwrap();
    String::from_utf8(cipher.decrypt_padded_vec::<Pkcs7>(&ciphertext).unwrap()).unwrap()
}

fn states(sandbox: &Sandbox) -> Vec<(String, u32, DeliveryState)> {
    sandbox.deliveries().into_iter().map(|delivery| (delivery.about, delivery.attempts, delivery.state)).collect()
}

#[tokio::test]
async fn a_callback_has_the_result_in_the_form_of_the_documented_sample() {
    let (sandbox, merchant) = start().await;
    approve_new_order(&sandbox, "Test123456789").await;
    initiate(&sandbox, "order-2", 300).await.expect_status(200);
    sandbox.turbo_txn().order("order-2").reject();
    sandbox.settle().await;

    let messages = merchant.received();
    assert!(messages[0].head.starts_with("POST /status HTTP/1.1\r\n"), "{}", messages[0].head);
    assert_eq!(messages[0].header("content-type"), Some("application/json"));
    let text = decrypt(&sandbox, &messages[0].body);
    let callback: serde_json::Value = serde_json::from_str(&text).unwrap();
    let utr = callback["utr"].as_str().unwrap();
    assert!(utr.len() == 12 && utr.bytes().all(|byte| byte.is_ascii_digit()), "{utr}");
    assert_eq!(
        text,
        format!("{{\"utr\":\"{utr}\",\"amount\":300.01,\"orderId\":\"Test123456789\",\"txnStatus\":\"Approved\"}}")
    );
    assert_eq!(
        decrypt(&sandbox, &messages[1].body),
        "{\"utr\":\"\",\"amount\":300.02,\"orderId\":\"order-2\",\"txnStatus\":\"Rejected\"}"
    );
    assert_eq!(messages.len(), 2);
    sandbox.finish();
}

/// Returns a program's output for this input, or `None` if the program is not installed.
fn output_of(program: &str, arguments: &[&str], input: &[u8]) -> Option<String> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .ok()?;
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{program} failed");
    Some(String::from_utf8(output.stdout).unwrap())
}

#[tokio::test]
async fn openssl_decrypts_a_callback() {
    let (sandbox, merchant) = start().await;
    approve_new_order(&sandbox, "order-1").await;
    let body = merchant.received().remove(0).body;
    let (key, iv, ciphertext) = parts(&sandbox, &body);
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let arguments = ["enc", "-d", "-aes-256-cbc", "-K", &hex(&key), "-iv", &hex(&iv)];
    match output_of("openssl", &arguments, &ciphertext) {
        Some(text) => assert_eq!(text, decrypt(&sandbox, &body)),
        None => println!("skipped: the openssl command is not installed"),
    }
    sandbox.finish();
}

/// A Node.js script that reads `{key, encryptedData}`, decrypts it with the Web Crypto API, and prints the text.
const DECRYPT_IN_NODE: &str = r"
const { key, encryptedData } = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const bytes = (text) => Uint8Array.from(Buffer.from(text, 'base64'));
const data = bytes(encryptedData);
const { subtle } = require('crypto').webcrypto;
subtle.importKey('raw', bytes(key), 'AES-CBC', false, ['decrypt'])
  .then((key) => subtle.decrypt({ name: 'AES-CBC', iv: data.subarray(0, 16) }, key, data.subarray(16)))
  .then((text) => process.stdout.write(new TextDecoder().decode(text)));
";

#[tokio::test]
async fn node_decrypts_a_callback() {
    let (sandbox, merchant) = start().await;
    approve_new_order(&sandbox, "order-1").await;
    let body = merchant.received().remove(0).body;
    let input = json!({"key": sandbox.turbo_txn().callback_key(), "encryptedData": encrypted_data(&body)}).to_string();
    match output_of("node", &["-e", DECRYPT_IN_NODE], input.as_bytes()) {
        Some(text) => assert_eq!(text, decrypt(&sandbox, &body)),
        None => println!("skipped: the node command is not installed"),
    }
    sandbox.finish();
}

#[tokio::test]
async fn only_approved_and_rejected_send_a_callback() {
    let (sandbox, merchant) = start().await;
    initiate(&sandbox, "order-1", 300).await.expect_status(200);
    sandbox.turbo_txn().order("order-1").pending();
    sandbox.settle().await;
    assert_eq!(merchant.received().len(), 0);
    sandbox.turbo_txn().order("order-1").approve();
    sandbox.settle().await;
    assert_eq!(states(&sandbox), [("Approved".to_owned(), 1, DeliveryState::Delivered)]);
    assert_eq!(sandbox.deliveries()[0].operation, "initiate");
    sandbox.finish();
}

#[tokio::test]
async fn callbacks_are_sent_in_the_background_without_settle() {
    let (sandbox, merchant) = start().await;
    initiate(&sandbox, "order-1", 300).await.expect_status(200);
    sandbox.turbo_txn().order("order-1").pay();
    sandbox.clock().advance(Duration::from_secs(2));
    wait_until("the callback arrives", || merchant.received().len() == 1).await;
    sandbox.finish();
}

#[tokio::test]
async fn no_callback_is_sent_until_a_url_is_set() {
    let (sandbox, merchant) = (Sandbox::builder().start().await, Merchant::start().await);
    merchant.queue_responses([OK; 2]);
    approve_new_order(&sandbox, "order-1").await;
    assert_eq!(sandbox.deliveries().len(), 0);

    sandbox.turbo_txn().send_callbacks_to(&merchant.url);
    approve_new_order(&sandbox, "order-2").await;
    let other = Merchant::start().await;
    other.queue_responses([OK]);
    let url = json!({"url": other.url});
    assert_eq!(control(&sandbox, "POST", "/turbo-txn/callbacks", &url.to_string()).await.expect_status(200), url);
    approve_new_order(&sandbox, "order-3").await;

    assert_eq!((merchant.received().len(), other.received().len()), (1, 1));
    assert!(decrypt(&sandbox, &other.received()[0].body).contains("order-3"));
    for body in ["", "{}", "{\"url\": 7}", "{\"url\": \"merchant.example\"}", "{\"url\": \"http://a/\\r\\nb: c\"}"] {
        control(&sandbox, "POST", "/turbo-txn/callbacks", body).await.expect_status(422);
    }
    sandbox.finish();
}

#[tokio::test]
#[should_panic(expected = "\"merchant.example\" must be an http or https URL")]
async fn an_invalid_callback_url_panics() {
    Sandbox::builder().start().await.turbo_txn().send_callbacks_to("merchant.example");
}

#[tokio::test]
async fn a_callback_to_another_machine_is_not_sent_but_can_be_read() {
    let settings = Settings::default().callback_url("https://merchant.example/callback");
    let sandbox = Sandbox::builder().turbo_txn(settings).start().await;
    approve_new_order(&sandbox, "order-1").await;
    assert_eq!(states(&sandbox), [("Approved".to_owned(), 0, DeliveryState::NotSent)]);
    assert!(decrypt(&sandbox, &sandbox.deliveries()[0].body).contains("\"Approved\""));
    sandbox.finish();
}

#[tokio::test]
async fn a_callback_is_accepted_only_with_status_200_and_the_body_ok() {
    let cases = [
        (OK, DeliveryState::Delivered),
        ("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n OK\r\n ", DeliveryState::Delivered),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nO\r\n1\r\nK\r\n0\r\n\r\n",
            DeliveryState::Delivered,
        ),
        ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", DeliveryState::Waiting),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", DeliveryState::Waiting),
        ("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n\"OK\"", DeliveryState::Waiting),
        ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nOKs", DeliveryState::Waiting),
        ("HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nOK", DeliveryState::Waiting),
        ("HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\nOK", DeliveryState::Waiting),
    ];
    let (sandbox, merchant) = (Sandbox::builder().start().await, Merchant::start().await);
    sandbox.turbo_txn().send_callbacks_to(&merchant.url);
    merchant.queue_responses(cases.map(|(response, _)| response));
    for (number, (response, state)) in cases.into_iter().enumerate() {
        approve_new_order(&sandbox, &format!("order-{number}")).await;
        assert_eq!(sandbox.deliveries()[number].state, state, "{response:?}");
    }
    sandbox.finish();
}

#[tokio::test]
async fn an_unaccepted_callback_is_sent_again_after_1_10_and_60_minutes_with_the_same_bytes() {
    let (sandbox, merchant) = (Sandbox::builder().start().await, Merchant::start().await);
    sandbox.turbo_txn().send_callbacks_to(&merchant.url);
    approve_new_order(&sandbox, "order-1").await;
    check_three_resends(&sandbox, &merchant).await;
    assert_eq!(states(&sandbox), [("Approved".to_owned(), 4, DeliveryState::Failed)]);
    sandbox.clock().advance(Duration::from_secs(86_400));
    sandbox.settle().await;
    let bodies: Vec<Vec<u8>> = merchant.received().into_iter().map(|message| message.body).collect();
    assert!(bodies.len() == 4 && bodies.iter().all(|body| *body == bodies[0]));
    sandbox.finish();
}

#[tokio::test]
async fn every_callback_has_its_own_iv_derived_from_the_seed() {
    let mut runs = Vec::new();
    for seed in [7, 7, 8] {
        let merchant = Merchant::start().await;
        merchant.queue_responses([OK; 3]);
        let settings = Settings::default().callback_url(merchant.url.as_str());
        let sandbox = Sandbox::builder().seed(seed).turbo_txn(settings).start().await;
        for order in ["a", "b", "c"] {
            approve_new_order(&sandbox, order).await;
        }
        runs.push(merchant.received().iter().map(|message| parts(&sandbox, &message.body).1).collect::<Vec<_>>());
        sandbox.finish();
    }
    assert_eq!(runs[0], runs[1]);
    let mut all = [runs[1].clone(), runs[2].clone()].concat();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 6);
}

#[tokio::test]
async fn a_text_of_whole_blocks_gets_a_block_of_padding() {
    let (sandbox, merchant) = start().await;
    for length in 1..=16 {
        approve_new_order(&sandbox, &"x".repeat(length)).await;
    }
    for message in merchant.received() {
        let text = decrypt(&sandbox, &message.body);
        assert_eq!(parts(&sandbox, &message.body).2.len(), (text.len() / 16 + 1) * 16, "{text}");
    }
    assert_eq!(merchant.received().len(), 16);
    sandbox.finish();
}

#[tokio::test]
async fn a_duplicated_callback_arrives_twice_with_the_same_bytes() {
    let (sandbox, merchant) = start().await;
    sandbox.fault("turbo-txn.initiate @webhook duplicate");
    approve_new_order(&sandbox, "order-1").await;
    let messages = merchant.received();
    assert_eq!((messages.len(), &messages[0].body), (2, &messages[1].body));
    sandbox.finish();
}

#[tokio::test]
async fn a_tampered_callback_differs_from_the_genuine_one_in_one_character() {
    let mut bodies = Vec::new();
    for faults in [vec![], vec!["turbo-txn.initiate order=order-1 @webhook tamper"]] {
        let (sandbox, merchant) = start().await;
        faults.into_iter().for_each(|fault| sandbox.fault(fault));
        approve_new_order(&sandbox, "order-1").await;
        bodies.push(encrypted_data(&merchant.received()[0].body));
        sandbox.finish();
    }
    let changed = bodies[0].bytes().zip(bodies[1].bytes()).filter(|(genuine, tampered)| genuine != tampered).count();
    assert_eq!((changed, bodies[0].len()), (1, bodies[1].len()), "{bodies:?}");
}
