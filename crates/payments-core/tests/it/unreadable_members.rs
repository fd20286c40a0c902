//! What a provider crate asks about the members that could not be read.

use payments_core::json::{self, Facts, ProviderMessage, UnreadableMembers};
use payments_core::{Currency, ReportedAmount, ReportedCurrency};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
struct Payment {
    id: String,
    #[serde(default, deserialize_with = "json::amount")]
    amount: ReportedAmount,
    #[serde(default, deserialize_with = "json::currency")]
    currency: ReportedCurrency,
    #[serde(default, deserialize_with = "json::none_if_empty")]
    note: Option<String>,
    #[serde(default)]
    card: Option<json::Object<Card>>,
}

#[derive(Debug, Deserialize)]
struct Card {
    #[serde(default)]
    brand: Option<String>,
}

impl ProviderMessage for Payment {
    const DECIDING: &'static [&'static str] = &["id"];

    fn facts(member: &dyn Fn(&str) -> Option<String>) -> Facts {
        Facts { object_id: member("id"), status: member("status"), amount: member("card.limit") }
    }
}

fn unreadable(body: &str) -> UnreadableMembers {
    json::read::<Payment>(body.as_bytes()).unwrap().unreadable
}

#[test]
fn a_documented_message_is_read_as_it_is() {
    let read = json::read::<Payment>(br#"{"id":"1","card":{"brand":"visa"}}"#).unwrap();
    let brand = read.value.card.and_then(|card| card.0.brand);
    assert_eq!((&*read.value.id, brand.as_deref(), read.unreadable.is_empty()), ("1", Some("visa"), true));
}

#[test]
fn a_member_is_concerned_if_a_part_of_it_is() {
    let card = unreadable(r#"{"id":"1","card":{"brand":[1]}}"#);
    assert!(card.concerns("card") && card.concerns("card.brand"));
    assert!(!card.concerns("car") && !card.concerns("card.brand.name") && !card.concerns("id"));
    assert!(!UnreadableMembers::default().concerns("card"));
}

#[test]
fn every_member_is_concerned_if_there_are_too_many() {
    #[derive(Debug, Deserialize)]
    struct Anything {
        id: String,
        #[serde(default)]
        texts: std::collections::BTreeMap<String, Option<String>>,
    }
    payments_core::deciding_members!(Anything: "id");
    let texts = |count: usize| {
        let members: Vec<String> = (0..count).map(|name| format!(r#""m{name}":[1]"#)).collect();
        let body = format!(r#"{{"id":"1","texts":{{{}}}}}"#, members.join(","));
        let read = json::read::<Anything>(body.as_bytes()).unwrap();
        assert_eq!((&*read.value.id, read.value.texts.values().flatten().count()), ("1", 0));
        read.unreadable
    };
    assert!(texts(70).concerns("amount"), "a comparison must not treat the amount as missing");
    assert!(!texts(1).concerns("amount"));
}

#[test]
fn an_amount_or_a_currency_that_occurs_twice_is_not_missing() {
    let body = r#"{"id":"1","amount":5,"amount":6,"currency":"INR","currency":"TRY"}"#;
    let read = json::read::<Payment>(body.as_bytes()).unwrap();
    let (amount, currency) = (read.value.amount, read.value.currency);
    assert_eq!((&amount, &currency), (&ReportedAmount::Missing, &ReportedCurrency::Missing));
    assert_eq!(read.unreadable.amount("amount", amount), ReportedAmount::Unreadable("5, 6".into()));
    let expected = ReportedCurrency::Unreadable(r#""INR", "TRY""#.into());
    assert_eq!(read.unreadable.currency("currency", currency), expected);
}

#[test]
fn an_amount_or_a_currency_that_was_read_is_kept() {
    let nothing = unreadable(r#"{"id":"1"}"#);
    assert!(nothing.is_empty());
    assert_eq!(nothing.amount("amount", ReportedAmount::Missing), ReportedAmount::Missing);
    assert_eq!(nothing.currency("currency", ReportedCurrency::Missing), ReportedCurrency::Missing);
    let five = || ReportedAmount::Exact(5.into());
    let inr = || ReportedCurrency::Known(Currency::INR);
    for unreadable in [nothing, unreadable(r#"{"id":"1","amount":5,"amount":6,"currency":1,"currency":2}"#)] {
        assert_eq!(unreadable.amount("amount", five()), five());
        assert_eq!(unreadable.currency("currency", inr()), inr());
    }
}

#[test]
fn the_members_of_a_part_carry_the_path_of_the_part() {
    let whole = unreadable(r#"{"id":"1","note":[1]}"#);
    let part = unreadable(r#"{"id":2}"#);
    let paths: Vec<String> = whole.with_part("data", part).iter().map(|member| member.path.clone()).collect();
    assert_eq!(paths, ["note", "data.id"]);
}

#[test]
fn debug_output_shows_the_path_and_the_problem_but_not_the_text() {
    let member = format!("{:?}", unreadable(r#"{"id":"1","note":["private"]}"#).iter().next().unwrap());
    assert!(member.starts_with("note: ") && !member.contains("private"), "{member}");
}

#[test]
fn an_empty_text_is_none() {
    let note = |body: &str| json::read::<Payment>(body.as_bytes()).unwrap().value.note;
    assert_eq!(note(r#"{"id":"1","note":"hello"}"#).as_deref(), Some("hello"));
    assert_eq!(
        (note(r#"{"id":"1","note":""}"#), note(r#"{"id":"1","note":null}"#), note(r#"{"id":"1"}"#)),
        Default::default()
    );
}

#[test]
fn the_error_about_an_unreadable_message_carries_what_could_be_read() {
    let facts = |body: &str| json::read::<Payment>(body.as_bytes()).unwrap_err().facts().cloned().unwrap_or_default();
    let text = |text: &str| Some(text.to_owned());
    let twice = facts(r#"{"id":"1","id":"1","status":"pa\u0069d","card":{"limit":40.00}}"#);
    assert_eq!(twice, Facts { object_id: None, status: text("paid"), amount: text("40.00") });
    // A control character is not valid in JSON, so nothing is made of it.
    let control = facts("{\"id\":[],\"status\":\"pa\tid\"}");
    assert_eq!(control, Facts::default());
    assert_eq!(facts(r#"{"id":[],"status":"a b"}"#).status, text("a b"));
}

#[test]
fn a_long_body_is_not_read_again_for_each_unreadable_member() {
    let texts = |length: usize| {
        let members: Vec<String> = (0..60).map(|name| format!(r#""m{name}":"\ud800""#)).collect();
        let body = format!(r#"{{"id":"1","filling":"{}",{}}}"#, "x".repeat(length), members.join(","));
        let members = unreadable(&body);
        (members.iter().count(), members.iter().filter(|member| !member.raw.is_empty()).count())
    };
    assert_eq!(texts(1024), (60, 60));
    let (members, with_text) = texts(1024 * 1024);
    assert_eq!(members, 60);
    assert!((1..=5).contains(&with_text), "4 MiB are read again at most: {with_text}");
}
