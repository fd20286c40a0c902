//! The project's files, in memory.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::process::{Failure, Run};
use crate::workspace;

/// The project's files by their paths from the root, with forward slashes. Symbolic links are followed.
pub(crate) struct Tree(BTreeMap<String, String>);

impl Tree {
    /// Reads all files that git does not ignore. Without git, reads all files except builds.
    pub(crate) fn load() -> Result<Tree, Failure> {
        let mut paths = Vec::new();
        if Run::program("git").args(["rev-parse", "--git-dir"]).works() {
            let list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
            paths.extend(Run::program("git").args(list).read()?.split_terminator('\0').map(str::to_owned));
        } else {
            walk(workspace::root(), "", &mut paths)?;
        }

        let mut files = BTreeMap::new();
        for path in paths {
            // Skip deleted files, which git lists until the deletion is committed, and dangling links.
            if let Ok(bytes) = fs::read(workspace::root().join(&path)) {
                files.insert(path, String::from_utf8_lossy(&bytes).into_owned());
            }
        }
        Ok(Tree(files))
    }

    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Tree {
        Tree(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    pub(crate) fn under(&self, dir: &str) -> impl Iterator<Item = (&str, &str)> {
        self.files().filter(move |(path, _)| path.strip_prefix(dir).is_some_and(|rest| rest.starts_with('/')))
    }

    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    /// Returns true if the path is a file, or a directory with a file in it.
    pub(crate) fn has(&self, path: &str) -> bool {
        path.is_empty() || self.0.contains_key(path) || self.under(path).next().is_some()
    }
}

fn walk(root: &Path, dir: &str, paths: &mut Vec<String>) -> Result<(), Failure> {
    for entry in fs::read_dir(root.join(dir))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if dir.is_empty() { name.clone() } else { format!("{dir}/{name}") };
        if name == "target" || name == ".git" {
            continue;
        }
        if entry.file_type()?.is_dir() {
            walk(root, &path, paths)?;
        } else {
            paths.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_exists_if_it_contains_a_file() {
        let tree = Tree::of(&[("docs/guide/start.md", "")]);

        assert!(tree.has("docs/guide") && tree.has("docs/guide/start.md"));
        assert!(!tree.has("docs/gui"));
    }

    #[test]
    fn the_walk_finds_tracked_files() {
        let mut walked = Vec::new();
        walk(workspace::root(), "xtask/src", &mut walked).unwrap();

        assert!(walked.contains(&"xtask/src/tidy/tree.rs".to_owned()));
    }
}
