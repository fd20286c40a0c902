use proptest::prelude::*;

/// Returns a strategy for any JSON value that is not null, as text.
pub fn any_value() -> impl Strategy<Value = String> + use<> {
    any_value_or(&["true"])
}

/// Returns a strategy for any JSON value that is not null, and for these ones: values that a test is likely to accept.
pub fn any_value_or(likely: &'static [&'static str]) -> impl Strategy<Value = String> + use<> {
    let leaf = prop_oneof![
        Just("true".to_owned()),
        proptest::sample::select(likely).prop_map(str::to_owned),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(|number| format!("{number:?}")),
        any::<String>().prop_map(quoted),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec((any::<String>(), inner), 0..3).prop_map(|members| {
                let members = members.into_iter().map(|(name, value)| format!("{}:{value}", quoted(name)));
                format!("{{{}}}", members.collect::<Vec<_>>().join(","))
            }),
        ]
    })
}

/// Returns a strategy for values of another JSON type than this one. None of them is null.
pub fn wrong_shape(documented: &str) -> impl Strategy<Value = String> + use<> {
    let documented = documented.to_owned();
    let values = any_value_or(&["true", "7", "1.50", "[]", "{}", "[7]", r#""lone \ud83d""#]);
    values.prop_filter("another JSON type", move |value| is_wrong_shape(&documented, value))
}

/// Returns true if a value has another JSON type than the documented one.
///
/// A text is no wrong shape for a number: whether `"7"` is read depends on the member.
#[must_use]
pub fn is_wrong_shape(documented: &str, value: &str) -> bool {
    let is_number_as_text = kind(documented) == Kind::Number && kind(value) == Kind::Text;
    kind(value) != kind(documented) && !is_number_as_text
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    Boolean,
    Array,
    Object,
    Null,
}

fn kind(value: &str) -> Kind {
    match value.as_bytes().first() {
        Some(b'"') => Kind::Text,
        Some(b't' | b'f') => Kind::Boolean,
        Some(b'[') => Kind::Array,
        Some(b'{') => Kind::Object,
        Some(b'n') => Kind::Null,
        _ => Kind::Number,
    }
}

fn quoted(text: String) -> String {
    serde_json::Value::from(text).to_string()
}
