//! The Rust in the project's documents.

use crate::tidy::tree::Tree;
use crate::workspace::Workspace;

/// A document outside the crates is compiled only where it is named; those inside are their crates' docs.
pub(crate) fn documents_with_rust_are_compiled(tree: &Tree, _: &Workspace) -> Vec<String> {
    let compiled = tree.text(PAGES).unwrap_or_default();
    let documents = tree.files().filter(|(path, _)| path.ends_with(".md") && !path.starts_with("crates/"));
    let with_rust = documents.filter(|(_, text)| text.lines().any(|line| line.trim_start().starts_with("```rust")));
    with_rust
        .filter(|(path, _)| !compiled.contains(&format!("\"{path}\"")))
        .map(|(path, _)| format!("{path}: nobody compiles its Rust: name it in {PAGES}"))
        .collect()
}

const PAGES: &str = "tests/src/guide.rs";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::manifests::tests::workspace;

    #[test]
    fn a_document_whose_rust_nobody_compiles_is_told() {
        let tree = Tree::of(&[
            (PAGES, "pages! { errors: \"docs/errors.md\" }"),
            ("docs/errors.md", "```rust,no_run\n```"),
            ("docs/clock.md", "1. Wait:\n   ```rust\n   ```"),
            ("docs/releasing.md", "```sh\n```"),
            ("crates/turbopay/README.md", "```rust\n```"),
        ]);

        let problems = documents_with_rust_are_compiled(&tree, &workspace([]));

        assert_eq!(problems, ["docs/clock.md: nobody compiles its Rust: name it in tests/src/guide.rs"]);
    }
}
