//! A journal with many executed payouts, and a statement that agrees with it.

use std::time::Duration;

use payments_core::time::OffsetDateTime;
use payments_core::{Currency, Money, PaymentStatus};
use payments_journal::settlement::{Coverage, Line, Lines, Movement, SettlementStore, StatementError};
use payments_journal::{Account, Journal, JournalError, JournalKey, JournalKeys, Progress};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// The statements that fill the tables. `numbers` is a query with the numbers from 1 to `count` as `n`.
pub(crate) fn fill(numbers: &str, bytes: &str, now: OffsetDateTime) -> Vec<String> {
    let at = (now - DAY).unix_timestamp() * 1000;
    let claim = r#"{"claimed":{"attempt":"00000000000000000000000000000001","protection":"none"}}"#;
    let ended = r#"{"ended":{"attempt":"00000000000000000000000000000001","result":{"accepted":{"status":{"status":"succeeded","is_final":true}}}}}"#;
    let evidence = |sequence: u32, fact: &str| {
        format!(
            "INSERT INTO payments_evidence (intent, sequence, at, fact, source) \
             SELECT id, {sequence}, {at} + {sequence}, '{fact}', 'test:{sequence}' FROM payments_intents"
        )
    };
    vec![
        format!(
            "INSERT INTO payments_intents (tenant, provider, account, operation, reference, amount, currency, version, key_id, mac, \
                parameters, by_ticket, recorded_at, state, reported, provider_id, epoch) \
             SELECT '', 'bank', '', 'pay_out', 'order-' || n, n, 'INR', 1, '1', {bytes}, {bytes}, 0, {at}, 'succeeded', 'succeeded', \
                'id-' || n, 1 FROM ({numbers}) AS numbers"
        ),
        evidence(1, claim),
        evidence(2, ended),
    ]
}

/// The lines, in an order that is not the journal's.
pub(crate) fn lines(count: i64, now: OffsetDateTime) -> Lines {
    let step = if count % 7_919 == 0 { 1 } else { 7_919 };
    let lines = (0..count).map(move |number| {
        let number = (number * step) % count + 1;
        let line =
            Line::payout(PaymentStatus::Succeeded).id(format!("id-{number}")).reference(format!("order-{number}"));
        Ok::<_, StatementError>(line.amount(Money::from_minor(number, Currency::INR)).time(now - DAY))
    });
    Lines::new("bank", Coverage::new([Movement::Payout], now - 2 * DAY..now - DAY / 2).as_of(now), lines)
}

/// Compares, and returns what was done.
pub(crate) async fn run<S: SettlementStore>(store: S, lines: Lines) -> Result<Progress, JournalError> {
    let keys = JournalKeys::new("1", JournalKey::new("00112233445566778899aabbccddeeff")?)?;
    let journal = Journal::builder(store, keys).build()?;
    journal.reconcile(Account::at("bank"), lines).finish().await
}

/// The memory of this process now and at its peak, in KiB; `None` where the system does not tell.
pub(crate) fn memory() -> Option<(u64, u64)> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().trim_end_matches(" kB").parse().ok()
    };
    Some((field("VmRSS:")?, field("VmHWM:")?))
}
