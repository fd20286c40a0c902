//! Packages the published crates, checks and compiles each archive, and tests an application with the archives.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::consumers;
use crate::process::{Failure, Run, Step};
use crate::workspace::{self, Member, Workspace};

/// The files that every archive must contain.
const REQUIRED: &[&str] = &["Cargo.toml", "README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE", "src/lib.rs"];

pub(crate) fn run(_: &[String]) -> Result<Step, Failure> {
    let workspace = Workspace::load()?;
    // Package all crates at once, because they depend on each other and are not published. `--no-verify`, because cargo
    // would unpack dependencies once per version, and check later changes against outdated code.
    let mut package = Run::cargo().args(["package", "--quiet", "--allow-dirty", "--no-verify"]);
    for member in workspace.published() {
        package = package.args(["--package", &member.name]);
    }
    package.run()?;

    let archives = workspace.target.join("package");
    let unpacked = archives.join("unpacked");
    if unpacked.exists() {
        fs::remove_dir_all(&unpacked)?;
    }
    fs::create_dir_all(&unpacked)?;
    for member in workspace.published() {
        inspect(member, &archives)?;
        let archive = archives.join(format!("{}.crate", versioned(member)));
        // `-m` sets new modification times. With the archive's old times, cargo would not rebuild.
        Run::program("tar").args(["-xzmf".as_ref(), archive.as_os_str(), "-C".as_ref(), unpacked.as_os_str()]).run()?;
    }
    build(&workspace, &unpacked)?;
    let patches: Vec<_> =
        workspace.published().map(|member| (member.name.clone(), unpacked.join(versioned(member)))).collect();
    consumers::packaged(&workspace.target.join("consumers"), &patches)?;
    Ok(Step::Passed)
}

fn inspect(member: &Member, archives: &Path) -> Result<(), Failure> {
    let name = versioned(member);
    let archive = archives.join(format!("{name}.crate"));
    let listing = Run::program("tar").args(["-tzf".as_ref(), archive.as_os_str()]).read()?;
    let size = fs::metadata(&archive)?.len();
    println!("{name}.crate: {} files, {} KiB", listing.lines().count(), size.div_ceil(1024));
    match missing(&listing, &name).as_slice() {
        [] => Ok(()),
        missing => Err(Failure::new(format!("{name}.crate does not contain {}", missing.join(", ")))),
    }
}

fn missing(listing: &str, name: &str) -> Vec<&'static str> {
    let contains = |file: &str| listing.lines().any(|line| line == format!("{name}/{file}"));
    REQUIRED.iter().copied().filter(|file| !contains(file)).collect()
}

/// Compiles each crate from its archive, with the other archives as its dependencies: first with default features, as
/// users do, then with all features, examples and tests.
fn build(workspace: &Workspace, unpacked: &Path) -> Result<(), Failure> {
    fs::write(unpacked.join("Cargo.toml"), manifest(workspace))?;
    fs::copy(workspace::root().join("Cargo.lock"), unpacked.join("Cargo.lock"))?;
    let check = || {
        Run::cargo()
            .args(["check", "--quiet"])
            .args(["--manifest-path".as_ref(), unpacked.join("Cargo.toml").as_os_str()])
            .args(["--target-dir".as_ref(), workspace.target.as_os_str()])
    };
    for member in workspace.published() {
        check().args(["--package", &member.name]).run()?;
    }
    check().args(["--workspace", "--all-targets", "--all-features"]).run()
}

/// Returns the manifest of a workspace of the unpacked archives, which replace the registry's crates.
fn manifest(workspace: &Workspace) -> String {
    let names: Vec<_> = workspace.published().map(versioned).collect();
    let mut manifest = format!("[workspace]\nresolver = \"3\"\nmembers = {names:?}\n\n[patch.crates-io]\n");
    for member in workspace.published() {
        let _ = writeln!(manifest, "{} = {{ path = {:?} }}", member.name, versioned(member));
    }
    manifest
}

fn versioned(member: &Member) -> String {
    format!("{}-{}", member.name, member.version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_missing_from_an_archive_are_reported() {
        let listing = "turbopay-0.1.0/Cargo.toml\nturbopay-0.1.0/README.md\nturbopay-0.1.0/docs/CHANGELOG.md\n\
                       turbopay-0.1.0/LICENSE-MIT\nturbopay-0.1.0/src/lib.rs\n";

        assert_eq!(missing(listing, "turbopay-0.1.0"), ["CHANGELOG.md", "LICENSE-APACHE"]);
    }

    #[test]
    fn an_archive_replaces_the_published_crate() {
        let published = |name: &str, published| {
            let (name, version) = (name.to_owned(), "0.1.0".to_owned());
            Member { name, version, published, ..Member::default() }
        };
        let members = vec![published("turbopay", true), published("payments-tests", false)];

        assert_eq!(
            manifest(&Workspace { members, target: "target".into() }),
            "[workspace]\nresolver = \"3\"\nmembers = [\"turbopay-0.1.0\"]\n\n\
             [patch.crates-io]\nturbopay = { path = \"turbopay-0.1.0\" }\n"
        );
    }
}
