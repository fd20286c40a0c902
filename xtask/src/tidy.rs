//! Checks formatting, lints, and this project's own rules.

mod blocks;
mod layers;
mod links;
mod manifests;
mod modules;
mod sources;
mod tree;
mod words;

use crate::consumers;
use crate::process::{Failure, Run, Step};
use crate::tidy::tree::Tree;
use crate::workspace::Workspace;

pub(crate) fn run(_: &[String]) -> Result<Step, Failure> {
    check_rules()?;
    Run::cargo().args(["fmt", "--all", "--check"]).run()?;
    consumers::check_format()?;
    for workspace in OTHER_WORKSPACES {
        Run::cargo().args(["fmt", "--all", "--check", "--manifest-path", &format!("{workspace}/Cargo.toml")]).run()?;
    }
    Run::cargo().args(["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"]).run()?;
    Ok(Step::Passed)
}

/// Checks every rule, and reports all problems together.
fn check_rules() -> Result<(), Failure> {
    let workspace = Workspace::load()?;
    let tree = Tree::load()?;
    let problems: Vec<String> = RULES.iter().flat_map(|rule| rule(&tree, &workspace)).collect();
    println!("tidy: {} files, {} rules", tree.len(), RULES.len());
    match problems.as_slice() {
        [] => Ok(()),
        [problem] => Err(Failure::new(problem)),
        problems => Err(Failure::new(format!("{} problems\n  {}", problems.len(), problems.join("\n  ")))),
    }
}

/// Separate workspaces, which `cargo fmt` does not include.
const OTHER_WORKSPACES: [&str; 4] = ["comparisons", "comparisons/apps/control-underway", "fuzz", "tests/browser"];

/// A rule. It returns one line per problem.
type Rule = fn(&Tree, &Workspace) -> Vec<String>;

const RULES: &[Rule] = &[
    sources::source_files_have_at_most_700_lines,
    sources::no_file_is_named_mod_rs,
    sources::no_unsafe_code,
    manifests::published_crates_have_metadata,
    manifests::published_crates_have_their_documents,
    manifests::every_member_inherits_the_lints,
    layers::the_core_names_no_provider,
    layers::provider_crates_are_independent,
    layers::the_sdk_does_not_depend_on_the_sandbox,
    layers::the_sandbox_depends_on_no_provider,
    modules::core_modules_have_no_cycles,
    modules::sandbox_folders_have_no_cycles,
    blocks::rust_in_documents_is_compiled,
    links::relative_links_resolve,
    words::no_machine_specific_paths,
];
