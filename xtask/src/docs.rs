//! Builds the documentation without warnings, and checks the pages that are generated from the code.

use crate::process::{Failure, Run, Step};
use crate::workspace;

pub(crate) fn run(args: &[String]) -> Result<Step, Failure> {
    // The shop needs one of its databases.
    for features in [&["--all-features"][..], &["--no-default-features", "--exclude", "shop"]] {
        Run::cargo()
            .args(["doc", "--no-deps", "--workspace"])
            .args(features)
            .args(args)
            .env("RUSTDOCFLAGS", "-D warnings")
            .run()?;
    }
    PAGES.iter().try_for_each(Page::check)?;
    Ok(Step::Passed)
}

/// A page that contains the output of examples, and ends with it.
struct Page {
    path: &'static str,
    /// The arguments that run the examples, in the order of the page.
    examples: &'static [&'static [&'static str]],
}

const PAGES: &[Page] = &[
    Page {
        path: "docs/capabilities.md",
        examples: &[&["--package", "payments", "--features", "all-providers", "--example", "capabilities"]],
    },
    Page {
        path: "docs/journal/states.md",
        examples: &[
            &["--package", "payments-journal", "--example", "states"],
            &["--package", "payments", "--features", "all-providers", "--example", "status_changes"],
        ],
    },
];

impl Page {
    fn check(&self) -> Result<(), Failure> {
        let page = std::fs::read_to_string(workspace::root().join(self.path))?.replace('\r', "");
        let mut rest = page.as_str();
        for example in self.examples {
            let output = Run::cargo().args(["run", "--quiet"]).args(*example).read()?;
            let Some((_, after)) = rest.split_once(&output) else { return Err(self.out_of_date()) };
            rest = after;
        }
        if rest.is_empty() { Ok(()) } else { Err(self.out_of_date()) }
    }

    fn out_of_date(&self) -> Failure {
        Failure::new(format!(
            "{} is out of date; replace the generated part with the output of the commands in that file",
            self.path
        ))
    }
}
