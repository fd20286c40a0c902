//! Rules for dependencies between the crates.

use crate::tidy::tree::Tree;
use crate::workspace::{Member, PROVIDERS, SANDBOX, Workspace};

/// `payments-core` names no provider.
pub(crate) fn the_core_names_no_provider(tree: &Tree, _: &Workspace) -> Vec<String> {
    let mut problems = Vec::new();
    for (path, text) in tree.under("crates/payments-core/src") {
        for (line, number) in text.lines().zip(1..) {
            let line = line.to_lowercase().replace('_', "-");
            for provider in PROVIDERS.iter().filter(|provider| line.contains(**provider)) {
                problems
                    .push(format!("{path}:{number}: names the provider {provider}; payments-core must not name any"));
            }
        }
    }
    problems
}

/// No provider crate depends on another.
pub(crate) fn provider_crates_are_independent(_: &Tree, workspace: &Workspace) -> Vec<String> {
    let providers = workspace.members.iter().filter(|member| is_provider(&member.name));
    providers
        .flat_map(|member| forbidden(member, is_provider, "provider crates must not depend on each other"))
        .collect()
}

/// Published crates depend on the sandbox only for development.
pub(crate) fn the_sdk_does_not_depend_on_the_sandbox(_: &Tree, workspace: &Workspace) -> Vec<String> {
    let mut problems = Vec::new();
    for member in workspace.published().filter(|member| member.name != SANDBOX) {
        if member.dependencies.iter().any(|dependency| dependency.normal && dependency.name == SANDBOX) {
            problems.push(format!("{} depends on {SANDBOX}, which is allowed as a dev-dependency only", member.name));
        }
    }
    problems
}

/// The sandbox shares no code with the provider crates, so that a mistake in one of them shows.
pub(crate) fn the_sandbox_depends_on_no_provider(_: &Tree, workspace: &Workspace) -> Vec<String> {
    let sandbox = workspace.members.iter().filter(|member| member.name == SANDBOX);
    let reason = "the sandbox must not share code with the SDKs";
    sandbox.flat_map(|member| forbidden(member, is_provider, reason)).collect()
}

fn forbidden(member: &Member, is_forbidden: fn(&str) -> bool, reason: &str) -> Vec<String> {
    let found = member.dependencies.iter().filter(|dependency| is_forbidden(&dependency.name));
    found.map(|dependency| format!("{} depends on {}: {reason}", member.name, dependency.name)).collect()
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
    fn a_provider_named_in_the_core_is_reported_in_any_spelling() {
        let tree = Tree::of(&[
            ("crates/payments-core/src/error.rs", "// as TurboPay does\nturbo_txn::code();\n// a provider's code\n"),
            ("crates/turbopay/src/error.rs", "// as TurboPay does\n"),
        ]);

        let problems = the_core_names_no_provider(&tree, &workspace([]));

        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(problems[1].ends_with("error.rs:2: names the provider turbo-txn; payments-core must not name any"));
    }

    #[test]
    fn a_provider_crate_that_depends_on_another_is_reported_even_for_a_dev_dependency() {
        let workspace = workspace([
            member("turbopay", "card3ds", false),
            member("card3ds", "payments-core", true),
            member("payments", "card3ds", true),
        ]);

        let problems = provider_crates_are_independent(&Tree::of(&[]), &workspace);

        assert_eq!(problems, ["turbopay depends on card3ds: provider crates must not depend on each other"]);
    }

    #[test]
    fn the_sandbox_is_allowed_as_a_dev_dependency_only() {
        let workspace = workspace([member("turbopay", SANDBOX, true), member("card3ds", SANDBOX, false)]);

        let problems = the_sdk_does_not_depend_on_the_sandbox(&Tree::of(&[]), &workspace);

        assert_eq!(problems, ["turbopay depends on payments-sandbox, which is allowed as a dev-dependency only"]);
    }

    #[test]
    fn a_sandbox_that_depends_on_a_provider_crate_is_reported() {
        let workspace = workspace([member(SANDBOX, "turbopay", false)]);

        assert_eq!(the_sandbox_depends_on_no_provider(&Tree::of(&[]), &workspace).len(), 1);
    }
}
