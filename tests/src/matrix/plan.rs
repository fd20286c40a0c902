//! The plan: the cells to run, their order and their seeds, all derived from one seed.

use std::collections::BTreeSet;

use super::cell::{Cell, Times};
use super::fault::Fault;
use super::providers::Provider;
use crate::random::Random;

/// Plans at least this many runs. Every fault runs at every provider first, then all other cells, then all cells again.
pub(super) fn all(seed: u64, runs: usize, provider: Option<Provider>) -> Vec<(Cell, u64)> {
    matching(seed, runs, |cell| provider.is_none_or(|provider| provider == cell.operation.provider))
}

/// Plans a quarter as many runs for the controls: writes only, with the sandbox's faults only.
pub(super) fn writes(seed: u64, runs: usize, provider: Option<Provider>) -> Vec<(Cell, u64)> {
    matching(seed, runs / 4, |cell| {
        provider.is_none_or(|provider| provider == cell.operation.provider)
            && !cell.operation.is_read_only()
            && matches!(cell.fault, Fault::Sandbox(..))
    })
}

/// Plans this many runs of one cell. The first one has the given seed.
pub(super) fn single(cell: Cell, seed: u64, runs: usize) -> Vec<(Cell, u64)> {
    let mut random = Random::new(seed);
    std::iter::once(seed).chain(std::iter::repeat_with(|| random.next())).map(|seed| (cell, seed)).take(runs).collect()
}

fn matching(seed: u64, runs: usize, matches: impl Fn(&Cell) -> bool) -> Vec<(Cell, u64)> {
    let mut random = Random::new(seed);
    let mut cells: Vec<Cell> = Cell::all().filter(matches).collect();
    random.shuffle(&mut cells);
    let mut planned = BTreeSet::new();
    let (mut order, rest): (Vec<Cell>, Vec<Cell>) =
        cells.iter().partition(|cell| planned.insert((cell.operation.provider, cell.fault)));
    let length = runs.max(order.len());
    order.extend(rest);
    while order.len() < length && !cells.is_empty() {
        random.shuffle(&mut cells);
        order.extend(&cells);
    }
    order.truncate(length);
    let with_seeds = order.into_iter().map(|cell| (Cell { times: times(&mut random), ..cell }, random.next()));
    with_seeds.collect()
}

/// Draws how often the fault happens. Half of the cells have it once, so that a second attempt gets a response.
fn times(random: &mut Random) -> Times {
    match random.below(4) {
        0 => Times::Always,
        1 => Times::Twice,
        _ => Times::Once,
    }
}
