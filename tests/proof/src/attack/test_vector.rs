//! The test vectors as they are, and mutated.

use super::{Attempt, Expected};
use crate::mutate::mutate;
use crate::vectors::{FILE, File, Vector};
use crate::{Delivery, Outcome, Provider, Random};

/// The vectors that the attack starts from.
pub(super) struct TestVectors(Vec<Vector>);

impl TestVectors {
    /// Leaves out the deliveries that verify but are unreadable: a change to one can leave it genuine.
    #[expect(clippy::expect_used, reason = "the file is part of this crate")]
    pub(super) fn load() -> Self {
        let mut vectors = File::parse(FILE).expect("the file holds vectors").vectors;
        vectors.retain(|vector| vector.expect != Outcome::Unreadable);
        Self(vectors)
    }

    /// Sends a vector that must be rejected as it is. Mutates the others, and half of these.
    #[expect(clippy::expect_used, reason = "the file is part of this crate")]
    pub(super) fn attempt(&self, provider: Provider, random: &mut Random) -> Attempt {
        let of_provider: Vec<&Vector> = self.0.iter().filter(|vector| vector.provider == provider).collect();
        let vector = random.pick(&of_provider);
        let other = random.pick(&of_provider).delivery().expect("a vector can be delivered");
        // The first vector of each kind is a genuine delivery.
        let genuine = of_provider.iter().find(|genuine| genuine.kind == vector.kind).expect("a genuine vector");
        let id = genuine.reads.values().next().cloned().unwrap_or_default();
        let genuine = genuine.delivery().expect("a vector can be delivered");
        let mut changed = vector.delivery().expect("a vector can be delivered");
        let is_valid = matches!(vector.expect, Outcome::Accepted | Outcome::Hint);
        let is_mutated = is_valid || random.one_in(2);
        if is_mutated {
            change(&mut changed, &other, random);
        }
        let expected = match provider {
            Provider::Turratech | Provider::Turbopay => Expected::Signature,
            _ if !is_mutated && vector.expect == Outcome::Rejected => Expected::NoHint { id },
            _ => Expected::Hint { id },
        };
        Attempt { kind: "test vector", genuine, changed, expected }
    }
}

/// Mutates the signature or the body.
fn change(delivery: &mut Delivery, other: &Delivery, random: &mut Random) {
    match delivery.headers.first_mut() {
        Some((_, value)) if random.one_in(2) => {
            let other = other.headers.first().map_or(&[][..], |(_, value)| value);
            *value = mutate(random, value, other, 3);
        }
        _ => delivery.body = mutate(random, &delivery.body, &other.body, 3),
    }
}
