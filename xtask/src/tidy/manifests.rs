//! Rules for manifests, and for the documents of published crates.

use crate::tidy::tree::Tree;
use crate::workspace::Workspace;

/// The documents that every published crate must have.
const FILES: &[&str] = &["README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE"];

/// The registry's limit for keywords, and for categories.
const MAX_TERMS: usize = 5;

/// Published crates have a description, keywords, categories, a README and docs.rs settings.
pub(crate) fn published_crates_have_metadata(_: &Tree, workspace: &Workspace) -> Vec<String> {
    let mut problems = Vec::new();
    for member in workspace.published() {
        let mut report = |problem: &str| problems.push(format!("{}/Cargo.toml: {problem}", member.dir));
        if member.description.split_whitespace().count() < 3 {
            report("`description` must have at least three words");
        }
        if !(1..=MAX_TERMS).contains(&member.keywords) {
            report("there must be one to five `keywords`");
        }
        if !(1..=MAX_TERMS).contains(&member.categories) {
            report("there must be one to five `categories`");
        }
        if member.readme.as_deref() != Some("README.md") {
            report("`readme` must be README.md");
        }
        if !member.docs_rs {
            report("`[package.metadata.docs.rs]` is missing");
        }
    }
    problems
}

/// Published crates have a README, a changelog, both licences and an example.
pub(crate) fn published_crates_have_their_documents(tree: &Tree, workspace: &Workspace) -> Vec<String> {
    let mut problems = Vec::new();
    for member in workspace.published() {
        for file in FILES {
            if !tree.has(&format!("{}/{file}", member.dir)) {
                problems.push(format!("{}: {file} is missing", member.dir));
            }
        }
        if !tree.under(&format!("{}/examples", member.dir)).any(|(path, _)| path.ends_with(".rs")) {
            problems.push(format!("{}: examples/ contains no Rust file", member.dir));
        }
    }
    problems
}

/// Every member inherits the workspace's lints.
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
        assert_eq!(published_crates_have_metadata(&Tree::of(&[]), &workspace([member])), problems);
    }

    #[test]
    fn a_complete_manifest_has_no_problems() {
        check_manifest(complete(), &[]);
    }

    #[test]
    fn each_missing_entry_of_a_manifest_is_reported() {
        check_manifest(
            Member { published: true, dir: "crates/turbopay".into(), ..Member::default() },
            &[
                "crates/turbopay/Cargo.toml: `description` must have at least three words",
                "crates/turbopay/Cargo.toml: there must be one to five `keywords`",
                "crates/turbopay/Cargo.toml: there must be one to five `categories`",
                "crates/turbopay/Cargo.toml: `readme` must be README.md",
                "crates/turbopay/Cargo.toml: `[package.metadata.docs.rs]` is missing",
            ],
        );
    }

    #[test]
    fn an_unpublished_member_needs_no_metadata() {
        check_manifest(Member { published: false, ..Member::default() }, &[]);
    }

    #[test]
    fn each_missing_document_of_a_crate_is_reported() {
        let tree = Tree::of(&[
            ("crates/turbopay/README.md", ""),
            ("crates/turbopay/LICENSE-MIT", ""),
            ("crates/turbopay/examples/README.md", ""),
        ]);

        assert_eq!(
            published_crates_have_their_documents(&tree, &workspace([complete()])),
            [
                "crates/turbopay: CHANGELOG.md is missing",
                "crates/turbopay: LICENSE-APACHE is missing",
                "crates/turbopay: examples/ contains no Rust file",
            ]
        );
    }

    #[test]
    fn a_member_with_its_own_lints_is_reported() {
        let tree = Tree::of(&[("crates/turbopay/Cargo.toml", "[lints.rust]\nunused = \"allow\"\n")]);

        assert_eq!(every_member_inherits_the_lints(&tree, &workspace([complete()])).len(), 1);
    }
}
