use payments_core::id::{check_id, check_reference};
use proptest::prelude::*;

use crate::support::{PaymentId, Reference};

/// Texts that an attacker could use to reach another endpoint, header or host.
pub(crate) fn hostile() -> Vec<String> {
    let mut all: Vec<String> = [
        "",
        ".",
        "..",
        "...",
        "....",
        "/",
        "//",
        "/.",
        "/..",
        "./",
        "../",
        "../..",
        "../../",
        "../balance",
        "..\\",
        "\\..\\",
        "\\",
        "a/b",
        "a//b",
        "/a",
        "a/",
        "a/../b",
        "a/./b",
        "a\\b",
        "/etc/passwd",
        "..;/",
        "..;",
        ".;",
        "..%00",
        "..%00/",
        "..\0",
        "%",
        "%%",
        "%2",
        "%2e",
        "%2E",
        "%2e%2e",
        "%2E%2E",
        "%2e.",
        ".%2e",
        ".%2E",
        "%2e%2e%2f",
        "%2e%2e/",
        "..%2f",
        "..%2F",
        "..%5c",
        "%252e%252e",
        "%252e%252e%252f",
        "%25252e",
        "%2f",
        "%2F",
        "%5c",
        "%c0%ae%c0%ae",
        "%c0%af",
        "%e0%80%ae",
        "%uff0e%uff0e",
        "%00",
        "%0a",
        "%0d",
        "%0d%0a",
        "%0d%0aX-Evil:%201",
        "%20",
        "%3f",
        "%23",
        "%26",
        "%3d",
        "%zz",
        "%g0",
        "%-1",
        "%u002e",
        "?",
        "??",
        "?x",
        "?x=y",
        "a?b",
        "a?b=c&d=e",
        "?/../",
        "#",
        "##",
        "#x",
        "a#b",
        "#/../",
        "&",
        "a&b",
        "&x=y",
        "=",
        "a=b",
        ";",
        "a;b",
        ";x=y",
        "@",
        "@evil.com",
        "a@b",
        "user:pass@evil.com",
        ":",
        "::",
        ":80",
        "a:b",
        "//evil.com",
        "https://evil.com/",
        "http:",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "\\\\evil.com\\x",
        "/\\evil.com",
        "///evil.com",
        "[::1]",
        "*",
        "a*",
        "~",
        "~root",
        "$",
        "${x}",
        "$(id)",
        "`id`",
        "\r",
        "\n",
        "\r\n",
        "\r\n\r\n",
        "a\r\nX-Evil: 1",
        "a\nX-Evil: 1",
        "a\rX-Evil: 1",
        "a\r\n\r\nGET /evil HTTP/1.1\r\nHost: evil.com\r\n\r\n",
        "a HTTP/1.1\r\nX-Evil: 1",
        " HTTP/1.1",
        "a b",
        " ",
        "  ",
        " a",
        "a ",
        "\t",
        "a\tb",
        "\u{b}",
        "\u{c}",
        "\0",
        "a\0b",
        "\u{1}",
        "\u{7f}",
        "\u{1b}[31m",
        "\u{80}",
        "\u{85}",
        "\u{9f}",
        "\u{a0}",
        "\u{ad}",
        "\u{2028}",
        "\u{2029}",
        "\u{200b}",
        "\u{200d}",
        "\u{2060}",
        "\u{feff}",
        "\u{202e}evil",
        "\u{202d}",
        "\u{2066}x\u{2069}",
        "\u{fffd}",
        "\u{ffff}",
        "\u{10ffff}",
        "e\u{301}",
        "é",
        "ß",
        "ı",
        "İ",
        "ſ",
        "K",
        "Å",
        "．．",
        "．",
        "／",
        "．．／",
        "∕",
        "⁄",
        "＼",
        "﹨",
        "․․",
        "‥",
        "…",
        "。。",
        "｡｡",
        "％2e％2e",
        "？",
        "＃",
        "＠",
        "：",
        "＆",
        "аdmin",
        "раypal",
        "ехample",
        "οrder",
        "𝐨𝐫𝐝𝐞𝐫",
        "order",
        "ⅽard",
        "ⓐⓓⓜⓘⓝ",
        "test\u{34f}",
        "مرحبا",
        "שלום",
        "नमस्ते",
        "注文",
        "주문",
        "ใบสั่ง",
        "🔥",
        "👩\u{200d}👩\u{200d}👧",
        "🇮🇳",
        "❤\u{fe0f}",
        "Z̴͑a̷l̸g̵o̶",
        "'",
        "\"",
        "''",
        "\"\"",
        "' or 1=1--",
        "\"; drop table orders; --",
        "<script>",
        "<!--",
        "]]>",
        "{{7*7}}",
        "{}",
        "[]",
        "{\"$ne\":null}",
        "null",
        "undefined",
        "NaN",
        "true",
        "-",
        "--",
        "-1",
        "_",
        "__proto__",
        "constructor",
        "^",
        "|",
        "a|b",
        "!",
        "!!",
        "(",
        ")",
        "<",
        ">",
        ",",
        "+",
        "a+b",
        "0",
        "00",
        "1e400",
        "9223372036854775808",
        "CON",
        "NUL",
        "COM1",
        ".git",
        ".env",
        "a.",
        ".a",
    ]
    .map(str::to_owned)
    .to_vec();
    for (part, count) in
        [("a", 10_240), ("../", 3_400), ("%2e", 3_400), ("/", 10_240), ("é", 5_120), ("\r\n", 5_000), ("🔥", 100)]
    {
        all.push(part.repeat(count));
    }
    all
}

#[test]
fn there_are_more_than_two_hundred_hostile_texts() {
    let mut all = hostile();
    all.sort();
    all.dedup();
    assert!(all.len() >= 200, "{}", all.len());
}

#[test]
fn an_id_contains_no_character_with_a_meaning_in_a_path() {
    for text in hostile() {
        let plain = !text.is_empty()
            && text.len() <= 255
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
        let expected = plain && text != "." && text != "..";
        assert_eq!(text.parse::<PaymentId>().is_ok(), expected, "{text:?}");
        assert_eq!(PaymentId::try_from(text.clone()).is_ok(), expected, "{text:?}");
        assert_eq!(serde_json::from_value::<PaymentId>(serde_json::json!(text)).is_ok(), expected, "{text:?}");
        if let Err(err) = check_id("payment_id", &text) {
            assert_eq!(err.field(), "payment_id");
            // A short text may occur in the rule by chance.
            assert!(text.chars().count() <= 4 || !err.rule().contains(&text), "{err}");
        }
    }
}

#[test]
fn a_reference_is_any_text_except_dot_and_dot_dot() {
    for text in hostile() {
        let expected = (1..=100).contains(&text.chars().count()) && text != "." && text != "..";
        assert_eq!(text.parse::<Reference>().is_ok(), expected, "{text:?}");
        assert_eq!(check_reference("reference", &text, 100).is_ok(), expected, "{text:?}");
    }
}

#[test]
fn lengths_are_counted_in_characters() {
    assert!("é".repeat(100).parse::<Reference>().is_ok());
    assert!("é".repeat(101).parse::<Reference>().is_err());
    assert!("a".repeat(255).parse::<PaymentId>().is_ok());
    let err = "a".repeat(256).parse::<PaymentId>().unwrap_err();
    assert_eq!(err.to_string(), "`payment_id` must not be longer than 255 characters; it has 256");
}

#[test]
fn a_private_id_is_not_printed() {
    let id: PaymentId = "canary".parse().unwrap();
    assert_eq!(format!("{id:?}"), "PaymentId([private])");
    assert_eq!((id.as_str(), serde_json::to_string(&id).unwrap().as_str()), ("canary", r#""canary""#));
    let reference: Reference = "order/7".parse().unwrap();
    assert_eq!(format!("{reference:?}"), r#"Reference("order/7")"#);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_id_needs_no_percent_encoding(text: String) {
        if text.parse::<PaymentId>().is_ok() {
            prop_assert!(text.bytes().all(|byte| byte.is_ascii_graphic() && !b"/?#%\\@:".contains(&byte)));
        }
    }

    #[test]
    fn a_rejected_text_is_not_quoted_but_its_field_is_named(text in "[^a-zA-Z .]{5,300}") {
        if let Err(err) = text.parse::<PaymentId>() {
            prop_assert_eq!(err.field(), "payment_id");
            prop_assert!(!err.to_string().contains(&text), "{}", err);
        }
        if let Err(err) = text.parse::<Reference>() {
            prop_assert_eq!(err.field(), "reference");
            prop_assert!(!err.to_string().contains(&text), "{}", err);
        }
    }

    #[test]
    fn an_accepted_id_is_not_changed(text in "[A-Za-z0-9._-]{3,255}") {
        let id: PaymentId = text.parse().unwrap();
        prop_assert_eq!(id.as_str(), text.as_str());
        prop_assert_eq!(&serde_json::from_value::<PaymentId>(serde_json::to_value(&id).unwrap()).unwrap(), &id);
    }
}
