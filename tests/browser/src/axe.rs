//! axe-core, which finds what a person with a disability cannot use.

use std::fs;

use crate::machine;

/// A script that returns the violations of a page, of every severity, as text. `None` if the tests run without axe-core.
pub(crate) fn script() -> Option<String> {
    if machine::variable("PAYMENTS_TESTS_WITHOUT_AXE").is_some() {
        return None;
    }
    let path = machine::directory().join("node_modules/axe-core/axe.min.js");
    let source = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}: {HOW_TO}", path.display()));
    Some(format!("{source};{RUN}"))
}

/// `iframes`: a test looks at a frame of its own, from inside. `preload`: it would request the style sheets again.
const RUN: &str = r#"
    return axe.run(document, { iframes: false, preload: false, resultTypes: ["violations"] }).then((results) =>
        results.violations.flatMap((violation) => violation.nodes.map((node) =>
            `${violation.id} (${violation.impact}): ${violation.help}: ${node.html}: ${node.failureSummary}`)));"#;

const HOW_TO: &str = "run the tests with `cargo xtask browser`, which installs it";
