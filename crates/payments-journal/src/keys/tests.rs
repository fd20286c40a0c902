//! MACs and sealed values: of one row, under one key.

use super::{Identity, JournalKey, JournalKeys, KeyError, NONCE, TAG};

const ROW: Identity<'_> = Identity {
    tenant: "shop-1",
    provider: "turbopay",
    account: "main",
    operation: "pay_out",
    reference: "W-7421",
    version: 1,
};
const VALUE: &[u8] = b"{\"account\":\"1234567890\"}";

fn key(letter: char) -> JournalKey {
    JournalKey::new(letter.to_string().repeat(32)).unwrap()
}

fn keys() -> JournalKeys {
    JournalKeys::new("2027", key('n')).unwrap()
}

/// Rows that each differ from `ROW` in one member, or only in where a member ends.
fn other_rows() -> Vec<Identity<'static>> {
    vec![
        Identity { tenant: "shop-2", ..ROW },
        Identity { provider: "turratech", ..ROW },
        Identity { account: "other", ..ROW },
        Identity { operation: "refund", ..ROW },
        Identity { reference: "W-7422", ..ROW },
        Identity { version: 2, ..ROW },
        Identity { tenant: "shop-1t", provider: "urbopay", ..ROW },
        Identity { account: "mai", operation: "npay_out", ..ROW },
        Identity { account: "", ..ROW },
        Identity { reference: "W-7421{", ..ROW },
        Identity { tenant: "shop-18:turbopay", provider: "", ..ROW },
    ]
}

#[test]
fn a_sealed_value_is_opened_with_its_key_and_its_row() {
    let keys = keys();
    for value in [VALUE, b""] {
        let sealed = keys.seal(&ROW, value).unwrap();
        assert_eq!(sealed.len(), NONCE + value.len() + TAG);
        assert_eq!(&**keys.open("2027", &ROW, &sealed).unwrap(), value);
    }
}

#[test]
fn a_sealed_value_does_not_show_the_value() {
    let first = keys().seal(&ROW, VALUE).unwrap();
    let second = keys().seal(&ROW, VALUE).unwrap();
    assert!(!first.windows(4).any(|part| VALUE.windows(4).any(|readable| part == readable)));
    assert_ne!(first[..NONCE], second[..NONCE], "a nonce is used twice");
    assert_ne!(first[NONCE..], second[NONCE..]);
}

#[test]
fn a_sealed_value_cannot_be_opened_with_another_key() {
    let sealed = keys().seal(&ROW, VALUE).unwrap();
    let other = JournalKeys::new("2027", key('x')).unwrap();
    assert_eq!(other.open("2027", &ROW, &sealed), Err(KeyError::Changed { id: "2027".into() }));
}

#[test]
fn a_change_of_any_byte_of_a_sealed_value_is_detected() {
    let keys = keys();
    let sealed = keys.seal(&ROW, VALUE).unwrap();
    let changed = Err(KeyError::Changed { id: "2027".into() });
    for index in 0..sealed.len() {
        for bit in 0..8 {
            let mut bytes = sealed.clone();
            bytes[index] ^= 1 << bit;
            assert_eq!(keys.open("2027", &ROW, &bytes), changed, "byte {index}");
        }
        assert_eq!(keys.open("2027", &ROW, &sealed[..index]), changed, "cut to {index} bytes");
    }
    assert_eq!(keys.open("2027", &ROW, &[&*sealed, b"0"].concat()), changed);
}

#[test]
fn a_sealed_value_cannot_be_moved_to_another_row() {
    let keys = keys();
    let sealed = keys.seal(&ROW, VALUE).unwrap();
    for row in other_rows() {
        assert!(matches!(keys.open("2027", &row, &sealed), Err(KeyError::Changed { .. })), "{row:?}");
    }
}

#[test]
fn a_mac_tells_whether_parameters_and_row_are_the_same() {
    let keys = keys();
    let mac = keys.mac(&ROW, VALUE);
    let verify = |row: &Identity<'_>, parameters: &[u8], mac: &[u8]| keys.verify_mac("2027", row, parameters, mac);
    assert_eq!(verify(&ROW, VALUE, &mac), Ok(true));
    assert_eq!(mac, keys.mac(&ROW, VALUE));

    assert_eq!(verify(&ROW, &VALUE[1..], &mac), Ok(false));
    assert_eq!(verify(&ROW, b"", &mac), Ok(false));
    for row in other_rows() {
        assert_eq!(verify(&row, VALUE, &mac), Ok(false), "{row:?}");
    }
    // The end of the identity is not the beginning of the parameters.
    let moved = Identity { reference: "W-742", ..ROW };
    assert_eq!(verify(&moved, &[b"1", VALUE].concat(), &mac), Ok(false));
    for index in 0..mac.len() {
        let mut bytes = mac;
        bytes[index] ^= 1;
        assert_eq!(verify(&ROW, VALUE, &bytes), Ok(false));
        assert_eq!(verify(&ROW, VALUE, &mac[..index]), Ok(false));
    }
    assert_eq!(verify(&ROW, VALUE, &[&mac[..], b"0"].concat()), Ok(false));
}

#[test]
fn older_rows_stay_readable_after_a_change_of_the_key() {
    let before = JournalKeys::new("2026", key('o')).unwrap();
    let (sealed, mac) = (before.seal(&ROW, VALUE).unwrap(), before.mac(&ROW, VALUE));

    let after = keys().also_accept("2026", key('o')).unwrap();
    assert_eq!(after.current(), "2027");
    assert_eq!(&**after.open("2026", &ROW, &sealed).unwrap(), VALUE);
    assert_eq!(after.verify_mac("2026", &ROW, VALUE, &mac), Ok(true));
    assert_eq!(after.verify_mac("2026", &ROW, b"other", &mac), Ok(false));
    // The same parameters have another MAC under the new key, so each row is compared under its own.
    assert_ne!(after.mac(&ROW, VALUE), mac);
    assert_eq!(after.verify_mac("2027", &ROW, VALUE, &mac), Ok(false));
    assert!(matches!(after.open("2027", &ROW, &sealed), Err(KeyError::Changed { .. })));
    assert_eq!(&**keys().open("2027", &ROW, &after.seal(&ROW, VALUE).unwrap()).unwrap(), VALUE);

    let missing = KeyError::Missing { id: "2026".into() };
    assert_eq!(keys().open("2026", &ROW, &sealed), Err(missing.clone()));
    assert_eq!(keys().verify_mac("2026", &ROW, VALUE, &mac), Err(missing));
}

/// Computed by other implementations of HMAC, HKDF and XChaCha20-Poly1305.
#[test]
fn what_is_stored_stays_readable_after_an_upgrade() {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!(ROW.to_bytes(), b"1:6:shop-18:turbopay4:main7:pay_out6:W-7421");
    assert_eq!(hex(&keys().mac(&ROW, VALUE)), "dad80433dc86ac8cc84796b112bae16734d51b588be4ea74dccf6e7aa29d5d7f");
    let sealed = concat!(
        "000102030405060708090a0b0c0d0e0f1011121314151617",
        "7d8fad54cd912bdb2b7dac18e036538b0a5fb998d653d975",
        "91c6caaaf65018525f52fe7dce166b69",
    );
    let sealed: Vec<_> =
        (0..sealed.len()).step_by(2).map(|at| u8::from_str_radix(&sealed[at..at + 2], 16).unwrap()).collect();
    assert_eq!(&**keys().open("2027", &ROW, &sealed).unwrap(), VALUE);
}

#[test]
fn errors_and_debug_show_ids_only() {
    let keys = keys().also_accept("2026", key('o')).unwrap();
    assert_eq!(format!("{keys:?}"), r#"JournalKeys { current: "2027", older: ["2026"], .. }"#);
    assert_eq!(format!("{:?}", key('o')), "JournalKey([redacted])");

    let sealed = keys.seal(&ROW, VALUE).unwrap();
    let errors = [
        (
            keys.open("2025", &ROW, &sealed),
            "the journal does not have the key `2025`, under which the row is stored: add it with `JournalKeys::also_accept`",
        ),
        (
            keys.open("2027", &ROW, b"1234567890"),
            "a value that was sealed with the key `2027` was changed, belongs to another row, or was sealed with another key \
             of this id",
        ),
    ];
    for (result, message) in errors {
        assert_eq!(result.unwrap_err().to_string(), message);
    }
}

#[test]
fn a_key_and_its_id_are_checked() {
    let new = |id: &str, text: &str| JournalKeys::new(id, JournalKey::new(text).unwrap()).map(|_| ());
    let long = "k".repeat(500);
    assert_eq!(new(&"i".repeat(32), &long), Ok(()));
    assert_eq!(new("!", &long[..32]), Ok(()));
    assert_eq!(new("1", &long[..31]).unwrap_err().to_string(), "`journal_key` must have at least 32 characters");
    for id in ["", "a b", "ş", "2026\n", &"i".repeat(33)] {
        assert_eq!(new(id, &long).unwrap_err().to_string(), "`key_id` must be 1 to 32 visible ASCII characters");
    }
    let twice = keys().also_accept("2026", key('o')).unwrap();
    for id in ["2027", "2026"] {
        let err = twice.clone().also_accept(id, key('z')).unwrap_err();
        assert_eq!(err.to_string(), "`key_id` must not have another key already");
    }
    assert_eq!(keys().also_accept("1", JournalKey::new("short").unwrap()).unwrap_err().field(), "journal_key");
}
