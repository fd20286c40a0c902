//! Shops with a planted defect. The walks must find each, or they prove nothing.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Options, run};
use crate::Failed;

/// A defect, planted by replacing a text that occurs once.
#[derive(Debug)]
struct Mutant {
    about: &'static str,
    file: &'static str,
    text: &'static str,
    replacement: &'static str,
}

const MUTANTS: &[Mutant] = &[
    Mutant {
        about: "what may have been executed counts as a failure",
        file: "books.rs",
        text: "State::Failed | State::Refused | State::Abandoned)",
        replacement: "State::Failed | State::Refused | State::Abandoned | State::Unknown | State::NeedsReview)",
    },
    Mutant {
        about: "a payment can be given up while its page is open",
        file: "payment.rs",
        text: "Kind::OwnPage | Kind::Page => is_lost",
        replacement: "Kind::OwnPage | Kind::Page => is_lost || true",
    },
    Mutant {
        about: "3-D Secure is completed after the payment was given up",
        file: "payment.rs",
        text: "completing = 1, next = NULL WHERE reference = $1 AND closed_at IS NULL",
        replacement: "completing = 1, next = NULL WHERE reference = $1",
    },
    Mutant {
        about: "each click pays out",
        file: "office/payouts.rs",
        text: "    if !random::is_id(&new.reference, \"PO\") {",
        replacement: "    let new = NewPayout { reference: random::id(\"PO\")?, ..new };
    if !random::is_id(&new.reference, \"PO\") {",
    },
    Mutant {
        about: "several payments of an order can be alive",
        file: "database.rs",
        text: "CREATE UNIQUE INDEX IF NOT EXISTS one_live_payment",
        replacement: "CREATE INDEX IF NOT EXISTS one_live_payment",
    },
    Mutant {
        about: "an order is shipped once its payment is accepted",
        file: "books.rs",
        text: "State::NeedsReview => return Ok(()),",
        replacement: "State::NeedsReview => return Ok(()), State::Pending => {}",
    },
    Mutant {
        about: "each change of a state is booked in full",
        file: "books.rs",
        text: ".checked_sub(booked)",
        replacement: ".checked_sub(booked.min(0).max(0))",
    },
    Mutant {
        about: "the intended amount is booked, and not the provider's",
        file: "books.rs",
        text: "change.order_amount.or(change.amount)",
        replacement: "change.amount",
    },
];

/// Builds a shop with each of the defects, from a copy of its folder, and walks through it. Tells the result of each.
///
/// Returns true if each defect was found.
///
/// # Errors
///
/// Returns an error if a defect cannot be planted, or if such a shop cannot be built or started.
pub async fn mutants(options: &Options, mut tell: impl FnMut(&str)) -> Result<bool, Failed> {
    let mut missed = 0;
    for mutant in MUTANTS {
        let report = run(&Options { program: Some(mutant.build()?), ..options.clone() }).await?;
        let (found, walks) = (report.failed(), report.walks());
        tell(&format!("found by {:>3} of {walks} walks: {}", found.len(), mutant.about));
        match found.first().and_then(|outcome| outcome.violations.first()) {
            Some(violation) => tell(&format!("      {violation}")),
            None => missed += 1,
        }
    }
    Ok(missed == 0)
}

impl Mutant {
    /// Returns the program of the shop with this defect.
    fn build(&self) -> Result<PathBuf, Failed> {
        let program = std::env::current_exe()?;
        // `target/debug/walks`. The dependencies are built there already.
        let target = program.parent().and_then(Path::parent).unwrap_or(Path::new("."));
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
        let folder = target.join("shop-with-defect");
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        copy(&workspace.join("examples/shop"), &folder)?;
        fs::copy(workspace.join("Cargo.lock"), folder.join("Cargo.lock"))?;
        let manifest = folder.join("Cargo.toml");
        fs::write(&manifest, manifest_of(&fs::read_to_string(&manifest)?, &workspace)?)?;
        let file = folder.join("src").join(self.file);
        let source = fs::read_to_string(&file)?;
        if source.matches(self.text).count() != 1 {
            return Err(Failed::new(format!("{}: `{}` must occur once: adapt the defect", self.file, self.text)));
        }
        fs::write(file, source.replace(self.text, self.replacement))?;

        #[expect(clippy::disallowed_methods, reason = "cargo sets `CARGO` to its own path")]
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut build = Command::new(cargo);
        build.args(["build", "--quiet", "--manifest-path"]).arg(&manifest).env("CARGO_TARGET_DIR", target);
        let status = build.status()?;
        if !status.success() {
            return Err(Failed::new(format!("the shop with this defect does not compile: {}", self.about)));
        }
        Ok(target.join("debug").join(NAME))
    }
}

/// The shop's manifest for a copy of its folder: under another name, and as a workspace of its own.
fn manifest_of(manifest: &str, workspace: &Path) -> Result<String, Failed> {
    let root = fs::read_to_string(workspace.join("Cargo.toml"))?;
    let profiles = root.find("[profile.").map_or("", |start| &root[start..]);
    let crates = format!("path = \"{}/crates/", workspace.display());
    let manifest = manifest.replace("[lints]\nworkspace = true\n", "").replace("path = \"../../crates/", &crates);
    let manifest = manifest.replacen("name = \"shop\"", &format!("name = \"{NAME}\""), 1);
    Ok(format!("{manifest}\n[workspace]\n\n{profiles}"))
}

fn copy(from: &Path, to: &Path) -> Result<(), Failed> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// The name of the copy's package and program, so that the shop itself is not overwritten.
const NAME: &str = "shop-with-defect";
