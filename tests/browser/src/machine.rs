//! What the tests use of this machine.

use std::path::PathBuf;

/// Where screenshots go, and where `cargo xtask browser` installs axe-core: `browser` in the target directory.
pub(crate) fn directory() -> PathBuf {
    let test = std::env::current_exe().expect("the test's program has a path");
    // `debug/deps/it-0123456789abcdef`
    test.ancestors().nth(3).expect("the test's program is in a target directory").join("browser")
}

/// The path of a program.
pub(crate) fn program(name: &str) -> PathBuf {
    let paths = variable("PATH").unwrap_or_default();
    let mut paths = std::env::split_paths(&paths).map(|place| place.join(name));
    paths.find(|path| path.is_file()).unwrap_or_else(|| panic!("no {name}: {HOW_TO}"))
}

#[expect(clippy::disallowed_methods, reason = "tests are configured by variables")]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

const HOW_TO: &str = "install Chromium and its driver (Debian: apt-get install chromium chromium-driver)";
