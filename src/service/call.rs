//! A call: one request of a session, under a short reference by which the log has everything that came of it.
//!
//! A person who is told of a failure reads the reference out; the lines of the log carry it as `request`.

use std::fmt;
use std::future::Future;

use tokio::task_local;
use tracing::Instrument;

task_local! {
    static CURRENT: Reference;
}

/// What references are written in: no I, L, O or U, which people take for something else (Crockford's Base32).
const SIGNS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Six signs that a person can read out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reference(String);

impl Reference {
    /// From bytes by chance.
    pub fn of(bytes: [u8; 6]) -> Self {
        Self(bytes.map(|byte| char::from(SIGNS[usize::from(byte) % SIGNS.len()])).iter().collect())
    }

    /// Of the call that is being answered, if one is.
    pub fn current() -> Option<Self> {
        CURRENT.try_with(Self::clone).ok()
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Answers a call of a session: whatever is logged meanwhile says so.
pub(super) fn under<F: Future>(
    reference: Reference,
    session: &str,
    terminal: &str,
    answer: F,
) -> impl Future<Output = F::Output> + use<F> {
    // However little is logged, what is has to say where it comes from.
    let span = tracing::error_span!("call", request = %reference, session, terminal);
    CURRENT.scope(reference, answer.instrument(span))
}

#[cfg(test)]
mod tests {
    use super::Reference;

    #[test]
    fn a_reference_is_six_signs_that_nobody_confuses() {
        assert_eq!(Reference::of([0, 31, 32, 18, 19, 255]).to_string(), "0Z0JKZ");
    }
}
