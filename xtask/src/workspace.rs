//! Reads the workspace's metadata from cargo.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::process::{Failure, Run};

/// The provider crates.
pub(crate) const PROVIDERS: &[&str] = &["turratech", "turbo-txn", "turbo-link", "card3ds", "turbopay"];

/// The crate that simulates the providers, for tests only.
pub(crate) const SANDBOX: &str = "payments-sandbox";

/// Returns the workspace's directory.
pub(crate) fn root() -> &'static Path {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask)
}

pub(crate) struct Workspace {
    pub(crate) members: Vec<Member>,
    /// The target directory.
    pub(crate) target: PathBuf,
}

#[derive(Default)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) version: String,
    /// Relative to the root, with forward slashes.
    pub(crate) dir: String,
    pub(crate) published: bool,
    pub(crate) description: String,
    pub(crate) keywords: usize,
    pub(crate) categories: usize,
    pub(crate) readme: Option<String>,
    /// True if the manifest has `[package.metadata.docs.rs]`.
    pub(crate) docs_rs: bool,
    /// Each feature, with the features and dependencies that it enables.
    pub(crate) features: BTreeMap<String, Vec<String>>,
    pub(crate) dependencies: Vec<Dependency>,
}

pub(crate) struct Dependency {
    pub(crate) name: String,
    /// True for a normal dependency, false for a development or build dependency.
    pub(crate) normal: bool,
}

impl Workspace {
    pub(crate) fn load() -> Result<Workspace, Failure> {
        let metadata = Run::cargo().args(["metadata", "--no-deps", "--format-version", "1"]).read()?;
        Workspace::parse(&metadata)
    }

    pub(crate) fn published(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|member| member.published)
    }

    fn parse(metadata: &str) -> Result<Workspace, Failure> {
        let metadata: Value = serde_json::from_str(metadata)?;
        let root = text(&metadata["workspace_root"]);
        let members = list(&metadata["packages"]).iter().map(|package| Member::read(package, &root)).collect();
        Ok(Workspace { members, target: PathBuf::from(text(&metadata["target_directory"])) })
    }
}

impl Member {
    fn read(package: &Value, root: &str) -> Member {
        let manifest = text(&package["manifest_path"]).replace('\\', "/");
        let dir = manifest.strip_suffix("/Cargo.toml").unwrap_or(&manifest);
        let features = package["features"].as_object().into_iter().flatten();
        Member {
            name: text(&package["name"]),
            version: text(&package["version"]),
            dir: dir.strip_prefix(&root.replace('\\', "/")).unwrap_or(dir).trim_start_matches('/').to_owned(),
            // `publish = false` is an empty list of registries. Without `publish`, the value is null.
            published: package["publish"].as_array().is_none_or(|registries| !registries.is_empty()),
            description: text(&package["description"]),
            keywords: list(&package["keywords"]).len(),
            categories: list(&package["categories"]).len(),
            readme: package["readme"].as_str().map(str::to_owned),
            docs_rs: package["metadata"]["docs"]["rs"].is_object(),
            features: features.map(|(name, on)| (name.clone(), list(on).iter().map(text).collect())).collect(),
            dependencies: list(&package["dependencies"])
                .iter()
                .map(|dependency| Dependency { name: text(&dependency["name"]), normal: dependency["kind"].is_null() })
                .collect(),
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_with_publish_false_are_not_published() {
        let workspace = Workspace::parse(
            r#"{"workspace_root": "/w", "target_directory": "/t", "packages": [
                {"name": "turbopay", "manifest_path": "/w/crates/turbopay/Cargo.toml", "publish": null,
                 "features": {"default": ["reqwest"], "reqwest": ["dep:reqwest"]},
                 "dependencies": [{"name": "payments-core", "kind": null}, {"name": "httpmock", "kind": "dev"}]},
                {"name": "payments-tests", "manifest_path": "/w/tests/Cargo.toml", "publish": []}
            ]}"#,
        )
        .unwrap();

        let published: Vec<_> = workspace.published().collect();
        assert_eq!(published.len(), 1);
        assert_eq!(published[0].dir, "crates/turbopay");
        assert_eq!(published[0].features["default"], ["reqwest"]);
        assert!(published[0].dependencies[0].normal && !published[0].dependencies[1].normal);
    }
}
