//! The clients of one process, registered with its journal.

use payments_core::Error;
use payments_core::gateway::{
    AcceptedPayout, Cancel, CancelRequest, Capture, CaptureRequest, Confirm, ConfirmRequest, ConfirmedPayment, PayOut,
    PaymentRequest, PaymentState, PayoutRequest, Refund, RefundRequest, RefundState, StartPayment, StartedPayment,
    WriteOperation,
};
use payments_core::transport::async_trait;
use payments_journal::{Account, Gateway};

use super::super::process::Process as Clients;
use super::host::Host;

/// A client whose responses are noted: a process that received one must save it.
#[derive(Debug, Clone)]
struct Watched<C> {
    client: C,
    host: Host,
}

macro_rules! watched {
    ($($operation:ident: $method:ident($request:ty) -> $response:ty;)*) => {
        $(
            #[async_trait]
            impl<C: $operation> $operation for Watched<C> {
                async fn $method(&self, request: &$request) -> Result<$response, Error> {
                    let result = self.client.$method(request).await;
                    if result.is_ok() {
                        let (process, operation) = (self.host.process, WriteOperation::$operation.as_str());
                        self.host.world.state().audit.responded(process, operation, &request.reference);
                        self.host.point_before_save().await;
                    }
                    result
                }
            }
        )*
    };
}

watched! {
    StartPayment: start_payment(PaymentRequest) -> StartedPayment;
    Confirm: confirm(ConfirmRequest) -> ConfirmedPayment;
    Capture: capture(CaptureRequest) -> PaymentState;
    Cancel: cancel(CancelRequest) -> PaymentState;
    Refund: refund(RefundRequest) -> RefundState;
    PayOut: pay_out(PayoutRequest) -> AcceptedPayout;
}

/// Every operation of the four providers.
pub(super) fn gateways(clients: &Clients, host: &Host) -> [Gateway; 4] {
    let host = || host.clone();
    let turratech = Watched { client: clients.turratech.clone(), host: host() };
    let turbopay = Watched { client: clients.turbopay.clone(), host: host() };
    let turbo_txn = Watched { client: clients.turbo_txn.clone(), host: host() };
    let card3ds = Watched { client: clients.card3ds.clone(), host: host() };
    [
        Gateway::new(Account::at("turratech"), &turratech::Client::capabilities())
            .starts_payments(turratech.clone())
            .captures(turratech.clone())
            .cancels(turratech.clone())
            .refunds(turratech)
            .retrieves(clients.turratech.clone()),
        Gateway::new(Account::at("turbopay"), &turbopay::Client::capabilities())
            .starts_payments(turbopay.clone())
            .confirms(turbopay.clone())
            .pays_out(turbopay)
            .looks_up(clients.turbopay.clone())
            .retrieves(clients.turbopay.clone()),
        Gateway::new(Account::at("turbo-txn"), &turbo_txn::Client::capabilities())
            .starts_payments(turbo_txn)
            .looks_up(clients.turbo_txn.clone()),
        Gateway::new(Account::at("card3ds"), &card3ds::Client::capabilities())
            .starts_payments(card3ds.clone())
            .captures(card3ds)
            .retrieves(clients.card3ds.clone()),
    ]
}
