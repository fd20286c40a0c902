//! The project's development commands. CI runs the same ones, so each failure can be repeated by hand.
//!
//! `cargo xtask --help` lists the commands. This crate depends on no other member, so it builds in seconds, also while
//! other crates do not compile.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is a command line tool")]

mod bench;
mod browser;
mod ci;
mod consumers;
mod control;
mod docs;
mod features;
mod fuzz;
mod instructions;
mod newman;
mod package;
mod postgres;
mod process;
mod programs;
mod sandbox;
mod schemathesis;
mod shop;
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
        eprint!("xtask: unknown command `{name}`\n\n{}", help());
        return ExitCode::from(2);
    };

    match (command.run)(&args.collect::<Vec<_>>()) {
        Ok(Step::Passed) => ExitCode::SUCCESS,
        Ok(Step::Skipped(reason)) => {
            println!("skipped: {reason}");
            ExitCode::SUCCESS
        }
        Err(failure) => {
            if !failure.is_printed() {
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
    Command { name: "ci", about: "runs the sixteen checks below, which every change must pass", run: ci::run },
    Command { name: "tidy", about: "checks formatting, lints, crate layers, crate metadata and links", run: tidy::run },
    Command {
        name: "docs",
        about: "builds rustdoc with all features and with none; a warning is an error",
        run: docs::run,
    },
    Command { name: "test", about: "runs every test; arguments go to the test runner", run: test::run },
    Command {
        name: "matrix",
        about: "runs every operation under every fault in the sandbox; --help lists its options",
        run: programs::matrix,
    },
    Command {
        name: "crash",
        about: "kills a merchant's process at every point, or a fleet of workers; the journal must recover; --help lists its options",
        run: programs::crash,
    },
    Command {
        name: "walks",
        about: "walks customers through the shop at random, kills it, and compares its books with the ledger; --help lists its options",
        run: programs::walks,
    },
    Command {
        name: "features",
        about: "builds every feature combination, and checks that none adds an unwanted dependency",
        run: features::run,
    },
    Command {
        name: "simulate",
        about: "simulates 20,000 days of a merchant, and 20,000 lives of journaled intents; --help lists its options",
        run: programs::simulate,
    },
    Command {
        name: "attack",
        about: "delivers genuine and forged webhooks; no forged one may be accepted; --help lists its options",
        run: programs::attack,
    },
    Command {
        name: "fuzz",
        about: "fuzzes every parser of untrusted bytes; TARGET [--seconds N] uses libFuzzer (installs cargo-fuzz)",
        run: fuzz::run,
    },
    Command {
        name: "instructions",
        about: "counts the instructions to verify a webhook, to decode it, and of a call; --bless stores the counts",
        run: instructions::run,
    },
    Command {
        name: "newman",
        about: "replays TurboPay's recorded exchanges against the sandbox (needs npm)",
        run: newman::run,
    },
    Command {
        name: "browser",
        about: "uses the pages of the sandbox and the shop in Chromium, on a phone and on a desktop; arguments go to the test runner",
        run: browser::run,
    },
    Command {
        name: "schemathesis",
        about: "tests the sandbox's control API against its OpenAPI description (needs Python 3 with venv)",
        run: schemathesis::run,
    },
    Command {
        name: "consumers",
        about: "builds and runs small applications that use the crates, and counts their dependencies",
        run: consumers::run,
    },
    Command {
        name: "package",
        about: "checks that each published crate's archive is complete and compiles",
        run: package::run,
    },
    Command {
        name: "demo",
        about: "shows the main flows, a lost response at each provider, and a killed payout, in the sandbox",
        run: programs::demo,
    },
    Command {
        name: "sandbox",
        about: "starts the simulated providers and the inspector; arguments go to `payments-sandbox serve`",
        run: programs::sandbox,
    },
    Command {
        name: "shop",
        about: "starts the example shop, the simulated providers, and a panel that breaks things; --help lists its options",
        run: shop::run,
    },
    Command {
        name: "bench",
        about: "compares performance with alternatives, and writes docs/performance.md; --quick skips the builds, --page measures nothing",
        run: bench::run,
    },
    Command {
        name: "control",
        about: "shows that job queues execute a payment twice after a crash; not in CI, because it builds the queues",
        run: control::run,
    },
    Command {
        name: "supply-chain",
        about: "checks licences and security advisories of dependencies (installs cargo-deny)",
        run: tools::supply_chain,
    },
    Command {
        name: "mutants",
        about: "runs mutation tests of the code that decides about money (installs cargo-mutants)",
        run: tools::mutants,
    },
    Command {
        name: "semver",
        about: "checks the migrations, and lists API changes, since a git revision (installs cargo-semver-checks)",
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
    fn the_help_has_one_line_per_command() {
        for command in COMMANDS {
            let lines =
                help().lines().filter(|line| line.trim_start().starts_with(&format!("{} ", command.name))).count();
            assert_eq!(lines, 1, "{}", command.name);
        }
    }
}
