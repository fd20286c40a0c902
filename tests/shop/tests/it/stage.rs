//! The shop's process.

use std::os::unix::process::ExitStatusExt as _;

use ::stage::Stage;

use crate::customer::{Customer, stage};

#[tokio::test]
async fn a_killed_shop_starts_again_on_its_database_and_its_port() {
    let stage = stage().await;
    let customer = Customer::of(&stage);
    let order = customer.order().await;
    let first = stage.shop().id().unwrap();

    stage.kill();
    assert!(!stage.shop().is_running());
    assert_eq!(stage.shop().exit_status().unwrap().signal(), Some(9));

    stage.start().await.unwrap();
    assert_ne!(stage.shop().id().unwrap(), first);
    assert!(customer.get("/orders").await.contains(&order));
    assert!(stage.start().await.unwrap_err().to_string().contains("runs already"));
    stage.finish();
}

#[tokio::test]
async fn a_shop_that_cannot_start_says_why() {
    let failed = Stage::builder().env("SHOP_OFFICE_PASSWORD", "short").start().await.unwrap_err().to_string();

    assert!(failed.contains("SHOP_OFFICE_PASSWORD"), "{failed}");
}

#[tokio::test]
async fn a_missing_program_is_named() {
    let failed = Stage::builder().program("/no/such/shop").start().await.unwrap_err().to_string();

    assert!(failed.contains("/no/such/shop"), "{failed}");
}

#[tokio::test]
async fn the_links_of_the_stage_are_in_the_back_office_and_nowhere_else() {
    let stage = stage().await;
    let customer = Customer::of(&stage);
    assert_eq!(customer.status("/office/links").await, 303, "to the login");
    assert_eq!(customer.status("/links").await, 404);
    customer.log_in().await;
    let links = customer.get("/office/links").await;

    assert_eq!(stage.links().len(), 2);
    for link in stage.links() {
        assert!(links.contains(link), "{link} in {links}");
    }
    stage.finish();
}
