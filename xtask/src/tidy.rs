//! Formatting, lints, and the rules that no compiler knows.

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
    rules()?;
    Run::cargo().args(["fmt", "--all", "--check"]).run()?;
    consumers::formatted()?;
    for workspace in OUTSIDE {
        Run::cargo().args(["fmt", "--all", "--check", "--manifest-path", &format!("{workspace}/Cargo.toml")]).run()?;
    }
    Run::cargo().args(["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"]).run()?;
    Ok(Step::Passed)
}

/// Holds every file against every rule, and tells all that is wrong at once.
fn rules() -> Result<(), Failure> {
    let workspace = Workspace::load()?;
    let tree = Tree::load()?;
    let problems: Vec<String> = RULES.iter().flat_map(|rule| rule(&tree, &workspace)).collect();
    println!("tidy: {} files against {} rules", tree.len(), RULES.len());
    match problems.as_slice() {
        [] => Ok(()),
        [one] => Err(Failure::new(one)),
        many => Err(Failure::new(format!("{} problems\n  {}", many.len(), many.join("\n  ")))),
    }
}

/// Workspaces of their own, which `cargo fmt` does not know from here.
const OUTSIDE: [&str; 2] = ["comparisons", "fuzz"];

/// A rule answers with one line for each thing that breaks it.
type Rule = fn(&Tree, &Workspace) -> Vec<String>;

const RULES: &[Rule] = &[
    sources::no_file_is_too_long,
    sources::no_mod_rs,
    sources::nothing_is_unsafe,
    manifests::published_crates_say_what_they_are,
    manifests::published_crates_hold_what_readers_look_for,
    manifests::every_member_inherits_the_lints,
    layers::the_core_names_no_provider,
    layers::no_provider_depends_on_another,
    layers::the_sandbox_stays_out_of_the_sdk,
    layers::the_sandbox_depends_on_no_provider,
    modules::the_cores_modules_have_no_circle,
    modules::the_sandboxs_folders_have_no_circle,
    blocks::documents_with_rust_are_compiled,
    links::relative_links_lead_somewhere,
    words::nothing_names_a_machine,
];
