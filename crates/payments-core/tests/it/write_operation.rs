//! The stored names of operations.

use payments_core::gateway::WriteOperation;

#[test]
fn the_stored_name_of_an_operation_never_changes() {
    let names = [
        (WriteOperation::StartPayment, "start_payment"),
        (WriteOperation::Confirm, "confirm"),
        (WriteOperation::Capture, "capture"),
        (WriteOperation::Cancel, "cancel"),
        (WriteOperation::Refund, "refund"),
        (WriteOperation::PayOut, "pay_out"),
    ];
    assert_eq!(names.map(|(operation, _)| operation), WriteOperation::ALL, "an operation has no name here");
    for (operation, name) in names {
        assert_eq!(operation.as_str(), name);
        assert_eq!(name.parse(), Ok(operation));
        assert_eq!(serde_json::to_string(&operation).unwrap(), format!("\"{name}\""));
        assert_eq!(serde_json::from_str::<WriteOperation>(&format!("\"{name}\"")).unwrap(), operation);
    }
}

#[test]
fn only_the_exact_stored_name_is_parsed() {
    for text in ["", "pay out", "PayOut", "PAY_OUT", " pay_out", "payout", "4111111111111111"] {
        let err = text.parse::<WriteOperation>().unwrap_err().to_string();
        assert_eq!(err, "`operation` must be a stored name, such as `pay_out`");
        let err = serde_json::from_str::<WriteOperation>(&format!("\"{text}\"")).unwrap_err().to_string();
        assert!(err.starts_with("`operation` must be a stored name, such as `pay_out`"), "{err}");
    }
}
