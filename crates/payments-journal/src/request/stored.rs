//! The stored form of a request: one text per request, which never changes.
//!
//! A keyed MAC over the stored form tells whether two requests under one reference are the same. So a member with its
//! default is left out: a member that is added later does not change what is stored already.

use std::net::SocketAddr;

use payments_core::gateway::{
    CancelRequest, CaptureRequest, ConfirmRequest, PaymentRequest, PayoutRequest, RefundRequest, WriteOperation,
};
use payments_core::json::{self, DecodeError};
use payments_core::{Card, Money, ValidationError};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::Request;

/// A stored request that cannot be used. The error never contains the request's data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoredRequestError {
    /// This version of the journal does not know the operation.
    #[error("this version of the journal cannot read a stored request of the operation `{0}`")]
    UnknownOperation(&'static str),
    /// A newer journal stored the request.
    #[error("the stored request has version {version}, and this version of the journal reads version {known}")]
    UnknownVersion {
        /// The version of the stored request.
        version: u32,
        /// The version that this journal reads.
        known: u32,
    },
    /// The stored form has an unknown member, or another shape.
    #[error("the stored request cannot be read: {0}")]
    Unreadable(DecodeError),
    /// The request had a card. Without it, the request would start another payment.
    #[error("the request has a card, which is never stored, so only the process that recorded it can send it")]
    CardNotStored,
}

impl Request {
    /// The version of the stored form.
    pub(crate) const VERSION: u32 = 1;

    /// Returns the stored form: the same bytes for the same request, without the options and never with the card.
    pub(crate) fn to_stored(&self) -> Vec<u8> {
        let form = match self {
            Self::StartPayment(request) => serde_json::to_vec(&StoredPayment::from(&**request)),
            Self::Confirm(request) => serde_json::to_vec(&StoredConfirmation::from(request)),
            Self::Capture(request) => serde_json::to_vec(&StoredCapture::from(request)),
            Self::Cancel(request) => serde_json::to_vec(&StoredCancellation::from(request)),
            Self::Refund(request) => serde_json::to_vec(&StoredRefund::from(request)),
            Self::PayOut(request) => serde_json::to_vec(&StoredPayout::from(request)),
        };
        // Texts and integers always serialize into memory. If they did not, `check` would refuse the empty form.
        form.unwrap_or_default()
    }

    /// Loads a request from its stored form.
    ///
    /// # Errors
    ///
    /// Returns an error if the form is unknown or unreadable, or if the request had a card and this process has none.
    pub(crate) fn from_stored(
        operation: WriteOperation,
        version: u32,
        bytes: &[u8],
        card: Option<&Card>,
    ) -> Result<Self, StoredRequestError> {
        let (mut request, HadCard(had_card)) = load(operation, version, bytes)?;
        match (&mut request, card) {
            (Self::StartPayment(request), Some(card)) if had_card => request.card = Some(card.clone()),
            _ if had_card => return Err(StoredRequestError::CardNotStored),
            _ => {}
        }
        Ok(request)
    }

    /// Checks that this version can read a stored form. The card may be missing.
    ///
    /// # Errors
    ///
    /// Returns an error if the form is unknown or unreadable.
    pub(crate) fn check_form(operation: WriteOperation, version: u32, bytes: &[u8]) -> Result<(), StoredRequestError> {
        load(operation, version, bytes).map(drop)
    }

    /// Checks that nothing but the card is lost in the stored form.
    ///
    /// A newer `payments-core` may have requests with members that this journal does not know. Sent from its stored form,
    /// such a request would be another one.
    pub(super) fn check_stored(&self, form: &[u8]) -> Result<(), ValidationError> {
        let loaded = load(self.operation(), Self::VERSION, form);
        if loaded == Ok((self.clone().without_card(), HadCard(self.has_card()))) {
            Ok(())
        } else {
            Err(ValidationError::new("request", "has a member that this version of the journal cannot store"))
        }
    }

    /// Returns the request as it is loaded: without the card, and without the flow label of an address.
    pub(super) fn without_card(mut self) -> Self {
        if let Self::StartPayment(request) = &mut self {
            request.card = None;
            if let Some(SocketAddr::V6(address)) = &mut request.customer_address {
                address.set_flowinfo(0);
            }
        }
        self
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct HadCard(bool);

fn load(operation: WriteOperation, version: u32, form: &[u8]) -> Result<(Request, HadCard), StoredRequestError> {
    if version != Request::VERSION {
        return Err(StoredRequestError::UnknownVersion { version, known: Request::VERSION });
    }
    let request = match operation {
        WriteOperation::StartPayment => {
            let payment = read::<StoredPayment>(form)?;
            let had_card = HadCard(payment.card);
            return Ok((PaymentRequest::from(payment).into(), had_card));
        }
        WriteOperation::Confirm => ConfirmRequest::from(read::<StoredConfirmation>(form)?).into(),
        WriteOperation::Capture => CaptureRequest::from(read::<StoredCapture>(form)?).into(),
        WriteOperation::Cancel => CancelRequest::from(read::<StoredCancellation>(form)?).into(),
        WriteOperation::Refund => RefundRequest::from(read::<StoredRefund>(form)?).into(),
        WriteOperation::PayOut => PayoutRequest::from(read::<StoredPayout>(form)?).into(),
        _ => return Err(StoredRequestError::UnknownOperation(operation.as_str())),
    };
    Ok((request, HadCard(false)))
}

fn read<T: DeserializeOwned>(form: &[u8]) -> Result<T, StoredRequestError> {
    json::decode_object(form).map_err(StoredRequestError::Unreadable)
}

/// The stored form of [`PaymentRequest`].
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredPayment {
    reference: String,
    #[serde(with = "minor_units")]
    amount: Money,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    customer: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    payment_method: Option<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    own_page: bool,
    /// True if the request had a card. Nothing else of the card is stored.
    #[serde(default, skip_serializing_if = "is_false")]
    card: bool,
    /// Without the flow label, which no provider gets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    customer_address: Option<SocketAddr>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    return_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failure_url: Option<String>,
}

impl From<&PaymentRequest> for StoredPayment {
    fn from(request: &PaymentRequest) -> Self {
        Self {
            reference: request.reference.clone(),
            amount: request.amount,
            customer: request.customer.clone(),
            payment_method: request.payment_method.clone(),
            own_page: request.own_page,
            card: request.card.is_some(),
            customer_address: request.customer_address,
            description: request.description.clone(),
            return_url: request.return_url.clone(),
            failure_url: request.failure_url.clone(),
        }
    }
}

impl From<StoredPayment> for PaymentRequest {
    fn from(stored: StoredPayment) -> Self {
        let mut request = Self::new(stored.reference, stored.amount);
        request.customer = stored.customer;
        request.payment_method = stored.payment_method;
        request.own_page = stored.own_page;
        request.customer_address = stored.customer_address;
        request.description = stored.description;
        request.return_url = stored.return_url;
        request.failure_url = stored.failure_url;
        request
    }
}

/// Defines the stored form of a request, with the members in the order of its `new`.
macro_rules! stored_forms {
    ($($stored:ident of $request:ident { $($(#[$meta:meta])? $member:ident: $type:ty,)* })*) => {$(
        #[derive(Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct $stored {
            $($(#[$meta])? $member: $type,)*
        }

        impl From<&$request> for $stored {
            fn from(request: &$request) -> Self {
                Self { $($member: request.$member.to_owned(),)* }
            }
        }

        impl From<$stored> for $request {
            fn from(stored: $stored) -> Self {
                Self::new($(stored.$member),*)
            }
        }
    )*};
}

stored_forms! {
    StoredConfirmation of ConfirmRequest {
        reference: String,
        payment_id: String,
        utr: String,
    }
    StoredCapture of CaptureRequest {
        reference: String,
        payment_id: String,
        #[serde(with = "minor_units")]
        amount: Money,
    }
    StoredCancellation of CancelRequest {
        reference: String,
        payment_id: String,
    }
    StoredRefund of RefundRequest {
        reference: String,
        payment_id: String,
        #[serde(with = "minor_units")]
        amount: Money,
    }
    StoredPayout of PayoutRequest {
        reference: String,
        #[serde(with = "minor_units")]
        amount: Money,
        customer: String,
        account: String,
        bank: String,
    }
}

fn is_false(value: &bool) -> bool {
    !value
}

/// An amount as `{"minor":200000,"currency":"INR"}`.
pub(crate) mod minor_units {
    use payments_core::{Currency, Money};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct StoredAmount {
        minor: i64,
        currency: Currency,
    }

    pub(crate) fn serialize<S: Serializer>(amount: &Money, serializer: S) -> Result<S::Ok, S::Error> {
        StoredAmount { minor: amount.minor(), currency: amount.currency() }.serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Money, D::Error> {
        let StoredAmount { minor, currency } = StoredAmount::deserialize(deserializer)?;
        Ok(Money::from_minor(minor, currency))
    }
}
