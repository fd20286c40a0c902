//! The kill sweep: a small one, a journal with a mistake that it must detect, and processes that are paused.

use payments_tests::crash::{self, DatabaseKind, Options, Report};

async fn run(options: Options) -> Report {
    crash::run(options).await.unwrap()
}

fn options(kills: usize) -> Options {
    Options::new(5, kills, env!("CARGO_BIN_EXE_crash"))
}

async fn run_one(run_text: &str) -> Report {
    run(options(0).run(run_text).unwrap()).await
}

/// Repeats a run until it reached its point, or failed. On a busy machine, a process can be too late to send its request, and then
/// has other points.
async fn run_until(reached: &str, options: impl Fn() -> Options) -> Report {
    let mut report = run(options()).await;
    for _ in 0..5 {
        if !report.passed() || report.to_string().contains(reached) {
            break;
        }
        report = run(options()).await;
    }
    report
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_processes_at_a_provider_without_protection_execute_nothing_twice_and_lose_nothing() {
    let report = run(options(30).provider("turbo-txn").unwrap()).await;

    assert!(report.passed(), "{report}");
    assert!(report.kills() >= 25 && report.pauses() >= 2, "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_journal_that_forgets_attempts_whose_lease_expired_is_detected() {
    // Killed after the provider executed the request, and before its response was read.
    let killed = "turbo-txn.start-payment execute works @8";
    let report = run_until("killed after POST", || options(0).run(killed).unwrap().control()).await;

    assert_eq!((report.passed(), report.executed_twice(), report.kills()), (false, 1, 1), "{report}");
    assert_eq!(report.commands(), [format!("cargo xtask crash --seed 5 --run '{killed}'")]);
    let text = report.to_string();
    assert!(text.contains("killed after POST") && text.contains("VIOLATION: executed 2 times"), "{text}");

    let unmodified = run_one(killed).await;
    assert_eq!((unmodified.passed(), unmodified.executed_twice()), (true, 0), "{unmodified}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_is_paused_past_its_lease_executes_nothing_twice_and_its_late_result_counts() {
    for operation in
        ["turbopay.pay-out", "turbopay.pay-out/resend", "turratech.start-payment", "card3ds.create-payment"]
    {
        for point in [7, 8] {
            let paused = format!("{operation} execute works ~{point}");
            let report = run_until("POST", || options(0).run(&paused).unwrap()).await;
            assert_eq!((report.passed(), report.pauses()), (true, 1), "{report}");
            assert!(report.to_string().contains("POST"), "{report}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_kind_of_hook_writes_its_effects_once_although_its_process_is_killed() {
    for hook in ["fails", "panics", "is-slow", "is-missing"] {
        for kills in ["", "8", "10", "11", "12", "13+5"] {
            let report = run_one(&format!("turbopay.pay-out execute {hook} @{kills}")).await;
            assert!(report.passed(), "{report}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_journal_on_postgresql_survives_kills_and_pauses_and_one_that_forgets_attempts_is_detected() {
    if payments_test_postgres::Server::of_test().is_none() {
        return;
    }
    let options = |kills| options(kills).database(DatabaseKind::Postgres);
    let report = run(options(30).provider("turbo-txn").unwrap()).await;
    assert!(report.passed(), "{report}");
    assert!(report.kills() >= 25 && report.pauses() >= 2, "{report}");

    let killed = "turbo-txn.start-payment execute works @8";
    let report = run_until("killed after POST", || options(0).run(killed).unwrap().control()).await;
    assert_eq!((report.passed(), report.executed_twice(), report.kills()), (false, 1, 1), "{report}");
    assert_eq!(report.commands(), [format!("cargo xtask crash --database postgres --seed 5 --run '{killed}'")]);
}

#[test]
fn an_invalid_run_is_rejected() {
    let error = |text: &str| options(0).run(text).unwrap_err();
    assert!(error("turbopay.pay-out").contains("example: "));
    assert!(error("turbopay.gift execute works @1").contains("the scenarios are turratech.start-payment"));
    assert!(error("turbopay.pay-out now works @1").contains("unknown mode"));
    assert!(error("turbopay.pay-out execute sings @1").contains("unknown hook"));
    assert!(error("turbopay.pay-out execute works @one").contains("invalid points"));
    assert!("mysql".parse::<DatabaseKind>().unwrap_err().contains("sqlite or postgres"));
    assert!(options(0).provider("turbo-link").unwrap_err().contains("the providers are"));
}
