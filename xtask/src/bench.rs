//! Compares the crates with alternatives. Both sides of each row are measured in the same run.

mod builds;
mod limits;
mod machine;
mod page;
mod rows;
mod steps;

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use self::rows::ROWS;
use self::steps::Steps;
use crate::process::{Failure, Run, Step};
use crate::workspace::{self, Workspace};

/// The two values of a row, in its unit. `theirs` is zero if there is no other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sides {
    ours: u64,
    theirs: u64,
}

/// The measured values, by the name of the row.
type Measured = BTreeMap<String, Sides>;

/// Measures all rows and writes `docs/performance.md`.
///
/// With `--quick`, only prints the rows that need no clean build. With `--rounds N`, builds each application N times
/// instead of three.
pub(crate) fn run(args: &[String]) -> Result<Step, Failure> {
    let (quick, rounds) = parse(args)?;
    let target = Workspace::load()?.target.join("comparisons");
    let mut measured = Measured::new();
    let rows_of_builds = builds::ROWS.len();
    let mut steps = Steps::new(if quick { 0 } else { builds::steps(rounds) } + 1 + ROWS.len() - rows_of_builds);
    if !quick {
        builds::measure(&target, rounds, &mut steps, &mut measured)?;
    }
    builds::count_crates(&mut measured)?;
    measure_table(&target, &mut steps, &mut measured)?;

    let page = page::write(&machine::describe()?, (!quick).then_some(rounds), &measured);
    println!("\n{page}");
    check_known(&measured)?;
    if !quick {
        check_complete(&measured)?;
        fs::write(workspace::root().join("docs").join("performance.md"), page)?;
    }
    Ok(Step::Passed)
}

/// Returns an error if a measured value has no row, because the page would omit it.
fn check_known(measured: &Measured) -> Result<(), Failure> {
    match measured.keys().find(|name| ROWS.iter().all(|row| row.name != **name)) {
        Some(name) => Err(Failure::new(format!("`{name}` was measured, but no row has this name"))),
        None => Ok(()),
    }
}

/// Returns an error if a row was not measured, because its limit would seem to be met.
fn check_complete(measured: &Measured) -> Result<(), Failure> {
    match ROWS.iter().find(|row| !measured.contains_key(row.name)) {
        Some(row) => Err(Failure::new(format!("the row `{}` was not measured", row.name))),
        None => Ok(()),
    }
}

fn parse(args: &[String]) -> Result<(bool, usize), Failure> {
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => Ok((false, ROUNDS)),
        ["--quick"] => Ok((true, ROUNDS)),
        ["--rounds", rounds] => match rounds.parse() {
            Ok(rounds) if rounds > 0 => Ok((false, rounds)),
            _ => Err(Failure::new("--rounds needs a whole number above 0")),
        },
        _ => Err(Failure::new("usage: cargo xtask bench [--quick | --rounds N]")),
    }
}

/// Measures the rows of the program `table`.
fn measure_table(target: &std::path::Path, steps: &mut Steps, measured: &mut Measured) -> Result<(), Failure> {
    let target = target.join("table");
    steps.next("building `table`");
    let build = comparisons(&["build", "--release", "--package", "table"]);
    build.args(["--target-dir".as_ref(), target.as_os_str()]).run()?;
    Run::program(target.join("release").join("table")).read_lines(|line| {
        let (row, sides) = parse_row(line)?;
        steps.next(format_args!("measured `{row}`"));
        measured.insert(row, sides);
        Ok(())
    })
}

/// Parses a line of the program's output.
fn parse_row(line: &str) -> Result<(String, Sides), Failure> {
    let line: Value = serde_json::from_str(line)?;
    match (line["row"].as_str(), line["ours"].as_u64(), line["theirs"].as_u64()) {
        (Some(row), Some(ours), Some(theirs)) => Ok((row.to_owned(), Sides { ours, theirs })),
        _ => Err(Failure::new(format!("this line is not a row: {line}"))),
    }
}

/// Runs cargo in the workspace `comparisons`, with its locked versions.
pub(crate) fn comparisons(args: &[&str]) -> Run {
    let manifest = workspace::root().join("comparisons").join("Cargo.toml");
    Run::cargo().args(args).args(["--quiet", "--locked"]).args(["--manifest-path".as_ref(), manifest.as_os_str()])
}

/// The fewest rounds with a meaningful median.
const ROUNDS: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_arguments_are_rejected() {
        let parse = |args: &[&str]| parse(&args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>());

        assert_eq!(parse(&["--quick"]).unwrap(), (true, 3));
        assert_eq!(parse(&["--rounds", "5"]).unwrap(), (false, 5));
        assert!(parse(&["--rounds", "0"]).is_err() && parse(&["--fast"]).is_err());
    }

    #[test]
    fn unknown_and_missing_rows_are_reported() {
        let all: Measured = ROWS.iter().map(|row| (row.name.to_owned(), Sides { ours: 1, theirs: 1 })).collect();
        let (mut more, mut less) = (all.clone(), all.clone());
        more.insert("webhooks-bare".to_owned(), Sides { ours: 1, theirs: 1 });
        less.remove("flight");

        assert!(check_known(&all).is_ok() && check_complete(&all).is_ok());
        assert!(check_known(&more).unwrap_err().to_string().contains("`webhooks-bare`"));
        assert!(check_complete(&less).unwrap_err().to_string().contains("`flight`"));
    }

    #[test]
    fn each_row_of_the_builds_is_a_row() {
        assert!(builds::ROWS.iter().all(|name| ROWS.iter().any(|row| row.name == *name)));
    }

    #[test]
    fn a_line_has_a_row_and_two_values() {
        let line = r#"{"row":"flight","unit":"calls/s","ours":40455,"theirs":53080,"ratio":0.762}"#;

        assert_eq!(parse_row(line).unwrap(), ("flight".to_owned(), Sides { ours: 40_455, theirs: 53_080 }));
        assert!(parse_row(r#"{"row":"flight"}"#).unwrap_err().to_string().contains("not a row"));
    }
}
