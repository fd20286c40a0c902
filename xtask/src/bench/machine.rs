//! Describes the machine of the measurement, without its name.

use std::fs;

use crate::process::{Failure, Run};

pub(super) fn describe() -> Result<String, Failure> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let cpu = field("/proc/cpuinfo", "model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let memory = field("/proc/meminfo", "MemTotal").and_then(|text| gibibytes(&text));
    let memory = memory.map_or_else(String::new, |memory| format!(", {memory} GiB of memory"));
    let os = fs::read_to_string("/etc/os-release").ok().and_then(|text| pretty_name(&text));
    let os = os.unwrap_or_else(|| std::env::consts::OS.to_owned());
    let rustc = Run::program("rustc").args(["--version"]).read()?;
    Ok(format!("{cores} cores of {cpu}{memory}, {os}, {}", rustc.trim()))
}

fn field(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split_once(':').map(|(_, value)| value.trim().to_owned())
}

/// Rounds up to whole GiB, because the kernel reserves a part of the memory.
fn gibibytes(kibibytes: &str) -> Option<u64> {
    kibibytes.split(' ').next()?.parse::<u64>().ok().map(|kibibytes| kibibytes.div_ceil(1_024 * 1_024))
}

fn pretty_name(release: &str) -> Option<String> {
    let name = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
    Some(name.trim_matches('"').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_and_system_are_read_from_linux_files() {
        assert_eq!(gibibytes("24634388 kB"), Some(24));
        assert_eq!(pretty_name("ID=debian\nPRETTY_NAME=\"Debian 12\"\n"), Some("Debian 12".to_owned()));
    }
}
