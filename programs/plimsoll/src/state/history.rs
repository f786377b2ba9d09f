//! What an underlying has done before: moves of price and volatility that portfolio margin repeats.

use anchor_lang::prelude::*;
use plimsoll_risk::fixed::{mul_div, Rounding};
use plimsoll_risk::margin::portfolio::HistoryPair;
use plimsoll_risk::math::ln_ratio_q40;
use plimsoll_risk::units::{ONE_E9, ONE_Q};

use crate::errors::{OrProgramError, PlimsollError};

/// One historical move of an underlying over the margin horizon.
#[zero_copy]
#[derive(Debug, PartialEq, Eq)]
pub struct HistoricalMove {
    /// Return of the price, scale 1e-9: −100 000 000 is a fall of 10 %.
    pub return_e9: i64,
    /// Relative change of volatility, scale 1e-9: 500 000 000 is a rise by half.
    pub vol_change_e9: i64,
    /// ln(1 + return), Q40, computed when the move was written.
    pub ln_return_q40: i64,
}

/// The historical moves of one underlying, in the order they were written.
#[account(zero_copy)]
#[derive(Debug)]
pub struct History {
    pub version: u8,
    pub bump: u8,
    /// Moves in use: the first so many.
    pub count: u8,
    pub padding: [u8; 5],
    pub underlying: Pubkey,
    pub reserved: [u64; 8],
    pub moves: [HistoricalMove; 64],
}

const _: () = {
    assert!(core::mem::size_of::<HistoricalMove>() == 24);
    assert!(core::mem::size_of::<History>() == 1_640 && core::mem::align_of::<History>() == 8);
};

impl HistoricalMove {
    /// The move as the scan of the risk crate reads it. # Rounding Towards zero, 1e-9.
    pub fn pair(&self) -> HistoryPair {
        // Returns and changes are within [−0.95, 4]: shifted and scaled they stay below 2^63.
        let factor = self.return_e9.saturating_add(ONE_E9);
        let vol = self.vol_change_e9.saturating_add(ONE_E9);
        HistoryPair {
            log_q40: self.ln_return_q40,
            factor_q30: (factor << 30) / ONE_E9,
            vol_q40: ((vol << 30) / ONE_E9) << 10,
        }
    }

    /// A price never loses all: −95 % is the end of the range, and not in it.
    pub const LEAST_RETURN_E9: i64 = -950_000_000;
    pub const MOST_RETURN_E9: i64 = 4_000_000_000;
    /// Volatility falls by 90 % at most.
    pub const LEAST_VOL_CHANGE_E9: i64 = -900_000_000;
    pub const MOST_VOL_CHANGE_E9: i64 = 4_000_000_000;

    /// A move inside its limits, with its logarithm.
    ///
    /// # Rounding
    /// 1 + return towards zero on the last unit of Q40, before its logarithm is taken.
    ///
    /// # Errors
    /// [`PlimsollError::HistoryOutOfRange`].
    pub fn new(return_e9: i64, vol_change_e9: i64) -> Result<Self> {
        let is_lawful = return_e9 > Self::LEAST_RETURN_E9
            && return_e9 <= Self::MOST_RETURN_E9
            && (Self::LEAST_VOL_CHANGE_E9..=Self::MOST_VOL_CHANGE_E9).contains(&vol_change_e9);
        require!(is_lawful, PlimsollError::HistoryOutOfRange);
        // In (0.05, 5].
        let factor_e9 = ONE_E9.saturating_add(return_e9);
        let factor = mul_div(factor_e9, ONE_Q, ONE_E9, Rounding::Down).or_error()?;
        Ok(Self { return_e9, vol_change_e9, ln_return_q40: ln_ratio_q40(factor).or_error()? })
    }
}

impl History {
    /// Drops every move from this place on.
    pub fn cut(&mut self, count: usize) {
        let count = count.min(self.moves.len());
        self.moves[count..].fill(bytemuck::Zeroable::zeroed());
        // At most 64.
        self.count = count as u8;
    }

    /// The moves in use.
    pub fn moves(&self) -> &[HistoricalMove] {
        &self.moves[..(self.count as usize).min(self.moves.len())]
    }
}
