//! Filters: how they are sent, and which are rejected before sending.

use time::macros::date;
use turbo_link::payments_core::time::Date;
use turbo_link::{ErrorKind, Interval, ListLinks, Outcome};

use crate::support::{KEY, block_on, last_body, scripted};

/// Asserts the form fields after the key, for a list and for one link.
#[track_caller]
fn check_form(list: &ListLinks, form: &str) {
    for id in [None, Some("abc123")] {
        let (client, script) = scripted([]);
        let call = match id {
            None => client.list_links(list.clone()),
            Some(id) => client.list_links(list.clone().only(id)),
        };
        let _ = block_on(call.send());
        assert_eq!(last_body(&script), format!("api_key={KEY}{form}"));
        assert!(script.requests()[0].url().starts_with("https://api.tur.bo/payments"));
        assert!(!script.requests()[0].url().contains('?'));
    }
}

/// Asserts that the list is rejected for this field and rule, and that nothing is sent.
#[track_caller]
fn check_rejected(list: ListLinks, field: &str, rule: &str) {
    let (client, script) = scripted([]);
    let err = block_on(client.list_links(list).send()).unwrap_err();
    assert_eq!((err.kind(), err.outcome(), err.attempts()), (ErrorKind::InvalidRequest, Outcome::NotSent, 0), "{err}");
    assert_eq!(err.param(), Some(field), "{err}");
    assert!(err.to_string().contains(rule), "{err}");
    assert_eq!(script.requests().len(), 0, "a request was sent");
}

#[test]
fn days_are_sent_as_mm_dd_yyyy() {
    check_form(&ListLinks::new(), "");
    check_form(&ListLinks::new().start(date!(2023 - 11 - 01)), "&start=11%2F01%2F2023");
    check_form(&ListLinks::new().end(date!(2024 - 02 - 29)), "&end=02%2F29%2F2024");
    let both = ListLinks::new().start(date!(2023 - 11 - 01)).end(date!(2023 - 11 - 30));
    check_form(&both, "&start=11%2F01%2F2023&end=11%2F30%2F2023");
    check_form(
        &ListLinks::new().start(date!(0099 - 01 - 02)).end(date!(9999 - 12 - 31)),
        "&start=01%2F02%2F0099&end=12%2F31%2F9999",
    );
    let day = date!(2023 - 11 - 01);
    check_form(&ListLinks::new().start(day).end(day), "&start=11%2F01%2F2023&end=11%2F01%2F2023");
}

#[test]
fn known_and_unknown_intervals_are_sent_unchanged() {
    for interval in Interval::KNOWN {
        check_form(&ListLinks::new().interval(interval.clone()), &format!("&interval={interval}"));
    }
    check_form(&ListLinks::new().interval(Interval::from("last_90_days")), "&interval=last_90_days");
}

#[test]
fn invalid_combinations_days_and_intervals_are_rejected() {
    let day = date!(2023 - 11 - 01);
    let rule = "must not be set together with `start` or `end`";
    check_rejected(ListLinks::new().interval(Interval::Today).start(day), "interval", rule);
    check_rejected(ListLinks::new().end(day).interval(Interval::Today), "interval", rule);
    check_rejected(ListLinks::new().start(day).end(day).interval(Interval::Today), "interval", rule);
    check_rejected(ListLinks::new().start(day).end(date!(2023 - 10 - 31)), "end", "must not be before `start`");
    check_rejected(ListLinks::new().start(Date::MIN), "start", "must have a year from 0 to 9999");
    check_rejected(ListLinks::new().end(date!(-0001 - 01 - 01)), "end", "must have a year from 0 to 9999");
    for label in ["", "Today", "last week", "today&api_key=x", "heute\n", "ä"] {
        let rule = if label.is_empty() { "empty" } else { "must contain only lower-case letters" };
        check_rejected(ListLinks::new().interval(Interval::from(label)), "interval", rule);
    }
}

#[test]
fn extra_fields_are_sent_encoded_after_the_clients_fields() {
    let list =
        ListLinks::new().extra("page", "2").interval(Interval::Today).extra("q-1", "a b&api_key=x=y%20\r\nX: z\u{0}ü");
    check_form(&list, "&interval=today&page=2&q-1=a+b%26api_key%3Dx%3Dy%2520%0D%0AX%3A+z%00%C3%BC");
    check_form(&ListLinks::new().extra("empty", ""), "&empty=");
    check_form(&ListLinks::new().extra("page", 2).extra("all", true), "&all=true&page=2");
    let last = ListLinks::new().extra("page", "1").extra("size", "2").extra("page", "3");
    check_form(&last, "&page=3&size=2");
}

#[test]
fn an_extra_field_cannot_replace_a_field_of_the_client() {
    for name in ["api_key", "start", "end", "interval", "API_KEY", "Api_Key", "START"] {
        check_rejected(ListLinks::new().extra(name, "x"), &name.to_lowercase(), "has a setter of its own");
    }
    for name in ["api_key[]", "api.key", "api key", " api_key", "api_key\0", "api_key=x", "a&b", "ä", "a%5b", "a[0]"] {
        check_rejected(ListLinks::new().extra(name, "x"), "extra", "must have a name of only letters, digits");
    }
    check_rejected(ListLinks::new().extra("", "x"), "extra", "empty");
    check_rejected(ListLinks::new().extra("x".repeat(101), "x"), "extra", "longer than 100");
    check_rejected(ListLinks::new().extra("page", [2]), "page", "must be a string, a number or a boolean");
    check_rejected(ListLinks::new().extra("page", ()), "page", "must not be null");
}

#[test]
fn a_link_id_can_be_a_text_which_is_checked_before_anything_is_sent() {
    check_rejected(ListLinks::new().only(""), "id", "must not be empty");
    check_rejected(ListLinks::new().only("..".to_owned()), "id", "must not be `.` or `..`");
}
