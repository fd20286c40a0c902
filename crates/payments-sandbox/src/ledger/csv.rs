//! The ledger as CSV, as RFC 4180 describes it.

use super::Entry;

/// Returns a header and a row for each entry.
pub(crate) fn of_entries(entries: &[Entry]) -> String {
    let mut csv = String::from("number,at,operation,reference,kind,amount,currency,moves_money,request\r\n");
    for entry in entries {
        let kind = entry.kind.to_string();
        let request = entry.request.map(|number| number.to_string()).unwrap_or_default();
        let texts = [&entry.operation, &entry.reference, &kind].map(|text| cell(text)).join(",");
        let (number, at, amount, currency) = (entry.number, entry.at, entry.amount, cell(&entry.currency));
        csv.push_str(&format!("{number},{at},{texts},{amount},{currency},{},{request}\r\n", entry.moves_money));
    }
    csv
}

/// Returns a cell with this text.
///
/// A spreadsheet takes a text that begins like a formula for a formula, which can send data to another host. Such a text gets an
/// apostrophe in front.
fn cell(text: &str) -> String {
    let text = match text.chars().next() {
        Some(first) if FORMULAS.contains(&first) => format!("'{text}"),
        _ => text.to_owned(),
    };
    if text.contains(['"', ',', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

/// The characters that a formula begins with, also in their full-width form, and those that spreadsheets skip before one.
const FORMULAS: &[char] = &['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn a_cell_is_quoted_if_it_must_be_and_never_begins_like_a_formula() {
        for (text, expected) in [
            ("order-1", "order-1"),
            ("", ""),
            ("a,b", "\"a,b\""),
            ("a\"b", "\"a\"\"b\""),
            ("a\r\nb", "\"a\r\nb\""),
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "\"'\r=1\""),
            ("\n=1", "\"'\n=1\""),
            ("＝1", "'＝1"),
            ("＋1", "'＋1"),
            ("－1", "'－1"),
            ("＠1", "'＠1"),
            ("=HYPERLINK(\"http://x\",\"y\")", "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\""),
        ] {
            assert_eq!(cell(text), expected);
        }
    }
}
