//! How a message says that an order may have been executed before.

use std::fmt;

use payments_core::DuplicateWording;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// True if a response says, in English or Turkish, that the order may have been executed before.
///
/// All strings are searched except those that repeat the request or identify the payment.
pub(crate) fn mentions_earlier_request(body: &[u8]) -> bool {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let text = String::from_utf8_lossy(body);
    serde_json::from_str::<Search>(&text).map_or_else(|_| WORDING.occurs_in(body), |search| search.found)
}

/// The result of a search through the members of an object.
struct Search {
    found: bool,
}

impl<'de> Deserialize<'de> for Search {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Search;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Search, A::Error> {
                let mut found = false;
                while let Some((name, value)) = map.next_entry::<String, &RawValue>()? {
                    found |= !NO_MESSAGE.contains(&name.as_str()) && WORDING.occurs_in(value.get().as_bytes());
                }
                Ok(Search { found })
            }
        }
        deserializer.deserialize_map(Object)
    }
}

/// The documented members that contain no message: a customer may be called anything.
const NO_MESSAGE: &[&str] = &[
    "paymentId",
    "orderId",
    "customerId",
    "cardHolderName",
    "pan",
    "externalTransactionId",
    "authCode",
    "loyaltyCode",
    "htmlContent",
];

/// The words are inferred: no message of the provider is documented. English, and Turkish for the provider's market.
///
/// A word is found inside longer words and texts. So no word may be the beginning of a common refusal, such as
/// `gerçekleşti` of `gerçekleştirilemedi` (could not be executed).
const WORDING: DuplicateWording = DuplicateWording {
    words: &[
        "already",
        "duplicate",
        "exists",
        "unique",
        "completed",
        "captured",
        "previously",
        "earlier",
        "repeated",
        "been paid",
        "was paid",
        "is paid",
        "order paid",
        "been processed",
        "was processed",
        "been charged",
        "was charged",
        "been used",
        "twice",
        "second time",
        "more than once",
        "only once",
        "again",
        // Already, before, duplicate, repeated.
        "zaten",
        "daha önce",
        "önceden",
        "önceki",
        "evvel",
        "mükerrer",
        "yinelenen",
        "tekrarlanan",
        "tekrarlı",
        "tekrar eden",
        "tekrar ödeme",
        "tekrar çek",
        "ikinci kez",
        "birden fazla",
        "çift çekim",
        "çift ödeme",
        "çift işlem",
        "benzersiz",
        // It was paid, collected, completed, executed, processed.
        "ödenmiş",
        "ödendi",
        "çekilmiş",
        "çekildi",
        "alınmış",
        "alındı",
        "tahsil edilmiş",
        "tahsil edildi",
        "tamamlanmış",
        "tamamlandı",
        "yapılmış",
        "yapıldı",
        "gerçekleşmiş",
        "gerçekleştirilmiş",
        "gerçekleştirildi",
        "işlenmiş",
        "işlendi",
        "kullanılmış",
        "sonuçlanmış",
        "sonuçlandı",
        "onaylanmış",
        "otorizasyon kapatılmış",
        "otorizasyon kapatıldı",
        "provizyon kapatılmış",
        "provizyon kapatıldı",
        // It exists.
        "mevcut",
        "ödeme bulunmaktadır",
        "işlem bulunmaktadır",
        "sipariş bulunmaktadır",
        "kayıt bulunmaktadır",
        "kaydı bulunmaktadır",
    ],
    negations: &[
        "not be completed",
        "n't be completed",
        "n’t be completed",
        "not been completed",
        "not completed",
        "not be captured",
        "n't be captured",
        "n’t be captured",
        "not been captured",
        "not captured",
        "not been paid",
        "not been processed",
        "not been charged",
        "not been used",
        "not already",
        "not a duplicate",
        "not duplicate",
        "no duplicate",
        "not exists",
        "no such",
        "try again",
        "trying again",
        "again later",
        "mükerrer değil",
        "mevcut değil",
        "mevcut bakiye",
        "mevcut limit",
        "ödenmiş değil",
        "çekilmiş değil",
        "alınmış değil",
        "tamamlanmış değil",
        "yapılmış değil",
        "daha önce ödenmedi",
        "daha önce ödenmemiş",
        "daha önce yapılmadı",
        "daha önce yapılmamış",
        "daha önce tamamlanmadı",
        "daha önce tamamlanmamış",
    ],
};
