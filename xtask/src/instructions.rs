//! Counts the instructions of the hot functions with callgrind. The counts do not depend on the machine's load.

use std::fs;
use std::path::PathBuf;

use crate::process::{Failure, Run, Step};
use crate::workspace::{self, Workspace};

/// Counts the instructions and compares them with the stored counts. With `--bless`, stores them.
pub(crate) fn run(args: &[String]) -> Result<Step, Failure> {
    let bless = match args {
        [] => false,
        [bless] if bless == "--bless" => true,
        _ => return Err(Failure::new("usage: cargo xtask instructions [--bless]")),
    };
    if !Run::program("valgrind").args(["--version"]).works() {
        return Ok(Step::Skipped("valgrind is not installed".to_owned()));
    }
    let path = workspace::root().join(STORED);
    let stored = Counts::read(&fs::read_to_string(&path)?)
        .ok_or_else(|| Failure::new(format!("{STORED} is not in the expected format")))?;
    let compiler = compiler()?;
    if !bless && stored.compiler != compiler {
        let advice = "to compare, run it with --bless before your change and without after it";
        return Ok(Step::Skipped(format!(
            "{STORED} has the counts of {}, but this is {compiler}; {advice}",
            stored.compiler
        )));
    }
    let target = Workspace::load()?.target;
    Run::cargo().args(["build", "--release", "--package", PACKAGE]).run()?;
    let counter = Counter { program: target.join("release").join(PACKAGE), log: target.join("instructions.log") };
    let (hmac, response) = (counter.per_call("hmac")?, counter.per_call("response")?);
    let counts = Counts {
        compiler,
        // The cost of an HMAC depends on the processor that callgrind emulates, so it is subtracted.
        verify: counter.per_call("verify")?.saturating_sub(hmac),
        decode: counter.per_call("decode")?,
        // Making the response is the transport's work.
        call: counter.per_call("call")?.saturating_sub(response),
    };
    println!(
        "instructions per call (not included: an HMAC of the body, {hmac}, in verify; a response, {response}, in call)\n{}",
        counts.text()
    );

    if counts.all().iter().any(|(_, count)| *count == 0) {
        return Err(Failure::new("a function has zero instructions: the measurement failed"));
    }
    if bless {
        fs::write(path, counts.text())?;
        return Ok(Step::Passed);
    }
    counts.check(&stored)?;
    Ok(Step::Passed)
}

struct Counter {
    program: PathBuf,
    log: PathBuf,
}

impl Counter {
    /// Returns the instructions per call: the difference between many calls and few, so that startup does not count.
    fn per_call(&self, function: &str) -> Result<u64, Failure> {
        Ok((self.count(function, FEW + CALLS)?.saturating_sub(self.count(function, FEW)?)) / CALLS)
    }

    fn count(&self, function: &str, calls: u64) -> Result<u64, Failure> {
        Run::program("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .args([format!("--log-file={}", self.log.display())])
            .args([self.program.as_os_str()])
            .args([function, &calls.to_string()])
            .run()?;
        let log = fs::read_to_string(&self.log)?;
        collected(&log).ok_or_else(|| Failure::new(format!("callgrind printed no count:\n{log}")))
    }
}

/// Returns the count after `Collected : ` in callgrind's log.
fn collected(log: &str) -> Option<u64> {
    log.lines().find_map(|line| line.split_once("Collected : "))?.1.trim().parse().ok()
}

/// Returns the compiler's version and target, on which the counts depend.
fn compiler() -> Result<String, Failure> {
    let version = Run::program("rustc").args(["-vV"]).read()?;
    let field = |name| version.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("?");
    Ok(format!("{} for {}", field("release: "), field("host: ")))
}

#[derive(Debug, PartialEq, Eq)]
struct Counts {
    compiler: String,
    verify: u64,
    decode: u64,
    call: u64,
}

impl Counts {
    fn all(&self) -> [(&'static str, u64); 3] {
        [("verify", self.verify), ("decode", self.decode), ("call", self.call)]
    }

    fn text(&self) -> String {
        let counts = self.all().map(|(name, count)| format!("{name} {count}\n")).concat();
        format!("compiler {}\n{counts}", self.compiler)
    }

    fn read(text: &str) -> Option<Counts> {
        let field = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|rest| rest.strip_prefix(' '))
        };
        Some(Counts {
            compiler: field("compiler")?.to_owned(),
            verify: field("verify")?.parse().ok()?,
            decode: field("decode")?.parse().ok()?,
            call: field("call")?.parse().ok()?,
        })
    }

    fn check(&self, stored: &Counts) -> Result<(), Failure> {
        for ((name, now), (_, stored)) in self.all().into_iter().zip(stored.all()) {
            if now * 100 > stored * (100 + TOLERANCE) {
                return Err(Failure::new(format!(
                    "{name} takes {now} instructions, more than {TOLERANCE} % above the {stored} in {STORED}; \
                     if that is intended, run `cargo xtask instructions --bless`"
                )));
            }
        }
        Ok(())
    }
}

const PACKAGE: &str = "payments-test-instructions";
const STORED: &str = "tests/instructions/counts.txt";

const FEW: u64 = 10;
const CALLS: u64 = 1000;

/// In percent. The same code always has the same count, but a library's new version may need a few more instructions.
const TOLERANCE: u64 = 10;

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(verify: u64, decode: u64, call: u64) -> Counts {
        Counts { compiler: "1.95.0 for x86_64-unknown-linux-gnu".to_owned(), verify, decode, call }
    }

    #[test]
    fn more_than_ten_percent_above_the_stored_count_fails() {
        let stored = counts(1000, 500, 2000);

        assert!(counts(1100, 550, 2200).check(&stored).is_ok());
        assert!(counts(10, 10, 10).check(&stored).is_ok());
        assert!(counts(1101, 500, 2000).check(&stored).unwrap_err().to_string().starts_with("verify takes 1101"));
        assert!(counts(1000, 551, 2000).check(&stored).unwrap_err().to_string().starts_with("decode takes 551"));
        assert!(counts(1000, 500, 2201).check(&stored).unwrap_err().to_string().starts_with("call takes 2201"));
    }

    #[test]
    fn stored_counts_can_be_read_back() {
        assert_eq!(Counts::read(&counts(12, 34, 56).text()), Some(counts(12, 34, 56)));
        assert_eq!(Counts::read("verify 12"), None);
    }

    #[test]
    fn the_count_is_read_from_callgrinds_log() {
        assert_eq!(collected("==7== Events    : Ir\n==7== Collected : 123456\n==7==\n"), Some(123_456));
        assert_eq!(collected("==7== nothing"), None);
    }
}
