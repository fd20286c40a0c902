//! Shops with a planted defect: the walks must find each.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Options, run};
use crate::Failed;

/// A defect that a text replacement plants.
struct Mutant {
    name: &'static str,
    file: &'static str,
    text: &'static str,
    replacement: &'static str,
}

const MUTANTS: &[Mutant] = &[];

/// How many walks found each planted defect.
#[derive(Debug)]
pub struct Mutants;

/// x
///
/// # Errors
pub async fn mutants(_: &Options) -> Result<Mutants, Failed> {
    Ok(Mutants)
}
