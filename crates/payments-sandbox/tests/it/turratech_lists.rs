//! TurraTech's lists and their pagination.

use payments_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::turratech_support::{create_customer, delete, expect_error, get, id, payment, post};

/// Requests a page, and returns its ids and whether there are more.
async fn page(sandbox: &Sandbox, path: &str) -> (Vec<String>, bool) {
    let page = get(sandbox, path).await.expect_status(200);
    assert_eq!(page["object"], "list");
    let ids = page["data"].as_array().unwrap().iter().map(id).collect();
    (ids, page["has_more"].as_bool().unwrap())
}

#[tokio::test]
async fn a_list_has_the_documented_form_with_the_newest_first() {
    let sandbox = Sandbox::builder().start().await;
    let empty = get(&sandbox, "payments").await.expect_status(200);
    assert_eq!(empty, json!({"object": "list", "data": [], "has_more": false, "url": "/v1/payments"}));
    let first = post(&sandbox, "payments", &payment("order-1")).await.expect_status(201);
    let second = post(&sandbox, "payments", &payment("order-2")).await.expect_status(201);
    let list = get(&sandbox, "payments").await.expect_status(200);
    assert_eq!(list, json!({"object": "list", "data": [second, first], "has_more": false, "url": "/v1/payments"}));
    assert_eq!(get(&sandbox, "customers").await.expect_status(200)["url"], "/v1/customers");
    assert_eq!(get(&sandbox, "refunds").await.expect_status(200)["url"], "/v1/refunds");
    sandbox.finish();
}

#[tokio::test]
async fn the_page_size_is_ten_by_default_and_at_most_a_hundred() {
    let sandbox = Sandbox::builder().start().await;
    let ids = sandbox.turratech().seed_payments(101);
    assert!(sandbox.ledger().entries().is_empty() && sandbox.deliveries().is_empty());
    assert_eq!(page(&sandbox, "payments").await, (ids[..10].to_vec(), true));
    assert_eq!(page(&sandbox, "payments?limit=1").await, (ids[..1].to_vec(), true));
    assert_eq!(page(&sandbox, "payments?limit=100").await, (ids[..100].to_vec(), true));
    for limit in ["0", "101", "-1", "ten", "", "1.0", "99999999999999999999"] {
        let response = get(&sandbox, &format!("payments?limit={limit}")).await;
        assert_eq!(expect_error(&response, 400)["param"], "limit", "{limit}");
    }
    sandbox.finish();
}

#[tokio::test]
async fn paging_forward_and_backward_covers_the_list_without_gaps() {
    let sandbox = Sandbox::builder().start().await;
    let ids = sandbox.turratech().seed_payments(25);
    let (mut forward, mut path) = (Vec::new(), "payments?limit=7".to_owned());
    loop {
        let (page, more) = page(&sandbox, &path).await;
        forward.extend(page);
        if !more {
            break;
        }
        path = format!("payments?limit=7&starting_after={}", forward.last().unwrap());
    }
    assert_eq!(forward, ids);

    let mut backward = vec![ids[24].clone()];
    loop {
        let (mut page, more) = page(&sandbox, &format!("payments?limit=7&ending_before={}", backward[0])).await;
        page.append(&mut backward);
        backward = page;
        if !more {
            break;
        }
    }
    assert_eq!(backward, ids);
    sandbox.finish();
}

#[tokio::test]
async fn has_more_is_true_only_if_there_are_more_items() {
    let sandbox = Sandbox::builder().start().await;
    let ids = sandbox.turratech().seed_payments(10);
    assert_eq!(page(&sandbox, "payments?limit=10").await, (ids.clone(), false));
    assert_eq!(page(&sandbox, "payments?limit=9").await, (ids[..9].to_vec(), true));
    let after = |limit: usize, id: &str| format!("payments?limit={limit}&starting_after={id}");
    assert_eq!(page(&sandbox, &after(4, &ids[5])).await, (ids[6..].to_vec(), false));
    assert_eq!(page(&sandbox, &after(3, &ids[5])).await, (ids[6..9].to_vec(), true));
    assert_eq!(page(&sandbox, &after(3, &ids[9])).await, (Vec::new(), false));
    let before = |limit: usize, id: &str| format!("payments?limit={limit}&ending_before={id}");
    assert_eq!(page(&sandbox, &before(4, &ids[4])).await, (ids[..4].to_vec(), false));
    assert_eq!(page(&sandbox, &before(3, &ids[4])).await, (ids[1..4].to_vec(), true));
    assert_eq!(page(&sandbox, &before(3, &ids[0])).await, (Vec::new(), false));
    sandbox.finish();
}

#[tokio::test]
async fn new_items_do_not_change_what_follows_a_cursor() {
    let sandbox = Sandbox::builder().start().await;
    let ids = sandbox.turratech().seed_payments(4);
    sandbox.turratech().seed_payments(3);
    let rest = page(&sandbox, &format!("payments?starting_after={}", ids[1])).await;
    assert_eq!(rest, (ids[2..].to_vec(), false));
    sandbox.finish();
}

#[tokio::test]
async fn cursors_must_be_known_and_cannot_be_combined() {
    let sandbox = Sandbox::builder().start().await;
    let ids = sandbox.turratech().seed_payments(2);
    let both = format!("payments?starting_after={}&ending_before={}", ids[0], ids[1]);
    assert_eq!(expect_error(&get(&sandbox, &both).await, 400)["type"], "invalid_request_error");
    for param in ["starting_after", "ending_before"] {
        let unknown = expect_error(&get(&sandbox, &format!("payments?{param}=pay_none")).await, 400);
        assert_eq!((&unknown["code"], &unknown["param"]), (&json!("resource_missing"), &json!(param)));
    }
    let of_another_list = get(&sandbox, &format!("customers?starting_after={}", ids[0])).await;
    expect_error(&of_another_list, 400);
    sandbox.finish();
}

#[tokio::test]
async fn customers_and_refunds_are_paginated_too() {
    let sandbox = Sandbox::builder().start().await;
    let paid = id(&post(&sandbox, "payments", &payment("order-1")).await.expect_status(201));
    let (mut customers, mut refunds) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        customers.insert(0, create_customer(&sandbox).await);
        let refund: Value = post(&sandbox, "refunds", &json!({"payment": paid, "amount": 1})).await.expect_status(201);
        refunds.insert(0, id(&refund));
    }
    assert_eq!(page(&sandbox, "customers?limit=2").await, (customers[..2].to_vec(), true));
    assert_eq!(page(&sandbox, "refunds?limit=2").await, (refunds[..2].to_vec(), true));
    let next = |list: &str, id: &str| format!("{list}?starting_after={id}");
    assert_eq!(page(&sandbox, &next("refunds", &refunds[1])).await, (refunds[2..].to_vec(), false));

    delete(&sandbox, &format!("customers/{}", customers[1])).await.expect_status(200);
    assert_eq!(page(&sandbox, "customers").await, (vec![customers[0].clone(), customers[2].clone()], false));
    let after_deleted = page(&sandbox, &next("customers", &customers[1])).await;
    assert_eq!(after_deleted, (vec![customers[2].clone()], false), "after a customer that has been deleted");
    sandbox.finish();
}
