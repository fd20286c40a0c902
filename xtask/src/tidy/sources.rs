//! Rules for Rust files.

use crate::tidy::tree::Tree;
use crate::workspace::Workspace;

/// A file this long holds more than one idea: it is split by resource.
const TOO_LONG: usize = 700;

pub(crate) fn no_file_is_too_long(tree: &Tree, _: &Workspace) -> Vec<String> {
    rust(tree)
        .filter(|(path, _)| path.starts_with("crates/") && path.contains("/src/"))
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(_, lines)| *lines > TOO_LONG)
        .map(|(path, lines)| format!("{path}: {lines} lines; split it by resource (at most {TOO_LONG})"))
        .collect()
}

pub(crate) fn no_mod_rs(tree: &Tree, _: &Workspace) -> Vec<String> {
    rust(tree)
        .filter(|(path, _)| path.ends_with("/mod.rs"))
        .map(|(path, _)| format!("{path}: name it after its module, beside the directory"))
        .collect()
}

pub(crate) fn nothing_is_unsafe(tree: &Tree, _: &Workspace) -> Vec<String> {
    let mut problems = Vec::new();
    for (path, text) in rust(tree) {
        for (line, number) in text.lines().zip(1..) {
            if opens_unsafe_code(line) {
                problems.push(format!("{path}:{number}: unsafe code has no place here"));
            }
        }
    }
    problems
}

fn rust(tree: &Tree) -> impl Iterator<Item = (&str, &str)> {
    tree.files().filter(|(path, _)| path.ends_with(".rs"))
}

/// Whether the keyword stands before something that it makes unsafe: not in a comment or a lint's name.
fn opens_unsafe_code(line: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    code.match_indices("unsafe").any(|(at, keyword)| {
        let before = code[..at].chars().next_back();
        let after = code[at + keyword.len()..].trim_start();
        before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != '"')
            && ["{", "(", "fn ", "impl", "trait ", "extern "].iter().any(|next| after.starts_with(next))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::manifests::tests::workspace;

    #[test]
    fn a_file_past_the_limit_is_told_with_its_length() {
        let tree = Tree::of(&[
            ("crates/turbopay/src/client.rs", &"\n".repeat(TOO_LONG)),
            ("crates/turbopay/src/order.rs", &"\n".repeat(TOO_LONG + 1)),
            ("tests/it/orders.rs", &"\n".repeat(TOO_LONG + 1)),
        ]);

        let problems = no_file_is_too_long(&tree, &workspace([]));

        assert_eq!(problems, ["crates/turbopay/src/order.rs: 701 lines; split it by resource (at most 700)"]);
    }

    #[test]
    fn a_mod_rs_is_told() {
        let tree = Tree::of(&[("tests/it/orders/mod.rs", ""), ("crates/turbopay/src/mod_rs.rs", "")]);

        assert_eq!(no_mod_rs(&tree, &workspace([])).len(), 1);
    }

    #[test]
    fn unsafe_code_is_told_with_its_line() {
        let keyword = concat!("un", "safe");
        let text = format!(
            "//! No {keyword} {{\n#![forbid({keyword}_code)]\nfn f() {{ {keyword} {{}} }}\n{keyword} fn g() {{}}\n"
        );
        let tree = Tree::of(&[("crates/turbopay/src/lib.rs", &text)]);

        let problems = nothing_is_unsafe(&tree, &workspace([]));

        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(problems[0].starts_with("crates/turbopay/src/lib.rs:3:"), "{problems:?}");
    }
}
