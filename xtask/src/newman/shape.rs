//! The form of a JSON text: which members there are, and of which type; not their values.

use std::collections::BTreeSet;

use serde_json::Value;

/// One line for every member: its path and its type. Items of an array share the path `[]`.
fn shape(value: &Value) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    collect("$", value, &mut lines);
    lines
}

fn collect(path: &str, value: &Value, lines: &mut BTreeSet<String>) {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    lines.insert(format!("{path}: {kind}"));
    for item in value.as_array().into_iter().flatten() {
        collect(&format!("{path}[]"), item, lines);
    }
    for (name, member) in value.as_object().into_iter().flatten() {
        collect(&format!("{path}.{name}"), member, lines);
    }
}

/// A test in Postman's language: the answer has this shape, and no other. It fails with the lines that differ.
pub(crate) fn expect_shape(recorded: &Value) -> String {
    let recorded: Vec<_> = shape(recorded).into_iter().map(Value::String).collect();
    format!(
        "{SHAPE_JS}
pm.test('names and types as recorded', () => {{
  const recorded = {};
  const answered = shape(pm.response.json());
  const missing = recorded.filter((line) => !answered.includes(line)).map((line) => `- ${{line}}`);
  const added = answered.filter((line) => !recorded.includes(line)).map((line) => `+ ${{line}}`);
  pm.expect([...missing, ...added].join(', ')).to.equal('');
}});",
        Value::Array(recorded)
    )
}

/// What [`shape`] is here.
const SHAPE_JS: &str = "\
function shape(value, path = '$', lines = new Set()) {
  const kind = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
  lines.add(`${path}: ${kind}`);
  if (kind === 'array') value.forEach((item) => shape(item, `${path}[]`, lines));
  if (kind === 'object') Object.keys(value).forEach((name) => shape(value[name], `${path}.${name}`, lines));
  return [...lines];
}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_tells_null_from_text_and_forgets_values() {
        let order = |utr: Value| shape(&serde_json::json!({"utr": utr, "errors": [{"n": 1}, {"n": 2}]}));

        assert_eq!(order("1".into()), order("2".into()));
        assert_ne!(order("1".into()), order(Value::Null));
        let lines: Vec<_> = order(Value::Null).into_iter().collect();
        assert_eq!(
            lines,
            ["$.errors: array", "$.errors[].n: number", "$.errors[]: object", "$.utr: null", "$: object"]
        );
    }
}
