//! Unsigned callbacks: a receiver reads an id to look up, and nothing else.

use card3ds::{CheckoutCallback, ThreeDsCallback, ThreeDsFailure, VerifyError};
use turbo_txn::test_util::{callback, encrypt};
use turbo_txn::{CallbackDecryptor, CallbackKey};

use crate::oracle::{member, same_text};

/// Turbo Transactions' callbacks. The input is used as a body and as a text to encrypt.
pub fn turbo_txn_callbacks(data: &[u8]) -> bool {
    let key = CallbackKey::new("Y2FuYXJ5LWNhbGxiYWNrLWtleS0wMTIzNDU2Nzg5YWI=").expect("a key");
    let callbacks = CallbackDecryptor::new(key.clone());
    let given = callbacks.decrypt(data);
    assert!(given.is_ok() || given == Err(VerifyError::Rejected), "all failures look alike");

    let vector = std::array::from_fn(|at| data.get(at).copied().unwrap_or(7));
    let text = encrypt(&key, vector, data);
    for changed in 0..3 {
        // A changed or cut callback may decrypt. If it does not, the error does not say why.
        let mut broken = text.clone().into_bytes();
        let at = data.iter().fold(changed * 7, |sum, byte| sum * 31 % 9973 + usize::from(*byte)) % broken.len();
        match changed {
            0 => broken[at] = if broken[at] == b'A' { b'B' } else { b'A' },
            1 => broken.truncate(at),
            _ => broken.swap(at, 0),
        }
        let body = format!(r#"{{"encryptedData":"{}"}}"#, String::from_utf8_lossy(&broken));
        let result = callbacks.decrypt(body.as_bytes());
        assert!(result.is_ok() || result == Err(VerifyError::Rejected));
    }
    let other = CallbackKey::new("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").expect("a key");
    let rotated = CallbackDecryptor::new(other).also_accept(key.clone());
    let body = callback(&key, vector, data);
    let hint = callbacks.decrypt(body.as_bytes());
    assert_eq!(rotated.decrypt(body.as_bytes()), hint, "a second key makes no difference");
    if let Ok(hint) = &hint {
        same_text(member(data, "orderId"), hint.claimed().as_str());
        let plain = hint.claimed().as_str().bytes().all(|byte| (b' '..=b'~').contains(&byte));
        assert!(plain && (1..=100).contains(&hint.claimed().as_str().len()), "the id is sent in a header");
    }
    hint.is_ok() || given.is_ok()
}

/// card3ds' forms. An id occurs once and is a single path segment.
pub fn card3ds_forms(data: &[u8]) -> bool {
    let once = |name: &str| {
        let mut values = form_urlencoded::parse(data).filter(|(field, _)| field == name);
        values.next().filter(|_| values.next().is_none()).map(|(_, value)| value.into_owned())
    };
    let completes = ThreeDsCallback::parse(data);
    let failed = ThreeDsFailure::parse(data);
    let checkout = CheckoutCallback::parse(data);
    if let Ok(callback) = &completes {
        is_one_segment(&once, "paymentId", callback.claimed().payment_id().as_str());
        let key = once("securityKey").expect("the key occurs once");
        let quoted = callback.claimed().payment_id().as_str().contains(&key);
        assert!(quoted || !key.starts_with("canary-") || !format!("{callback:?}").contains(&key), "{callback:?}");
        assert!(failed.is_ok(), "both parsers read the same id");
    }
    if let Ok(callback) = &failed {
        is_one_segment(&once, "paymentId", callback.claimed().payment_id().as_str());
    }
    if let Ok(callback) = &checkout {
        is_one_segment(&once, "checkoutId", callback.claimed().checkout_id().as_str());
    }
    for error in [completes.as_ref().err(), failed.as_ref().err(), checkout.as_ref().err()].into_iter().flatten() {
        assert_eq!(*error, VerifyError::Rejected);
    }
    completes.is_ok() || failed.is_ok() || checkout.is_ok()
}

#[track_caller]
fn is_one_segment(once: &impl Fn(&str) -> Option<String>, name: &str, id: &str) {
    assert_eq!(once(name).as_deref(), Some(id));
    assert!(id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte)), "{id:?}");
    assert!(!matches!(id, "" | "." | "..") && id.len() <= 255, "{id:?}");
}
