//! The memory of bounds.

use super::super::batch::{PointSums, UNIT_SLOTS};

/// The memory of a bound, a kilobyte and a half: made once, used for one expiry after the other.
#[derive(Clone, Copy, Debug)]
pub struct ArraySpace {
    pub(super) longs: PointSums,
    pub(super) shorts: PointSums,
    /// Forwards of the points at the refresh, and where they are now; the last is the forward itself, for both skews.
    pub(super) then: PointSums,
    pub(super) now: PointSums,
}

impl Default for ArraySpace {
    fn default() -> Self {
        const ZERO: PointSums = [0; UNIT_SLOTS];
        Self { longs: ZERO, shorts: ZERO, then: ZERO, now: ZERO }
    }
}
