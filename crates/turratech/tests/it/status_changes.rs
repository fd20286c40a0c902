//! The documented changes of status in the shared vocabulary.

use payments_core::gateway::WriteOperation;
use turratech::{Client, PaymentStatus};

#[test]
fn the_status_of_a_payment_changes_until_it_is_final_and_not_afterwards() {
    let changes = Client::capabilities().status_changes(WriteOperation::StartPayment);
    for status in PaymentStatus::KNOWN {
        let leads_on = changes.iter().any(|(from, _)| *from == status.common());
        let is_reached = changes.iter().any(|(_, to)| *to == status.common());
        // The order of the statuses that are not final is not documented.
        assert_eq!((leads_on, is_reached), (!status.is_final(), status.is_final()), "{status}");
    }
}

#[test]
fn a_payment_has_the_same_statuses_after_each_operation_and_a_refund_has_none_that_are_documented() {
    let capabilities = Client::capabilities();
    let started = capabilities.status_changes(WriteOperation::StartPayment);
    for operation in [WriteOperation::Capture, WriteOperation::Cancel] {
        assert_eq!(capabilities.status_changes(operation), started);
    }
    assert_eq!(capabilities.status_changes(WriteOperation::Refund), []);
}
