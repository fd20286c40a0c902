//! What a real client tells the journal.

use std::time::Duration;

use payments_core::clock::Clock as _;
use payments_core::gateway::PayoutRequest;
use payments_core::test_util::{ManualClock, Reply, Script};
use payments_core::time::OffsetDateTime;
use payments_journal::memory::MemoryStore;
use payments_journal::{Account, Gateway, Intent, Journal, JournalKey, JournalKeys, State, Ticket};
use turbopay::{ApiKey, Client, ClientBuilder, Traffic};

use super::provider::rupees;

/// A journal over a client of TurboPay, and a recorded payout.
async fn recorded(
    script: &Script,
    clock: &ManualClock,
    configure: impl FnOnce(ClientBuilder) -> ClientBuilder,
) -> (Journal<MemoryStore>, Ticket) {
    let client = Client::builder(ApiKey::new("not-a-real-key-0001").expect("a key"));
    let client = client.transport(script.clone()).clock(clock.clone()).timer(clock.clone());
    let client = configure(client).build().expect("a client");
    let gateway = Gateway::new(Account::at("turbopay"), &Client::capabilities());
    let store = MemoryStore::with_clock(clock.clone());
    let key = JournalKey::new("00112233445566778899aabbccddeeff").expect("a key");
    let journal = Journal::builder(store.clone(), JournalKeys::new("1", key).expect("the keys"))
        .gateway(gateway.pays_out(client.clone()).looks_up(client))
        .clock(clock.clone())
        .build()
        .expect("a journal");
    let payout = PayoutRequest::new("W_1", rupees(250_000), "C_1", "50100012345678", "HDFC0000001");
    let mut transaction = store.begin();
    let intent = Intent::new("turbopay", payout);
    let ticket = journal.record(&mut transaction, &intent).await.expect("record").ticket();
    transaction.commit().expect("commit");
    (journal, ticket)
}

fn clock() -> ManualClock {
    ManualClock::at(OffsetDateTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000))
}

#[tokio::test]
async fn an_absurd_retry_after_loses_no_result_and_hides_no_intent() {
    for value in ["99999999999999", "315360000", "86400"] {
        let clock = clock();
        let script = Script::new([Reply::json(503, r#"{"message":"x"}"#).header("retry-after", value)]);
        let (journal, ticket) =
            recorded(&script, &clock, |client| client.status_url("https://m.example/s").traffic(Traffic::Standard))
                .await;
        let id = ticket.intent();

        let executed = journal.execute(ticket).await.expect("execute");

        assert_eq!(executed.state, State::Unknown, "{value}");
        let due_at = journal.report(id).await.expect("the report").due_at;
        let in_an_hour = clock.now() + Duration::from_secs(3600);
        assert!(due_at.is_some_and(|due| due > clock.now() && due <= in_an_hour), "{value}: {due_at:?}");
    }
}

#[tokio::test]
async fn a_client_without_a_default_pauses_its_account_and_abandons_nothing() {
    let (clock, script) = (clock(), Script::new([]));
    let (journal, ticket) = recorded(&script, &clock, |client| client.status_url("https://m.example/s")).await;
    let id = ticket.intent();

    let executed = journal.execute(ticket).await.expect("execute");

    assert_eq!(executed.state, State::Intended);
    let pauses = journal.pauses().await.expect("the pauses");
    assert!(pauses.len() == 1 && pauses[0].problem.contains("`traffic` is required"), "{pauses:?}");
    assert_eq!(journal.report(id).await.expect("the report").state, State::Intended);
}
