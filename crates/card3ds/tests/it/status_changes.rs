//! The documented changes of status in the shared vocabulary.

use card3ds::{Client, PaymentStatus};
use payments_core::PaymentStatus as Common;
use payments_core::gateway::WriteOperation;

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
fn a_capture_starts_from_the_authorization_that_the_status_alone_does_not_show() {
    let changes = Client::capabilities().status_changes(WriteOperation::Capture);
    assert_eq!(changes, [(Common::Authorized, PaymentStatus::Success.common())]);
}
