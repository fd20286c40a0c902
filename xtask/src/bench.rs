//! What the crates cost, beside what they would be used instead of: everything is measured in one run, side by side.

mod builds;
mod machine;
mod page;
mod rows;
mod verdict;

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use self::rows::ROWS;
use crate::process::{Failure, Run, Step};
use crate::workspace::{self, Workspace};

/// Two sides of a row, in its unit. Where there is no other side, that one is zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sides {
    ours: u64,
    theirs: u64,
}

/// What was measured, by the row's name.
type Measured = BTreeMap<String, Sides>;

/// Measures all rows and writes the page; with `--quick` those that need no clean build, and prints them only.
/// `--rounds N` builds each application N times instead of three.
pub(crate) fn run(args: &[String]) -> Result<Step, Failure> {
    let (quick, rounds) = asked(args)?;
    let target = Workspace::load()?.target.join("comparisons");
    let mut measured = Measured::new();
    if !quick {
        builds::measure(&target, rounds, &mut measured)?;
    }
    builds::count_crates(&mut measured)?;
    in_process(&target, &mut measured)?;

    let page = page::write(&machine::describe()?, (!quick).then_some(rounds), &measured);
    println!("\n{page}");
    known(&measured)?;
    if !quick {
        complete(&measured)?;
        fs::write(workspace::root().join("docs").join("performance.md"), page)?;
    }
    Ok(Step::Passed)
}

/// What was measured under a name that no row has would be lost.
fn known(measured: &Measured) -> Result<(), Failure> {
    match measured.keys().find(|name| ROWS.iter().all(|row| row.name != **name)) {
        Some(name) => Err(Failure::new(format!("`{name}` was measured, and is no row"))),
        None => Ok(()),
    }
}

/// A row that is missing would be a limit that seems to be kept.
fn complete(measured: &Measured) -> Result<(), Failure> {
    match ROWS.iter().find(|row| !measured.contains_key(row.name)) {
        Some(row) => Err(Failure::new(format!("the row `{}` was not measured", row.name))),
        None => Ok(()),
    }
}

fn asked(args: &[String]) -> Result<(bool, usize), Failure> {
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => Ok((false, ROUNDS)),
        ["--quick"] => Ok((true, ROUNDS)),
        ["--rounds", rounds] => match rounds.parse() {
            Ok(rounds) if rounds > 0 => Ok((false, rounds)),
            _ => Err(Failure::new("say how many rounds: --rounds 3")),
        },
        _ => Err(Failure::new("bench takes --quick, or --rounds N, or nothing")),
    }
}

/// The rows that one program measures by itself.
fn in_process(target: &std::path::Path, measured: &mut Measured) -> Result<(), Failure> {
    let target = target.join("table");
    let build = comparisons(&["build", "--release", "--package", "table"]);
    build.args(["--target-dir".as_ref(), target.as_os_str()]).run()?;
    let lines = Run::program(target.join("release").join("table")).read()?;
    for line in lines.lines() {
        let (row, sides) = read(line)?;
        measured.insert(row, sides);
    }
    Ok(())
}

/// A line of the program's.
fn read(line: &str) -> Result<(String, Sides), Failure> {
    let line: Value = serde_json::from_str(line)?;
    match (line["row"].as_str(), line["ours"].as_u64(), line["theirs"].as_u64()) {
        (Some(row), Some(ours), Some(theirs)) => Ok((row.to_owned(), Sides { ours, theirs })),
        _ => Err(Failure::new(format!("this is no row: {line}"))),
    }
}

/// Cargo in the workspace of the comparisons, with the versions that are locked there.
fn comparisons(args: &[&str]) -> Run {
    let manifest = workspace::root().join("comparisons").join("Cargo.toml");
    Run::cargo().args(args).args(["--quiet", "--locked"]).args(["--manifest-path".as_ref(), manifest.as_os_str()])
}

/// The fewest that a median can be taken of.
const ROUNDS: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_that_it_does_not_know_is_told() {
        let asked = |args: &[&str]| asked(&args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>());

        assert_eq!(asked(&["--quick"]).unwrap(), (true, 3));
        assert_eq!(asked(&["--rounds", "5"]).unwrap(), (false, 5));
        assert!(asked(&["--rounds", "0"]).is_err() && asked(&["--fast"]).is_err());
    }

    #[test]
    fn a_row_is_neither_lost_nor_left_out() {
        let all: Measured = ROWS.iter().map(|row| (row.name.to_owned(), Sides { ours: 1, theirs: 1 })).collect();
        let (mut more, mut less) = (all.clone(), all.clone());
        more.insert("webhooks-bare".to_owned(), Sides { ours: 1, theirs: 1 });
        less.remove("flight");

        assert!(known(&all).is_ok() && complete(&all).is_ok());
        assert!(known(&more).unwrap_err().to_string().contains("`webhooks-bare`"));
        assert!(complete(&less).unwrap_err().to_string().contains("`flight`"));
    }

    #[test]
    fn a_line_is_a_row_with_two_sides() {
        let line = r#"{"row":"flight","unit":"calls/s","ours":40455,"theirs":53080,"ratio":0.762}"#;

        assert_eq!(read(line).unwrap(), ("flight".to_owned(), Sides { ours: 40_455, theirs: 53_080 }));
        assert!(read(r#"{"row":"flight"}"#).unwrap_err().to_string().contains("no row"));
    }
}
