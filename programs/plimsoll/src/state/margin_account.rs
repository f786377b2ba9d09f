//! A margin account: cash, collateral, positions, and the bookkeeping of calls and liquidations.

use anchor_lang::prelude::*;
use plimsoll_risk::entry::EntryPrice;
use plimsoll_risk::loss::CashIndex;
use plimsoll_risk::units::{Contracts, Value};

use crate::constants::*;
use crate::errors::{OrProgramError, PlimsollError};
use crate::state::{Auction, Exchange};

/// How an account is margined.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarginMode {
    /// Cross margin, one underlying only.
    Isolated,
    /// Cross ("standard") margin over all underlyings.
    Cross,
    /// Portfolio margin: scenarios over the whole book.
    Portfolio,
}

/// One position.
#[zero_copy]
#[derive(Debug, PartialEq, Eq)]
pub struct Position {
    /// Signed size in 1e-6 contracts, + long.
    pub size_e6: i64,
    /// Open interest this account has netted away inside liquidations and not yet taken off the series' counters:
    /// `liquidate` never writes to a market. Taken off by the next trade in or settlement of the series.
    pub netted_e6: i64,
    /// Series number within the underlying.
    pub series: u16,
    /// Slot of the underlying in this account.
    pub underlying: u8,
    /// Slot of the expiry in the underlying.
    pub expiry: u8,
    /// Average premium it was entered at: see [`EntryPrice`].
    pub entry: u32,
}

/// One collateral balance; a default key marks a free slot.
#[zero_copy]
#[derive(Debug, PartialEq, Eq)]
pub struct CollateralSlot {
    pub collateral: Pubkey,
    /// In the mint's atoms.
    pub balance_atoms: u64,
}

/// A margin account.
#[account(zero_copy)]
#[derive(Debug)]
pub struct MarginAccount {
    pub version: u8,
    pub bump: u8,
    /// See [`MarginMode`]: 0 isolated, 1 cross, 2 portfolio.
    pub mode: u8,
    /// Positions in use: the first so many, sorted by underlying, expiry, series.
    pub position_count: u8,
    /// Number of the account among its owner's.
    pub number: u16,
    pub padding: [u8; 2],
    pub exchange: Pubkey,
    pub owner: Pubkey,
    /// May trade and liquidate with the account, not withdraw. Default: nobody.
    pub delegate: Pubkey,
    /// Cash in quote atoms; losses may make it negative within initial margin, buying and withdrawing may not. What it is worth now:
    /// [`MarginAccount::cash`].
    pub cash_atoms: i64,
    /// Counts every change of the account.
    pub sequence: u64,
    /// Counts every liquidation of the account.
    pub liquidation_sequence: u64,
    /// When a margin call was recorded; 0 when none is open.
    pub margin_call_at: i64,
    /// Underlyings with positions; a default key marks a free slot.
    pub underlyings: [Pubkey; 8],
    pub collaterals: [CollateralSlot; 8],
    pub positions: [Position; 64],
    /// The liquidation auction of the account.
    pub auction: Auction,
    /// Until when an open margin call is to be met.
    pub margin_call_deadline: i64,
    /// Fees on the bonuses of this account's liquidations, which are the insurance fund's: no longer cash of the account.
    pub insurance_due_atoms: i64,
    /// The exchange's cash index up to which cash has borne shared losses.
    pub cash_index_e18: i64,
    /// The account's parts of shared losses, not moved to their reserve yet: no longer cash of the account.
    pub loss_due_atoms: i64,
    /// When this account's debt was shared last; 0 while it is not.
    pub levied_at: i64,
    /// Account-level settings to come.
    pub reserved: [u64; 21],
}

const _: () = {
    assert!(core::mem::size_of::<Position>() == 24);
    assert!(core::mem::size_of::<CollateralSlot>() == 40);
    assert!(core::mem::size_of::<MarginAccount>() == 2_504 && core::mem::align_of::<MarginAccount>() == 8);
};

const fn key(underlying: u8, expiry: u8, series: u16) -> u32 {
    (underlying as u32) << 24 | (expiry as u32) << 16 | series as u32
}

impl Position {
    pub fn size(&self) -> Contracts {
        Contracts::from_raw(self.size_e6)
    }

    /// What positions are sorted by, in one number.
    const fn key(&self) -> u32 {
        key(self.underlying, self.expiry, self.series)
    }

    pub fn entry(&self) -> EntryPrice {
        EntryPrice::from_raw(self.entry)
    }

    fn is_empty(&self) -> bool {
        self.size_e6 == 0 && self.netted_e6 == 0
    }
}

impl MarginAccount {
    pub const ISOLATED: u8 = 0;
    pub const CROSS: u8 = 1;
    pub const PORTFOLIO: u8 = 2;

    pub fn require_owner(&self, signer: &Pubkey) -> Result<()> {
        require_keys_eq!(self.owner, *signer, PlimsollError::Unauthorized);
        Ok(())
    }

    pub fn require_owner_or_delegate(&self, signer: &Pubkey) -> Result<()> {
        let is_delegate = self.delegate != Pubkey::default() && self.delegate == *signer;
        require!(self.owner == *signer || is_delegate, PlimsollError::Unauthorized);
        Ok(())
    }

    pub fn positions(&self) -> &[Position] {
        // position_count is only written here and never above 64.
        &self.positions[..(self.position_count as usize).min(self.positions.len())]
    }

    /// Slot of an underlying, taking a free one if it has none yet.
    pub fn underlying_slot(&mut self, underlying: &Pubkey) -> Result<u8> {
        if let Some(slot) = self.underlyings.iter().position(|key| key == underlying) {
            return Ok(slot as u8);
        }
        let is_bound = self.underlyings.iter().any(|key| *key != Pubkey::default());
        require!(self.mode != Self::ISOLATED || !is_bound, PlimsollError::IsolatedUnderlying);
        let free = self.underlyings.iter().position(|key| *key == Pubkey::default());
        let slot = free.ok_or(PlimsollError::TooManyUnderlyings)?;
        self.underlyings[slot] = *underlying;
        Ok(slot as u8)
    }

    /// Adds to a position, opening it if need be, and returns its index and `(old, new)` size. Positions before index `from`
    /// sort before it. The slot of a position that becomes
    /// zero is freed by [`MarginAccount::release_empty`].
    pub fn add_to_position(
        &mut self,
        from: usize,
        (underlying, expiry, series): (u8, u8, u16),
        change: Contracts,
    ) -> Result<(usize, Contracts, Contracts)> {
        let index = self.position_index(from, underlying, expiry, series)?;
        let position = &mut self.positions[index];
        let old = position.size();
        let new = old.add(change).map_err(PlimsollError::from)?;
        require!(new.raw().unsigned_abs() <= Contracts::MAX.raw() as u64, PlimsollError::AmountOutOfRange);
        position.size_e6 = new.raw();
        Ok((index, old, new))
    }

    /// Index of a position, opened with size 0 in its sorted place if it does not exist.
    fn position_index(&mut self, from: usize, underlying: u8, expiry: u8, series: u16) -> Result<usize> {
        let key = key(underlying, expiry, series);
        let count = self.position_count as usize;
        let rest = self.positions().get(from..).unwrap_or_default();
        // Who adds one after the other mostly finds the next where it looks first.
        let index = match rest.first() {
            Some(first) if first.key() >= key => from,
            _ => from + rest.partition_point(|position| position.key() < key),
        };
        if self.positions().get(index).is_some_and(|position| position.key() == key) {
            return Ok(index);
        }
        require!(count < self.positions.len(), PlimsollError::TooManyPositions);
        self.positions.copy_within(index..count, index + 1);
        self.positions[index] = Position { size_e6: 0, netted_e6: 0, series, underlying, expiry, entry: 0 };
        self.position_count += 1;
        Ok(index)
    }

    /// Drops positions of size zero and frees underlyings without positions.
    pub fn release_empty(&mut self) {
        let count = self.position_count as usize;
        let mut kept = 0;
        let mut used = [false; MAX_UNDERLYINGS as usize];
        for index in 0..count {
            let position = &self.positions[index];
            if position.is_empty() {
                continue;
            }
            used[position.underlying as usize % used.len()] = true;
            if kept != index {
                self.positions[kept] = *position;
            }
            kept += 1;
        }
        self.positions[kept..count].fill(bytemuck::Zeroable::zeroed());
        self.position_count = kept as u8;
        for (key, is_used) in self.underlyings.iter_mut().zip(used) {
            if !is_used {
                *key = Pubkey::default();
            }
        }
    }

    /// Slot of a collateral, taking a free one if it has none yet.
    pub fn collateral_slot(&mut self, collateral: &Pubkey) -> Result<&mut CollateralSlot> {
        let held = self.collaterals.iter().position(|slot| slot.collateral == *collateral);
        let free = || self.collaterals.iter().position(|slot| slot.collateral == Pubkey::default());
        let index = held.or_else(free).ok_or(PlimsollError::TooManyCollaterals)?;
        let slot = &mut self.collaterals[index];
        slot.collateral = *collateral;
        Ok(slot)
    }

    /// Frees collateral slots without balance.
    pub fn release_empty_collateral(&mut self) {
        for slot in self.collaterals.iter_mut().filter(|slot| slot.balance_atoms == 0) {
            slot.collateral = Pubkey::default();
        }
    }

    pub fn has_collateral(&self) -> bool {
        self.collaterals.iter().any(|slot| slot.balance_atoms > 0)
    }

    /// What the account's cash is worth now: a positive balance less the shared losses it has not borne yet.
    #[inline(always)]
    pub fn cash(&self, exchange: &Exchange) -> Result<Value> {
        let seen = CashIndex::from_raw(self.cash_index_e18);
        exchange.cash_index().worth(Value::from_raw(self.cash_atoms), seen).or_error()
    }

    /// Bears the shared losses since the account was last written: before its cash changes.
    #[inline(always)]
    pub fn bear_losses(&mut self, exchange: &Exchange) -> Result<()> {
        if self.cash_index_e18 != exchange.cash_index_e18 {
            self.bear(exchange)?;
        }
        Ok(())
    }

    #[inline(never)]
    fn bear(&mut self, exchange: &Exchange) -> Result<()> {
        let left = self.cash(exchange)?.raw();
        // Not above what there was.
        let part = self.cash_atoms.saturating_sub(left);
        self.loss_due_atoms = self.loss_due_atoms.checked_add(part).ok_or(PlimsollError::Overflow)?;
        self.cash_atoms = left;
        // What takers have paid lies in that cash.
        let seen = CashIndex::from_raw(self.cash_index_e18);
        self.auction.paid_atoms =
            exchange.cash_index().worth(Value::from_raw(self.auction.paid_atoms), seen).or_error()?.raw();
        self.cash_index_e18 = exchange.cash_index_e18;
        Ok(())
    }

    pub fn add_cash(&mut self, change: i64) -> Result<()> {
        self.cash_atoms = self.cash_atoms.checked_add(change).ok_or(PlimsollError::Overflow)?;
        Ok(())
    }

    /// Sets aside what the account owes the insurance fund.
    pub fn owe_insurance(&mut self, fee: i64) -> Result<()> {
        self.add_cash(fee.checked_neg().ok_or(PlimsollError::Overflow)?)?;
        let due = self.insurance_due_atoms.checked_add(fee);
        self.insurance_due_atoms = due.ok_or(PlimsollError::Overflow)?;
        Ok(())
    }

    /// Counts a liquidation of the account; gives the number it had.
    #[inline(always)]
    pub fn count_liquidation(&mut self) -> u64 {
        let sequence = self.liquidation_sequence;
        self.liquidation_sequence = sequence.wrapping_add(1);
        self.touch();
        sequence
    }

    pub fn touch(&mut self) {
        self.sequence = self.sequence.wrapping_add(1);
    }
}
