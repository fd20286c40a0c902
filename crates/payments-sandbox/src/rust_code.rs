//! Rust source text that no reference, fault or note can break out of.

/// Returns a string literal with this value.
///
/// Besides the letters and digits of all scripts, it has visible ASCII characters and spaces only. So it stays on one line, is
/// read in the order of its characters, and cannot end a comment.
pub(crate) fn literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            ' '..='~' => out.push(c),
            c if c.is_alphanumeric() => out.push(c),
            c => out.extend(c.escape_unicode()),
        }
    }
    out.push('"');
    out
}

/// Returns a call of a method of an order's handle.
pub(crate) fn call(provider: &str, object: &str, id: &str, method: &str) -> String {
    format!("sandbox.{provider}().{object}({}).{method}", literal(id))
}

/// Returns the end of an identifier: lower-case ASCII letters, digits and underscores.
pub(crate) fn identifier(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            c if c.is_ascii_alphanumeric() => out.push(c.to_ascii_lowercase()),
            _ if out.ends_with('_') || out.is_empty() => {}
            _ => out.push('_'),
        }
        if out.len() >= MAX_IDENTIFIER {
            break;
        }
    }
    out.trim_end_matches('_').to_owned()
}

const MAX_IDENTIFIER: usize = 60;

#[cfg(test)]
mod tests {
    use super::{identifier, literal};

    #[test]
    fn a_literal_has_one_line_of_characters_that_are_what_they_look_like() {
        for (text, expected) in [
            ("order-1", r#""order-1""#),
            ("\"); panic!(\"", r#""\"); panic!(\"""#),
            ("\\\n\r\u{85}\u{2028}*/", r#""\\\u{a}\u{d}\u{85}\u{2028}*/""#),
            ("a\u{202e}b\u{200b}\0", r#""a\u{202e}b\u{200b}\u{0}""#),
            ("заказ № 7", r#""заказ \u{2116} 7""#),
        ] {
            assert_eq!(literal(text), expected);
        }
    }

    #[test]
    fn an_identifier_has_nothing_but_letters_digits_and_single_underscores() {
        for (text, expected) in
            [("order-1", "order_1"), ("--A  b--", "a_b"), ("", ""), ("Ω\n", ""), ("x\"; fn y(){}", "x_fn_y")]
        {
            assert_eq!(identifier(text), expected);
        }
        assert_eq!(identifier(&"ab-".repeat(100)).len(), 59);
    }
}
