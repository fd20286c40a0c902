//! Rules for crates as their users meet them: on the registry, in an archive, on the documentation site.

use crate::tidy::tree::Tree;
use crate::workspace::Workspace;

/// The files that readers of a published crate look for.
const FILES: &[&str] = &["README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE"];

/// The registry takes no more keywords, and no more categories, than this.
const MOST_WORDS: usize = 5;

pub(crate) fn published_crates_say_what_they_are(_: &Tree, workspace: &Workspace) -> Vec<String> {
    let mut problems = Vec::new();
    for member in workspace.published() {
        let mut missing = |what: &str| problems.push(format!("{}/Cargo.toml: {what}", member.dir));
        if member.description.split_whitespace().count() < 3 {
            missing("`description` says too little");
        }
        if !(1..=MOST_WORDS).contains(&member.keywords) {
            missing("`keywords` must be one to five");
        }
        if !(1..=MOST_WORDS).contains(&member.categories) {
            missing("`categories` must be one to five");
        }
        if member.readme.as_deref() != Some("README.md") {
            missing("`readme` must be README.md");
        }
        if !member.docs_rs {
            missing("`[package.metadata.docs.rs]` is missing");
        }
    }
    problems
}

pub(crate) fn published_crates_hold_what_readers_look_for(tree: &Tree, workspace: &Workspace) -> Vec<String> {
    let mut problems = Vec::new();
    for member in workspace.published() {
        for file in FILES {
            if !tree.has(&format!("{}/{file}", member.dir)) {
                problems.push(format!("{}: {file} is missing", member.dir));
            }
        }
        if !tree.under(&format!("{}/examples", member.dir)).any(|(path, _)| path.ends_with(".rs")) {
            problems.push(format!("{}: examples/ holds no program", member.dir));
        }
    }
    problems
}

pub(crate) fn every_member_inherits_the_lints(tree: &Tree, workspace: &Workspace) -> Vec<String> {
    let manifests = workspace.members.iter().map(|member| format!("{}/Cargo.toml", member.dir));
    manifests
        .filter(|path| !tree.text(path).is_some_and(|text| text.contains("[lints]\nworkspace = true")))
        .map(|path| format!("{path}: `[lints] workspace = true` is missing"))
        .collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::workspace::Member;

    pub(crate) fn workspace<const N: usize>(members: [Member; N]) -> Workspace {
        Workspace { members: members.into(), target: "target".into() }
    }

    fn complete() -> Member {
        Member {
            name: "turbopay".into(),
            dir: "crates/turbopay".into(),
            published: true,
            description: "Payments through TurboPay".into(),
            keywords: 3,
            categories: 1,
            readme: Some("README.md".into()),
            docs_rs: true,
            ..Member::default()
        }
    }

    fn check_manifest(member: Member, problems: &[&str]) {
        assert_eq!(published_crates_say_what_they_are(&Tree::of(&[]), &workspace([member])), problems);
    }

    #[test]
    fn a_complete_manifest_has_no_problems() {
        check_manifest(complete(), &[]);
    }

    #[test]
    fn each_thing_that_a_manifest_lacks_is_told() {
        check_manifest(
            Member { published: true, dir: "crates/turbopay".into(), ..Member::default() },
            &[
                "crates/turbopay/Cargo.toml: `description` says too little",
                "crates/turbopay/Cargo.toml: `keywords` must be one to five",
                "crates/turbopay/Cargo.toml: `categories` must be one to five",
                "crates/turbopay/Cargo.toml: `readme` must be README.md",
                "crates/turbopay/Cargo.toml: `[package.metadata.docs.rs]` is missing",
            ],
        );
    }

    #[test]
    fn an_unpublished_member_owes_nobody_a_description() {
        check_manifest(Member { published: false, ..Member::default() }, &[]);
    }

    #[test]
    fn each_file_that_a_crate_lacks_is_told() {
        let tree = Tree::of(&[
            ("crates/turbopay/README.md", ""),
            ("crates/turbopay/LICENSE-MIT", ""),
            ("crates/turbopay/examples/README.md", ""),
        ]);

        assert_eq!(
            published_crates_hold_what_readers_look_for(&tree, &workspace([complete()])),
            [
                "crates/turbopay: CHANGELOG.md is missing",
                "crates/turbopay: LICENSE-APACHE is missing",
                "crates/turbopay: examples/ holds no program",
            ]
        );
    }

    #[test]
    fn a_member_that_sets_its_own_lints_is_told() {
        let tree = Tree::of(&[("crates/turbopay/Cargo.toml", "[lints.rust]\nunused = \"allow\"\n")]);

        assert_eq!(every_member_inherits_the_lints(&tree, &workspace([complete()])).len(), 1);
    }
}
