//! Links between the project's documents.

use crate::tidy::tree::Tree;
use crate::workspace::Workspace;

pub(crate) fn relative_links_lead_somewhere(tree: &Tree, _: &Workspace) -> Vec<String> {
    let mut problems = Vec::new();
    for (path, text) in tree.files().filter(|(path, _)| path.ends_with(".md")) {
        for (number, link) in links(text) {
            let file = link.split('#').next().unwrap_or_default();
            if !file.is_empty() && !resolve(path, file).is_some_and(|target| tree.has(&target)) {
                problems.push(format!("{path}:{number}: `{link}` leads nowhere"));
            }
        }
    }
    problems
}

/// The targets of links and images that name neither a scheme nor a path in Rust, with their lines; code is left out.
fn links(text: &str) -> Vec<(usize, &str)> {
    let mut links = Vec::new();
    let mut in_code = false;
    for (line, number) in text.lines().zip(1..) {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        } else if !in_code {
            let inline = line.match_indices("](").filter_map(|(at, open)| line[at + open.len()..].split_once(')'));
            let defined =
                line.starts_with('[').then(|| line.split_once("]: ").map(|(_, target)| (target, ""))).flatten();
            let targets = inline.chain(defined).map(|(target, _)| target.split(' ').next().unwrap_or_default());
            links.extend(targets.filter(|target| !target.contains(':')).map(|target| (number, target)));
        }
    }
    links
}

/// The path from the root that `link` means in the file at `from`, unless it leaves the project.
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
        let tree = Tree::of(&[("docs/guide.md", markdown), ("docs/faults.md", ""), ("crates/turbopay/README.md", "")]);
        assert_eq!(relative_links_lead_somewhere(&tree, &workspace([])), problems);
    }

    #[test]
    fn links_that_lead_somewhere_pass() {
        check(
            "[a](faults.md#cut) [b](../crates/turbopay) [c](https://example.com) [d](#here) [e](turbopay::Client)",
            &[],
        );
    }

    #[test]
    fn a_link_that_leads_nowhere_is_told_with_its_line() {
        check("\n[a](fault.md)", &["docs/guide.md:2: `fault.md` leads nowhere"]);
        check("[a]: ../faults.md \"title\"", &["docs/guide.md:1: `../faults.md` leads nowhere"]);
        check("[a](../../outside.md)", &["docs/guide.md:1: `../../outside.md` leads nowhere"]);
    }

    #[test]
    fn code_holds_no_links() {
        check("```text\n[a](nowhere.md)\n```", &[]);
    }
}
