//! A rule for links between the project's documents.

use crate::tidy::tree::Tree;
use crate::workspace::Workspace;

/// Every relative link leads to an existing file, directory or section.
pub(crate) fn relative_links_resolve(tree: &Tree, _: &Workspace) -> Vec<String> {
    let mut problems = Vec::new();
    for (path, text) in tree.files().filter(|(path, _)| path.ends_with(".md")) {
        for (number, link) in links(text) {
            if !target_exists(tree, path, link) {
                problems.push(format!("{path}:{number}: the target of the link `{link}` does not exist"));
            }
        }
    }
    problems
}

/// Returns true if the file or directory exists, and the section too if the link names one in a document.
fn target_exists(tree: &Tree, from: &str, link: &str) -> bool {
    let (file, section) = link.split_once('#').map_or((link, None), |(file, section)| (file, Some(section)));
    let target = if file.is_empty() { Some(from.to_owned()) } else { resolve(from, file) };
    let Some(target) = target.filter(|target| tree.has(target)) else { return false };
    match (section, tree.text(&target)) {
        (Some(section), Some(text)) if target.ends_with(".md") => sections(text).iter().any(|known| known == section),
        _ => true,
    }
}

/// Returns the targets of links and images with their line numbers. Skips code, URLs and Rust paths.
fn links(text: &str) -> Vec<(usize, &str)> {
    let mut links = Vec::new();
    let mut in_code = false;
    for (line, number) in text.lines().zip(1..) {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        } else if !in_code {
            let inline =
                line.match_indices("](").filter_map(|(start, open)| line[start + open.len()..].split_once(')'));
            let defined =
                line.starts_with('[').then(|| line.split_once("]: ").map(|(_, target)| (target, ""))).flatten();
            let targets = inline.chain(defined).map(|(target, _)| target.split(' ').next().unwrap_or_default());
            links.extend(targets.filter(|target| !target.contains(':')).map(|target| (number, target)));
        }
    }
    links
}

/// Returns the names of a document's sections in links, as GitHub and rustdoc derive them from the headings.
fn sections(text: &str) -> Vec<String> {
    let mut sections = Vec::<String>::new();
    let mut in_code = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        } else if !in_code
            && let Some((marks, heading)) = line.split_once(' ')
            && (1..=6).contains(&marks.len())
            && marks.bytes().all(|byte| byte == b'#')
        {
            let name = section(heading);
            let repeats = sections.iter().filter(|known| **known == name).count();
            sections.push(if repeats == 0 { name } else { format!("{name}-{repeats}") });
        }
    }
    sections
}

fn section(heading: &str) -> String {
    let mut name = String::new();
    let mut rest = heading.trim();
    // Use the text of a link in a heading.
    while let Some((before, link)) = rest.split_once("](") {
        name += before;
        rest = link.split_once(')').map_or("", |(_, after)| after);
    }
    name += rest;
    let kept = name.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// Resolves a link in the file `from` to a path from the root. Returns `None` if it leaves the project.
fn resolve(from: &str, link: &str) -> Option<String> {
    let mut path: Vec<&str> = from.split('/').collect();
    path.pop();
    if link.starts_with('/') {
        path.clear();
    }
    for part in link.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                path.pop()?;
            }
            name => path.push(name),
        }
    }
    Some(path.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::manifests::tests::workspace;

    fn check(markdown: &str, problems: &[&str]) {
        let faults =
            "# Faults\n## Cut `off`, or: not?\n```sh\n# cut\n```\n## Twice\n## Twice\n## See [the clock](guide.md)\n";
        let files = [("docs/guide.md", markdown), ("docs/faults.md", faults), ("crates/turbopay/README.md", "")];
        let tree = Tree::of(&files);
        assert_eq!(relative_links_resolve(&tree, &workspace([])), problems);
    }

    #[test]
    fn links_to_existing_targets_pass() {
        check(
            "# Here\n[a](faults.md#faults) [b](../crates/turbopay) [c](https://example.com) [d](#here) [e](turbopay::Client)",
            &[],
        );
    }

    #[test]
    fn a_broken_link_is_reported_with_its_line() {
        check("\n[a](fault.md)", &["docs/guide.md:2: the target of the link `fault.md` does not exist"]);
        check(
            "[a]: ../faults.md \"title\"",
            &["docs/guide.md:1: the target of the link `../faults.md` does not exist"],
        );
        check("[a](../../outside.md)", &["docs/guide.md:1: the target of the link `../../outside.md` does not exist"]);
    }

    #[test]
    fn a_section_is_named_after_its_heading() {
        check("[a](faults.md#cut-off-or-not) [b](faults.md#twice-1) [c](faults.md#see-the-clock)", &[]);
    }

    #[test]
    fn a_missing_section_is_reported() {
        check("[a](faults.md#cut)", &["docs/guide.md:1: the target of the link `faults.md#cut` does not exist"]);
        check(
            "[a](faults.md#twice-2)",
            &["docs/guide.md:1: the target of the link `faults.md#twice-2` does not exist"],
        );
        check("[a](#there)\n# Here", &["docs/guide.md:1: the target of the link `#there` does not exist"]);
    }

    #[test]
    fn links_in_code_are_ignored() {
        check("```text\n[a](nowhere.md)\n```", &[]);
    }
}
