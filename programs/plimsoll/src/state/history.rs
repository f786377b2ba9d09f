//! What an underlying has done before: moves of price and volatility that portfolio margin repeats.

use anchor_lang::prelude::*;

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

impl History {
    /// The moves in use.
    pub fn moves(&self) -> &[HistoricalMove] {
        &self.moves[..(self.count as usize).min(self.moves.len())]
    }
}
