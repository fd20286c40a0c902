//! Against a Turbo Transactions that somebody else wrote from the same document.

use payments_sandbox::Sandbox;
use turbo_txn::{
    CallbackDecryptor, CallbackKey, Client, ClientId, ErrorKind, Lookup as _, Outcome, SecretKey, TxnStatus,
};

use crate::support::{order, rupees, transaction};

fn client_at(sandbox: &Sandbox) -> Client {
    let there = sandbox.turbo_txn();
    Client::builder(ClientId::new(there.client_id()).unwrap(), SecretKey::new(there.secret_key()).unwrap())
        .base_url(there.base_url())
        .clock(sandbox.clock())
        .timer(sandbox.clock())
        .build()
        .unwrap()
}

#[tokio::test]
async fn its_callbacks_decrypt_to_the_order_that_was_paid() {
    let sandbox = Sandbox::builder().seed(7).start().await;
    sandbox.turbo_txn().send_callbacks_to("http://127.0.0.1:9/callback");
    let client = client_at(&sandbox);
    let asked = client.initiate(transaction()).send().await.unwrap();
    assert_eq!(
        (asked.requested_amount, client.lookup(&asked.order_id).send().await.unwrap().amount),
        (rupees("300"), asked.amount)
    );

    sandbox.turbo_txn().order("order-7421").approve();

    let callbacks = CallbackDecryptor::new(CallbackKey::new(sandbox.turbo_txn().callback_key()).unwrap());
    let deliveries = sandbox.deliveries();
    assert!(!deliveries.is_empty(), "a callback is sent");
    for delivery in deliveries {
        let hint = callbacks.decrypt(&delivery.body).unwrap();
        assert_eq!(hint.claimed(), &asked.order_id);
        let details = hint.lookup(&client).send().await.unwrap();
        assert_eq!((details.status, details.amount), (TxnStatus::Approved, asked.amount));
        assert!(details.utr.is_some());
    }
    sandbox.abandon();
}

#[tokio::test]
async fn an_initiation_whose_answer_is_lost_is_executed_once_or_never_and_the_look_up_knows() {
    for (fault, executed) in
        [("@after-commit fin", true), ("@after-commit truncate", true), ("@before-commit fin", false)]
    {
        let sandbox = Sandbox::builder().seed(7).start().await;
        sandbox.fault(&format!("turbo-txn.initiate#1 {fault}"));
        let client = client_at(&sandbox);

        let err = client.initiate(transaction()).send().await.unwrap_err();

        assert_eq!(err.outcome(), Outcome::Unknown, "{fault}: {err}");
        let found = client.lookup(&order("order-7421")).send().await;
        if executed {
            sandbox.ledger().order("order-7421").executed_once();
            assert_eq!(found.unwrap().status, TxnStatus::Initiated, "{fault}");
        } else {
            sandbox.ledger().order("order-7421").never_executed();
            assert_eq!(found.unwrap_err().outcome(), Outcome::Refused, "{fault}");
        }
        sandbox.finish();
    }
}

#[tokio::test]
async fn wrong_keys_are_its_refusal() {
    let sandbox = Sandbox::builder().seed(7).start().await;
    let wrong = client_at(&sandbox)
        .with_credentials(ClientId::new("sandbox-nobody").unwrap(), SecretKey::new("sandbox-wrong").unwrap())
        .unwrap();
    let err = wrong.initiate(transaction()).send().await.unwrap_err();
    assert_eq!((err.kind(), err.outcome()), (ErrorKind::Authentication, Outcome::Refused), "{err}");
    sandbox.ledger().order("order-7421").never_executed();
    sandbox.finish();
}
