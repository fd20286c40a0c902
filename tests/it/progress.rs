//! The progress bars of the long commands: on a terminal only.

use std::process::Command;

use payments_test_progress::terminal;

type Program = (&'static str, &'static [&'static str]);

const SIMULATE: Program = (env!("CARGO_BIN_EXE_simulate"), &["--days", "--seeds", "60"]);
const MATRIX: Program =
    (env!("CARGO_BIN_EXE_matrix"), &["--runs", "60", "--cell", "turbopay.withdraw @after-commit fin x1, fresh, plain"]);

/// Checks that the bar counts, and that it is removed before the program prints its result.
#[track_caller]
#[expect(clippy::print_stdout, reason = "a test says that it is skipped")]
fn check_bar((program, arguments): Program, result: &str) {
    let Some(output) = terminal::run(program, arguments, &[]) else {
        println!("skipped: util-linux's `script` is not installed");
        return;
    };
    assert!(output.counts.first() == Some(&0) && output.counts.last() > Some(&0), "{output:?}");
    assert!(output.printed.starts_with(result), "{output:?}");
}

#[track_caller]
fn check_no_bar((program, arguments): Program, variables: &[(&str, &str)]) {
    if let Some(output) = terminal::run(program, arguments, variables) {
        assert!(output.counts.is_empty() && output.printed.starts_with("days: "), "{variables:?}: {output:?}");
    }
}

#[test]
fn a_bar_appears_on_a_terminal_and_is_removed() {
    check_bar(SIMULATE, "days: ");
    check_bar(MATRIX, "\r\nturbopay.withdraw ");
}

#[test]
fn no_bar_appears_in_a_pipe() {
    for (program, arguments) in [SIMULATE, MATRIX] {
        let output = Command::new(program).args(arguments).env_remove("CI").output().unwrap();

        assert!(output.status.success());
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
        let printed = String::from_utf8(output.stdout).unwrap();
        assert!(!printed.contains(['\x1b', '\r']), "{printed:?}");
    }
}

#[test]
fn no_bar_appears_in_ci_or_on_a_terminal_that_cannot_remove_it() {
    check_no_bar(SIMULATE, &[("CI", "true")]);
    check_no_bar(SIMULATE, &[("TERM", "dumb")]);
}
