//! The liquidation auction of a margin account.

use anchor_lang::prelude::*;
use plimsoll_risk::fixed::Rounding;
use plimsoll_risk::liquidation::AuctionClock;
use plimsoll_risk::params::LiquidationParams;
use plimsoll_risk::units::{Ratio, Seconds, Value};

use crate::errors::OrProgramError;

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
    /// When the account was seen insolvent first; 0 while it is not.
    pub insolvent_at: i64,
    /// The clock of its auction as an insolvent account, in seconds.
    pub insolvent_secs: i64,
}

const _: () = assert!(core::mem::size_of::<Auction>() == 48);

impl Auction {
    pub fn clock(&self) -> AuctionClock {
        let elapsed = Seconds::from_raw(self.elapsed_secs);
        AuctionClock { started_at: self.started_at, seen_at: self.seen_at, elapsed }
    }

    pub fn is_running(&self) -> bool {
        self.clock().is_running()
    }

    /// The clock of the account's auction as an insolvent one.
    pub fn insolvent_clock(&self) -> AuctionClock {
        let elapsed = Seconds::from_raw(self.insolvent_secs);
        AuctionClock { started_at: self.insolvent_at, seen_at: self.seen_at, elapsed }
    }

    /// Whether the account was seen insolvent for the whole length of its auction: fund and backstop had their time.
    pub fn is_outlasted(&self, terms: &LiquidationParams) -> bool {
        self.insolvent_secs >= terms.insolvent.raw()
    }

    /// Notes that the account is in breach with this equity: starts the auction, or another one where the last was left alone for
    /// too long. An insolvent account has a second clock, which runs backwards while it is solvent: a
    /// small deposit sets it back by no more than the time it lasts.
    pub fn see(&mut self, now: i64, equity: Value, terms: &LiquidationParams) {
        let clock = self.clock().seen(now, terms);
        if clock.started_at != self.started_at {
            self.paid_atoms = 0;
        }
        let insolvent = match (equity.is_negative(), clock.started_at == self.started_at) {
            (true, _) => self.insolvent_clock().seen(now, terms),
            (false, true) => self.insolvent_clock().rewound(now, terms),
            (false, false) => AuctionClock::default(),
        };
        (self.insolvent_at, self.insolvent_secs) = (insolvent.started_at, insolvent.elapsed.raw());
        (self.started_at, self.seen_at) = (clock.started_at, clock.seen_at);
        self.elapsed_secs = clock.elapsed.raw();
    }

    /// After a part of an insolvent account has gone, R included: all of it ends the auction.
    #[inline(always)]
    pub fn taken_over(&mut self, fraction: Ratio) -> Result<()> {
        let kept = Ratio::ONE.sub(fraction).or_error()?;
        self.paid_atoms = Value::from_raw(self.paid_atoms).scale(kept, Rounding::Down).or_error()?.raw();
        if fraction == Ratio::ONE {
            *self = Self::default();
        }
        Ok(())
    }

    /// After a slice: what was paid stays with the account, and MM ≥ 0 ends the auction.
    #[inline(always)]
    pub fn sold(&mut self, payment: Value, maintenance: Value) {
        self.paid_atoms = self.paid_atoms.saturating_add(payment.raw());
        if !maintenance.is_negative() {
            *self = Self::default();
        }
    }
}
