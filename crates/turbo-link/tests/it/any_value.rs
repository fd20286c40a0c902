//! Any JSON value, as text. Each published crate has this file, because its tests compile from its archive.

use proptest::prelude::*;

/// Returns a strategy for any JSON value that is not null.
pub(crate) fn any_value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("true".to_owned()),
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

fn quoted(text: String) -> String {
    serde_json::Value::String(text).to_string()
}
