//! The published test cards. The sandbox accepts no others.

use ChargeOutcome::{Approved, Authentication, Declined, Disputed};

/// The outcome of charging a card.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ChargeOutcome {
    Approved,
    Declined(&'static Decline),
    /// The customer must authenticate first.
    Authentication,
    /// The charge is approved, and charged back at once.
    Disputed,
}

/// A bank's decline.
#[derive(Debug)]
pub(crate) struct Decline {
    pub(crate) code: &'static str,
    pub(crate) decline_code: Option<&'static str>,
    pub(crate) message: &'static str,
}

/// A test card.
#[derive(Debug)]
pub(crate) struct TestCard {
    /// The id of its ready-made payment method; empty if it has none.
    pub(crate) id: &'static str,
    pub(crate) number: &'static str,
    pub(crate) brand: &'static str,
    pub(crate) charge_outcome: ChargeOutcome,
}

impl TestCard {
    /// Returns the card of a ready-made payment method: `pm_card_visa`.
    pub(crate) fn by_id(id: &str) -> Option<&'static Self> {
        CARDS.iter().find(|card| !card.id.is_empty() && card.id == id)
    }

    pub(crate) fn by_number(number: &str) -> Option<&'static Self> {
        CARDS.iter().find(|card| card.number == number)
    }

    pub(crate) fn last4(&self) -> &'static str {
        self.number.get(self.number.len().saturating_sub(4)..).unwrap_or_default()
    }
}

/// The decline of a number that is not a test card's.
pub(crate) const NOT_A_TEST_CARD: Decline = Decline {
    code: "card_declined",
    decline_code: Some("test_mode_live_card"),
    message: "Your card was declined. The request was in test mode, but used a card that is not a test card.",
};

pub(crate) const WRONG_NUMBER: Decline =
    Decline { code: "incorrect_number", decline_code: None, message: "Your card number is incorrect." };

pub(crate) const EXPIRED: Decline = declined("expired_card", None, "Your card has expired.");

/// The bank requires authentication, but the customer is not present when a period ends.
pub(crate) const AUTHENTICATION_REQUIRED: Decline = declined(
    "authentication_required",
    Some("authentication_required"),
    "Your card was declined. This transaction requires authentication.",
);

const fn declined(code: &'static str, decline_code: Option<&'static str>, message: &'static str) -> Decline {
    Decline { code, decline_code, message }
}

const fn card_declined(decline_code: &'static str, message: &'static str) -> Decline {
    declined("card_declined", Some(decline_code), message)
}

const GENERIC: Decline = card_declined("generic_decline", "Your card was declined.");
const NO_FUNDS: Decline = card_declined("insufficient_funds", "Your card has insufficient funds.");
const LOST: Decline = card_declined("lost_card", "Your card was declined.");
const STOLEN: Decline = card_declined("stolen_card", "Your card was declined.");
const FRAUDULENT: Decline = card_declined("fraudulent", "Your card was declined.");
const TOO_OFTEN: Decline =
    card_declined("card_velocity_exceeded", "Your card was declined for making repeated attempts too often.");
const WRONG_CVC: Decline = declined("incorrect_cvc", None, "Your card's security code is incorrect.");
const PROCESSING: Decline =
    declined("processing_error", None, "An error occurred while processing your card. Try again in a little bit.");

const fn card(id: &'static str, number: &'static str, brand: &'static str, charge_outcome: ChargeOutcome) -> TestCard {
    TestCard { id, number, brand, charge_outcome }
}

/// Card numbers that payment providers publish for tests. A card without an id is accepted only by its number.
const CARDS: &[TestCard] = &[
    card("pm_card_visa", "4242424242424242", "visa", Approved),
    card("pm_card_visa_debit", "4000056655665556", "visa", Approved),
    card("pm_card_mastercard", "5555555555554444", "mastercard", Approved),
    card("pm_card_mastercard_debit", "5200828282828210", "mastercard", Approved),
    card("pm_card_mastercard_prepaid", "5105105105105100", "mastercard", Approved),
    card("pm_card_amex", "378282246310005", "amex", Approved),
    card("pm_card_discover", "6011111111111117", "discover", Approved),
    card("pm_card_diners", "3056930009020004", "diners", Approved),
    card("pm_card_jcb", "3566002020360505", "jcb", Approved),
    card("pm_card_unionpay", "6200000000000005", "unionpay", Approved),
    card("", "4111111111111111", "visa", Approved),
    card("", "2223003122003222", "mastercard", Approved),
    card("", "371449635398431", "amex", Approved),
    card("", "6011000990139424", "discover", Approved),
    card("", "36227206271667", "diners", Approved),
    card("pm_card_chargeDeclined", "4000000000000002", "visa", Declined(&GENERIC)),
    card("pm_card_chargeDeclinedInsufficientFunds", "4000000000009995", "visa", Declined(&NO_FUNDS)),
    card("pm_card_chargeDeclinedLostCard", "4000000000009987", "visa", Declined(&LOST)),
    card("pm_card_chargeDeclinedStolenCard", "4000000000009979", "visa", Declined(&STOLEN)),
    card("pm_card_chargeDeclinedFraudulent", "4100000000000019", "visa", Declined(&FRAUDULENT)),
    card("pm_card_chargeDeclinedVelocityLimitExceeded", "4000000000006975", "visa", Declined(&TOO_OFTEN)),
    card("pm_card_chargeDeclinedExpiredCard", "4000000000000069", "visa", Declined(&EXPIRED)),
    card("pm_card_chargeDeclinedIncorrectCvc", "4000000000000127", "visa", Declined(&WRONG_CVC)),
    card("pm_card_chargeDeclinedProcessingError", "4000000000000119", "visa", Declined(&PROCESSING)),
    card("pm_card_chargeCustomerFail", "4000000000000341", "visa", Declined(&GENERIC)),
    card("pm_card_authenticationRequired", "4000002500003155", "visa", Authentication),
    card("", "4000002760003184", "visa", Authentication),
    card("pm_card_createDispute", "4000000000000259", "visa", Disputed),
];
