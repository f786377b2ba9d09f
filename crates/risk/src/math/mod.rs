//! Elementary functions in 64-bit fixed point: each states its domain and its largest error, and tests both.
//!
//! They know nothing of prices, options or accounts. The program is compiled with overflow checks; here every sum and
//! product wraps instead, with the range that makes it exact stated beside it, which saves an instruction each.

mod bits;
mod exp;
mod exp_table;
mod ln;
mod ln_table;
mod norm;
mod norm_scan;
mod norm_table;
mod sqrt;

pub(crate) use bits::leading_zeros;
pub use exp::{exp_q40, EXP_MAX_Q40};
pub use ln::{ln_price, ln_ratio_q40};
pub(crate) use norm::INV_SQRT_TAU_Q40;
pub use norm::{norm_cdf, norm_pdf};
pub(crate) use norm_scan::{norm_cdf_scan, NormPair, ARGUMENT_BITS, ARGUMENT_END, BIAS, END_OF_DISTANCES, RESULT_BITS};
pub(crate) use sqrt::sqrt_of_normalised;
pub use sqrt::{isqrt_u64, sqrt_q40, sqrt_years};
