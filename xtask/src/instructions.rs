//! What the hot functions cost, in instructions: the same number however busy the machine is.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use crate::process::{Failure, Run, Step};
use crate::workspace::{self, Workspace};

/// Counts, and holds the counts against those that were kept; with `--bless`, keeps these.
pub(crate) fn run(args: &[String]) -> Result<Step, Failure> {
    let bless = match args {
        [] => false,
        [bless] if bless == "--bless" => true,
        _ => return Err(Failure::new("instructions [--bless]")),
    };
    if !Run::program("valgrind").args(["--version"]).works() {
        return Ok(Step::Skipped("there is no valgrind on this machine to count with".to_owned()));
    }
    let path = workspace::root().join(KEPT);
    let kept =
        Counts::read(&fs::read_to_string(&path)?).ok_or_else(|| Failure::new(format!("{KEPT} is unreadable")))?;
    let compiler = compiler()?;
    if !bless && kept.compiler != compiler {
        let how = "`cargo xtask instructions --bless` before a change, and without it after, compares";
        return Ok(Step::Skipped(format!("{KEPT} was counted with {}, this is {compiler}; {how}", kept.compiler)));
    }
    let target = Workspace::load()?.target;
    Run::cargo().args(["build", "--release", "--package", "payments-tests", "--bin", "instructions"]).run()?;
    let counter = Counter { program: target.join("release/instructions"), log: target.join("instructions.log") };
    let hmac = counter.a_turn("hmac")?;
    let counts = Counts {
        compiler,
        // What an HMAC costs depends on the processor that callgrind plays; what is ours is the rest.
        verify: counter.a_turn("verify")?.saturating_sub(hmac),
        decode: counter.a_turn("decode")?,
    };
    println!("an HMAC of the body costs {hmac} instructions; beside it\n{}", counts.text());

    if counts.verify == 0 || counts.decode == 0 {
        return Err(Failure::new("nothing was counted"));
    }
    if bless {
        fs::write(path, counts.text())?;
        return Ok(Step::Passed);
    }
    counts.check(&kept)?;
    Ok(Step::Passed)
}

struct Counter {
    program: PathBuf,
    log: PathBuf,
}

impl Counter {
    /// The difference of many turns and few, so that starting the program does not count.
    fn a_turn(&self, function: &str) -> Result<u64, Failure> {
        Ok((self.count(function, FEW + TURNS)?.saturating_sub(self.count(function, FEW)?)) / TURNS)
    }

    fn count(&self, function: &str, turns: u64) -> Result<u64, Failure> {
        Run::program("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .args([format!("--log-file={}", self.log.display())])
            .args([self.program.as_os_str()])
            .args([function, &turns.to_string()])
            .run()?;
        let log = fs::read_to_string(&self.log)?;
        collected(&log).ok_or_else(|| Failure::new(format!("callgrind did not say what it counted:\n{log}")))
    }
}

/// What stands behind callgrind's `Collected :`.
fn collected(log: &str) -> Option<u64> {
    log.lines().find_map(|line| line.split_once("Collected : "))?.1.trim().parse().ok()
}

/// Another compiler makes other instructions, and so does another architecture.
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
}

impl Counts {
    fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = writeln!(text, "compiler {}\nverify {}\ndecode {}", self.compiler, self.verify, self.decode);
        text
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
        })
    }

    fn check(&self, kept: &Counts) -> Result<(), Failure> {
        for (name, now, kept) in [("verify", self.verify, kept.verify), ("decode", self.decode, kept.decode)] {
            if now * 100 > kept * (100 + MORE_AT_MOST) {
                return Err(Failure::new(format!(
                    "{name} costs {now} instructions, more than {MORE_AT_MOST} % above the {kept} of {KEPT}; \
                     if that is meant, `cargo xtask instructions --bless`"
                )));
            }
        }
        Ok(())
    }
}

const KEPT: &str = "tests/instructions.txt";

const FEW: u64 = 10;
const TURNS: u64 = 1000;

/// In percent. Between two builds of the same code there is none; a library's new version may take a little.
const MORE_AT_MOST: u64 = 10;

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(verify: u64, decode: u64) -> Counts {
        Counts { compiler: "1.95.0 for x86_64-unknown-linux-gnu".to_owned(), verify, decode }
    }

    #[test]
    fn more_than_a_tenth_more_fails() {
        let kept = counts(1000, 500);

        assert!(counts(1100, 550).check(&kept).is_ok());
        assert!(counts(10, 10).check(&kept).is_ok());
        assert!(counts(1101, 500).check(&kept).unwrap_err().to_string().starts_with("verify costs 1101"));
        assert!(counts(1000, 551).check(&kept).unwrap_err().to_string().starts_with("decode costs 551"));
    }

    #[test]
    fn what_is_kept_is_read_as_it_was_written() {
        assert_eq!(Counts::read(&counts(12, 34).text()), Some(counts(12, 34)));
        assert_eq!(Counts::read("verify 12"), None);
    }

    #[test]
    fn callgrinds_count_is_read() {
        assert_eq!(collected("==7== Events    : Ir\n==7== Collected : 123456\n==7==\n"), Some(123_456));
        assert_eq!(collected("==7== nothing"), None);
    }
}
