//! Lists in both directions, also while new objects appear.

use std::sync::{Arc, Mutex};

use payments_core::test_util::Reply;
use turratech::payments_core::http::{HeaderMap, StatusCode};
use turratech::payments_core::transport::{Request, Response, Transport, TransportError, async_trait};
use turratech::{Client, ErrorKind, ListParams, Payment, PaymentId, UnreadableItem};

use crate::support::{KEY, builder, clock, error_response, paid, scripted};
use payments_core::test_util::Script;

/// A list to which newer objects are added whenever a page is fetched.
#[derive(Debug, Clone)]
struct GrowingList(Arc<Mutex<ListState>>);

#[derive(Debug)]
struct ListState {
    /// The ids, oldest first.
    ids: Vec<String>,
    /// How many objects are added before each page.
    added_per_page: usize,
    fetched: Vec<String>,
}

impl GrowingList {
    fn new(count: usize, added_per_page: usize) -> (Self, Client) {
        let ids = (0..count).map(|number| format!("pay_{number:04}")).collect();
        let list = Self(Arc::new(Mutex::new(ListState { ids, added_per_page, fetched: Vec::new() })));
        let client = builder(KEY, &Script::new([]), &clock()).transport(list.clone()).build().unwrap();
        (list, client)
    }

    fn queries(&self) -> Vec<String> {
        self.0.lock().unwrap().fetched.clone()
    }

    fn len(&self) -> usize {
        self.0.lock().unwrap().ids.len()
    }
}

#[async_trait]
impl Transport for GrowingList {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let mut list = self.0.lock().unwrap();
        for _ in 0..list.added_per_page {
            let next = format!("pay_{:04}", list.ids.len());
            list.ids.push(next);
        }
        let query = request.url().split_once('?').map_or("", |(_, query)| query).to_owned();
        let value =
            |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")).map(str::to_owned));
        let limit: usize = value("limit").map_or(10, |text| text.parse().unwrap());
        let position = |id: String| list.ids.iter().position(|other| *other == id).unwrap();
        // A range of `ids`, oldest first.
        let (from, to, has_more) = match (value("starting_after").map(position), value("ending_before").map(position)) {
            (Some(after), None) => (after.saturating_sub(limit), after, after > limit),
            (None, Some(before)) => {
                let end = (before + 1 + limit).min(list.ids.len());
                (before + 1, end, end < list.ids.len())
            }
            _ => (list.ids.len().saturating_sub(limit), list.ids.len(), list.ids.len() > limit),
        };
        let data: Vec<String> = list.ids[from..to].iter().rev().map(|id| paid(id, "succeeded")).collect();
        list.fetched.push(query);
        let page =
            format!(r#"{{"object":"list","data":[{}],"has_more":{has_more},"url":"/v1/payments"}}"#, data.join(","));
        Ok(Response::new(StatusCode::OK, HeaderMap::new(), page.into_bytes()))
    }
}

async fn all(mut payments: turratech::Pager<Result<Payment, UnreadableItem>>) -> Vec<String> {
    let mut ids = Vec::new();
    while let Some(payment) = payments.try_next().await.unwrap() {
        ids.push(payment.unwrap().id.as_str().to_owned());
        assert!(ids.len() < 1000, "the list does not end");
    }
    ids
}

fn ids(range: impl Iterator<Item = usize>) -> Vec<String> {
    range.map(|number| format!("pay_{number:04}")).collect()
}

fn id(number: usize) -> PaymentId {
    format!("pay_{number:04}").parse().unwrap()
}

#[tokio::test]
async fn a_list_is_read_from_the_newest_to_the_oldest() {
    for (count, limit) in [(0, 10), (1, 1), (25, 10), (30, 10), (200, 100)] {
        let (_, client) = GrowingList::new(count, 0);
        let read = all(client.list_payments(ListParams::new().limit(limit))).await;
        assert_eq!(read, ids((0..count).rev()), "{count} by {limit}");
    }
}

#[tokio::test]
async fn a_list_without_a_limit_sends_none() {
    let (list, client) = GrowingList::new(25, 0);
    assert_eq!(all(client.list_payments(ListParams::default())).await.len(), 25);
    assert_eq!(list.queries(), ["", "starting_after=pay_0015", "starting_after=pay_0005"]);
}

#[tokio::test]
async fn a_list_towards_newer_objects_has_a_consistent_order() {
    let (list, client) = GrowingList::new(25, 0);
    let read = all(client.list_payments(ListParams::new().limit(10).ending_before(id(2)))).await;
    assert_eq!(read, ids(3..25));
    assert_eq!(
        list.queries(),
        ["limit=10&ending_before=pay_0002", "limit=10&ending_before=pay_0012", "limit=10&ending_before=pay_0022"]
    );
    assert_eq!(all(client.list_payments(ListParams::new().ending_before(id(24)))).await, ids(0..0));
}

#[tokio::test]
async fn new_objects_do_not_shift_a_list() {
    let (list, client) = GrowingList::new(50, 7);
    let read = all(client.list_payments(ListParams::new().limit(10).starting_after(id(40)))).await;
    assert_eq!(read, ids((0..40).rev()), "reading towards older objects returns no new ones");
    assert!(list.len() > 50);

    // Three objects are added before each page of ten. The reader catches up and returns each of them once.
    let (list, client) = GrowingList::new(50, 3);
    let read = all(client.list_payments(ListParams::new().limit(10).ending_before(id(0)))).await;
    assert_eq!(read, ids(1..list.len()), "reading towards newer objects returns the new ones");
    assert!(list.len() > 60);
}

#[tokio::test]
async fn a_list_can_be_resumed_from_its_cursor() {
    let (_, client) = GrowingList::new(35, 0);
    let list = || ListParams::new().limit(10).starting_after(id(30));
    let mut first = client.list_payments(list());
    assert_eq!(first.try_next_page().await.unwrap().unwrap().len(), 10);
    let cursor = first.cursor().unwrap().to_owned();
    assert_eq!(cursor, "pay_0020");
    assert_eq!(all(client.list_payments(list()).resume(cursor)).await, ids((0..20).rev()));

    let list = || ListParams::new().limit(10).ending_before(id(4));
    let mut first = client.list_payments(list());
    first.try_next_page().await.unwrap().unwrap();
    let cursor = first.cursor().unwrap().to_owned();
    assert_eq!(cursor, "pay_0014");
    assert_eq!(all(client.list_payments(list()).resume(cursor)).await, ids(15..35));
}

#[tokio::test]
async fn a_list_continues_after_the_last_processed_object() {
    let (_, client) = GrowingList::new(35, 0);
    for processed in 1..35 {
        let mut list = client.list_payments(ListParams::new().limit(10));
        let mut seen = Vec::new();
        for _ in 0..processed {
            seen.push(list.try_next().await.unwrap().unwrap().unwrap().id);
        }
        let rest = ListParams::new().limit(10).starting_after(seen.last().unwrap().clone());
        let rest = all(client.list_payments(rest)).await;
        let whole: Vec<String> = seen.iter().map(ToString::to_string).chain(rest).collect();
        assert_eq!(whole, ids((0..35).rev()), "{processed}");
    }
}

#[tokio::test]
async fn a_page_that_failed_is_fetched_again() {
    let page = |id: &str, more: bool| {
        Reply::json(200, &format!(r#"{{"data":[{}],"has_more":{more}}}"#, paid(id, "succeeded")))
    };
    let replies = [page("pay_2", true), error_response(401, "authentication_error"), page("pay_1", false)];
    let (client, script) = scripted(replies);
    let mut payments = client.list_payments(ListParams::new());
    assert_eq!(payments.try_next().await.unwrap().unwrap().unwrap().id.as_str(), "pay_2");
    assert_eq!(payments.try_next().await.unwrap_err().kind(), ErrorKind::Authentication);
    assert_eq!(payments.try_next().await.unwrap().unwrap().unwrap().id.as_str(), "pay_1");
    assert!(payments.try_next().await.unwrap().is_none());
    assert_eq!(script.requests()[1].url(), script.requests()[2].url());
}

#[tokio::test]
async fn a_list_that_does_not_advance_is_an_error() {
    let empty = r#"{"object":"list","data":[],"has_more":true,"url":"/v1/payments"}"#;
    let (client, script) = scripted([Reply::json(200, empty)]);
    let err = client.list_payments(ListParams::new()).try_next().await.unwrap_err();
    assert_eq!((err.kind(), err.operation()), (ErrorKind::MalformedResponse, "list_payments"));
    assert_eq!(script.requests().len(), 1);

    let same = format!(r#"{{"data":[{}],"has_more":true}}"#, paid("pay_1", "succeeded"));
    let (client, script) = scripted([Reply::json(200, &same), Reply::json(200, &same), Reply::json(200, &same)]);
    let mut payments = client.list_payments(ListParams::new());
    assert!(payments.try_next().await.unwrap().is_some());
    assert!(payments.try_next().await.unwrap().is_some(), "the items of the page with the repeated cursor are kept");
    assert_eq!(payments.try_next().await.unwrap_err().kind(), ErrorKind::MalformedResponse);
    assert_eq!(script.requests().len(), 2);
}

#[tokio::test]
async fn an_unreadable_page_is_an_error_with_a_path() {
    let good = paid("pay_1", "succeeded");
    let rows = [
        (format!(r#"{{"data":[{good}]}}"#), "."),
        (format!(r#"{{"data":[{good}],"has_more":"no"}}"#), "has_more"),
        (r#"{"data":{},"has_more":false}"#.to_owned(), "data"),
        (r#"{"has_more":false}"#.to_owned(), "."),
    ];
    for (page, path) in rows {
        let (client, _) = scripted([Reply::json(200, &page)]);
        let err = client.list_payments(ListParams::new()).try_next().await.unwrap_err();
        assert_eq!(err.json_path(), Some(path), "{page}");
    }
}

#[tokio::test]
async fn an_unreadable_item_is_an_error_with_a_path() {
    let good = paid("pay_1", "succeeded");
    let rows = [
        (good.replace("\"pay_1\"", "\"a/b\""), "data[1].id", Some("a/b")),
        (good.replace("\"pay_1\"", "[]"), "data[1].id", None),
        (good.replace("\"succeeded\"", "{}"), "data[1].status", Some("pay_1")),
        ("7".to_owned(), "data[1]", None),
        (good.replace("false", "true"), "data[1].livemode", Some("pay_1")),
    ];
    for (item, path, id) in rows {
        let page = format!(r#"{{"data":[{good},{item},{good}],"has_more":false}}"#);
        let (client, _) = scripted([Reply::json(200, &page)]);
        let items = client.list_payments(ListParams::new()).try_next_page().await.unwrap().unwrap();
        let [Ok(_), Err(unreadable), Ok(_)] = &items[..] else { panic!("{items:?}") };
        assert_eq!((unreadable.error.path(), unreadable.id.as_deref(), unreadable.index), (path, id, 1), "{item}");
        assert_eq!(unreadable.raw.as_str(), item);
        let err = turratech::Error::from(unreadable.clone());
        assert_eq!((err.kind(), err.json_path(), err.object_id()), (ErrorKind::MalformedResponse, Some(path), id));
        assert!(!err.may_have_moved_money());
    }
}

#[tokio::test]
async fn customers_and_refunds_are_listed_like_payments() {
    let page = |id: &str, more: bool| Reply::json(200, &format!(r#"{{"data":[{{"id":"{id}"}}],"has_more":{more}}}"#));
    let (client, script) =
        scripted([page("cus_2", true), page("cus_1", false), page("re_2", true), page("re_3", false)]);
    let mut customers = client.list_customers(ListParams::new().limit(1).extra("email", "a@b.example"));
    assert_eq!(customers.try_next().await.unwrap().unwrap().unwrap().id.as_str(), "cus_2");
    assert_eq!(customers.try_next().await.unwrap().unwrap().unwrap().id.as_str(), "cus_1");
    let mut refunds = client.list_refunds(ListParams::new().ending_before("re_1".parse().unwrap()));
    assert_eq!(refunds.try_next().await.unwrap().unwrap().unwrap().id.as_str(), "re_2");
    assert_eq!(refunds.try_next().await.unwrap().unwrap().unwrap().id.as_str(), "re_3");
    let urls: Vec<_> = script.requests().iter().map(|request| request.url().to_owned()).collect();
    assert_eq!(
        urls,
        [
            "https://api.turratech.com/v1/customers?limit=1&email=a%40b.example",
            "https://api.turratech.com/v1/customers?limit=1&starting_after=cus_2&email=a%40b.example",
            "https://api.turratech.com/v1/refunds?ending_before=re_1",
            "https://api.turratech.com/v1/refunds?ending_before=re_2",
        ]
    );
}
