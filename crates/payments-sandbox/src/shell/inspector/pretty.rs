//! Line feeds and indentation for a JSON text. Its numbers and the order of its members stay as they are.

/// Returns the text with one member or item on each line. The text may be cut off anywhere.
pub(super) fn json(text: &str) -> String {
    let mut pretty = String::with_capacity(text.len() * 2);
    let (mut depth, mut is_string, mut is_escaped, mut is_empty) = (0_usize, false, false, false);
    for c in text.chars() {
        if is_string {
            pretty.push(c);
            is_string = c != '"' || is_escaped;
            is_escaped = c == '\\' && !is_escaped;
            continue;
        }
        if c.is_ascii_whitespace() {
            continue;
        }
        let closes = matches!(c, '}' | ']');
        if closes {
            depth = depth.saturating_sub(1);
        }
        // An object or a list without members stays on one line.
        if closes != is_empty && (closes || is_empty) {
            new_line(&mut pretty, depth);
        }
        is_empty = matches!(c, '{' | '[');
        pretty.push(c);
        match c {
            '"' => is_string = true,
            '{' | '[' => depth += 1,
            ',' => new_line(&mut pretty, depth),
            ':' => pretty.push(' '),
            _ => {}
        }
    }
    pretty
}

fn new_line(pretty: &mut String, depth: usize) {
    pretty.push('\n');
    // A deep text is not made wider than it can be shown.
    pretty.extend(std::iter::repeat_n("  ", depth.min(32)));
}

#[cfg(test)]
mod tests {
    use super::json;

    #[test]
    fn members_are_on_lines_of_their_own_and_values_stay_as_they_are() {
        let text = r#"{"b":1.10,"a":[1e3, {}],"c":{"d":"x,{\"}\\"},"e":[]}"#;
        let pretty = "{\n  \"b\": 1.10,\n  \"a\": [\n    1e3,\n    {}\n  ],\n  \"c\": {\n    \"d\": \"x,{\\\"}\\\\\"\n  },\n  \"e\": []\n}";
        assert_eq!(json(text), pretty);
        assert_eq!(json(pretty), pretty);
    }

    #[test]
    fn a_text_that_is_cut_off_is_shown_up_to_its_end() {
        assert_eq!(json(r#"{"a":[1,"x"#), "{\n  \"a\": [\n    1,\n    \"x");
        assert_eq!(json("]}"), "\n]\n}");
        assert_eq!(json(""), "");
    }
}
