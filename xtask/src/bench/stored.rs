//! The values of the last whole run, from which the page is written.

use std::fs;
use std::path::PathBuf;

use serde_json::{Map, Value, json};

use super::{Measured, Sides};
use crate::process::Failure;
use crate::workspace;

/// What the page shows.
pub(super) struct Stored {
    pub(super) machine: String,
    pub(super) rounds: usize,
    pub(super) measured: Measured,
}

pub(super) fn write(stored: &Stored) -> Result<(), Failure> {
    let rows: Map<String, Value> =
        stored.measured.iter().map(|(name, sides)| (name.clone(), json!([sides.ours, sides.theirs]))).collect();
    let stored = json!({ "machine": stored.machine, "rounds": stored.rounds, "rows": rows });
    fs::write(file(), format!("{stored:#}\n"))?;
    Ok(())
}

pub(super) fn read() -> Result<Stored, Failure> {
    let stored: Value = serde_json::from_str(&fs::read_to_string(file())?)?;
    parse(&stored).ok_or_else(|| Failure::new("comparisons/measured.json has another form: run `cargo xtask bench`"))
}

fn parse(stored: &Value) -> Option<Stored> {
    let mut measured = Measured::new();
    for (name, sides) in stored["rows"].as_object()? {
        let sides = Sides { ours: sides[0].as_u64()?, theirs: sides[1].as_u64()? };
        measured.insert(name.clone(), sides);
    }
    let (machine, rounds) = (stored["machine"].as_str()?, stored["rounds"].as_u64()?);
    Some(Stored { machine: machine.to_owned(), rounds: rounds.try_into().ok()?, measured })
}

fn file() -> PathBuf {
    workspace::root().join("comparisons").join("measured.json")
}
