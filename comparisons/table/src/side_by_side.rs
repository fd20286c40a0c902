//! Measures two sides in turns, so that load on the machine affects both.

use std::time::Instant;

/// Recalls the medians of both sides in nanoseconds per call, over `rounds` rounds with `calls` calls per side.
///
/// The side that starts changes each round. The first round is a warm-up and does not count.
pub fn medians(rounds: usize, calls: u32, ours: &mut dyn FnMut(), theirs: &mut dyn FnMut()) -> (u64, u64) {
    let (mut our_times, mut their_times) = (Vec::new(), Vec::new());
    for round in 0..=rounds {
        let (our_time, their_time) = if round % 2 == 0 {
            let our_time = time(calls, ours);
            (our_time, time(calls, theirs))
        } else {
            let their_time = time(calls, theirs);
            (time(calls, ours), their_time)
        };
        if round > 0 {
            our_times.push(our_time);
            their_times.push(their_time);
        }
    }
    (median(our_times), median(their_times))
}

pub fn median(mut times: Vec<u64>) -> u64 {
    times.sort_unstable();
    times[times.len() / 2]
}

fn time(calls: u32, side: &mut dyn FnMut()) -> u64 {
    let start = Instant::now();
    (0..calls).for_each(|_| side());
    u64::try_from(start.elapsed().as_nanos() / u128::from(calls)).unwrap()
}
