//! Rules against cycles between the modules of a crate.

use std::collections::{BTreeMap, BTreeSet};

use crate::tidy::tree::Tree;
use crate::workspace::Workspace;

/// The modules of `payments-core` have no dependency cycles, except between a module and its submodules.
pub(crate) fn core_modules_have_no_cycles(tree: &Tree, _: &Workspace) -> Vec<String> {
    cycles(tree, "crates/payments-core/src", Granularity::Module)
}

/// The top-level modules of the sandbox have no dependency cycles. Each counts as one with all its submodules.
pub(crate) fn sandbox_folders_have_no_cycles(tree: &Tree, _: &Workspace) -> Vec<String> {
    cycles(tree, "crates/payments-sandbox/src", Granularity::TopLevel)
}

/// The nodes of the graph: all modules, or top-level modules.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Granularity {
    Module,
    TopLevel,
}

/// A module's path inside its crate; the root is empty.
type Module = Vec<String>;

fn cycles(tree: &Tree, src: &str, granularity: Granularity) -> Vec<String> {
    let prefix = format!("{src}/");
    let files = || tree.files().filter_map(|(path, text)| Some((path.strip_prefix(&prefix)?, text)));
    let modules: BTreeSet<Module> = files().filter_map(|(path, _)| module_of(path)).collect();
    let exports = exports(files().find(|(path, _)| *path == "lib.rs").map_or("", |(_, text)| text), &modules);
    let mut graph: BTreeMap<Module, BTreeSet<Module>> = BTreeMap::new();
    for (path, text) in files() {
        // The crate's root may use every module.
        let Some(module) = module_of(path).filter(|module| !module.is_empty()) else { continue };
        let targets = used_paths(text, &module).into_iter().filter_map(|path| resolve(&path, &modules, &exports));
        let from = node(&module, granularity);
        let related = |to: &Module| to.starts_with(&from) || from.starts_with(to);
        let targets: Vec<Module> = targets.map(|to| node(&to, granularity)).filter(|to| !related(to)).collect();
        graph.entry(from).or_default().extend(targets);
    }
    let cycle = |module: &Module| {
        let next = graph.get(module)?.iter().find(|next| reaches(&graph, next, module))?;
        Some(format!("{src}: the modules `{}` and `{}` depend on each other", module.join("::"), next.join("::")))
    };
    graph.keys().filter_map(cycle).collect()
}

fn node(module: &[String], granularity: Granularity) -> Module {
    match granularity {
        Granularity::Module => module.to_vec(),
        Granularity::TopLevel => module.first().cloned().into_iter().collect(),
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

/// Returns the module of a file, or `None` for a binary.
fn module_of(path: &str) -> Option<Module> {
    let stem = path.strip_suffix(".rs").filter(|stem| *stem != "main")?;
    if stem == "lib" { Some(Module::new()) } else { Some(stem.split('/').map(str::to_owned).collect()) }
}

/// Returns the names that the crate's root re-exports, with their modules.
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

/// Returns the module of a path from the crate's root.
fn resolve(path: &[String], modules: &BTreeSet<Module>, exports: &BTreeMap<String, Module>) -> Option<Module> {
    let longest = (1..=path.len()).rev().map(|length| path[..length].to_vec()).find(|prefix| modules.contains(prefix));
    longest.or_else(|| exports.get(path.first()?).cloned())
}

/// Returns every path from the crate's root in a file, in `use` statements and elsewhere. Skips unit tests.
fn used_paths(text: &str, module: &[String]) -> Vec<Vec<String>> {
    let code = code(text.split("#[cfg(test)]\nmod ").next().unwrap_or(text));
    let mut paths = Vec::new();
    for (start, base) in [("crate::", Vec::new()), ("super::", module[..module.len() - 1].to_vec())] {
        for (position, _) in code.match_indices(start) {
            let begins = !code[..position].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
            if begins || code[..position].ends_with('$') {
                let rest = expand(path_tree(&code[position + start.len()..]));
                paths.extend(rest.into_iter().map(|rest| base.iter().cloned().chain(rest).collect()));
            }
        }
    }
    paths
}

/// Returns the path or tree of paths at the start of the code.
fn path_tree(code: &str) -> &str {
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

/// Expands `a::{b, c::d}` to `a::b` and `a::c::d`.
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

/// Splits a group at its top-level commas.
fn parts(group: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0_usize, 0, Vec::new());
    for (position, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(&group[start..position]);
                start = position + 1;
            }
            _ => {}
        }
    }
    parts.push(&group[start..]);
    parts
}

/// Returns the statements that start with a word, without the word and the semicolon.
fn statements<'a>(code: &'a str, word: &str) -> Vec<&'a str> {
    code.match_indices(word).filter_map(|(start, _)| code[start + word.len()..].split(';').next()).collect()
}

/// Removes the comments of a file.
fn code(text: &str) -> String {
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::{Granularity, cycles};
    use crate::tidy::tree::Tree;

    #[track_caller]
    fn check(files: &[(&str, &str)], granularity: Granularity, problems: &[&str]) {
        let files: Vec<(String, &str)> = files.iter().map(|(path, text)| (format!("c/src/{path}"), *text)).collect();
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
        assert_eq!(cycles(&Tree::of(&files), "c/src", granularity), problems);
    }

    #[test]
    fn modules_without_cycles_pass() {
        let root = ("lib.rs", "mod a;\nmod b;\npub use a::A;\npub use b::{B, C};\n");
        check(&[root, ("a.rs", "use crate::{B, C};"), ("b.rs", "// use crate::A;\n")], Granularity::Module, &[]);
    }

    #[test]
    fn a_cycle_is_reported_once_for_each_of_its_modules() {
        let a = "c/src: the modules `a` and `b` depend on each other";
        let b = "c/src: the modules `b` and `a` depend on each other";
        let root = ("lib.rs", "pub use a::A;\npub use b::B;\n");
        check(
            &[root, ("a.rs", "use crate::b::B;"), ("b.rs", "fn f() -> crate::a::A {}")],
            Granularity::Module,
            &[a, b],
        );
        check(&[root, ("a.rs", "use crate::{A, B};"), ("b.rs", "use crate::A;")], Granularity::Module, &[a, b]);
        check(
            &[root, ("a.rs", "use super::b::B;"), ("b.rs", "use crate::{a::{self, A}};")],
            Granularity::Module,
            &[a, b],
        );
    }

    #[test]
    fn a_cycle_through_a_third_module_is_reported() {
        let files = [("lib.rs", ""), ("a.rs", "use crate::b;"), ("b.rs", "use crate::c;"), ("c.rs", "use crate::a;")];
        check(
            &files,
            Granularity::Module,
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
        check(&files, Granularity::Module, &[]);
    }

    #[test]
    fn a_top_level_module_counts_as_one_with_its_submodules() {
        let files = [("lib.rs", ""), ("a/x.rs", "use crate::b::y::Y;"), ("b/z.rs", "use crate::a::x::X;")];
        let files: Vec<_> = files.into_iter().chain([("a.rs", ""), ("b.rs", ""), ("b/y.rs", "")]).collect();
        check(&files, Granularity::Module, &[]);
        check(
            &files,
            Granularity::TopLevel,
            &[
                "c/src: the modules `a` and `b` depend on each other",
                "c/src: the modules `b` and `a` depend on each other",
            ],
        );
    }

    #[test]
    fn unit_tests_are_ignored() {
        let files =
            [("lib.rs", ""), ("a.rs", "use crate::b;"), ("b.rs", "#[cfg(test)]\nmod tests {\n use crate::a;\n}")];
        check(&files, Granularity::Module, &[]);
    }
}
