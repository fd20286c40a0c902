//! Dependencies between the modules of a crate point one way.

use std::collections::{BTreeMap, BTreeSet};

use crate::tidy::tree::Tree;
use crate::workspace::Workspace;

/// No circle among a crate's modules, except between a module and the modules inside it.
pub(crate) fn the_cores_modules_have_no_circle(tree: &Tree, _: &Workspace) -> Vec<String> {
    circles(tree, "crates/payments-core/src", Grain::Module)
}

/// No circle among the sandbox's folders: each top-level module counts as one, with all modules inside it.
pub(crate) fn the_sandboxs_folders_have_no_circle(tree: &Tree, _: &Workspace) -> Vec<String> {
    circles(tree, "crates/payments-sandbox/src", Grain::Folder)
}

/// What counts as one node of the graph.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Grain {
    Module,
    Folder,
}

/// A module's path inside its crate; the root is empty.
type Module = Vec<String>;

fn circles(tree: &Tree, src: &str, grain: Grain) -> Vec<String> {
    let prefix = format!("{src}/");
    let files = || tree.files().filter_map(|(path, text)| Some((path.strip_prefix(&prefix)?, text)));
    let modules: BTreeSet<Module> = files().filter_map(|(path, _)| module_of(path)).collect();
    let exports = exports(files().find(|(path, _)| *path == "lib.rs").map_or("", |(_, text)| text), &modules);
    let mut graph: BTreeMap<Module, BTreeSet<Module>> = BTreeMap::new();
    for (path, text) in files() {
        // The roots may use everything.
        let Some(module) = module_of(path).filter(|module| !module.is_empty()) else { continue };
        let targets = uses(text, &module).into_iter().filter_map(|path| resolve(&path, &modules, &exports));
        let from = node(&module, grain);
        let related = |to: &Module| to.starts_with(&from) || from.starts_with(to);
        let targets: Vec<Module> = targets.map(|to| node(&to, grain)).filter(|to| !related(to)).collect();
        graph.entry(from).or_default().extend(targets);
    }
    let circle = |module: &Module| {
        let back = graph.get(module)?.iter().find(|next| reaches(&graph, next, module))?;
        Some(format!("{src}: the modules `{}` and `{}` depend on each other", module.join("::"), back.join("::")))
    };
    graph.keys().filter_map(circle).collect()
}

fn node(module: &[String], grain: Grain) -> Module {
    match grain {
        Grain::Module => module.to_vec(),
        Grain::Folder => module.first().cloned().into_iter().collect(),
    }
}

/// True if `to` can be reached from `from`.
fn reaches(graph: &BTreeMap<Module, BTreeSet<Module>>, from: &Module, to: &Module) -> bool {
    let (mut seen, mut open) = (BTreeSet::from([from]), vec![from]);
    while let Some(module) = open.pop() {
        if module == to {
            return true;
        }
        open.extend(graph.get(module).into_iter().flatten().filter(|next| seen.insert(next)));
    }
    false
}

/// The module in a file; binaries are none.
fn module_of(path: &str) -> Option<Module> {
    let stem = path.strip_suffix(".rs").filter(|stem| *stem != "main")?;
    if stem == "lib" { Some(Module::new()) } else { Some(stem.split('/').map(str::to_owned).collect()) }
}

/// The names that the crate's root re-exports, with the modules that they come from.
fn exports(root: &str, modules: &BTreeSet<Module>) -> BTreeMap<String, Module> {
    let code = code(root);
    let mut exports = BTreeMap::new();
    for statement in statements(&code, "use ") {
        for path in expand(statement) {
            if let Some(name) = path.last() {
                let module: Module = path[..path.len() - 1].to_vec();
                if modules.contains(&module) {
                    exports.insert(name.clone(), module);
                }
            }
        }
    }
    exports
}

/// The module that a path from the crate's root leads to.
fn resolve(path: &[String], modules: &BTreeSet<Module>, exports: &BTreeMap<String, Module>) -> Option<Module> {
    let longest = (1..=path.len()).rev().map(|length| path[..length].to_vec()).find(|prefix| modules.contains(prefix));
    longest.or_else(|| exports.get(path.first()?).cloned())
}

/// Every path from the crate's root that a file names, in `use` and elsewhere; its unit tests are left out.
fn uses(text: &str, module: &[String]) -> Vec<Vec<String>> {
    let code = code(text.split("#[cfg(test)]\nmod ").next().unwrap_or(text));
    let mut paths = Vec::new();
    for (start, base) in [("crate::", Vec::new()), ("super::", module[..module.len() - 1].to_vec())] {
        for (at, _) in code.match_indices(start) {
            let begins = !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
            if begins || code[..at].ends_with('$') {
                let rest = expand(tail(&code[at + start.len()..]));
                paths.extend(rest.into_iter().map(|rest| base.iter().cloned().chain(rest).collect()));
            }
        }
    }
    paths
}

/// A path or a tree of paths, up to where it ends.
fn tail(code: &str) -> &str {
    let mut depth = 0_usize;
    let end = code.find(|c: char| match c {
        '{' => {
            depth += 1;
            false
        }
        '}' => {
            depth = depth.saturating_sub(1);
            depth == 0
        }
        _ => depth == 0 && !(c.is_alphanumeric() || c == '_' || c == ':'),
    });
    &code[..end.unwrap_or(code.len())]
}

/// `a::{b, c::d}` as `a::b` and `a::c::d`.
fn expand(tree: &str) -> Vec<Vec<String>> {
    let tree = tree.trim();
    if let Some((head, group)) = tree.split_once('{') {
        let head: Vec<String> = segments(head);
        let group = group.strip_suffix('}').unwrap_or(group);
        return parts(group)
            .into_iter()
            .flat_map(expand)
            .map(|rest| head.iter().cloned().chain(rest.into_iter().filter(|name| name != "self")).collect())
            .collect();
    }
    let path = segments(tree.split(" as ").next().unwrap_or(tree));
    if path.is_empty() { Vec::new() } else { vec![path] }
}

fn segments(path: &str) -> Vec<String> {
    path.split("::").map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// The parts of a group, split at its own commas.
fn parts(group: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0_usize, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(&group[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&group[start..]);
    parts
}

/// The statements that begin with a word, without it and their semicolon.
fn statements<'a>(code: &'a str, word: &str) -> Vec<&'a str> {
    code.match_indices(word).filter_map(|(at, _)| code[at + word.len()..].split(';').next()).collect()
}

/// A file without its comments.
fn code(text: &str) -> String {
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::{Grain, circles};
    use crate::tidy::tree::Tree;

    #[track_caller]
    fn check(files: &[(&str, &str)], grain: Grain, problems: &[&str]) {
        let files: Vec<(String, &str)> = files.iter().map(|(path, text)| (format!("c/src/{path}"), *text)).collect();
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
        assert_eq!(circles(&Tree::of(&files), "c/src", grain), problems);
    }

    #[test]
    fn modules_that_point_one_way_pass() {
        let root = ("lib.rs", "mod a;\nmod b;\npub use a::A;\npub use b::{B, C};\n");
        check(&[root, ("a.rs", "use crate::{B, C};"), ("b.rs", "// use crate::A;\n")], Grain::Module, &[]);
    }

    #[test]
    fn a_circle_is_reported_once_for_each_of_its_modules() {
        let a = "c/src: the modules `a` and `b` depend on each other";
        let b = "c/src: the modules `b` and `a` depend on each other";
        let root = ("lib.rs", "pub use a::A;\npub use b::B;\n");
        check(&[root, ("a.rs", "use crate::b::B;"), ("b.rs", "fn f() -> crate::a::A {}")], Grain::Module, &[a, b]);
        check(&[root, ("a.rs", "use crate::{A, B};"), ("b.rs", "use crate::A;")], Grain::Module, &[a, b]);
        check(&[root, ("a.rs", "use super::b::B;"), ("b.rs", "use crate::{a::{self, A}};")], Grain::Module, &[a, b]);
    }

    #[test]
    fn a_circle_through_a_third_module_is_reported() {
        let files = [("lib.rs", ""), ("a.rs", "use crate::b;"), ("b.rs", "use crate::c;"), ("c.rs", "use crate::a;")];
        check(
            &files,
            Grain::Module,
            &[
                "c/src: the modules `a` and `b` depend on each other",
                "c/src: the modules `b` and `c` depend on each other",
                "c/src: the modules `c` and `a` depend on each other",
            ],
        );
    }

    #[test]
    fn parent_and_child_may_depend_on_each_other() {
        let files = [("lib.rs", ""), ("a.rs", "use crate::a::b::B;"), ("a/b.rs", "use crate::a::A; use super::C;")];
        check(&files, Grain::Module, &[]);
    }

    #[test]
    fn folders_count_as_one_with_all_that_is_in_them() {
        let files = [("lib.rs", ""), ("a/x.rs", "use crate::b::y::Y;"), ("b/z.rs", "use crate::a::x::X;")];
        let files: Vec<_> = files.into_iter().chain([("a.rs", ""), ("b.rs", ""), ("b/y.rs", "")]).collect();
        check(&files, Grain::Module, &[]);
        check(
            &files,
            Grain::Folder,
            &[
                "c/src: the modules `a` and `b` depend on each other",
                "c/src: the modules `b` and `a` depend on each other",
            ],
        );
    }

    #[test]
    fn unit_tests_may_use_what_they_like() {
        let files =
            [("lib.rs", ""), ("a.rs", "use crate::b;"), ("b.rs", "#[cfg(test)]\nmod tests {\n use crate::a;\n}")];
        check(&files, Grain::Module, &[]);
    }
}
