//! The client against the sandbox, which is implemented independently from the same documentation.

use payments_sandbox::Sandbox;
use turbo_txn::{
    CallbackDecryptor, CallbackKey, Client, ClientId, ErrorKind, Lookup as _, Outcome, SecretKey, TxnStatus,
};

use crate::support::{new_transaction, order_id, rupees};

fn client_for(sandbox: &Sandbox) -> Client {
    let provider = sandbox.turbo_txn();
    Client::builder(ClientId::new(provider.client_id()).unwrap(), SecretKey::new(provider.secret_key()).unwrap())
        .base_url(provider.base_url())
        .clock(sandbox.clock())
        .timer(sandbox.clock())
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_sandbox_callback_decrypts_to_the_order_that_was_paid() {
    let sandbox = Sandbox::builder().seed(7).start().await;
    sandbox.turbo_txn().send_callbacks_to("http://127.0.0.1:9/callback");
    let client = client_for(&sandbox);
    let transaction = client.initiate(new_transaction()).send().await.unwrap();
    assert_eq!(
        (transaction.requested_amount, client.lookup(&transaction.order_id).send().await.unwrap().amount().unwrap()),
        (rupees("300"), transaction.amount().unwrap())
    );

    sandbox.turbo_txn().order("order-7421").approve();

    let decryptor = CallbackDecryptor::new(CallbackKey::new(sandbox.turbo_txn().callback_key()).unwrap());
    let deliveries = sandbox.deliveries();
    assert!(!deliveries.is_empty(), "no callback was sent");
    for delivery in deliveries {
        let callback = decryptor.decrypt(&delivery.body).unwrap();
        assert_eq!(callback.claimed(), &transaction.order_id);
        let details = callback.lookup(&client).send().await.unwrap();
        assert_eq!((&details.status, details.amount().unwrap()), (&TxnStatus::Approved, transaction.amount().unwrap()));
        assert!(details.utr.is_some());
    }
    sandbox.abandon();
}

#[tokio::test]
async fn an_initiation_whose_response_is_lost_is_executed_at_most_once_and_the_lookup_tells() {
    for (fault, executed) in
        [("@after-commit fin", true), ("@after-commit truncate", true), ("@before-commit fin", false)]
    {
        let sandbox = Sandbox::builder().seed(7).start().await;
        sandbox.fault(&format!("turbo-txn.initiate#1 {fault}"));
        let client = client_for(&sandbox);

        let err = client.initiate(new_transaction()).send().await.unwrap_err();

        assert_eq!(err.outcome(), Outcome::Unknown, "{fault}: {err}");
        let lookup = client.lookup(&order_id("order-7421")).send().await;
        if executed {
            sandbox.ledger().order("order-7421").executed_once();
            assert_eq!(lookup.unwrap().status, TxnStatus::Initiated, "{fault}");
        } else {
            sandbox.ledger().order("order-7421").never_executed();
            assert_eq!(lookup.unwrap_err().outcome(), Outcome::Refused, "{fault}");
        }
        sandbox.finish();
    }
}

#[tokio::test]
async fn wrong_credentials_are_refused() {
    let sandbox = Sandbox::builder().seed(7).start().await;
    let wrong = client_for(&sandbox)
        .with_credentials(ClientId::new("sandbox-nobody").unwrap(), SecretKey::new("sandbox-wrong").unwrap())
        .unwrap();
    let err = wrong.initiate(new_transaction()).send().await.unwrap_err();
    assert_eq!((err.kind(), err.outcome()), (ErrorKind::Authentication, Outcome::Refused), "{err}");
    sandbox.ledger().order("order-7421").never_executed();
    sandbox.finish();
}
