//! Masks a JSON text in one pass, without building a tree of it.

use super::{MASKED, Mask};

/// Masks a valid JSON text. Numbers and the order of members stay as they are, white space goes.
pub(super) fn masked(json: &str, mask: &Mask) -> String {
    // Without an escape, each text and each number is a part of the whole. So what the whole has not, none of them has.
    let is_clean = !json.contains('\\') && mask.is_clean(json);
    let mut walk = Walk { mask, is_clean, rest: json, out: String::with_capacity(json.len()) };
    walk.value(0);
    walk.out
}

/// What is left to read, and what is masked. It relies on the syntax: in another text, it might mask the wrong things.
struct Walk<'a> {
    mask: &'a Mask,
    /// True if only the names of members matter.
    is_clean: bool,
    rest: &'a str,
    out: String,
}

impl<'a> Walk<'a> {
    /// Masks a value, and leaves the byte after it as the next one.
    fn value(&mut self, depth: usize) {
        match self.peek() {
            Some(b'{' | b'[') if depth > MAX_DEPTH => self.mask_value(),
            Some(b'{') => self.items(b'}', |walk| walk.member(depth)),
            Some(b'[') => self.items(b']', |walk| walk.value(depth + 1)),
            Some(b'"') => {
                let text = self.take_string();
                self.push_string(text);
            }
            _ => {
                let scalar = self.take_scalar();
                if self.is_clean {
                    return self.out.push_str(scalar);
                }
                match self.mask.text(scalar) {
                    masked if masked == scalar => self.out.push_str(scalar),
                    masked => push_quoted(&mut self.out, &masked),
                }
            }
        }
    }

    /// Masks everything up to the end of an object or an array.
    fn items(&mut self, end: u8, mut item: impl FnMut(&mut Self)) {
        self.copy_byte();
        loop {
            match self.peek() {
                Some(b',') => self.copy_byte(),
                Some(byte) if byte != end => item(self),
                Some(_) => return self.copy_byte(),
                None => return,
            }
        }
    }

    fn member(&mut self, depth: usize) {
        let name = self.take_string();
        let has_escape = !self.is_clean && name.contains('\\');
        let decoded = has_escape.then(|| serde_json::from_str::<String>(name));
        let is_secret = match &decoded {
            None => self.mask.is_secret(name),
            Some(Ok(name)) => self.mask.is_secret(name),
            // Half of a surrogate pair.
            Some(Err(_)) => true,
        };
        self.push_string(name);
        if self.peek() == Some(b':') {
            self.copy_byte();
        }
        match self.peek() {
            Some(b'n') | None => self.value(depth + 1),
            Some(_) if is_secret => self.mask_value(),
            Some(_) => self.value(depth + 1),
        }
    }

    /// The next byte that is not white space.
    fn peek(&mut self) -> Option<u8> {
        let bytes = self.rest.as_bytes();
        let space = bytes.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).count();
        self.rest = &self.rest[space..];
        bytes.get(space).copied()
    }

    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }

    fn copy_byte(&mut self) {
        let byte = self.take(1);
        self.out.push_str(byte);
    }

    /// Takes a string with its quotes.
    fn take_string(&mut self) -> &'a str {
        self.take(string_length(self.rest.as_bytes()))
    }

    /// Takes a number, `true`, `false` or `null`.
    fn take_scalar(&mut self) -> &'a str {
        let ends = |byte: u8| matches!(byte, b',' | b']' | b'}' | b' ' | b'\t' | b'\r' | b'\n');
        self.take(self.rest.bytes().position(ends).map_or(self.rest.len(), |at| at.max(1)))
    }

    /// Masks a string with its quotes. Without an escape, it is as it is read.
    fn push_string(&mut self, text: &str) {
        if self.is_clean {
            return self.out.push_str(text);
        }
        if !text.contains('\\') {
            return self.out.push_str(&self.mask.text(text));
        }
        match serde_json::from_str::<String>(text) {
            Ok(text) => push_quoted(&mut self.out, &self.mask.text(&text)),
            // Half of a surrogate pair.
            Err(_) => push_quoted(&mut self.out, MASKED),
        }
    }

    /// Skips a value.
    fn mask_value(&mut self) {
        let bytes = self.rest.as_bytes();
        let (mut at, mut depth) = (0, 0_usize);
        while let Some(byte) = bytes.get(at) {
            match byte {
                b'"' => at += string_length(&bytes[at..]),
                b'{' | b'[' => (at, depth) = (at + 1, depth + 1),
                b'}' | b']' if depth > 0 => (at, depth) = (at + 1, depth - 1),
                b',' | b'}' | b']' if depth == 0 => break,
                _ => {
                    at += 1;
                    continue;
                }
            }
            if depth == 0 {
                break;
            }
        }
        self.take(at);
        push_quoted(&mut self.out, MASKED);
    }
}

/// The length of the string that bytes begin with, with its quotes.
fn string_length(bytes: &[u8]) -> usize {
    let mut at = 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn push_quoted(out: &mut String, text: &str) {
    out.push_str(&serde_json::Value::from(text).to_string());
}

/// Deeper values are masked as a whole.
const MAX_DEPTH: usize = 32;

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::masked;
    use crate::random::Random;
    use crate::record::Mask;

    #[track_caller]
    fn check(json: &str, expected: &str) {
        assert!(serde_json::from_str::<serde_json::Value>(json).is_ok(), "{json}");
        assert_eq!(masked(json, &Mask::new(["sandbox_key".to_owned()])), expected, "{json}");
    }

    #[test]
    fn what_holds_no_secret_stays_as_it_is() {
        for json in [
            "{}",
            "[]",
            "[[],{}]",
            r#"{"a":1.50,"b":-0,"c":1e40,"d":true,"e":null,"f":"","a":2}"#,
            r#"["é\"","]","}",",","\\",{"{":"["}]"#,
            r#"{"naïve name, longer than the buffer for short names: 0123456789abcdef0123456789":["ü",[[["x"]]]]}"#,
        ] {
            check(json, json);
        }
        check(" { \"a\" : [ 1 , \"b c\" ] ,\n\"d\" : { } } ", r#"{"a":[1,"b c"],"d":{}}"#);
    }

    #[test]
    fn the_whole_value_of_a_secret_name_is_masked() {
        for value in
            [r#""x""#, r#""\"}\\""#, "17", "true", r#"{"a":[{"b":"]}"}],"c":"\""}"#, r#"["}",[1],{}]"#, " [ 1 ] "]
        {
            check(&format!(r#"{{"cvv":{value},"b":1}}"#), r#"{"cvv":"[masked]","b":1}"#);
            check(&format!(r#"[{{"b":[],"X-Api-Key" : {value}}},2]"#), r#"[{"b":[],"X-Api-Key":"[masked]"},2]"#);
            check(&format!(r#"{{"p\u0061ssword":{value}}}"#), r#"{"password":"[masked]"}"#);
        }
        check(r#"{"cvv":null,"token": null }"#, r#"{"cvv":null,"token":null}"#);
    }

    #[test]
    fn keys_and_card_numbers_are_masked_in_names_texts_and_numbers() {
        check(
            r#"{"sandbox_key":"a sandbox_key","b":"s\u0061ndbox_key","c":4111111111111111,"d":"4111 1111 1111 1111"}"#,
            r#"{"[masked]":"a [masked]","b":"[masked]","c":"411111******1111","d":"4111 11** **** 1111"}"#,
        );
    }

    #[test]
    fn half_of_a_surrogate_pair_and_what_is_too_deep_are_masked() {
        assert_eq!(
            masked(r#"{"a":"\ud800","\ud800":"x","b":"c"}"#, &Mask::new([])),
            r#"{"a":"[masked]","[masked]":"[masked]","b":"c"}"#
        );
        let deep = format!("{}{}", "[".repeat(40), "]".repeat(40));
        assert_eq!(masked(&deep, &Mask::new([])), format!("{}\"[masked]\"{}", "[".repeat(33), "]".repeat(33)));
    }

    /// Masks a value as a parser reads it.
    fn of_tree(value: &Value, mask: &Mask, depth: usize) -> Value {
        match value {
            Value::Object(_) | Value::Array(_) if depth > super::MAX_DEPTH => super::MASKED.into(),
            Value::Object(members) => members
                .iter()
                .map(|(name, value)| match mask.is_secret(name) && !value.is_null() {
                    true => (mask.text(name).into_owned(), super::MASKED.into()),
                    false => (mask.text(name).into_owned(), of_tree(value, mask, depth + 1)),
                })
                .collect(),
            Value::Array(items) => items.iter().map(|item| of_tree(item, mask, depth + 1)).collect(),
            Value::String(text) => mask.text(text).into(),
            Value::Number(number) if mask.text(&number.to_string()) != number.to_string() => {
                mask.text(&number.to_string()).into()
            }
            other => other.clone(),
        }
    }

    fn below(random: &mut Random, limit: usize) -> usize {
        usize::try_from(random.next() >> 32).unwrap() % limit
    }

    /// Writes a random value, with white space and escapes that a parser removes.
    fn write(random: &mut Random, depth: usize, out: &mut String) {
        let space = |random: &mut Random| ["", "", " ", "\n\t", "\r "][below(random, 5)];
        let texts = [
            r#""""#,
            r#""a""#,
            r#""\\\"}]""#,
            r#""\\""#,
            r#""sandbox_key""#,
            r#""s\u0061ndbox_key,""#,
            r#""4111111111111111""#,
            r#""\u0034111 1111-1111 1111x""#,
            r#""\ud83d\ude00 4222222222222""#,
            r#""{\"cvv\":[""#,
            r#""é:,\/\u0000""#,
            r#""12345678901234567890""#,
        ];
        let names = [
            r#""cvv""#,
            r#""c\u0076v2""#,
            r#""X-Api_Key""#,
            r#""number""#,
            r#""numbers""#,
            r#""a""#,
            r#""b\"c""#,
            r#""4111111111111111""#,
            r#""PASS word""#,
            r#""é, longer than the buffer of sixty-four bytes, and after them comes a t-o-k-e-n""#,
            r#""sandbox_key""#,
        ];
        out.push_str(space(random));
        match random.next() % if depth > 40 { 6 } else { 10 } {
            0 => out.push_str("null"),
            1 => out.push_str(["true", "false"][below(random, 2)]),
            2 => out.push_str(["0", "-1", "4111111111111111", "17", "4111111111111112"][below(random, 5)]),
            3..=5 => out.push_str(texts[below(random, texts.len())]),
            kind => {
                let is_object = kind < 8;
                out.push(if is_object { '{' } else { '[' });
                let (count, first) = (below(random, 4), below(random, names.len()));
                for index in 0..count {
                    out.push_str(if index > 0 { "," } else { "" });
                    out.push_str(space(random));
                    if is_object {
                        out.push_str(names[(first + index) % names.len()]);
                        out.push_str(space(random));
                        out.push(':');
                    }
                    write(random, depth + 1, out);
                }
                out.push_str(space(random));
                out.push(if is_object { '}' } else { ']' });
            }
        }
        out.push_str(space(random));
    }

    #[test]
    fn a_parser_and_the_walk_mask_the_same() {
        let mask = Mask::new(["sandbox_key".to_owned()]);
        let mut random = Random::new(7);
        for round in 0..20_000_usize {
            let mut json = "[".repeat(if round % 10 == 0 { round / 10 % 40 } else { 0 });
            let depth = json.len();
            write(&mut random, depth, &mut json);
            json.push_str(&"]".repeat(depth));
            let expected = of_tree(&serde_json::from_str(&json).unwrap(), &mask, 0);
            let actual = masked(json.trim(), &mask);
            assert_eq!(serde_json::from_str::<Value>(&actual).unwrap(), expected, "{json}");
        }
    }
}
