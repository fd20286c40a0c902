use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

macro_rules! reviews {
    ($($(#[$meta:meta])* $name:ident = $code:literal, $words:literal, $ask:literal;)*) => {
        /// Why a person must look at an intent.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Review {
            $($(#[$meta])* $name,)*
        }

        impl Review {
            /// All reasons.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The reason's stored name.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)*
                }
            }

            /// What to ask the provider.
            #[must_use]
            pub fn ask(self) -> &'static str {
                match self {
                    $(Self::$name => $ask,)*
                }
            }
        }

        impl fmt::Display for Review {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(match self {
                    $(Self::$name => $words,)*
                })
            }
        }
    };
}

reviews! {
    /// The provider offers neither a lookup nor protection against a second execution.
    NothingToAsk = "nothing_to_ask",
        "the request may have been executed, and the provider offers no way to find out",
        "whether it received a request with this reference and amount at this time, and executed it";
    /// Lookups did not find the order. The request may still arrive.
    NotFound = "not_found",
        "the request may have been executed, but the provider does not find the order",
        "whether an order with this reference exists, and whether one can still be created by a delayed request";
    /// The provider may have forgotten the idempotency key.
    KeyExpired = "key_expired",
        "the request may have been executed, and its idempotency key has expired",
        "whether a payment with this reference exists";
    /// The order cannot be looked up: the response with the provider's id was lost, or no client looks orders up.
    NoId = "no_id",
        "the request may have been executed, and cannot be looked up: the provider's id or a client for lookups is missing",
        "for the id of the order with this reference";
    /// The order at the provider differs from the intent.
    Contradiction = "contradiction",
        "the order at the provider differs from the intent",
        "why its order differs from the request: the amount, the currency or the mode";
    /// The provider reports the order, although no request can have created it.
    Unexplained = "unexplained",
        "the provider reports the order, although no request of this journal can have created it",
        "which request created the order";
    /// The provider reports something else than a person decided.
    AgainstDecision = "against_decision",
        "the provider reports something else than a person decided",
        "what happened to the order; the earlier decision was wrong";
    /// The provider reported statuses whose order is not documented, and there is no lookup.
    StatusOrder = "status_order",
        "the provider reported statuses in an order that it does not document",
        "for the current status of the order";
}

impl Serialize for Review {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Review {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        Self::from_code(&code).ok_or_else(|| de::Error::custom(format!("unknown reason `{code}`")))
    }
}

impl Review {
    /// Returns the reason with this stored name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|review| review.code() == code)
    }
}
