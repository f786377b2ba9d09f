//! Where the highest set bit of a number is.

/// `x.leading_zeros()`, and 63 for zero.
///
/// # Domain
/// All of u64.
///
/// # Error bound
/// None.
///
/// # Source
/// Binary search, written out as a tree of comparisons: Solana's machine has no such instruction, and what the compiler
/// makes of `u64::leading_zeros` there is twice as long. Not inlined, because the tree has 64 leaves.
#[inline(never)]
#[allow(clippy::cognitive_complexity)] // One macro, six levels deep: the lint counts its leaves.
pub(crate) fn leading_zeros(x: u64) -> u32 {
    macro_rules! tree {
        // The answer for a number known to be below 2^$top, by halves of the remaining range.
        ($top:expr, 1) => {
            64 - $top
        };
        ($top:expr, $width:tt => $half:tt $(, $rest:tt)*) => {
            if x >> ($top - $half) != 0 { tree!(@ $top, $half $(, $rest)*) } else { tree!(@ $top - $half, $half $(, $rest)*) }
        };
        (@ $top:expr, $width:tt) => { tree!($top, 1) };
        (@ $top:expr, $width:tt, $half:tt $(, $rest:tt)*) => { tree!($top, $width => $half $(, $rest)*) };
    }
    tree!(64, 64 => 32, 16, 8, 4, 2, 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn leading_zeros_is_right_around_every_power_of_two() {
        for bit in 0..64 {
            let power = 1u64 << bit;
            for x in [power, power | 1, power | (power - 1)] {
                assert_eq!(leading_zeros(x), x.leading_zeros(), "{x}");
            }
        }
        assert_eq!(leading_zeros(0), 63);
    }

    proptest! {
        #[test]
        fn prop_leading_zeros_agrees_with_the_standard_library(x in 1u64.., bits in 0u32..64) {
            let x = (x >> bits).max(1);
            prop_assert_eq!(leading_zeros(x), x.leading_zeros());
        }
    }
}
