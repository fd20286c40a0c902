//! An exhaustive search.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeSet, HashSet};
use std::hash::{Hash, Hasher};

use payments_journal::State;

use super::world::World;

#[derive(Debug)]
pub(super) struct Report {
    pub(super) states: usize,
    /// The states of the intent that occurred.
    pub(super) seen: BTreeSet<State>,
    /// The changes of state that occurred.
    pub(super) changes: BTreeSet<(State, State)>,
    /// The broken invariant, and the steps that lead to it.
    pub(super) violation: Option<(String, Vec<&'static str>)>,
}

/// Visits every world that can be reached from this one, each once, and stops at the first violation.
pub(super) fn explore(start: World) -> Report {
    let mut report = Report { states: 0, seen: BTreeSet::new(), changes: BTreeSet::new(), violation: None };
    let mut visited = HashSet::from([fingerprint(&start)]);
    // Of each world, the step that led to it and the world before.
    let mut history = vec![(0, "start")];
    let mut stack = vec![(start, 0)];
    while let Some((world, index)) = stack.pop() {
        report.states += 1;
        report.seen.insert(world.state());
        if let Some(broken) = world.broken_invariant() {
            report.violation = Some((broken, path(&history, index)));
            return report;
        }
        for (step, next) in world.successors() {
            if next.state() != world.state() {
                report.changes.insert((world.state(), next.state()));
            }
            if visited.insert(fingerprint(&next)) {
                history.push((index, step));
                stack.push((next, history.len() - 1));
            }
        }
    }
    report
}

fn path(history: &[(usize, &'static str)], mut index: usize) -> Vec<&'static str> {
    let mut steps = Vec::new();
    while index > 0 {
        let (before, step) = history[index];
        steps.push(step);
        index = before;
    }
    steps.reverse();
    steps
}

/// 128 bits of hash: a collision would hide a world, and is not to be expected.
fn fingerprint(world: &World) -> (u64, u64) {
    let mut hasher = DefaultHasher::new();
    world.hash(&mut hasher);
    let first = hasher.finish();
    0xff_u8.hash(&mut hasher);
    world.hash(&mut hasher);
    (first, hasher.finish())
}
