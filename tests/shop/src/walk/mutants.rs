//! Shops with a planted defect. The walks must find each, or they prove nothing.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Options, run};
use crate::Failed;

/// A defect, planted by replacing texts that occur once.
#[derive(Debug)]
struct Mutant {
    about: &'static str,
    changes: &'static [Change],
}

/// A file, a text in it, and the text in its place.
type Change = (&'static str, &'static str, &'static str);

const MUTANTS: &[Mutant] = &[
    Mutant {
        about: "3-D Secure is completed after the payment was cancelled",
        changes: &[(
            "src/three_ds.rs",
            "find(|payment| is_paying && payment.is_live() && payment.reference == reference)",
            "find(|payment| (is_paying || true) && payment.reference == reference)",
        )],
    },
    Mutant {
        about: "a payment can be cancelled while its page is open",
        changes: &[
            (
                "src/payment.rs",
                "self.method.kind == Kind::Card || is_lost &&",
                "self.method.kind == Kind::Card || (is_lost || true) &&",
            ),
            ("src/payment.rs", "$5 OR $6 AND next IS NULL AND state = 'pending'", "$5 OR $6"),
        ],
    },
    Mutant {
        about: "several payments of an order can be alive",
        changes: &[
            (
                "tables.sql",
                "CREATE UNIQUE INDEX IF NOT EXISTS one_live_payment",
                "CREATE INDEX IF NOT EXISTS one_live_payment",
            ),
            ("src/checkout.rs", "if !is_open || !Payment::insert", "if (!is_open && false) || !Payment::insert"),
        ],
    },
    Mutant {
        about: "what may have been executed counts as a failure",
        changes: &[
            (
                "src/books.rs",
                "State::Failed | State::Refused | State::Abandoned)",
                "State::Failed | State::Refused | State::Abandoned | State::Unknown | State::NeedsReview)",
            ),
            ("src/order.rs", "(0, 0) if has(Known::Unknown) =>", "(0, 0) if has(Known::Unknown) && false =>"),
        ],
    },
    Mutant {
        about: "an order is shipped once its payment is accepted",
        changes: &[("src/books.rs", "if paid.is_some_and(", "if state == State::Pending || paid.is_some_and(")],
    },
    Mutant {
        about: "each change of a state is booked in full",
        changes: &[("src/books.rs", ".checked_sub(booked)", ".checked_sub(booked.min(0).max(0))")],
    },
    Mutant {
        about: "the intended amount is booked, and not the provider's",
        changes: &[("src/books.rs", "change.order_amount.or(change.amount)", "change.amount")],
    },
    Mutant {
        about: "each click pays out",
        changes: &[(
            "src/office/payouts.rs",
            "    random::check(\"reference\", &new.reference, \"PO\")?;",
            "    let new = NewPayout { reference: random::id(\"PO\")?, ..new };",
        )],
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
        for (file, text, replacement) in self.changes {
            let path = folder.join(file);
            let source = fs::read_to_string(&path)?;
            if source.matches(text).count() != 1 {
                return Err(Failed::new(format!("{file}: `{text}` must occur once: adapt the defect")));
            }
            fs::write(path, source.replace(text, replacement))?;
        }

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
