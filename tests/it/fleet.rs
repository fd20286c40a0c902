//! Workers in several processes on one `PostgreSQL` database, which are killed at random and restarted.

use std::path::Path;

use payments_test_postgres::Server;
use payments_tests::crash::{self, FleetOptions, Role};

const PROGRAM: &str = env!("CARGO_BIN_EXE_crash");

fn options(intents: usize) -> FleetOptions {
    FleetOptions::new(5, intents, PROGRAM)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_workers_in_four_processes_that_are_killed_execute_each_intent_once() {
    let Some(server) = Server::of_test() else { return };

    let report = crash::fleet(&server, options(200)).await.unwrap();

    assert!(report.passed(), "{report}");
    assert!(report.kills() > 0 && report.interrupted() > 0, "{report}");
    assert_eq!((report.executed(0) + report.executed(1), report.executed(2)), (200, 0), "{report}");
    assert!(report.most_lookups_in_a_minute() <= 60, "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fleet_whose_journal_forgets_attempts_whose_lease_expired_is_detected() {
    let Some(server) = Server::of_test() else { return };

    let report = crash::fleet(&server, options(200).kills(40).control()).await.unwrap();

    assert!(!report.passed(), "{report}");
    assert!(report.to_string().contains("VIOLATION: order-"), "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_hooks_of_some_processes_write_each_effect_of_the_others_once() {
    let Some(server) = Server::of_test() else { return };
    let roles = [Role::Executes, Role::Executes, Role::DeliversChanges, Role::DeliversChanges];

    // The report compares the merchant's effects with the changes of every intent.
    let report = crash::fleet(&server, options(200).roles(&roles)).await.unwrap();

    assert!(report.passed() && report.kills() > 0, "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixteen_processes_share_the_places_of_one_and_a_killed_one_costs_a_place_for_some_time() {
    let Some(server) = Server::of_test() else { return };

    let report = crash::limit(&server, Path::new(PROGRAM)).await.unwrap();

    assert!(report.passed(), "{report}");
}
