//! Two sides measured by turns, so that what disturbs the machine disturbs both.

use std::time::Instant;

/// The medians of both, in nanoseconds for each turn: of `rounds` rounds with `turns` turns a side.
///
/// The side that begins changes from round to round. The first round warms up and does not count.
pub fn medians(rounds: usize, turns: u32, ours: &mut dyn FnMut(), theirs: &mut dyn FnMut()) -> (u64, u64) {
    let (mut our_times, mut their_times) = (Vec::new(), Vec::new());
    for round in 0..=rounds {
        let (our_time, their_time) = if round % 2 == 0 {
            let our_time = time(turns, ours);
            (our_time, time(turns, theirs))
        } else {
            let their_time = time(turns, theirs);
            (time(turns, ours), their_time)
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

fn time(turns: u32, side: &mut dyn FnMut()) -> u64 {
    let began = Instant::now();
    (0..turns).for_each(|_| side());
    u64::try_from(began.elapsed().as_nanos() / u128::from(turns)).unwrap()
}
