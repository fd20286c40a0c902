//! The structure of a JSON value: its members and their types, without their values.

use std::collections::BTreeSet;

use serde_json::Value;

/// Returns one line per member: its path and type. All items of an array share the path `[]`.
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

/// Returns a Postman test that compares the response's structure. It fails with the differing lines.
pub(crate) fn expect_shape(recorded: &Value) -> String {
    let recorded: Vec<_> = shape(recorded).into_iter().map(Value::String).collect();
    format!(
        "{SHAPE_JS}
pm.test('names and types as recorded', () => {{
  const recorded = {};
  const actual = shape(pm.response.json());
  const missing = recorded.filter((line) => !actual.includes(line)).map((line) => `- ${{line}}`);
  const added = actual.filter((line) => !recorded.includes(line)).map((line) => `+ ${{line}}`);
  pm.expect([...missing, ...added].join(', ')).to.equal('');
}});",
        Value::Array(recorded)
    )
}

/// [`shape`] in JavaScript.
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
    fn a_structure_distinguishes_null_from_strings_and_ignores_values() {
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
