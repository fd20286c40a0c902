//! Runs every target on its corpus and on seeded mutations of it, with any toolchain and the same result every time.
//!
//! `smoke [MUTATIONS]` runs all targets with this many mutations each. `smoke TARGET FILE` runs one target on one input.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use payments_fuzz::{TARGETS, Target};
use payments_proof::Random;
use payments_proof::mutate::mutate;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.as_slice() {
        [] => all(MUTATIONS),
        [count] if count.parse::<u64>().is_ok() => all(count.parse().unwrap_or(MUTATIONS)),
        [name, file] => one(name, Path::new(file)),
        _ => {
            eprintln!("usage: smoke [MUTATIONS] | smoke TARGET FILE");
            ExitCode::from(2)
        }
    }
}

fn one(name: &str, file: &Path) -> ExitCode {
    match (TARGETS.iter().find(|target| target.name == name), std::fs::read(file)) {
        (Some(target), Ok(data)) => {
            println!("{name}: {}", if (target.run)(&data) { "accepted" } else { "rejected" });
            ExitCode::SUCCESS
        }
        (None, _) => {
            eprintln!("unknown target `{name}`");
            ExitCode::from(2)
        }
        (_, Err(error)) => {
            eprintln!("{}: {error}", file.display());
            ExitCode::from(2)
        }
    }
}

fn all(mutations: u64) -> ExitCode {
    let mut failed = 0;
    println!("{:<20} {:>6} {:>8} {:>9} {:>8}  seconds", "target", "corpus", "choices", "mutations", "accepted");
    for target in TARGETS {
        match run(target, mutations) {
            Ok(row) => println!("{row}"),
            Err(problem) => {
                eprintln!("{}: {problem}", target.name);
                failed += 1;
            }
        }
    }
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[expect(clippy::disallowed_methods, reason = "measures how long a target takes")]
fn run(target: &Target, mutations: u64) -> Result<String, String> {
    let began = Instant::now();
    let corpus = corpus(target)?;
    let mut accepted = 0;
    for (name, data) in &corpus {
        accepted += feed(target, name, data)?;
    }
    if accepted == 0 {
        return Err("accepts no input of its corpus, so it tests nothing".to_owned());
    }

    // Every input of the corpus with every combination of choices.
    let mut chosen = 0;
    for (name, data) in &corpus {
        for choice in combinations(target.choices) {
            let mut data = data.clone();
            data.splice(..choice.len().min(data.len()), choice.iter().copied());
            chosen += 1;
            accepted += feed(target, &format!("{name}-{}", String::from_utf8_lossy(&choice)), &data)?;
        }
    }

    let seeds: Vec<&Vec<u8>> = corpus.values().collect();
    for index in 0..mutations {
        let mut random = Random::new(seed(target.name, index));
        let (base, other) = (random.below(seeds.len()), random.below(seeds.len()));
        let mut data = mutate(&mut random, seeds[base], seeds[other], MOST_CHANGES);
        data.truncate(LONGEST);
        choose(&mut random, &mut data, target.choices);
        accepted += feed(target, &format!("seed-{index}"), &data)?;
    }
    let took = began.elapsed().as_secs_f32();
    Ok(format!("{:<20} {:>6} {chosen:>8} {mutations:>9} {accepted:>8}  {took:.1}", target.name, corpus.len()))
}

/// Runs the target on one input. Writes the input to a file if the target fails.
fn feed(target: &Target, name: &str, data: &[u8]) -> Result<u64, String> {
    match catch_unwind(AssertUnwindSafe(|| (target.run)(data))) {
        Ok(accepted) => Ok(u64::from(accepted)),
        Err(_) => {
            let dir = root().join("artifacts").join(target.name);
            let file = dir.join(format!("smoke-{name}"));
            let written = std::fs::create_dir_all(&dir).and_then(|()| std::fs::write(&file, data));
            let again = format!("cargo xtask fuzz {} {}", target.name, file.display());
            let again = written.map_or_else(|error| error.to_string(), |()| again);
            Err(format!("fails on {name}: {again}"))
        }
    }
}

/// The inputs of the target by name, in the same order on every machine.
fn corpus(target: &Target) -> Result<BTreeMap<String, Vec<u8>>, String> {
    let dir = root().join("corpus").join(target.name);
    let cannot = |error: std::io::Error| format!("{}: {error}", dir.display());
    let mut inputs = BTreeMap::new();
    for entry in std::fs::read_dir(&dir).map_err(cannot)? {
        let path = entry.map_err(cannot)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        inputs.insert(name, std::fs::read(&path).map_err(cannot)?);
    }
    Ok(inputs)
}

/// Draws the selecting bytes of half of the inputs again. Otherwise most inputs would select the same case.
fn choose(random: &mut Random, data: &mut [u8], choices: &[(u8, u8)]) {
    for (byte, (first, count)) in data.iter_mut().zip(choices) {
        if random.one_in(2) {
            *byte = first.wrapping_add(u8::try_from(random.below(usize::from(*count))).unwrap_or_default());
        }
    }
}

/// Every combination of the selecting bytes.
fn combinations(choices: &[(u8, u8)]) -> Vec<Vec<u8>> {
    let Some(((first, count), rest)) = choices.split_first() else { return Vec::new() };
    let tails = if rest.is_empty() { vec![Vec::new()] } else { combinations(rest) };
    let bytes = (0..*count).map(|index| first.wrapping_add(index));
    bytes.flat_map(|byte| tails.iter().map(move |tail| [&[byte], tail.as_slice()].concat())).collect()
}

/// Hashes the target's name and the index (FNV-1a).
fn seed(name: &str, index: u64) -> u64 {
    let bytes = name.bytes().chain(index.to_le_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Mutations per target: enough to apply each kind of change to each input of the corpus, in seconds.
const MUTATIONS: u64 = 40_000;

/// The longest mutated input. Short inputs find more in the same time.
const LONGEST: usize = 8 * 1024;

/// The most changes per input. More changes leave too few inputs that a parser accepts.
const MOST_CHANGES: usize = 4;
