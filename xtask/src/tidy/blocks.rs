//! A rule for Rust code blocks in the project's documents.

use crate::tidy::tree::Tree;
use crate::workspace::Workspace;

/// Every document with Rust code is listed in `tests/src/guide.rs`, which compiles it.
///
/// Documents inside a crate are excluded: the crate includes them in its rustdoc.
pub(crate) fn rust_in_documents_is_compiled(tree: &Tree, _: &Workspace) -> Vec<String> {
    let compiled = tree.text(PAGES).unwrap_or_default();
    let documents = tree.files().filter(|(path, _)| path.ends_with(".md") && !path.starts_with("crates/"));
    let with_rust = documents.filter(|(_, text)| text.lines().any(|line| line.trim_start().starts_with("```rust")));
    with_rust
        .filter(|(path, _)| !compiled.contains(&format!("\"{path}\"")))
        .map(|(path, _)| format!("{path}: its Rust code is not compiled; add the file to {PAGES}"))
        .collect()
}

const PAGES: &str = "tests/src/guide.rs";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::manifests::tests::workspace;

    #[test]
    fn a_document_with_uncompiled_rust_is_reported() {
        let tree = Tree::of(&[
            (PAGES, "pages! { errors: \"docs/errors.md\" }"),
            ("docs/errors.md", "```rust,no_run\n```"),
            ("docs/clock.md", "1. Wait:\n   ```rust\n   ```"),
            ("docs/releasing.md", "```sh\n```"),
            ("crates/turbopay/README.md", "```rust\n```"),
        ]);

        let problems = rust_in_documents_is_compiled(&tree, &workspace([]));

        assert_eq!(problems, ["docs/clock.md: its Rust code is not compiled; add the file to tests/src/guide.rs"]);
    }
}
