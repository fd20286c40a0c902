use std::time::Duration;

use payments_core::provider::Operation;
use payments_core::request::{Path, RequestBuilder};
use payments_core::test_util::Reply;
use payments_core::{ErrorKind, Page, Pager};
use proptest::prelude::*;
use serde::Deserialize;

use crate::support::{Harness, error_response};

#[derive(Debug, Deserialize)]
struct Wire {
    items: Vec<u32>,
    next: Option<String>,
}

fn numbers(harness: &Harness) -> Pager<u32> {
    let connection = harness.client.connection.clone();
    Pager::new(move |cursor| {
        let path = Path::new("numbers");
        let path = if let Some(cursor) = cursor { path.query("after", cursor) } else { path };
        let read = |wire: Wire| Ok(Page { items: wire.items, next: wire.next });
        connection.call(Operation::read("numbers"), Ok(RequestBuilder::get(path)), read)
    })
}

fn page(items: &[u32], next: Option<&str>) -> Reply {
    Reply::json(200, &serde_json::json!({ "items": items, "next": next }).to_string())
}

fn asked(harness: &Harness) -> Vec<String> {
    let requests = harness.script.requests();
    requests.iter().map(|request| request.url().rsplit('/').next().unwrap().to_owned()).collect()
}

async fn rest(pager: &mut Pager<u32>) -> Vec<u32> {
    let mut all = Vec::new();
    while let Some(number) = pager.try_next().await.unwrap() {
        all.push(number);
    }
    all
}

#[tokio::test]
async fn a_list_is_read_to_its_end_page_by_page() {
    let harness = Harness::new([page(&[1, 2], Some("b")), page(&[3], Some("c d&e")), page(&[], None)]);
    let mut list = numbers(&harness);
    assert_eq!(harness.request_count(), 0);
    assert_eq!(list.try_next().await.unwrap(), Some(1));
    assert_eq!(list.try_next().await.unwrap(), Some(2));
    // Nothing is fetched before it is needed.
    assert_eq!(harness.request_count(), 1);
    assert_eq!(rest(&mut list).await, [3]);
    assert_eq!(list.try_next().await.unwrap(), None);
    assert_eq!(asked(&harness), ["numbers", "numbers?after=b", "numbers?after=c%20d%26e"]);
}

#[tokio::test]
async fn pages_can_be_taken_whole() {
    let harness = Harness::new([page(&[1, 2, 3], Some("b")), page(&[4], None)]);
    let mut list = numbers(&harness);
    assert_eq!(list.try_next().await.unwrap(), Some(1));
    assert_eq!(list.try_next_page().await.unwrap(), Some(vec![2, 3]));
    assert_eq!(list.try_next_page().await.unwrap(), Some(vec![4]));
    assert_eq!(list.try_next_page().await.unwrap(), None);
    let empty = Harness::new([page(&[], None)]);
    assert_eq!(numbers(&empty).try_next_page().await.unwrap(), None);
}

#[tokio::test]
async fn a_list_is_taken_up_again_from_its_cursor() {
    let harness = Harness::new([page(&[1], Some("b")), page(&[2], None)]);
    let mut list = numbers(&harness);
    assert_eq!(list.cursor(), None);
    list.try_next().await.unwrap();
    let cursor = list.cursor().unwrap().to_owned();
    drop(list);
    assert_eq!(rest(&mut numbers(&harness).resume(cursor)).await, [2]);
    assert_eq!(asked(&harness), ["numbers", "numbers?after=b"]);
}

#[tokio::test]
async fn a_cursor_from_anywhere_leaves_nothing_out() {
    let pages = || [page(&[1, 2], Some("b")), page(&[3, 4], None)];
    for read in 0..=4_u32 {
        let harness = Harness::new(pages());
        let mut list = numbers(&harness);
        for _ in 0..read {
            list.try_next().await.unwrap();
        }
        let again = match list.cursor() {
            None => Harness::new(pages()),
            Some(_) => Harness::new(pages().into_iter().skip(1)),
        };
        let mut resumed = match list.cursor() {
            None => numbers(&again),
            Some(cursor) => numbers(&again).resume(cursor),
        };
        let first = resumed.try_next().await.unwrap().unwrap();
        assert!(first <= read + 1, "{read} were read, and {first} comes next");
        let whole_pages = matches!(read, 0 | 2);
        assert_eq!(first == read + 1, whole_pages, "{read}: {first}");
    }
}

#[tokio::test]
async fn after_an_error_the_same_page_is_tried_again() {
    let harness = Harness::new([page(&[1], Some("b")), error_response(403), page(&[2], None)]);
    let mut list = numbers(&harness);
    assert_eq!(list.try_next().await.unwrap(), Some(1));
    assert_eq!(list.try_next().await.unwrap_err().kind(), ErrorKind::Permission);
    assert_eq!(rest(&mut list).await, [2]);
    assert_eq!(asked(&harness), ["numbers", "numbers?after=b", "numbers?after=b"]);
}

#[tokio::test]
async fn a_list_that_leads_back_to_the_same_page_ends_in_an_error() {
    let same = [page(&[1], Some("b")), page(&[2], Some("b"))];
    let empty = [page(&[1], Some("b")), page(&[], Some("c"))];
    for replies in [same, empty] {
        let harness = Harness::new(replies);
        let mut list = numbers(&harness);
        assert_eq!(list.try_next().await.unwrap(), Some(1));
        let err = list.try_next().await.unwrap_err();
        assert_eq!(err.kind(), ErrorKind::MalformedResponse);
        // It asked, and no more: nothing can have been done by it.
        assert!(!err.may_have_moved_money(), "{err}");
        assert_eq!((err.provider(), err.operation()), ("acme", "numbers"));
        assert!(!err.to_string().contains("it may have been executed"), "{err}");
        // It does not look complete afterwards: the same page is tried again.
        assert!(list.try_next().await.is_err());
        assert_eq!(asked(&harness)[1], asked(&harness)[2]);
    }
    let harness = Harness::new([page(&[], Some("b"))]);
    assert!(numbers(&harness).try_next_page().await.is_err());
    let resumed = Harness::new([page(&[1], Some("b"))]);
    assert!(numbers(&resumed).resume("b").try_next().await.is_err());
}

#[tokio::test]
async fn a_list_that_goes_round_in_a_circle_of_any_length_ends_in_an_error() {
    for (tail, circle) in [(0_u32, 2_u32), (3, 2), (1, 7), (10, 100)] {
        let pages = (1..)
            .map(|at| page(&[at], Some(&format!("{}", if at <= tail { at } else { tail + (at - tail) % circle }))));
        let harness = Harness::new(pages.take(5000));
        let mut list = numbers(&harness);
        while let Ok(Some(_)) = list.try_next().await {}
        assert!(
            harness.request_count() as u32 <= 4 * (tail + circle) + 2,
            "{tail}+{circle}: {} pages",
            harness.request_count()
        );
    }
}

#[tokio::test]
async fn no_more_than_a_page_is_held() {
    let pages = (0..500).map(|at| page(&[at, at], Some(&format!("cursor-{at}"))));
    let harness = Harness::new(pages.chain([page(&[], None)]));
    let mut list = numbers(&harness);
    let mut read = 0;
    while list.try_next().await.unwrap().is_some() {
        read += 1;
        let shown = format!("{list:?}");
        assert!(shown.contains("buffered: 0") || shown.contains("buffered: 1"), "{shown}");
        assert!(harness.request_count() <= read / 2 + 1);
    }
    assert_eq!(read, 1000);
}

#[tokio::test]
async fn a_stream_gives_the_items_and_ends_after_the_first_error() {
    use futures_core::Stream;
    async fn collect(harness: &Harness) -> Vec<Result<u32, ErrorKind>> {
        let mut stream = std::pin::pin!(numbers(harness).into_stream());
        let mut all = Vec::new();
        while let Some(item) = std::future::poll_fn(|context| stream.as_mut().poll_next(context)).await {
            all.push(item.map_err(|err| err.kind()));
        }
        // Asked again, it stays at its end.
        assert!(std::future::poll_fn(|context| stream.as_mut().poll_next(context)).await.is_none());
        all
    }
    let harness = Harness::new([page(&[1, 2], Some("b")), page(&[3], None)]);
    assert_eq!(collect(&harness).await, [Ok(1), Ok(2), Ok(3)]);
    let harness = Harness::new([page(&[1], Some("b")), error_response(401), page(&[2], None)]);
    assert_eq!(collect(&harness).await, [Ok(1), Err(ErrorKind::Authentication)]);
    assert_eq!(harness.request_count(), 2);
}

#[tokio::test]
async fn each_page_is_a_call_of_its_own_with_its_own_retries() {
    let harness = Harness::new([Reply::lost(), page(&[1], Some("b")), Reply::lost(), Reply::lost(), page(&[2], None)]);
    assert_eq!(rest(&mut numbers(&harness)).await, [1, 2]);
    let slept = harness.clock.slept();
    assert_eq!(slept.len(), 3);
    assert!(slept[1] <= Duration::from_millis(500), "{slept:?}");
}

fn waited<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}

/// Everything that a list gives, an item or a page at a time, and whether it came to its end.
async fn read_by(list: &mut Pager<u32>, whole_pages: &[bool]) -> (Vec<u32>, bool) {
    let mut all = Vec::new();
    for whole in whole_pages.iter().cycle() {
        let more = if *whole {
            list.try_next_page().await
        } else {
            list.try_next().await.map(|item| item.map(|item| vec![item]))
        };
        match more {
            Ok(Some(items)) => all.extend(items),
            Ok(None) => return (all, true),
            Err(_) => return (all, false),
        }
    }
    (all, false)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_item_of_any_list_is_lost_or_comes_twice(
        sizes in proptest::collection::vec(1_usize..6, 0..12),
        last in 0_usize..4,
        whole_pages in proptest::collection::vec(any::<bool>(), 1..5),
    ) {
        let mut items = 0_u32..;
        let mut pages: Vec<Vec<u32>> = sizes.iter().map(|size| items.by_ref().take(*size).collect()).collect();
        pages.push(items.by_ref().take(last).collect());
        let replies = pages.iter().enumerate().map(|(at, numbers)| {
            let next = (at + 1 < pages.len()).then(|| format!("page-{}", at + 1));
            page(numbers, next.as_deref())
        });
        let harness = Harness::new(replies);

        let (all, ended) = waited(read_by(&mut numbers(&harness), &whole_pages));

        prop_assert!(ended);
        prop_assert_eq!(all, pages.concat());
        prop_assert_eq!(harness.request_count(), pages.len());
    }

    #[test]
    fn wherever_a_list_leads_it_ends(
        leads in proptest::collection::vec(proptest::option::weighted(0.9, 0_usize..12), 12),
        whole_pages in proptest::collection::vec(any::<bool>(), 1..5),
    ) {
        // Page by page as the cursors say, for longer than any list without a circle.
        let mut walk = vec![0];
        while let Some(next) = leads[*walk.last().unwrap()].filter(|_| walk.len() < 200) {
            walk.push(next);
        }
        let number = |page: usize| u32::try_from(page).unwrap();
        let replies = walk.iter().map(|at| page(&[number(*at)], leads[*at].map(|next| format!("page-{next}")).as_deref()));
        let harness = Harness::new(replies);

        let (all, ended) = waited(read_by(&mut numbers(&harness), &whole_pages));

        prop_assert_eq!(ended, walk.len() < 200, "a list that goes round does not look complete");
        prop_assert!(harness.request_count() < 60, "{} pages", harness.request_count());
        let expected: Vec<u32> = walk.iter().take(all.len()).map(|at| number(*at)).collect();
        prop_assert_eq!(all, expected);
    }
}
