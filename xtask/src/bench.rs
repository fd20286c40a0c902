//! Compares the crates with alternatives. Both sides of each row are measured in the same run.

mod builds;
mod limits;
mod machine;
mod page;
mod plot;
mod reasons;
mod rows;
mod steps;
mod stored;

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use self::rows::ROWS;
use self::steps::Steps;
use self::stored::Stored;
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

/// Measures all rows, stores the values, and writes `docs/performance.md` with its plots.
///
/// With `--inspector`, only prints what the sandbox's records cost, as lines of JSON. With `--quick`, only prints the rows that need no clean build. With `--table`, measures these rows, and keeps the stored values of
/// the builds. With `--rounds N`, builds each application N times instead of three. With `--page`, measures nothing, and writes the page
/// from the stored values.
pub(crate) fn run(args: &[String]) -> Result<Step, Failure> {
    let builds = match parse(args)? {
        Kind::Page => {
            write_page(&stored::read()?)?;
            return Ok(Step::Passed);
        }
        Kind::Inspector => {
            run_inspector()?;
            return Ok(Step::Passed);
        }
        Kind::Quick => None,
        Kind::Table => Some(Builds::Stored(stored::read()?)),
        Kind::Whole { rounds } => Some(Builds::Measured { rounds }),
    };
    let target = Workspace::load()?.target.join("comparisons");
    let mut measured = Measured::new();
    let build_steps = if let Some(Builds::Measured { rounds }) = builds { builds::steps(rounds) } else { 0 };
    let mut steps = Steps::new(build_steps + 1 + ROWS.len() - builds::ROWS.len());
    let rounds = match builds {
        None => None,
        Some(Builds::Stored(stored)) => {
            measured.extend(stored.measured.into_iter().filter(|(name, _)| builds::ROWS.contains(&name.as_str())));
            Some(stored.rounds)
        }
        Some(Builds::Measured { rounds }) => {
            builds::measure(&target, rounds, &mut steps, &mut measured)?;
            Some(rounds)
        }
    };
    builds::count_crates(&mut measured)?;
    measure_table(&target, &mut steps, &mut measured)?;

    let machine = machine::describe()?;
    println!("\n{}", page::write(&machine, rounds, &measured));
    check_known(&measured)?;
    if let Some(rounds) = rounds {
        check_complete(&measured)?;
        let stored = Stored { machine, rounds, measured };
        stored::write(&stored)?;
        write_page(&stored)?;
    }
    Ok(Step::Passed)
}

fn write_page(Stored { machine, rounds, measured }: &Stored) -> Result<(), Failure> {
    let docs = workspace::root().join("docs");
    for plot in plot::PLOTS {
        fs::write(docs.join(plot.file), plot.draw(&page::entries(measured)))?;
    }
    fs::write(docs.join("performance.md"), page::write(machine, Some(*rounds), measured))?;
    Ok(())
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

/// Where the values of the builds come from.
enum Builds {
    Stored(Stored),
    Measured { rounds: usize },
}

/// What to do.
#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Whole { rounds: usize },
    Table,
    Quick,
    Inspector,
    Page,
}

fn parse(args: &[String]) -> Result<Kind, Failure> {
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => Ok(Kind::Whole { rounds: ROUNDS }),
        ["--quick"] => Ok(Kind::Quick),
        ["--table"] => Ok(Kind::Table),
        ["--inspector"] => Ok(Kind::Inspector),
        ["--page"] => Ok(Kind::Page),
        ["--rounds", rounds] => match rounds.parse() {
            Ok(rounds) if rounds > 0 => Ok(Kind::Whole { rounds }),
            _ => Err(Failure::new("--rounds needs a whole number above 0")),
        },
        _ => Err(Failure::new("usage: cargo xtask bench [--quick | --inspector | --table | --page | --rounds N]")),
    }
}

/// Measures what the sandbox's records cost. The values are on no page.
fn run_inspector() -> Result<(), Failure> {
    let target = Workspace::load()?.target;
    let sandbox = target.join("comparisons").join("sandbox");
    let build = ["build", "--release", "--quiet", "--locked", "--package", "payments-sandbox"];
    Run::cargo().args(build).args(["--target-dir".as_ref(), sandbox.as_os_str()]).run()?;
    let own = target.join("comparisons").join("inspector");
    comparisons(&["build", "--release", "--package", "inspector"])
        .args(["--target-dir".as_ref(), own.as_os_str()])
        .run()?;
    let program = sandbox.join("release/payments-sandbox");
    Run::program(own.join("release/inspector")).env("PAYMENTS_SANDBOX", &program.to_string_lossy()).run()
}

/// Measures the rows of the program `table`.
fn measure_table(target: &std::path::Path, steps: &mut Steps, measured: &mut Measured) -> Result<(), Failure> {
    let target = target.join("table");
    steps.next("building `table`");
    for build in [comparisons(&["build", "--release", "--package", "table"]), underway(&["build", "--release"])] {
        build.args(["--target-dir".as_ref(), target.as_os_str()]).run()?;
    }
    let release = target.join("release");
    let control = release.join("control-underway");
    Run::program(release.join("table")).env("CONTROL_UNDERWAY", &control.to_string_lossy()).read_lines(|line| {
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
    in_workspace("comparisons", args)
}

/// Runs cargo in the workspace of `control-underway`, with its locked versions.
pub(crate) fn underway(args: &[&str]) -> Run {
    in_workspace("comparisons/apps/control-underway", args)
}

fn in_workspace(path: &str, args: &[&str]) -> Run {
    let manifest = workspace::root().join(path).join("Cargo.toml");
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

        assert_eq!(parse(&["--quick"]).unwrap(), Kind::Quick);
        assert_eq!(parse(&["--table"]).unwrap(), Kind::Table);
        assert_eq!(parse(&["--inspector"]).unwrap(), Kind::Inspector);
        assert_eq!(parse(&["--rounds", "5"]).unwrap(), Kind::Whole { rounds: 5 });
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
