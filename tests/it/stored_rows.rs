//! Rows that an application has stored, and that every later version loads.
//!
//! Add rows to the file, but never change one: it stands in a database.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use payments_core::gateway::EventReport;
use payments_core::stored::Stored;
use payments_core::webhook::Delivery;
use serde::Serialize;
use serde::de::DeserializeOwned;

const ROWS: &str = include_str!("stored_rows.txt");

fn check<T: Stored + Serialize + DeserializeOwned>(row: &str) {
    let stored = |text: &str| serde_json::to_string(&serde_json::from_str::<T>(text).unwrap()).unwrap();
    assert_eq!(stored(row), row);
    // Written by a later version, with a member that this one does not know.
    let later = row.replacen('{', r#"{"a_later_member":{"stored":"x"},"#, 1);
    assert_eq!(stored(&later), row);
    // Returned by a database that sorts the members, and writes them with spaces.
    let sorted: serde_json::Value = serde_json::from_str(row).unwrap();
    assert_eq!(stored(&serde_json::to_string_pretty(&sorted).unwrap()), row);
}

macro_rules! check_rows {
    ($($model:ty),+ $(,)?) => {
        fn check_by_tag(tag: &str, row: &str) {
            match tag {
                $(<$model as Stored>::TAG => check::<$model>(row),)+
                _ => panic!("no model has the tag {tag}"),
            }
        }
    };
}

check_rows!(
    Delivery,
    EventReport,
    turbopay::Order,
    turbopay::HostedDeposit,
    turbopay::HostToHostDeposit,
    turbopay::Confirmation,
    turbopay::Withdrawal,
    turbopay::Balance,
    turratech::Payment,
    turratech::Refund,
    turratech::Customer,
    turratech::DeletedCustomer,
    turratech::PaymentMethod,
    turratech::Subscription,
    turratech::DeletedSubscription,
    turbo_txn::Transaction,
    turbo_txn::TxnDetails,
    turbo_link::PaymentLink,
    card3ds::Payment,
    card3ds::Checkout,
    card3ds::NotEnrolled,
    card3ds::InstallmentOption,
);

fn tag(row: &str) -> &str {
    row.strip_prefix(r#"{"stored":""#).and_then(|rest| rest.split('"').next()).unwrap()
}

#[test]
fn a_stored_row_is_loaded_and_stored_again_unchanged() {
    for row in ROWS.lines() {
        check_by_tag(tag(row), row);
    }
}

#[test]
fn every_model_with_a_stored_form_has_a_row() {
    let mut declared = BTreeSet::new();
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("crates");
    for provider in fs::read_dir(crates).unwrap() {
        collect_tags(&provider.unwrap().path().join("src"), &mut declared);
    }
    let rows: BTreeSet<_> = ROWS.lines().map(|row| tag(row).to_owned()).collect();
    assert_eq!(rows, declared);
}

/// Collects the tags that source files declare, except those in documentation.
fn collect_tags(directory: &Path, tags: &mut BTreeSet<String>) {
    for entry in fs::read_dir(directory).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect_tags(&path, tags);
            continue;
        }
        let source = fs::read_to_string(&path).unwrap();
        let declared = source.lines().filter_map(|line| line.trim_start().strip_prefix("const TAG: &'static str = \""));
        tags.extend(declared.map(|rest| rest.split('"').next().unwrap().to_owned()));
    }
}
