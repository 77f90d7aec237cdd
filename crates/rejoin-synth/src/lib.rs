//! A seed to a synthetic world: people, families, journeys, the agencies' dirty lists of them, and the truth.
//!
//! This room never uses `rejoin-normalize` or `rejoin-linkage`: the truth must not be made by the code it judges. The
//! same seed and settings give the same bytes. Nobody in it exists.

mod dirt;
mod lists;
mod names;
mod world;

pub use lists::File;
pub use world::{Cause, Settings, World};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Makes a world.
pub fn world(settings: &Settings) -> World {
    world::make(settings)
}

/// The agencies' lists of a world, and beside them the truth, under `truth/`.
pub fn files(world: &World) -> Vec<File> {
    lists::write(world)
}

/// Independent streams: adding a draw to one part of the world leaves the others as they were.
fn stream(seed: u64, part: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(part);
    rng
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_bytes() {
        let settings = Settings { children: 300, adults: 900, tracing: 60, ..Settings::default() };
        let (one, other) = (files(&world(&settings)), files(&world(&settings)));
        assert_eq!(one.len(), other.len());
        for (left, right) in one.iter().zip(&other) {
            assert!(left.bytes == right.bytes, "{}", left.name);
        }
        let changed = files(&world(&Settings { seed: settings.seed + 1, ..settings }));
        assert!(changed.iter().zip(&one).any(|(left, right)| left.bytes != right.bytes));
    }

    #[test]
    fn every_separated_child_has_a_parent_among_the_adults_and_a_shelter_stay() {
        let world = world(&Settings { children: 300, adults: 900, tracing: 60, ..Settings::default() });
        let separated: Vec<_> = world.families.iter().filter(|family| family.separated).collect();
        assert!(separated.len() > 50);
        for family in separated {
            assert!(world.people[family.adult].age_on(family.on) >= 18);
            assert!(
                world.people[family.adult].age_on(family.on)
                    > world.people[family.child].age_on(family.on) + 12
            );
            assert!(world.stays.iter().any(|stay| stay.child == family.child));
        }
    }
}
