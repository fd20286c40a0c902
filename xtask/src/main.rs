//! Everything CI does, one command each, so that a red run can be repeated by hand.
//!
//! `cargo xtask --help` lists the commands. This crate depends on no other member, so that it builds in seconds and
//! works while the rest does not.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool speaks through its output")]

mod bench;
mod ci;
mod consumers;
mod docs;
mod features;
mod fuzz;
mod instructions;
mod newman;
mod package;
mod process;
mod programs;
mod sandbox;
mod test;
mod tidy;
mod tools;
mod workspace;

use std::process::ExitCode;

use crate::process::{Action, Step};

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let Some(name) = args.next().filter(|name| !matches!(name.as_str(), "-h" | "--help" | "help")) else {
        print!("{}", help());
        return ExitCode::SUCCESS;
    };
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        eprint!("xtask: there is no command `{name}`\n\n{}", help());
        return ExitCode::from(2);
    };

    match (command.run)(&args.collect::<Vec<_>>()) {
        Ok(Step::Passed) => ExitCode::SUCCESS,
        Ok(Step::Skipped(why)) => {
            println!("skipped: {why}");
            ExitCode::SUCCESS
        }
        Err(failure) => {
            if !failure.is_told() {
                eprintln!("xtask {name}: {failure}");
            }
            failure.exit_code()
        }
    }
}

struct Command {
    name: &'static str,
    about: &'static str,
    run: Action,
}

const COMMANDS: &[Command] = &[
    Command { name: "ci", about: "all that a change must pass: the next twelve, fastest to fail first", run: ci::run },
    Command { name: "tidy", about: "formatting, lints, layering, crate metadata, links", run: tidy::run },
    Command { name: "docs", about: "rustdoc without a warning, with all features and with none", run: docs::run },
    Command { name: "test", about: "every test; arguments go to the test runner", run: test::run },
    Command {
        name: "matrix",
        about: "every operation under every fault, held against the ledger; arguments go to it",
        run: programs::matrix,
    },
    Command {
        name: "features",
        about: "every feature combination builds; what must stay out stays out",
        run: features::run,
    },
    Command {
        name: "simulate",
        about: "days of a merchant without sockets, 20,000 unless --seeds says otherwise",
        run: programs::simulate,
    },
    Command {
        name: "attack",
        about: "genuine and forged webhooks and callbacks: no forged one is accepted; arguments go to it",
        run: programs::attack,
    },
    Command {
        name: "fuzz",
        about: "every parser of untrusted bytes; with TARGET [--seconds N] under libFuzzer (installs cargo-fuzz)",
        run: fuzz::run,
    },
    Command {
        name: "instructions",
        about: "what verifying and decoding cost, counted by callgrind; --bless keeps what is counted",
        run: instructions::run,
    },
    Command { name: "newman", about: "the provider's recorded exchanges against the sandbox", run: newman::run },
    Command {
        name: "consumers",
        about: "small applications that depend on the crates as users do, and what comes with them",
        run: consumers::run,
    },
    Command { name: "package", about: "each published crate's archive is complete and builds", run: package::run },
    Command {
        name: "demo",
        about: "one payment after another against the sandbox; arguments go to it",
        run: programs::demo,
    },
    Command {
        name: "bench",
        about: "what it costs beside what is used instead, written to docs/performance.md; --quick skips the builds",
        run: bench::run,
    },
    Command { name: "supply-chain", about: "licences and advisories (installs cargo-deny)", run: tools::supply_chain },
    Command {
        name: "mutants",
        about: "mutation tests of what decides about money (installs cargo-mutants)",
        run: tools::mutants,
    },
    Command {
        name: "semver",
        about: "API changes since a git revision (installs cargo-semver-checks)",
        run: tools::semver,
    },
];

fn help() -> String {
    let mut help = "Usage: cargo xtask COMMAND [ARGUMENTS]\n\n".to_owned();
    for Command { name, about, .. } in COMMANDS {
        help += &format!("  {name:<13} {about}\n");
    }
    help
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_gives_each_command_one_line() {
        for command in COMMANDS {
            let lines =
                help().lines().filter(|line| line.trim_start().starts_with(&format!("{} ", command.name))).count();
            assert_eq!(lines, 1, "{}", command.name);
        }
    }
}
