//! A rule against paths and URLs that depend on one machine.

use crate::tidy::tree::Tree;
use crate::workspace::Workspace;

/// The strings are split, so that this file does not break its own rule.
const FORBIDDEN: &[&str] = &[
    concat!("/ho", "me/"),
    concat!("/Us", "ers/"),
    concat!("/ro", "ot/"),
    concat!("/wo", "rk/"),
    concat!("/tmp", "/wt"),
    concat!("/tmp", "/target"),
    concat!("index.", "crates.io"),
    concat!("static.", "crates.io"),
    concat!("registry.", "npmjs.org"),
];

/// No file contains a path or registry URL of one machine.
pub(crate) fn no_machine_specific_paths(tree: &Tree, _: &Workspace) -> Vec<String> {
    let mut problems = Vec::new();
    // Lock files contain the registry's URL.
    for (path, text) in tree.files().filter(|(path, _)| !path.ends_with("Cargo.lock")) {
        for (line, number) in text.lines().zip(1..) {
            for word in FORBIDDEN.iter().filter(|word| starts_a_path(line, word)) {
                problems.push(format!("{path}:{number}: `{word}` depends on one machine"));
            }
        }
    }
    problems
}

/// Returns true if `line` contains `word`, and not only inside a longer path or name.
fn starts_a_path(line: &str, word: &str) -> bool {
    let is_part_of_a_path = |c: char| c.is_alphanumeric() || "._-~}".contains(c);
    line.match_indices(word).any(|(start, _)| !line[..start].ends_with(is_part_of_a_path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::manifests::tests::workspace;

    #[test]
    fn each_forbidden_string_is_reported() {
        for word in FORBIDDEN {
            let tree = Tree::of(&[("docs/guide.md", &format!("see `{word}somewhere`")), ("fuzz/Cargo.lock", word)]);

            let problems = no_machine_specific_paths(&tree, &workspace([]));

            assert_eq!(problems, [format!("docs/guide.md:1: `{word}` depends on one machine")]);
        }
    }

    #[test]
    fn part_of_a_url_is_not_a_path() {
        let tree = Tree::of(&[("docs/guide.md", concat!("https://example.com/wo", "rk/ and ~/wo", "rk/"))]);

        assert!(no_machine_specific_paths(&tree, &workspace([])).is_empty());
    }
}
