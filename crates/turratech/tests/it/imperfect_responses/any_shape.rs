//! A member of any shape: a descriptive one fails nothing, and a deciding one confirms nothing.

use payments_core::test_util::Reply;
use proptest::prelude::*;
use turratech::{
    Currency, ErrorKind, EventObject, Expected, ListParams, Outcome, SubscriptionUpdate, UnreadableMembers,
};

use super::{METADATA, create, expected, good, paths, retrieve, verify};
use crate::any_value::any_value_or;
use crate::support::{block_on, payment, pounds, scripted};
use crate::webhooks::{delivery, event};

fn any_value() -> impl Strategy<Value = String> {
    any_value_or(&["2000", r#""lone \ud83d""#])
}

/// The object with another value for this member.
fn with_member(members: &[(&str, &str)], name: &str, value: &str) -> String {
    let member = |(other, good): &(&str, &str)| format!("\"{other}\":{}", if *other == name { value } else { good });
    format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(","))
}

const PAYMENT: &[(&str, &str)] = &[
    ("id", "\"pay_1\""),
    ("amount", "2000"),
    ("amount_capturable", "0"),
    ("amount_received", "2000"),
    ("currency", "\"gbp\""),
    ("customer", "\"cus_ABC123\""),
    ("description", "\"d\""),
    ("payment_method", "\"pm_1\""),
    ("status", "\"succeeded\""),
    ("created", "1704067200"),
    ("livemode", "false"),
    ("metadata", METADATA),
];

const CUSTOMER_OBJECT: &[(&str, &str)] = &[
    ("id", "\"cus_1\""),
    ("email", "\"e\""),
    ("name", "\"n\""),
    ("phone", "\"p\""),
    ("description", "\"d\""),
    ("address", "{}"),
    ("shipping", "{}"),
    ("metadata", "{}"),
    ("payment_method", "\"pm_1\""),
    ("status", "\"active\""),
];

const SUBSCRIPTION: &[(&str, &str)] = &[
    ("id", "\"sub_1\""),
    ("customer", "\"cus_1\""),
    ("items", "[]"),
    ("trial_period_days", "14"),
    ("cancel_at_period_end", "true"),
    ("default_payment_method", "\"pm_1\""),
    ("metadata", "{}"),
    ("status", "\"active\""),
];

const REFUND: &[(&str, &str)] = &[
    ("id", "\"re_1\""),
    ("payment", "\"pay_1\""),
    ("amount", "500"),
    ("currency", "\"gbp\""),
    ("reason", "\"duplicate\""),
    ("status", "\"succeeded\""),
    ("metadata", "{\"n\":\"1\"}"),
];

const METHOD: &[(&str, &str)] =
    &[("id", "\"pm_1\""), ("type", "\"card\""), ("customer", "\"cus_1\""), ("status", "\"active\"")];

fn names(members: &'static [(&'static str, &'static str)], deciding: &[&str]) -> impl Strategy<Value = &'static str> {
    let names: Vec<_> = members.iter().map(|(name, _)| *name).filter(|name| !deciding.contains(name)).collect();
    prop::sample::select(names)
}

/// Checks that nothing but this member is recorded.
fn check_notes(unreadable: &UnreadableMembers, name: &str) {
    for path in paths(unreadable) {
        assert!(
            path == name || path.starts_with(&format!("{name}.")) || path.starts_with(&format!("{name}[")),
            "{path}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_descriptive_member_of_a_payment_of_any_shape_fails_nothing(
        name in names(PAYMENT, &["id", "status", "livemode"]),
        value in any_value(),
    ) {
        let object = with_member(PAYMENT, name, &value);
        let payment = retrieve(&object).unwrap();
        prop_assert!(payment.is_paid() && payment.id.as_str() == "pay_1");
        check_notes(payment.unreadable_members(), name);
        // A comparison passes only if the member says the same, or does not take part in the comparison.
        let is_money = ["amount_received", "currency"].contains(&name);
        let order = Expected::new("12345", pounds(2000));
        let text: String = serde_json::from_str(&value).unwrap_or_else(|_| value.clone());
        if is_money && payment.check(&expected()).is_ok() {
            prop_assert!(["2000", "826", ""].contains(&&*text) || text.eq_ignore_ascii_case("gbp"), "{value}");
        }
        if name == "metadata" && payment.check_metadata("order_id", &order).is_ok() {
            prop_assert!(value.contains("12345"), "{value}");
        }
        // The request had this customer and this metadata.
        if ["customer", "metadata"].contains(&name) && value != "\"\"" && create(&object).is_ok() {
            prop_assert!(value.contains("cus_ABC123") || value.contains("12345"), "{value}");
        }
        let body = event("payment.succeeded", &object);
        let EventObject::Payment(in_event) = verify(body.as_bytes()).unwrap().object().unwrap() else { panic!() };
        prop_assert!(in_event.is_paid());
        check_notes(in_event.unreadable_members(), name);
    }

    #[test]
    fn a_deciding_member_of_a_payment_of_any_shape_confirms_nothing(
        name in prop::sample::select(vec!["id", "status", "livemode"]),
        value in any_value(),
    ) {
        let text: String = serde_json::from_str(&value).unwrap_or_else(|_| value.clone());
        let same = ["pay_1", "succeeded", "false"].contains(&&*text);
        prop_assume!(!same);
        let object = with_member(PAYMENT, name, &value);
        if let Ok(payment) = retrieve(&object) {
            prop_assert!(!payment.is_paid(), "{value}");
        }
        let body = event("payment.succeeded", &object);
        if let Ok(EventObject::Payment(payment)) = verify(body.as_bytes()).map_or(Err(()), |event| event.object().map_err(|_| ())) {
            prop_assert!(!payment.is_paid() || payment.check(&expected().live(false)).is_err(), "{value}");
        }
    }

    #[test]
    fn a_descriptive_member_of_the_other_objects_of_any_shape_fails_nothing(
        customer in names(CUSTOMER_OBJECT, &["id"]),
        subscription in names(SUBSCRIPTION, &["id", "status"]),
        refunded in names(REFUND, &["id", "status"]),
        method in names(METHOD, &["id"]),
        value in any_value(),
    ) {
        let object = with_member(CUSTOMER_OBJECT, customer, &value);
        let (client, _) = scripted([Reply::json(200, &object)]);
        let read = block_on(client.retrieve_customer(&"cus_1".parse().unwrap()).send()).unwrap();
        check_notes(read.unreadable_members(), customer);
        let in_event = verify(event("customer.created", &object).as_bytes()).unwrap().object();
        prop_assert!(matches!(in_event, Ok(EventObject::Customer(_))));

        let object = with_member(SUBSCRIPTION, subscription, &value);
        let (client, _) = scripted([Reply::json(200, &object)]);
        let update = SubscriptionUpdate::new();
        let read = block_on(client.update_subscription(&"sub_1".parse().unwrap(), update).send()).unwrap();
        prop_assert_eq!(read.status.as_deref(), Some("active"));
        check_notes(read.unreadable_members(), subscription);
        let in_event = verify(event("subscription.updated", &object).as_bytes()).unwrap().object();
        prop_assert!(matches!(in_event, Ok(EventObject::Subscription(_))));

        let object = with_member(REFUND, refunded, &value);
        let (client, _) = scripted([Reply::json(200, &object)]);
        let read = block_on(client.retrieve_refund(&"re_1".parse().unwrap()).send()).unwrap();
        prop_assert_eq!(read.status.as_deref(), Some("succeeded"));
        check_notes(read.unreadable_members(), refunded);
        let text: String = serde_json::from_str(&value).unwrap_or_else(|_| value.clone());
        if ["amount", "currency"].contains(&refunded) && read.amount_in(Currency::GBP) == Ok(pounds(500)) {
            prop_assert!(["500", "826", ""].contains(&&*text) || text.eq_ignore_ascii_case("gbp"), "{value}");
        }
        let in_event = verify(event("refund.created", &object).as_bytes()).unwrap().object();
        prop_assert!(matches!(in_event, Ok(EventObject::Refund(_))));

        let object = with_member(METHOD, method, &value);
        let (client, _) = scripted([Reply::json(200, &object)]);
        let read = block_on(client.detach_payment_method(&"pm_1".parse().unwrap()).send()).unwrap();
        check_notes(read.unreadable_members(), method);
    }

    #[test]
    fn the_time_of_an_event_and_the_details_of_an_error_of_any_shape_fail_nothing(
        member in prop::sample::select(vec!["code", "message", "param", "decline_code"]),
        value in any_value(),
    ) {
        let body = delivery().replacen("1704067200", &value, 1);
        let event = verify(body.as_bytes()).unwrap();
        prop_assert!(event.id.as_str() == "evt_1" && !event.livemode);
        check_notes(event.unreadable_members(), "created");

        prop_assume!(!value.to_lowercase().contains("dempoten"));
        let body = format!(r#"{{"error":{{"type":"card_error","{member}":{value}}}}}"#);
        let (client, script) = scripted([Reply::json(402, &body)]);
        let err = block_on(client.create_payment(payment()).send()).unwrap_err();
        prop_assert_eq!((err.kind(), err.outcome(), script.requests().len()), (ErrorKind::Declined, Outcome::Refused, 1));
    }

    #[test]
    fn an_item_of_any_shape_does_not_affect_the_others(value in any_value()) {
        let page = format!(r#"{{"data":[{},{value},{}],"has_more":false}}"#, good(), good());
        let (client, _) = scripted([Reply::json(200, &page)]);
        let items = block_on(client.list_payments(ListParams::new()).try_next_page()).unwrap().unwrap();
        prop_assert!(items.len() == 3 && items[0].is_ok() && items[2].is_ok());
        prop_assert!(items[1].is_err());
    }

    #[test]
    fn no_bytes_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = verify(&body).map(|event| event.object());
        let (client, _) = scripted([Reply::new(200, body.clone()), Reply::new(402, body)]);
        let id = "pay_1".parse().unwrap();
        let _ = block_on(client.retrieve_payment(&id).send());
        let _ = block_on(client.list_payments(ListParams::new()).try_next_page());
    }
}
