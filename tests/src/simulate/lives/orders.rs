//! What the merchant wants done in a life: every operation of the four providers.

use payments_core::gateway::{
    CancelRequest, Capabilities, CaptureRequest, ConfirmRequest, PaymentRequest, PayoutRequest, RefundRequest,
    WriteOperation,
};
use payments_core::time::OffsetDateTime;
use payments_core::{Card, Currency, Error, Expiry, Money};
use payments_journal::{Account, Intent, IntentKey, Rules};
use payments_sandbox::{EntryKind, Offline};
use turratech::{CaptureMethod, NewPayment};

use super::super::process::{MERCHANT_URL, Process as Clients};
use crate::random::Random;

/// One order, and the operation that must be executed once for it.
#[derive(Debug, Clone)]
pub(super) struct Order {
    pub(super) kind: Kind,
    reference: String,
    pub(super) amount: Money,
    /// The earlier payment that the operation is about: its reference and the provider's id.
    pub(super) payment: Option<(String, String)>,
    /// The test payment method, or the test card.
    pub(super) method: &'static str,
    pub(super) utr: String,
    pub(super) is_recorded: bool,
    /// How often a merchant with a flaw has given the order a new reference.
    pub(super) renamed: usize,
    /// True if the order succeeded at the provider after it had failed (documented as rare).
    pub(super) succeeded_late: bool,
    /// True if the customer or the provider changed the amount.
    pub(super) amount_changed: bool,
    /// True if a person decided wrongly.
    pub(super) decided_wrongly: bool,
    /// True if a verified event with the final success was acknowledged.
    pub(super) success_acknowledged: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// turratech: a payment with a stored payment method.
    Charge,
    /// turratech: a capture, a cancellation, a refund.
    Capture,
    Cancel,
    Refund,
    /// turbo-txn: a UPI payment.
    Upi,
    /// turbopay: a deposit, on a page or on the merchant's own page; the confirmation of one; a payout.
    Deposit,
    OwnPage,
    Confirm,
    Payout,
    /// card3ds: a checkout, a card with 3-D Secure, the capture of a pre-authorization.
    Checkout,
    Card,
    CardCapture,
}

impl Kind {
    pub(super) fn provider(self) -> &'static str {
        match self {
            Self::Charge | Self::Capture | Self::Cancel | Self::Refund => "turratech",
            Self::Upi => "turbo-txn",
            Self::Deposit | Self::OwnPage | Self::Confirm | Self::Payout => "turbopay",
            Self::Checkout | Self::Card | Self::CardCapture => "card3ds",
        }
    }

    pub(super) fn operation(self) -> WriteOperation {
        match self {
            Self::Charge | Self::Upi | Self::Deposit | Self::OwnPage | Self::Checkout | Self::Card => {
                WriteOperation::StartPayment
            }
            Self::Capture | Self::CardCapture => WriteOperation::Capture,
            Self::Cancel => WriteOperation::Cancel,
            Self::Refund => WriteOperation::Refund,
            Self::Confirm => WriteOperation::Confirm,
            Self::Payout => WriteOperation::PayOut,
        }
    }

    pub(super) fn rules(self) -> Rules {
        let capabilities: Capabilities = match self.provider() {
            "turratech" => turratech::Client::capabilities(),
            "turbo-txn" => turbo_txn::Client::capabilities(),
            "turbopay" => turbopay::Client::capabilities(),
            _ => card3ds::Client::capabilities(),
        };
        let rules = Rules::of(&capabilities, self.operation());
        rules.unwrap_or(Rules { strategies: &[], transitions: &[], operation: self.operation() })
    }

    /// True for a ledger entry that a request of this operation causes.
    pub(super) fn is_execution(self, operation: &str, kind: EntryKind) -> bool {
        use EntryKind::{Begun, Captured, Confirmed, Executed, Refunded, Released};
        match self {
            Self::Charge => operation == "turratech.create-payment" && matches!(kind, Begun | Executed),
            Self::Capture => kind == Captured,
            Self::Cancel => kind == Released,
            Self::Refund => kind == Refunded,
            Self::Upi => operation == "turbo-txn.initiate" && kind == Executed,
            Self::Deposit => operation == "turbopay.deposit" && kind == Executed,
            Self::OwnPage => operation == "turbopay.host-to-host-deposit" && kind == Executed,
            Self::Confirm => kind == Confirmed,
            Self::Payout => operation == "turbopay.withdraw" && kind == Executed,
            Self::Checkout => operation == "card3ds.checkout" && kind == Begun,
            Self::Card => operation == "card3ds.start-3ds" && kind == Begun,
            Self::CardCapture => operation == "card3ds.capture" && kind == Executed,
        }
    }

    /// What a ledger entry adds to the money that the operation has moved: 1, 0 or -1.
    pub(super) fn money_moved(self, operation: &str, kind: EntryKind) -> i32 {
        use EntryKind::{Captured, Credited, Executed, Refunded, Released, Returned};
        match (self, kind) {
            (Self::Charge, Executed) if operation == "turratech.create-payment" => 1,
            (Self::Charge, Released) => -1,
            (Self::Capture, Captured) | (Self::Cancel, Released) | (Self::Refund, Refunded) => 1,
            (Self::Upi | Self::Deposit | Self::OwnPage | Self::Confirm, Credited) => 1,
            (Self::Payout, Executed) => 1,
            (Self::Payout, Returned) => -1,
            (Self::Checkout, Executed) => 1,
            (Self::CardCapture, Executed) if operation == "card3ds.capture" => 1,
            _ => 0,
        }
    }
}

impl Order {
    /// Draws an order. The earlier payment is made now, without faults.
    pub(super) fn draw(random: &mut Random, number: usize, offline: &Offline, clients: &Clients) -> Option<Self> {
        let kind = random.pick(KINDS);
        // Rare, because drawing the QR code of a host-to-host deposit takes longer than the rest of a life.
        let kind =
            if matches!(kind, Kind::OwnPage | Kind::Confirm) && random.percent(75) { Kind::Payout } else { kind };
        let whole = i64::try_from(random.between(1, 5000)).unwrap_or(1) * 100;
        let amount = Money::from_minor(whole, currency(kind));
        let method = match kind {
            Kind::Card => random.pick(CARDS),
            _ => random.pick(METHODS),
        };
        let utr = random.between(100_000_000_000, 999_999_999_999).to_string();
        let name = format!("base-{number}");
        let payment = offline.run(earlier_payment(kind, &name, amount, clients)).ok()?;
        Some(Self {
            kind,
            reference: format!("order-{number}"),
            amount,
            payment: payment.map(|id| (name, id)),
            method,
            utr,
            is_recorded: false,
            renamed: 0,
            succeeded_late: false,
            amount_changed: false,
            decided_wrongly: false,
            success_acknowledged: false,
        })
    }

    /// The merchant's reference of the intent.
    pub(super) fn reference(&self) -> String {
        match self.renamed {
            0 => self.reference.clone(),
            number => format!("{}-again-{number}", self.reference),
        }
    }

    pub(super) fn key(&self) -> IntentKey {
        let operation = self.kind.operation().as_str().to_owned();
        IntentKey { account: self.account(), operation, reference: self.reference() }
    }

    pub(super) fn has(&self, key: &IntentKey) -> bool {
        is_reference_of(&self.reference, &key.reference)
    }

    /// True if the ledger has the operation under this reference.
    pub(super) fn is_in_ledger_as(&self, reference: &str) -> bool {
        is_reference_of(self.ledger_reference(), reference)
    }

    /// The reference under which the ledger has the operation.
    pub(super) fn ledger_reference(&self) -> &str {
        match (&self.payment, self.kind) {
            (Some((reference, _)), kind) if kind != Kind::Refund => reference,
            _ => &self.reference,
        }
    }

    pub(super) fn account(&self) -> Account {
        Account::at(self.kind.provider())
    }

    /// The intent, as every process records it.
    pub(super) fn intent(&self, expires_at: Option<OffsetDateTime>) -> Result<Intent, Error> {
        let (reference, amount) = (self.reference(), self.amount);
        let reference = reference.as_str();
        let id = self.payment.as_ref().map_or("", |(_, id)| id.as_str());
        let account = self.account();
        let start = || PaymentRequest::new(reference, amount).customer("customer-9");
        let page = format!("{MERCHANT_URL}/return");
        let intent = match self.kind {
            Kind::Charge => Intent::new(account, PaymentRequest::new(reference, amount).payment_method(self.method)),
            Kind::Capture | Kind::CardCapture => Intent::new(account, CaptureRequest::new(reference, id, amount)),
            Kind::Cancel => Intent::new(account, CancelRequest::new(reference, id)),
            Kind::Refund => Intent::new(account, RefundRequest::new(reference, id, amount)),
            Kind::Upi => Intent::new(account, PaymentRequest::new(reference, amount).return_url(page)),
            Kind::Deposit => Intent::new(account, start()),
            Kind::OwnPage => Intent::new(account, start().own_page()),
            Kind::Confirm => Intent::new(account, ConfirmRequest::new(reference, id, self.utr.as_str())),
            Kind::Payout => Intent::new(
                account,
                PayoutRequest::new(reference, amount, "customer-9", "065432123456789", "HDFC0000053"),
            ),
            Kind::Checkout => {
                let callback = format!("{MERCHANT_URL}/checkout/{reference}");
                Intent::new(
                    account,
                    PaymentRequest::new(reference, amount).description("Two books").return_url(callback),
                )
            }
            Kind::Card => {
                let card = Card::new("John Doe", self.method.parse()?, Expiry::new(4, 2028)?, "916".parse()?);
                let address = std::net::SocketAddr::from(([198, 51, 100, 7], 52144));
                let request = PaymentRequest::new(reference, amount).card(card).customer_address(address);
                Intent::new(account, request.return_url(page.as_str()).failure_url(page.as_str()))
            }
        };
        Ok(match expires_at {
            Some(time) => intent.expires_at(time),
            None => intent,
        })
    }
}

fn is_reference_of(reference: &str, other: &str) -> bool {
    other.strip_prefix(reference).is_some_and(|rest| rest.is_empty() || rest.starts_with("-again-"))
}

/// Makes the payment that an operation is about, and returns the provider's id.
async fn earlier_payment(kind: Kind, name: &str, amount: Money, clients: &Clients) -> Result<Option<String>, Error> {
    Ok(match kind {
        Kind::Capture | Kind::Cancel | Kind::Refund => {
            let mut payment = NewPayment::new(amount).payment_method("pm_card_visa").confirm(true);
            if kind != Kind::Refund {
                payment = payment.capture_method(CaptureMethod::Manual);
            }
            let payment = clients.turratech.create_payment(payment.metadata("order_id", name)).send().await?;
            Some(payment.id.as_str().to_owned())
        }
        Kind::Confirm => {
            let deposit = turbopay::NewDeposit::upi(amount, name, "customer-9");
            let deposit = clients.turbopay.create_host_to_host_deposit(deposit).send().await?;
            Some(deposit.order_id.as_str().to_owned())
        }
        Kind::CardCapture => {
            let card = Card::new("John Doe", CARDS[0].parse()?, Expiry::new(4, 2028)?, "916".parse()?);
            let address = std::net::SocketAddr::from(([198, 51, 100, 7], 52144));
            let payment = card3ds::NewPayment::new(name, amount, card, address);
            let payment = clients.card3ds.pre_authorize(payment).send().await?;
            Some(payment.payment_id.as_str().to_owned())
        }
        _ => None,
    })
}

fn currency(kind: Kind) -> Currency {
    match kind.provider() {
        "turbo-txn" | "turbopay" => Currency::INR,
        "card3ds" => Currency::TRY,
        _ => Currency::USD,
    }
}

const KINDS: &[Kind] = &[
    Kind::Charge,
    Kind::Charge,
    Kind::Capture,
    Kind::Cancel,
    Kind::Refund,
    Kind::Upi,
    Kind::Upi,
    Kind::Deposit,
    Kind::Deposit,
    Kind::OwnPage,
    Kind::Confirm,
    Kind::Payout,
    Kind::Payout,
    Kind::Payout,
    Kind::Checkout,
    Kind::Card,
    Kind::CardCapture,
];

/// The sandbox's test payment methods.
const METHODS: &[&str] = &[
    "pm_card_visa",
    "pm_card_visa",
    "pm_card_mastercard",
    "pm_card_chargeDeclined",
    "pm_card_authenticationRequired",
    "pm_card_createDispute",
];

/// The sandbox's test cards. The last one is declined.
pub(super) const CARDS: &[&str] = &["5421190122090656", "4111111111111111", "4000000000000002"];
