//! What would be published: each crate's archive, built as its users would build it.

use std::fs;

use crate::process::{Failure, Run, Step};
use crate::workspace::{Member, Workspace};

/// What every archive must hold, whether as a file or through a link in the crate's directory.
const REQUIRED: &[&str] = &["Cargo.toml", "README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE", "src/lib.rs"];

pub(crate) fn run(_: &[String]) -> Result<Step, Failure> {
    let workspace = Workspace::load()?;
    // All at once, because they depend on each other: cargo then finds each among the archives, published or not.
    let mut package = Run::cargo().args(["package", "--allow-dirty"]);
    for member in workspace.published() {
        package = package.args(["--package", &member.name]);
    }
    package.run()?;

    for member in workspace.published() {
        inspect(member, &workspace)?;
    }
    Ok(Step::Passed)
}

fn inspect(member: &Member, workspace: &Workspace) -> Result<(), Failure> {
    let name = format!("{}-{}", member.name, member.version);
    let archive = workspace.target.join("package").join(format!("{name}.crate"));
    let listing = Run::program("tar").args(["-tzf".as_ref(), archive.as_os_str()]).read()?;
    let size = fs::metadata(&archive)?.len();
    println!("{name}.crate: {} files, {} KiB", listing.lines().count(), size.div_ceil(1024));
    match missing(&listing, &name).as_slice() {
        [] => Ok(()),
        missing => Err(Failure::new(format!("{name}.crate lacks {}", missing.join(", ")))),
    }
}

fn missing(listing: &str, name: &str) -> Vec<&'static str> {
    let holds = |file: &str| listing.lines().any(|line| line == format!("{name}/{file}"));
    REQUIRED.iter().copied().filter(|file| !holds(file)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_archive_lacks_is_told() {
        let listing = "turbopay-0.1.0/Cargo.toml\nturbopay-0.1.0/README.md\nturbopay-0.1.0/docs/CHANGELOG.md\n\
                       turbopay-0.1.0/LICENSE-MIT\nturbopay-0.1.0/src/lib.rs\n";

        assert_eq!(missing(listing, "turbopay-0.1.0"), ["CHANGELOG.md", "LICENSE-APACHE"]);
    }
}
