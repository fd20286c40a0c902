//! The documented changes of status in the shared vocabulary.

use payments_core::gateway::WriteOperation;
use turbo_txn::{Client, TxnStatus};

#[test]
fn the_status_of_a_transaction_changes_until_it_is_final_and_not_afterwards() {
    let changes = Client::capabilities().status_changes(WriteOperation::StartPayment);
    for status in TxnStatus::KNOWN {
        let leads_on = changes.iter().any(|(from, _)| *from == status.common());
        let is_reached = changes.iter().any(|(_, to)| *to == status.common());
        // The order of the statuses that are not final is not documented.
        assert_eq!((leads_on, is_reached), (!status.is_final(), status.is_final()), "{status}");
    }
}
