//! Who may know whom.

use crate::tidy::tree::Tree;
use crate::workspace::{Member, PROVIDERS, SANDBOX, Workspace};

pub(crate) fn the_core_names_no_provider(tree: &Tree, _: &Workspace) -> Vec<String> {
    let mut problems = Vec::new();
    for (path, text) in tree.under("crates/payments-core/src") {
        for (line, number) in text.lines().zip(1..) {
            let line = line.to_lowercase().replace('_', "-");
            for provider in PROVIDERS.iter().filter(|provider| line.contains(**provider)) {
                problems.push(format!("{path}:{number}: the core knows no provider, and this names {provider}"));
            }
        }
    }
    problems
}

pub(crate) fn no_provider_depends_on_another(_: &Tree, workspace: &Workspace) -> Vec<String> {
    let providers = workspace.members.iter().filter(|member| is_provider(&member.name));
    providers.flat_map(|member| forbidden(member, is_provider, "one provider's crate knows no other's")).collect()
}

pub(crate) fn the_sandbox_stays_out_of_the_sdk(_: &Tree, workspace: &Workspace) -> Vec<String> {
    let mut problems = Vec::new();
    for member in workspace.published().filter(|member| member.name != SANDBOX) {
        if member.dependencies.iter().any(|dependency| dependency.normal && dependency.name == SANDBOX) {
            problems.push(format!("{} depends on {SANDBOX}: only as a dev-dependency", member.name));
        }
    }
    problems
}

pub(crate) fn the_sandbox_depends_on_no_provider(_: &Tree, workspace: &Workspace) -> Vec<String> {
    let sandbox = workspace.members.iter().filter(|member| member.name == SANDBOX);
    let why = "a mistake in either must show against the other";
    sandbox.flat_map(|member| forbidden(member, is_provider, why)).collect()
}

fn forbidden(member: &Member, is_forbidden: fn(&str) -> bool, why: &str) -> Vec<String> {
    let found = member.dependencies.iter().filter(|dependency| is_forbidden(&dependency.name));
    found.map(|dependency| format!("{} depends on {}: {why}", member.name, dependency.name)).collect()
}

fn is_provider(name: &str) -> bool {
    PROVIDERS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::manifests::tests::workspace;
    use crate::workspace::Dependency;

    fn member(name: &str, dependency: &str, normal: bool) -> Member {
        let dependencies = vec![Dependency { name: dependency.into(), normal }];
        Member { name: name.into(), published: true, dependencies, ..Member::default() }
    }

    #[test]
    fn a_provider_named_in_the_core_is_told_however_it_is_spelt() {
        let tree = Tree::of(&[
            ("crates/payments-core/src/error.rs", "// as TurboPay does\nturbo_txn::code();\n// a provider's code\n"),
            ("crates/turbopay/src/error.rs", "// as TurboPay does\n"),
        ]);

        let problems = the_core_names_no_provider(&tree, &workspace([]));

        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(problems[1].ends_with("error.rs:2: the core knows no provider, and this names turbo-txn"));
    }

    #[test]
    fn a_provider_that_depends_on_another_is_told_even_in_its_tests() {
        let workspace = workspace([
            member("turbopay", "card3ds", false),
            member("card3ds", "payments-core", true),
            member("payments", "card3ds", true),
        ]);

        let problems = no_provider_depends_on_another(&Tree::of(&[]), &workspace);

        assert_eq!(problems, ["turbopay depends on card3ds: one provider's crate knows no other's"]);
    }

    #[test]
    fn the_sandbox_is_allowed_in_tests_only() {
        let workspace = workspace([member("turbopay", SANDBOX, true), member("card3ds", SANDBOX, false)]);

        let problems = the_sandbox_stays_out_of_the_sdk(&Tree::of(&[]), &workspace);

        assert_eq!(problems, ["turbopay depends on payments-sandbox: only as a dev-dependency"]);
    }

    #[test]
    fn a_sandbox_that_borrows_a_providers_code_is_told() {
        let workspace = workspace([member(SANDBOX, "turbopay", false)]);

        assert_eq!(the_sandbox_depends_on_no_provider(&Tree::of(&[]), &workspace).len(), 1);
    }
}
