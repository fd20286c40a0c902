//! The key that charges a card after 3-D Secure is in the memory of one process, and nowhere else.

use std::collections::BTreeSet;

use card3ds::{NewPayment, NewThreeDsPayment, PaymentId, ReturnUrls, ThreeDsCallback};
use payments::journaled::{self, ThreeDsCompletions};
use payments_core::test_util::Reply;
use payments_core::{Card, Currency, Expiry};
use payments_journal::Intent;
use payments_sandbox::Sandbox;
use payments_tests::card3ds_at;

use super::{JOURNAL_KEY, PAN, SECURITY_CODE, World, amount, clients, echoes, find, journal, soon};
use crate::secrets::{collect_traces, traced};

#[tokio::test]
async fn nothing_that_is_stored_or_printed_has_the_key_of_a_completion() {
    collect_traces();
    let sandbox = Sandbox::builder().start().await;
    let mut world = World::new([journaled::card3ds("card3ds", card3ds_at(&sandbox).unwrap())]).await;
    let mut keys = Vec::new();
    for order in ["completed", "lost", "recorded"] {
        let (payment_id, form) = challenged(&sandbox, order).await;
        let key = key_of(&form);
        let intent = completion(&mut world, order, &payment_id, &form);
        if order == "lost" {
            sandbox.fault("card3ds.complete-3ds order=lost @after-commit fin");
        }
        if order == "recorded" {
            drop(world.record(&intent).await);
        } else {
            world.execute(&intent).await;
            world.execute(&intent).await;
        }
        keys.push(key);
    }
    let worked = world.journal.worker().run_due().await;
    world.print(&worked);
    assert_eq!(sandbox.ledger().executions("card3ds.complete-3ds"), 2);
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    world.check(&keys);
    for state in ["succeeded", "unknown"] {
        assert!(world.states.contains(state), "{:?}", world.states);
    }

    // The search finds a key where an application puts it: in a reference.
    let leak = Intent::native("card3ds", "a leak", keys[0], None, 1, &()).unwrap();
    drop(world.record(&leak).await);
    assert!(find(&world.stored(), keys[0].as_bytes()).is_some() && world.printed.contains(keys[0]));
    sandbox.finish();
}

#[tokio::test]
async fn a_key_of_a_completion_that_the_provider_repeats_is_not_stored() {
    collect_traces();
    let (id, key) = ("123e4567-e89b-12d3-a456-426614174000", "3DS_AUTH_KEY_CANARY");
    let form = format!("paymentId={id}&securityKey={key}");
    let as_a_field = [400, 422].map(|status| Reply::json(status, &format!(r#"{{"message":"{key}","field":"{key}"}}"#)));
    let mut states = BTreeSet::new();
    for reply in echoes(key).into_iter().chain(as_a_field) {
        let mut world = World::new([]).await;
        let intent = completion(&mut world, "order-1", &id.parse().unwrap(), form.as_bytes());
        world.journal = journal(&world.directory, JOURNAL_KEY, clients::with_replies(&intent, [reply])).await;
        world.execute(&intent).await;
        world.check_repeated(&[key]);
        states.append(&mut world.states);
    }
    for state in ["intended", "refused", "unknown"] {
        assert!(states.contains(state), "{states:?}");
    }
    assert!(traced().contains("complete_3ds"), "the calls were not traced");
}

/// Starts a payment that the customer approves. Returns its id and the form that the browser posts.
async fn challenged(sandbox: &Sandbox, order: &str) -> (PaymentId, Vec<u8>) {
    let expiry = Expiry::new(4, 2028).unwrap();
    let card = Card::new("John Doe", PAN.parse().unwrap(), expiry, SECURITY_CODE.parse().unwrap());
    let payment = NewPayment::new(order, amount(Currency::TRY), card, "198.51.100.7:52144".parse().unwrap());
    let urls = ReturnUrls { success: "http://127.0.0.1:9/s".into(), failure: "http://127.0.0.1:9/f".into() };
    let started = card3ds_at(sandbox).unwrap().start_3ds(NewThreeDsPayment::new(payment, urls)).send().await;
    let payment_id = started.unwrap().into_challenge().unwrap().payment_id;
    sandbox.card3ds().challenge(payment_id.as_str()).approve();
    (payment_id, sandbox.deliveries().pop().unwrap().body)
}

fn completion(world: &mut World, order: &str, payment_id: &PaymentId, form: &[u8]) -> Intent {
    let callback = ThreeDsCallback::parse(form).unwrap();
    world.print(&callback);
    let intent = ThreeDsCompletions::intent("card3ds", order, amount(Currency::TRY), payment_id, callback);
    intent.unwrap().expires_at(soon())
}

fn key_of(form: &[u8]) -> String {
    let form = str::from_utf8(form).unwrap();
    let (_, key) = form.split_once("securityKey=").unwrap();
    assert!(key.len() > 20 && !key.contains(['&', '%']), "{form}");
    key.to_owned()
}
