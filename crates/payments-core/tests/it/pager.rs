use std::time::Duration;

use payments_core::json::{ProviderMessage, Read};
use payments_core::provider::Operation;
use payments_core::request::{Path, RequestBuilder};
use payments_core::test_util::Reply;
use payments_core::{ErrorKind, Page, Pager};
use proptest::prelude::*;
use serde::Deserialize;

use crate::support::{Harness, error_response};

#[derive(Debug, Deserialize)]
struct PageBody {
    items: Vec<u32>,
    next: Option<String>,
}

impl ProviderMessage for PageBody {
    const DECIDING: &'static [&'static str] = &["items", "next"];
}

/// A list of numbers, whose pages are scripted.
fn numbers(harness: &Harness) -> Pager<u32> {
    let connection = harness.client.connection.clone();
    Pager::new(move |cursor| {
        let path = Path::new("numbers");
        let path = if let Some(cursor) = cursor { path.query("after", cursor) } else { path };
        connection.call(Operation::read("numbers"), Ok(RequestBuilder::get(path)), |read: Read<'_, PageBody>| {
            Ok(Page { items: read.value.items, next: read.value.next })
        })
    })
}

fn page(items: &[u32], next: Option<&str>) -> Reply {
    Reply::json(200, &serde_json::json!({ "items": items, "next": next }).to_string())
}

/// The last path segment of each request, with its query.
fn requested_pages(harness: &Harness) -> Vec<String> {
    let requests = harness.script.requests();
    requests.iter().map(|request| request.url().rsplit('/').next().unwrap().to_owned()).collect()
}

async fn read_rest(pager: &mut Pager<u32>) -> Vec<u32> {
    let mut all = Vec::new();
    while let Some(number) = pager.try_next().await.unwrap() {
        all.push(number);
    }
    all
}

#[tokio::test]
async fn a_list_is_read_page_by_page_to_its_end() {
    let harness = Harness::new([page(&[1, 2], Some("b")), page(&[3], Some("c d&e")), page(&[], None)]);
    let mut list = numbers(&harness);
    assert_eq!(harness.request_count(), 0);
    assert_eq!(list.try_next().await.unwrap(), Some(1));
    assert_eq!(list.try_next().await.unwrap(), Some(2));
    // A page is fetched only when it is needed.
    assert_eq!(harness.request_count(), 1);
    assert_eq!(read_rest(&mut list).await, [3]);
    assert_eq!(list.try_next().await.unwrap(), None);
    assert_eq!(requested_pages(&harness), ["numbers", "numbers?after=b", "numbers?after=c%20d%26e"]);
}

#[tokio::test]
async fn a_list_can_be_read_by_whole_pages() {
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
async fn a_list_can_be_resumed_from_its_cursor() {
    let harness = Harness::new([page(&[1], Some("b")), page(&[2], None)]);
    let mut list = numbers(&harness);
    assert_eq!(list.cursor(), None);
    list.try_next().await.unwrap();
    let cursor = list.cursor().unwrap().to_owned();
    drop(list);
    assert_eq!(read_rest(&mut numbers(&harness).resume(cursor)).await, [2]);
    assert_eq!(requested_pages(&harness), ["numbers", "numbers?after=b"]);
}

#[tokio::test]
async fn resuming_from_any_position_misses_no_item() {
    let pages = || [page(&[1, 2], Some("b")), page(&[3, 4], None)];
    for read in 0..=4_u32 {
        let harness = Harness::new(pages());
        let mut list = numbers(&harness);
        for _ in 0..read {
            list.try_next().await.unwrap();
        }
        let second = match list.cursor() {
            None => Harness::new(pages()),
            Some(_) => Harness::new(pages().into_iter().skip(1)),
        };
        let mut resumed = match list.cursor() {
            None => numbers(&second),
            Some(cursor) => numbers(&second).resume(cursor),
        };
        let first = resumed.try_next().await.unwrap().unwrap();
        assert!(first <= read + 1, "{read} items were read, and {first} is returned next");
        let at_page_start = matches!(read, 0 | 2);
        assert_eq!(first == read + 1, at_page_start, "{read}: {first}");
    }
}

#[tokio::test]
async fn after_an_error_the_same_page_is_fetched_again() {
    let harness = Harness::new([page(&[1], Some("b")), error_response(403), page(&[2], None)]);
    let mut list = numbers(&harness);
    assert_eq!(list.try_next().await.unwrap(), Some(1));
    assert_eq!(list.try_next().await.unwrap_err().kind(), ErrorKind::Permission);
    assert_eq!(read_rest(&mut list).await, [2]);
    assert_eq!(requested_pages(&harness), ["numbers", "numbers?after=b", "numbers?after=b"]);
}

#[tokio::test]
async fn a_next_cursor_that_repeats_is_an_error_after_the_items_of_its_page() {
    let harness = Harness::new([page(&[1], Some("b")), page(&[2], Some("b"))]);
    let mut list = numbers(&harness);
    assert_eq!(list.try_next().await.unwrap(), Some(1));
    assert_eq!(list.try_next().await.unwrap(), Some(2), "the items of the page are kept");
    // The list does not count as complete afterwards.
    for _ in 0..2 {
        let err = list.try_next().await.unwrap_err();
        assert_eq!(err.kind(), ErrorKind::MalformedResponse);
        // The call is read-only, so nothing can have been executed.
        assert!(!err.may_have_moved_money(), "{err}");
        assert_eq!((err.provider(), err.operation()), ("acme", "numbers"));
        assert!(!err.to_string().contains("it may have been executed"), "{err}");
    }
    assert_eq!(requested_pages(&harness), ["numbers", "numbers?after=b"], "nothing is fetched in vain");
    assert_eq!(list.cursor(), Some("b"));

    let resumed = Harness::new([page(&[1], Some("b"))]);
    let mut list = numbers(&resumed).resume("b");
    assert_eq!(list.try_next().await.unwrap(), Some(1));
    assert!(list.try_next().await.is_err());
}

#[tokio::test]
async fn an_empty_page_with_a_cursor_is_not_the_end() {
    let harness = Harness::new([page(&[], Some("b")), page(&[1], Some("c")), page(&[], Some("d")), page(&[2], None)]);
    assert_eq!(read_rest(&mut numbers(&harness)).await, [1, 2]);
    let harness = Harness::new([page(&[], Some("b")), page(&[1], None)]);
    assert_eq!(numbers(&harness).try_next_page().await.unwrap(), Some(vec![1]));
}

#[tokio::test]
async fn a_cycle_of_cursors_of_any_length_ends_in_an_error() {
    for (tail, cycle) in [(0_u32, 2_u32), (3, 2), (1, 7), (10, 100)] {
        let pages = (1..).map(|index| {
            page(&[index], Some(&format!("{}", if index <= tail { index } else { tail + (index - tail) % cycle })))
        });
        let harness = Harness::new(pages.take(5000));
        let mut list = numbers(&harness);
        while let Ok(Some(_)) = list.try_next().await {}
        assert!(
            harness.request_count() as u32 <= 4 * (tail + cycle) + 2,
            "{tail}+{cycle}: {} pages",
            harness.request_count()
        );
    }
}

#[tokio::test]
async fn at_most_one_page_is_held_in_memory() {
    let pages = (0..500).map(|index| page(&[index, index], Some(&format!("cursor-{index}"))));
    let harness = Harness::new(pages.chain([page(&[], None)]));
    let mut list = numbers(&harness);
    let mut read = 0;
    while list.try_next().await.unwrap().is_some() {
        read += 1;
        let output = format!("{list:?}");
        assert!(output.contains("buffered: 0") || output.contains("buffered: 1"), "{output}");
        assert!(harness.request_count() <= read / 2 + 1);
    }
    assert_eq!(read, 1000);
}

#[tokio::test]
async fn a_stream_yields_the_items_and_ends_after_the_first_error() {
    use futures_core::Stream;
    async fn collect(harness: &Harness) -> Vec<Result<u32, ErrorKind>> {
        let mut stream = std::pin::pin!(numbers(harness).into_stream());
        let mut all = Vec::new();
        while let Some(item) = std::future::poll_fn(|context| stream.as_mut().poll_next(context)).await {
            all.push(item.map_err(|err| err.kind()));
        }
        // The stream stays at its end when it is polled again.
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
async fn each_page_is_a_separate_call_with_its_own_retries() {
    let harness = Harness::new([Reply::lost(), page(&[1], Some("b")), Reply::lost(), Reply::lost(), page(&[2], None)]);
    assert_eq!(read_rest(&mut numbers(&harness)).await, [1, 2]);
    let slept = harness.clock.slept();
    assert_eq!(slept.len(), 3);
    assert!(slept[1] <= Duration::from_millis(500), "{slept:?}");
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}

/// Reads a list by items and by pages. Returns all items, and true if the list came to its end.
async fn read_all(list: &mut Pager<u32>, whole_pages: &[bool]) -> (Vec<u32>, bool) {
    let mut all = Vec::new();
    for whole in whole_pages.iter().cycle() {
        let result = if *whole {
            list.try_next_page().await
        } else {
            list.try_next().await.map(|item| item.map(|item| vec![item]))
        };
        match result {
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
    fn every_item_of_a_list_is_returned_exactly_once(
        sizes in proptest::collection::vec(1_usize..6, 0..12),
        last in 0_usize..4,
        whole_pages in proptest::collection::vec(any::<bool>(), 1..5),
    ) {
        let mut items = 0_u32..;
        let mut pages: Vec<Vec<u32>> = sizes.iter().map(|size| items.by_ref().take(*size).collect()).collect();
        pages.push(items.by_ref().take(last).collect());
        let replies = pages.iter().enumerate().map(|(index, numbers)| {
            let next = (index + 1 < pages.len()).then(|| format!("page-{}", index + 1));
            page(numbers, next.as_deref())
        });
        let harness = Harness::new(replies);

        let (all, ended) = block_on(read_all(&mut numbers(&harness), &whole_pages));

        prop_assert!(ended);
        prop_assert_eq!(all, pages.concat());
        prop_assert_eq!(harness.request_count(), pages.len());
    }

    #[test]
    fn reading_ends_for_any_order_of_cursors(
        next_pages in proptest::collection::vec(proptest::option::weighted(0.9, 0_usize..12), 12),
        whole_pages in proptest::collection::vec(any::<bool>(), 1..5),
    ) {
        // The pages in the order of the cursors, for longer than any list without a cycle.
        let mut walk = vec![0];
        while let Some(next) = next_pages[*walk.last().unwrap()].filter(|_| walk.len() < 200) {
            walk.push(next);
        }
        let number = |page: usize| u32::try_from(page).unwrap();
        let replies = walk.iter().map(|index| {
            page(&[number(*index)], next_pages[*index].map(|next| format!("page-{next}")).as_deref())
        });
        let harness = Harness::new(replies);

        let (all, ended) = block_on(read_all(&mut numbers(&harness), &whole_pages));

        prop_assert_eq!(ended, walk.len() < 200, "a list with a cycle does not count as complete");
        prop_assert!(harness.request_count() < 60, "{} pages", harness.request_count());
        let expected: Vec<u32> = walk.iter().take(all.len()).map(|index| number(*index)).collect();
        prop_assert_eq!(all, expected);
    }
}

#[tokio::test]
async fn timeout_retries_and_headers_apply_to_each_page() {
    let fails = || error_response(500);
    let harness = Harness::new([fails(), page(&[1], Some("b")), fails(), page(&[2], None)]);
    let retry = payments_core::RetryPolicy::default().max_retries(1);
    let mut list = numbers(&harness).timeout(Duration::from_secs(7)).retry(retry).with_header("x-version", "3");
    assert_eq!(read_rest(&mut list).await, [1, 2]);
    let requests = harness.script.requests();
    assert_eq!(requests.len(), 4);
    for request in requests {
        assert!(request.timeout() <= Duration::from_secs(7), "{:?}", request.timeout());
        assert_eq!(request.headers()["x-version"], "3");
    }
    let harness = Harness::new([fails()]);
    let err = numbers(&harness).retry(payments_core::RetryPolicy::none()).try_next().await.unwrap_err();
    assert_eq!((err.attempts(), harness.request_count()), (1, 1));
    let harness = Harness::new([page(&[], None)]);
    let mut list = numbers(&harness).attempt_timeout(Duration::from_secs(3));
    list.try_next().await.unwrap();
    assert_eq!(harness.script.requests()[0].timeout(), Duration::from_secs(3));
}

#[tokio::test]
async fn a_list_is_collected_up_to_a_limit_and_never_truncated_silently() {
    let pages = || [page(&[1, 2], Some("b")), page(&[3], None)];
    for limit in [3, 4, usize::MAX] {
        assert_eq!(numbers(&Harness::new(pages())).try_collect(limit).await.unwrap(), [1, 2, 3]);
    }
    for limit in [0, 1, 2] {
        let harness = Harness::new(pages());
        let err = numbers(&harness).try_collect(limit).await.unwrap_err();
        assert_eq!((err.kind(), err.param()), (ErrorKind::InvalidRequest, Some("limit")), "{limit}");
        assert!(err.to_string().contains(&format!("the list has more than {limit}")), "{err}");
        // No page is fetched after the limit.
        assert_eq!(harness.request_count(), if limit < 2 { 1 } else { 2 });
    }
    assert_eq!(numbers(&Harness::new([page(&[], None)])).try_collect(0).await.unwrap(), [0_u32; 0]);
    let harness = Harness::new([page(&[1], Some("b")), error_response(400)]);
    assert!(numbers(&harness).try_collect(9).await.is_err());
}
