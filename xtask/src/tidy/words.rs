//! What must not be written anywhere, because it is true on one machine only.

use crate::tidy::tree::Tree;
use crate::workspace::Workspace;

/// Split, so that this file does not break its own rule.
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

pub(crate) fn nothing_names_a_machine(tree: &Tree, _: &Workspace) -> Vec<String> {
    let mut problems = Vec::new();
    // Cargo writes its registry into its lock files, and has to.
    for (path, text) in tree.files().filter(|(path, _)| !path.ends_with("Cargo.lock")) {
        for (line, number) in text.lines().zip(1..) {
            for word in FORBIDDEN.iter().filter(|word| stands_alone(line, word)) {
                problems.push(format!("{path}:{number}: `{word}` is true on one machine only"));
            }
        }
    }
    problems
}

/// Whether `word` begins somewhere in `line` and is not merely the rest of a longer path or name.
fn stands_alone(line: &str, word: &str) -> bool {
    let is_part_of_a_path = |c: char| c.is_alphanumeric() || "._-~}".contains(c);
    line.match_indices(word).any(|(at, _)| !line[..at].ends_with(is_part_of_a_path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::manifests::tests::workspace;

    #[test]
    fn each_forbidden_word_is_told() {
        for word in FORBIDDEN {
            let tree = Tree::of(&[("docs/guide.md", &format!("see `{word}somewhere`")), ("fuzz/Cargo.lock", word)]);

            let problems = nothing_names_a_machine(&tree, &workspace([]));

            assert_eq!(problems, [format!("docs/guide.md:1: `{word}` is true on one machine only")]);
        }
    }

    #[test]
    fn part_of_an_address_is_no_path() {
        let tree = Tree::of(&[("docs/guide.md", concat!("https://example.com/wo", "rk/ and ~/wo", "rk/"))]);

        assert!(nothing_names_a_machine(&tree, &workspace([])).is_empty());
    }
}
