//! The liquidation auction of a margin account.

use anchor_lang::prelude::*;
use plimsoll_risk::liquidation::AuctionClock;
use plimsoll_risk::params::LiquidationParams;
use plimsoll_risk::units::{Seconds, Value};

/// How long an account has been seen in breach, and what was paid for its slices meanwhile. All zero while there is no auction.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Auction {
    /// When the breach was seen first.
    pub started_at: i64,
    /// When it was seen last.
    pub seen_at: i64,
    /// The auction's clock, in seconds: see [`AuctionClock`].
    pub elapsed_secs: i64,
    /// Cash R that takers have paid in; it is not sold again.
    pub paid_atoms: i64,
}

const _: () = assert!(core::mem::size_of::<Auction>() == 32);

impl Auction {
    pub fn clock(&self) -> AuctionClock {
        let elapsed = Seconds::from_raw(self.elapsed_secs);
        AuctionClock { started_at: self.started_at, seen_at: self.seen_at, elapsed }
    }

    pub fn is_running(&self) -> bool {
        self.clock().is_running()
    }

    /// Notes that the account is in breach: starts the auction, or another one where the last was left alone for too long.
    pub fn see(&mut self, now: i64, terms: &LiquidationParams) {
        let clock = self.clock().seen(now, terms);
        if clock.started_at != self.started_at {
            self.paid_atoms = 0;
        }
        (self.started_at, self.seen_at) = (clock.started_at, clock.seen_at);
        self.elapsed_secs = clock.elapsed.raw();
    }

    /// After a slice: what was paid stays with the account, and MM ≥ 0 ends the auction.
    pub fn sold(&mut self, payment: Value, maintenance: Value) {
        self.paid_atoms = self.paid_atoms.saturating_add(payment.raw());
        if !maintenance.is_negative() {
            *self = Self::default();
        }
    }
}
