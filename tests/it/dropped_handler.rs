//! A web handler that is dropped while its payout is being sent.

use payments_sandbox::Sandbox;
use payments_tests::turbopay_at;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use turbopay::{Client, Currency, Money, NewWithdrawal, Outcome};

type Results = UnboundedSender<(String, Result<(), Outcome>)>;

/// The handler of the guide's page on errors.
async fn handler(client: Client, results: Results, reference: String, withdrawal: NewWithdrawal) {
    let task = tokio::spawn(async move {
        let result = client.create_withdrawal(withdrawal).send().await;
        results.send((reference, result.map(|_| ()).map_err(|err| err.outcome()))).unwrap();
    });
    task.await.unwrap();
}

// On one thread, so that the task cannot end before the handler is dropped.
#[tokio::test(flavor = "current_thread")]
async fn a_spawned_payout_is_executed_and_recorded_after_its_handler_is_dropped() {
    let sandbox = Sandbox::builder().start().await;
    let client = turbopay_at(&sandbox).unwrap();
    let (account, ifsc) = ("065432123456789".parse().unwrap(), "HDFC0000053".parse().unwrap());
    let (amount, customer) = (Money::parse("500", Currency::INR).unwrap(), "customer-9");
    let withdrawal = NewWithdrawal::bank_transfer(amount, "payout-7421", customer, account, ifsc);

    let (results, mut recorded) = unbounded_channel();
    tokio::select! {
        biased;
        () = handler(client, results, "payout-7421".to_owned(), withdrawal) => panic!("the handler ended before it was dropped"),
        () = std::future::ready(()) => {} // the browser disconnects
    }

    assert_eq!(recorded.recv().await, Some(("payout-7421".to_owned(), Ok(()))));
    sandbox.ledger().order("payout-7421").executed_once();
    sandbox.finish();
}
