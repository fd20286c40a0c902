//! Which cells are run, in which order, under which seeds: all of it from one seed.

use std::collections::BTreeSet;

use super::cell::{Cell, Times};
use super::fault::Fault;
use super::providers::Provider;
use crate::random::Random;

/// Every fault at every provider first, then all other cells, then all of them again: so many runs, or as many as the first
/// takes.
pub(super) fn of_all(seed: u64, runs: usize, provider: Option<Provider>) -> Vec<(Cell, u64)> {
    of(seed, runs, |cell| provider.is_none_or(|provider| provider == cell.operation.provider))
}

/// The same of calls that do something, with faults of the sandbox's doing: for the controls, a quarter as many.
pub(super) fn of_writes(seed: u64, runs: usize, provider: Option<Provider>) -> Vec<(Cell, u64)> {
    of(seed, runs / 4, |cell| {
        provider.is_none_or(|provider| provider == cell.operation.provider)
            && !cell.operation.reads()
            && matches!(cell.fault, Fault::There(..))
    })
}

/// One cell, as often as that.
pub(super) fn of_one(cell: Cell, seed: u64, runs: usize) -> Vec<(Cell, u64)> {
    let mut random = Random::new(seed);
    // The first run is the one that was asked for.
    std::iter::once(seed).chain(std::iter::repeat_with(|| random.next())).map(|seed| (cell, seed)).take(runs).collect()
}

fn of(seed: u64, runs: usize, wanted: impl Fn(&Cell) -> bool) -> Vec<(Cell, u64)> {
    let mut random = Random::new(seed);
    let mut cells: Vec<Cell> = Cell::all().filter(wanted).collect();
    random.shuffle(&mut cells);
    let mut met = BTreeSet::new();
    let (mut order, rest): (Vec<Cell>, Vec<Cell>) =
        cells.iter().partition(|cell| met.insert((cell.operation.provider, cell.fault)));
    let enough = runs.max(order.len());
    order.extend(rest);
    while order.len() < enough && !cells.is_empty() {
        random.shuffle(&mut cells);
        order.extend(&cells);
    }
    order.truncate(enough);
    let seeded = order.into_iter().map(|cell| (Cell { times: times(&mut random), ..cell }, random.next()));
    seeded.collect()
}

/// Mostly once: what a second attempt meets is then an answer.
fn times(random: &mut Random) -> Times {
    match random.below(4) {
        0 => Times::Always,
        1 => Times::Twice,
        _ => Times::Once,
    }
}
