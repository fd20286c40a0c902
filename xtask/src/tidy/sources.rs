//! Rules for Rust files.

use crate::tidy::tree::Tree;
use crate::workspace::Workspace;

/// The limit for a source file of a crate, in lines.
const MAX_LINES: usize = 700;

/// Source files of the crates have at most 700 lines.
pub(crate) fn source_files_have_at_most_700_lines(tree: &Tree, _: &Workspace) -> Vec<String> {
    rust_files(tree)
        .filter(|(path, _)| path.starts_with("crates/") && path.contains("/src/"))
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(_, lines)| *lines > MAX_LINES)
        .map(|(path, lines)| format!("{path}: {lines} lines; split the file (at most {MAX_LINES} lines)"))
        .collect()
}

/// No module is in a `mod.rs`.
pub(crate) fn no_file_is_named_mod_rs(tree: &Tree, _: &Workspace) -> Vec<String> {
    rust_files(tree)
        .filter(|(path, _)| path.ends_with("/mod.rs"))
        .map(|(path, _)| format!("{path}: rename the file to its module's name, beside the directory"))
        .collect()
}

/// No file contains unsafe code.
pub(crate) fn no_unsafe_code(tree: &Tree, _: &Workspace) -> Vec<String> {
    let mut problems = Vec::new();
    for (path, text) in rust_files(tree) {
        for (line, number) in text.lines().zip(1..) {
            if opens_unsafe_code(line) {
                problems.push(format!("{path}:{number}: unsafe code is not allowed"));
            }
        }
    }
    problems
}

fn rust_files(tree: &Tree) -> impl Iterator<Item = (&str, &str)> {
    tree.files().filter(|(path, _)| path.ends_with(".rs"))
}

/// Returns true if the line starts an unsafe block, function, impl or trait. Ignores comments and lint names.
fn opens_unsafe_code(line: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    code.match_indices("unsafe").any(|(start, keyword)| {
        let before = code[..start].chars().next_back();
        let after = code[start + keyword.len()..].trim_start();
        before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != '"')
            && ["{", "(", "fn ", "impl", "trait ", "extern "].iter().any(|next| after.starts_with(next))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::manifests::tests::workspace;

    #[test]
    fn a_file_over_the_limit_is_reported_with_its_length() {
        let tree = Tree::of(&[
            ("crates/turbopay/src/client.rs", &"\n".repeat(MAX_LINES)),
            ("crates/turbopay/src/order.rs", &"\n".repeat(MAX_LINES + 1)),
            ("tests/it/orders.rs", &"\n".repeat(MAX_LINES + 1)),
        ]);

        let problems = source_files_have_at_most_700_lines(&tree, &workspace([]));

        assert_eq!(problems, ["crates/turbopay/src/order.rs: 701 lines; split the file (at most 700 lines)"]);
    }

    #[test]
    fn a_mod_rs_is_reported() {
        let tree = Tree::of(&[("tests/it/orders/mod.rs", ""), ("crates/turbopay/src/mod_rs.rs", "")]);

        assert_eq!(no_file_is_named_mod_rs(&tree, &workspace([])).len(), 1);
    }

    #[test]
    fn unsafe_code_is_reported_with_its_line() {
        let keyword = concat!("un", "safe");
        let text = format!(
            "//! No {keyword} {{\n#![forbid({keyword}_code)]\nfn f() {{ {keyword} {{}} }}\n{keyword} fn g() {{}}\n"
        );
        let tree = Tree::of(&[("crates/turbopay/src/lib.rs", &text)]);

        let problems = no_unsafe_code(&tree, &workspace([]));

        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(problems[0].starts_with("crates/turbopay/src/lib.rs:3:"), "{problems:?}");
    }
}
