//! Fields that several objects share: amounts, currencies, times, ids of other objects, and URLs.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use payments_core::json;
use payments_core::time::OffsetDateTime;
use payments_core::{Currency, Money, ValidationError};
use serde::de::{Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A currency code that is serialized in lower case.
pub(crate) struct LowerCaseCurrency(pub(crate) Currency);

impl Serialize for LowerCaseCurrency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut code = [0; 3];
        code.copy_from_slice(self.0.as_str().as_bytes());
        code.make_ascii_lowercase();
        serializer.serialize_str(std::str::from_utf8(&code).map_err(serde::ser::Error::custom)?)
    }
}

/// Checks that a requested amount is greater than zero (inferred: the document sets no limits).
pub(crate) fn check_amount(amount: Money) -> Result<(), ValidationError> {
    amount.check_positive("amount")
}

/// Checks a URL of the merchant: `http` or `https`, with at most 2048 characters.
pub(crate) fn check_url(field: &'static str, url: &str) -> Result<(), ValidationError> {
    payments_core::id::check_url(field, url, MAX_URL_LENGTH)
}

/// For `#[serde(default, deserialize_with = "timestamp")]`: reads Unix seconds. Missing, `null` and empty are `None`.
pub(crate) fn timestamp<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<OffsetDateTime>, D::Error> {
    let problem = || D::Error::custom(NO_TIMESTAMP);
    let seconds = json::integer_option(deserializer).map_err(|_| problem())?;
    seconds.map(OffsetDateTime::from_unix_timestamp).transpose().map_err(|_| problem())
}

/// For `#[serde(with = "stored_timestamp")]`: stores a time as Unix seconds, as TurraTech does.
pub(crate) mod stored_timestamp {
    use payments_core::time::OffsetDateTime;
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(clippy::ref_option, reason = "serde passes a reference to the field")]
    pub(crate) fn serialize<S: Serializer>(time: &Option<OffsetDateTime>, serializer: S) -> Result<S::Ok, S::Error> {
        time.map(OffsetDateTime::unix_timestamp).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<OffsetDateTime>, D::Error> {
        let time = Option::<i64>::deserialize(deserializer)?.map(OffsetDateTime::from_unix_timestamp);
        time.transpose().map_err(|_| D::Error::custom(super::NO_TIMESTAMP))
    }
}

/// For `#[serde(default, deserialize_with = "reference")]`: reads the id of another object.
///
/// The document shows an id. The object itself, whose `id` counts, is accepted too (inferred). Missing, `null` and empty
/// are `None`.
pub(crate) fn reference<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: fmt::Display>,
{
    struct IdOrObject<T>(PhantomData<T>);

    impl<'de, T: FromStr<Err: fmt::Display>> Visitor<'de> for IdOrObject<T> {
        type Value = Option<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an id")
        }

        fn visit_unit<E>(self) -> Result<Option<T>, E> {
            Ok(None)
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Option<T>, E> {
            if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(E::custom) }
        }

        fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Option<T>, A::Error> {
            let mut id = None;
            while let Some(name) = members.next_key::<std::borrow::Cow<'_, str>>()? {
                if name != "id" {
                    members.next_value::<IgnoredAny>()?;
                } else if id.replace(members.next_value::<Id<T>>()?).is_some() {
                    return Err(A::Error::duplicate_field("id"));
                }
            }
            id.map(|Id(id)| Some(id)).ok_or_else(|| A::Error::missing_field("id"))
        }
    }

    /// The id inside an object.
    struct Id<T>(T);

    impl<'de, T: FromStr<Err: fmt::Display>> Deserialize<'de> for Id<T> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            payments_core::text::deserialize(deserializer, str::parse).map(Self)
        }
    }

    deserializer.deserialize_any(IdOrObject(PhantomData))
}

/// Reads the `id` of an object that cannot be read otherwise. A number counts as its text.
pub(crate) fn raw_id(object: &json::RawJson) -> Option<String> {
    #[derive(Deserialize)]
    struct WithId {
        id: String,
    }
    impl json::ProviderMessage for WithId {
        const DECIDING: &'static [&'static str] = &["id"];
    }
    let read = json::read::<WithId>(object.as_str().as_bytes()).ok()?;
    Some(read.value.id).filter(|id| !id.is_empty() && !id.contains(char::REPLACEMENT_CHARACTER))
}

/// When an object was created, if it says so and the time can be read.
pub(crate) fn raw_created(object: &json::RawJson) -> Option<OffsetDateTime> {
    #[derive(Deserialize)]
    struct WithCreated {
        #[serde(default, deserialize_with = "timestamp")]
        created: Option<OffsetDateTime>,
    }
    impl json::ProviderMessage for WithCreated {
        const DECIDING: &'static [&'static str] = &["created"];
    }
    json::read::<WithCreated>(object.as_str().as_bytes()).ok()?.value.created
}

const NO_TIMESTAMP: &str = "is not a valid Unix timestamp";

/// The longest URL that every browser accepts (inferred: the document sets no limit).
const MAX_URL_LENGTH: usize = 2048;
