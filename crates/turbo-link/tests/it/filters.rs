//! What is asked for, and what is refused before anything is sent.

use time::macros::date;
use turbo_link::payments_core::time::Date;
use turbo_link::{ErrorKind, Interval, ListLinks, Outcome};

use crate::support::{KEY, body_of, now, scripted};

/// The form that goes out behind the key, for a list and for a link.
#[track_caller]
fn check(filter: &ListLinks, form: &str) {
    for id in [None, Some("abc123")] {
        let (client, script) = scripted([]);
        let call = match id {
            None => client.list_links(filter.clone()),
            Some(id) => client.list_links(filter.clone().only(id.parse().unwrap())),
        };
        let _ = now(call.send());
        assert_eq!(body_of(&script), format!("api_key={KEY}{form}"));
        assert!(script.requests()[0].url().starts_with("https://api.tur.bo/payments"));
        assert!(!script.requests()[0].url().contains('?'));
    }
}

/// The filter is refused for this field by this rule, and nothing is sent.
#[track_caller]
fn refused(filter: ListLinks, field: &str, rule: &str) {
    let (client, script) = scripted([]);
    let err = now(client.list_links(filter).send()).unwrap_err();
    assert_eq!((err.kind(), err.outcome(), err.attempts()), (ErrorKind::InvalidRequest, Outcome::NotSent, 0), "{err}");
    assert_eq!(err.param(), Some(field), "{err}");
    assert!(err.to_string().contains(rule), "{err}");
    assert_eq!(script.requests().len(), 0, "something was sent");
}

#[test]
fn days_go_out_with_the_month_first() {
    check(&ListLinks::new(), "");
    check(&ListLinks::new().start(date!(2023 - 11 - 01)), "&start=11%2F01%2F2023");
    check(&ListLinks::new().end(date!(2024 - 02 - 29)), "&end=02%2F29%2F2024");
    let both = ListLinks::new().start(date!(2023 - 11 - 01)).end(date!(2023 - 11 - 30));
    check(&both, "&start=11%2F01%2F2023&end=11%2F30%2F2023");
    check(
        &ListLinks::new().start(date!(0099 - 01 - 02)).end(date!(9999 - 12 - 31)),
        "&start=01%2F02%2F0099&end=12%2F31%2F9999",
    );
    let same = date!(2023 - 11 - 01);
    check(&ListLinks::new().start(same).end(same), "&start=11%2F01%2F2023&end=11%2F01%2F2023");
}

#[test]
fn every_label_goes_out_as_it_is_and_one_of_tomorrow_too() {
    for interval in Interval::KNOWN {
        check(&ListLinks::new().interval(interval.clone()), &format!("&interval={interval}"));
    }
    check(&ListLinks::new().interval(Interval::from("last_90_days")), "&interval=last_90_days");
}

#[test]
fn an_interval_excludes_days_and_an_end_comes_after_its_start() {
    let day = date!(2023 - 11 - 01);
    let rule = "must not be set together with `start` or `end`";
    refused(ListLinks::new().interval(Interval::Today).start(day), "interval", rule);
    refused(ListLinks::new().end(day).interval(Interval::Today), "interval", rule);
    refused(ListLinks::new().start(day).end(day).interval(Interval::Today), "interval", rule);
    refused(ListLinks::new().start(day).end(date!(2023 - 10 - 31)), "end", "must not be before `start`");
    refused(ListLinks::new().start(Date::MIN), "start", "year of four digits");
    refused(ListLinks::new().end(date!(-0001 - 01 - 01)), "end", "year of four digits");
    for label in ["", "Today", "last week", "today&api_key=x", "heute\n", "ä"] {
        let rule = if label.is_empty() { "empty" } else { "lower-case letters" };
        refused(ListLinks::new().interval(Interval::from(label)), "interval", rule);
    }
}

#[test]
fn further_fields_go_out_encoded_and_behind_the_clients_own() {
    let filter =
        ListLinks::new().field("page", "2").interval(Interval::Today).field("q-1", "a b&api_key=x=y%20\r\nX: z\u{0}ü");
    check(&filter, "&interval=today&page=2&q-1=a+b%26api_key%3Dx%3Dy%2520%0D%0AX%3A+z%00%C3%BC");
    check(&ListLinks::new().field("empty", ""), "&empty=");
}

#[test]
fn a_further_field_takes_the_place_of_none() {
    for name in ["api_key", "start", "end", "interval", "API_KEY", "Api_Key", "START"] {
        refused(ListLinks::new().field(name, "x"), &name.to_lowercase(), "set by its own method");
    }
    for name in ["api_key[]", "api.key", "api key", " api_key", "api_key\0", "api_key=x", "a&b", "ä", "a%5b", "a[0]"] {
        refused(ListLinks::new().field(name, "x"), "field", "letters, digits");
    }
    refused(ListLinks::new().field("", "x"), "field", "empty");
    refused(ListLinks::new().field("x".repeat(101), "x"), "field", "longer than 100");
    refused(ListLinks::new().field("page", "1").field("size", "2").field("page", "3"), "page", "must not be set twice");
}
