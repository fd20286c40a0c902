//! A member of any shape: a descriptive one fails nothing and is recorded, a deciding one confirms nothing.

use payments_core::Outcome;
use payments_test_json::{Message, any_value_or, wrong_shape};
use proptest::prelude::*;

use super::exchange::{Exchange, Facts, Reading};
use super::exchanges;

/// What a member is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Deciding,
    Compared,
    AnyShape,
    Descriptive,
}

/// Every member of every message, with its role and its documented value.
fn members() -> impl Iterator<Item = (&'static Exchange, Role, String, String)> {
    exchanges().flat_map(|exchange| {
        let role_of = move |path: &str| {
            let is_in = |list: &[&str]| list.contains(&path);
            match exchange {
                exchange if is_in(exchange.deciding) => Role::Deciding,
                exchange if is_in(exchange.compared) => Role::Compared,
                exchange if is_in(exchange.any_shape) => Role::AnyShape,
                _ => Role::Descriptive,
            }
        };
        let members = Message::new(exchange.sample).members().into_iter();
        members.map(move |(path, good)| (exchange, role_of(&path), path, good))
    })
}

/// Checks what a message proves in which one member has another value.
fn check(exchange: &Exchange, role: Role, path: &str, value: &str) -> Result<(), String> {
    if is_exempt(exchange, path, value) {
        return Ok(());
    }
    let documented = exchange.read(exchange.sample).facts();
    let read_with = |value| exchange.read(Message::new(exchange.sample).with(path, value).to_string());
    let read = read_with(value);
    if is_missing(path, value) {
        let (read, without) = (read.to_string(), read_with("null").to_string());
        return if read == without {
            Ok(())
        } else {
            Err(format!("{exchange:?}: {path}: {value}: {read} != {without}"))
        };
    }
    let is_right = match (role, &read) {
        (Role::Descriptive, Reading::Read(facts)) => is_same(facts, &documented) && is_recorded(exchange, facts, path),
        (Role::AnyShape, Reading::Read(facts)) => is_same(facts, &documented),
        (Role::Compared, Reading::Read(facts)) => {
            !facts.passes && is_same(&Facts { passes: true, ..(**facts).clone() }, &documented)
        }
        // It may be another amount than the requested one. The error carries the ids.
        (Role::Compared, Reading::Failed(err)) => {
            err.outcome() == Outcome::Unknown && (err.object_id().is_some() || !err.may_have_moved_money())
        }
        (Role::Deciding, Reading::Failed(err)) => err.outcome() != Outcome::NotSent,
        (Role::Deciding, _) => !read.confirms(&documented),
        (Role::Descriptive | Role::AnyShape | Role::Compared, _) => false,
    };
    if is_right { Ok(()) } else { Err(format!("{exchange:?}: {role:?} {path}: {value}: {read}")) }
}

/// True for the values that are as documented although their type differs, and for an id that no result contains.
fn is_exempt(exchange: &Exchange, path: &str, value: &str) -> bool {
    match (exchange.name, path) {
        // One fee in the sample, a list in the table.
        ("tur.bo, list", "line_items[0].convenience_fee") => value == "[]",
        ("gateway, turbopay balance", "account_id") => !value.starts_with(['{', '[']),
        _ => false,
    }
}

/// True for an empty text where an object of texts belongs, or an id that may be missing: both are read as missing.
fn is_missing(path: &str, value: &str) -> bool {
    value == "\"\"" && (path.ends_with("metadata") || ["deep_links", "customer", "payment"].contains(&path))
}

fn is_same(read: &Facts, documented: &Facts) -> bool {
    read.passes && (&read.identity, &read.status) == (&documented.identity, &documented.status)
}

/// True if the member is recorded, and no other. The gateway's results have no unreadable members.
fn is_recorded(exchange: &Exchange, read: &Facts, path: &str) -> bool {
    let nothing_else = read.unreadable.iter().all(|note| note.path.starts_with(path));
    nothing_else && (read.unreadable.concerns(path) || exchange.name.starts_with("gateway"))
}

#[test]
fn every_sample_is_read_completely_and_passes_each_comparison() {
    for exchange in exchanges() {
        let facts = exchange.read(exchange.sample).facts();
        assert!(facts.passes && facts.unreadable.is_empty(), "{exchange:?}: {facts:?}");
        let paths: Vec<String> = Message::new(exchange.sample).members().into_iter().map(|(path, _)| path).collect();
        for path in [exchange.deciding, exchange.compared, exchange.any_shape].concat() {
            assert!(paths.iter().any(|known| known == path), "{exchange:?} has no member {path}");
        }
    }
}

#[test]
fn every_member_of_every_message_has_the_effect_of_its_role_and_no_other() {
    let mut wrong = Vec::new();
    for (exchange, role, path, good) in members() {
        let shapes = ["true", "7", "1.50", "\"text\"", "[]", "{}", "[7]", "{\"a\":1}", "\"\"", "\"lone \\ud83d\""];
        for value in shapes.into_iter().filter(|value| payments_test_json::is_wrong_shape(&good, value)) {
            wrong.extend(check(exchange, role, &path, value).err());
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_member_that_occurs_twice_is_not_read() {
    let mut wrong = Vec::new();
    for (exchange, role, path, good) in members() {
        // Items of lists have no name.
        let Some(name) = path.rsplit('.').next().filter(|name| !name.ends_with(']')) else { continue };
        let role = if role == Role::AnyShape { continue } else { role };
        wrong.extend(check(exchange, role, &path, &format!("{good},\"{name}\":{good}")).err());
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn a_member_of_any_other_shape_has_the_effect_of_its_role(
        (exchange, role, path, value) in prop::sample::select(members().collect::<Vec<_>>()).prop_flat_map(
            |(exchange, role, path, good)| wrong_shape(&good).prop_map(move |value| (exchange, role, path.clone(), value)),
        ),
    ) {
        check(exchange, role, &path, &value).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn a_deciding_text_is_never_read_as_another_one(
        (exchange, _, path, good) in prop::sample::select(
            members().filter(|(_, role, _, good)| *role == Role::Deciding && good.starts_with('"')).collect::<Vec<_>>(),
        ),
        value in any_value_or(&["\"\"", "\"succeeded\"", "\"success\"", "\"SUCCESS\"", "\"Approved\"", "7"]),
    ) {
        prop_assume!(value != good);
        check(exchange, Role::Deciding, &path, &value).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn no_bytes_panic(body in prop::collection::vec(any::<u8>(), 0..200), status in 200..600_u16) {
        for exchange in exchanges() {
            let _ = (exchange.read)(status, &body);
        }
    }
}
