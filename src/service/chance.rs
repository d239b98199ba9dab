//! The one place of the services that draws by chance: ids, codes, salts.
//!
//! Each process draws from a source of its own, seeded by the operating system. A simulation gives each a seed instead,
//! so that the whole run follows from one number.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use uuid::Uuid;

use crate::service::call::Reference;

/// A source of chance; copies draw from the same source.
#[derive(Clone)]
pub struct Chance(Arc<Sources>);

struct Sources {
    ids: Mutex<StdRng>,
    /// References have a source of their own: how often somebody asks for something moves no id.
    references: Mutex<StdRng>,
}

impl fmt::Debug for Chance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Chance")
    }
}

impl Chance {
    /// A source that nobody can foresee: 256 bits from the operating system.
    pub fn of_system() -> Self {
        Self::of(StdRng::from_seed(rand::random()), StdRng::from_seed(rand::random()))
    }

    /// A source that gives the same each time: for simulations.
    pub fn seeded(seed: u64) -> Self {
        Self::of(StdRng::seed_from_u64(seed), StdRng::seed_from_u64(!seed))
    }

    fn of(ids: StdRng, references: StdRng) -> Self {
        Self(Arc::new(Sources { ids: Mutex::new(ids), references: Mutex::new(references) }))
    }

    /// A new reference for the log.
    pub(super) fn reference(&self) -> Reference {
        Reference::of(drawn(&self.0.references))
    }

    /// A new id.
    pub fn id(&self) -> Uuid {
        uuid::Builder::from_random_bytes(self.bytes()).into_uuid()
    }

    /// As many bytes by chance.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        drawn(&self.0.ids)
    }
}

fn drawn<const N: usize>(source: &Mutex<StdRng>) -> [u8; N] {
    let mut bytes = [0; N];
    source.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use super::Chance;

    #[test]
    fn a_seed_gives_the_same_ids_again_and_the_system_never_does() {
        let ids = |chance: &Chance| [chance.id(), chance.id(), chance.id()];
        assert_eq!(ids(&Chance::seeded(7)), ids(&Chance::seeded(7)));
        assert_ne!(ids(&Chance::seeded(7)), ids(&Chance::seeded(8)));
        assert_ne!(ids(&Chance::of_system()), ids(&Chance::of_system()));
        let referring = Chance::seeded(7);
        let first = referring.reference();
        assert_eq!(ids(&referring), ids(&Chance::seeded(7)), "references move no id");
        assert_eq!(first, Chance::seeded(7).reference());
        let shared = Chance::seeded(7);
        assert_ne!(ids(&shared), ids(&shared.clone()), "copies draw from one source");
        assert_eq!(shared.id().get_version_num(), 4);
    }
}
