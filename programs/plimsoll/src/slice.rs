//! A slice of an account: the same fraction of everything in it, and how it goes from one account to another.

use anchor_lang::prelude::*;
use plimsoll_risk::liquidation::{slice_of_balance, slice_of_position, Breach};
use plimsoll_risk::units::{Contracts, Ratio, Value};

use crate::errors::{OrProgramError, PlimsollError};
use crate::state::MarginAccount;

/// A priced fraction of an account.
pub struct Slice {
    pub breach: Breach,
    pub discount: Ratio,
    pub fraction: Ratio,
    pub payment: Value,
}

impl Slice {
    /// A fraction of an account, which the one who takes it is not asked to pay for.
    pub fn unpaid(breach: Breach, fraction: Ratio) -> Self {
        Self { breach, discount: Ratio::ZERO, fraction, payment: Value::ZERO }
    }

    /// Moves the slice to the liquidator and the payment to the liquidated account.
    pub fn hand_over(&self, from: &mut MarginAccount, to: &mut MarginAccount) -> Result<()> {
        let shared = from.cash_atoms.checked_sub(self.breach.kept().raw()).ok_or(PlimsollError::Overflow)?;
        let cash = slice_of_balance(shared, self.fraction).or_error()?;
        let net = cash.checked_sub(self.payment.raw()).ok_or(PlimsollError::Overflow)?;
        to.add_cash(net)?;
        from.add_cash(net.checked_neg().ok_or(PlimsollError::Overflow)?)?;
        let (has_left, has_closed) = self.hand_over_positions(from, to)?;
        self.hand_over_collateral(from, to)?;
        if has_left {
            from.release_empty();
        }
        if has_closed {
            to.release_empty();
        }
        Ok(())
    }

    /// Whether a position of the one or of the other account has become zero.
    fn hand_over_positions(&self, from: &mut MarginAccount, to: &mut MarginAccount) -> Result<(bool, bool)> {
        let (mut has_left, mut has_closed) = (false, false);
        let mut slot: Option<(u8, u8)> = None;
        let mut next = 0;
        for index in 0..from.position_count as usize {
            let position = from.positions[index];
            let part = slice_of_position(position.size(), self.fraction).or_error()?;
            if part.is_zero() {
                continue;
            }
            let left = position.size().sub(part).or_error()?;
            from.positions[index].size_e6 = left.raw();
            has_left |= left.is_zero();
            // Positions are sorted by underlying: the slot is looked up once for each.
            let target = match slot {
                Some((of, target)) if of == position.underlying => target,
                _ => {
                    next = 0;
                    to.underlying_slot(&from.underlyings[position.underlying as usize % from.underlyings.len()])?
                }
            };
            slot = Some((position.underlying, target));
            let (received, old, new) = to.add_to_position(next, (target, position.expiry, position.series), part)?;
            next = received + 1;
            has_closed |= new.is_zero();
            let received = &mut to.positions[received];
            received.entry = received.entry().received(position.entry(), old, new).raw();
            received.netted_e6 =
                received.netted_e6.checked_add(netted(old, part, new)?).ok_or(PlimsollError::Overflow)?;
        }
        Ok((has_left, has_closed))
    }

    fn hand_over_collateral(&self, from: &mut MarginAccount, to: &mut MarginAccount) -> Result<()> {
        for slot in from.collaterals.iter_mut().filter(|slot| slot.balance_atoms > 0) {
            // Deposits are capped at i64::MAX, so the balance is one, and its part is not negative.
            let part = slice_of_balance(slot.balance_atoms as i64, self.fraction).or_error()? as u64;
            if part == 0 {
                continue;
            }
            slot.balance_atoms = slot.balance_atoms.checked_sub(part).ok_or(PlimsollError::Overflow)?;
            let received = to.collateral_slot(&slot.collateral)?;
            received.balance_atoms = received.balance_atoms.checked_add(part).ok_or(PlimsollError::Overflow)?;
        }
        from.release_empty_collateral();
        Ok(())
    }

    /// What the slice was worth above its price. # Rounding Down.
    #[inline(always)]
    pub fn bonus(&self) -> Result<i64> {
        let for_sale = self.breach.for_sale().or_error()?;
        let worth = slice_of_balance(for_sale.raw(), self.fraction).or_error()?;
        worth.checked_sub(self.payment.raw()).ok_or_else(|| PlimsollError::Overflow.into())
    }
}

/// Open interest that disappears when `part` meets an opposite position: |old| + |part| was open, |new| is.
fn netted(old: Contracts, part: Contracts, new: Contracts) -> Result<i64> {
    let open = old.abs().or_error()?.add(part.abs().or_error()?).or_error()?;
    // The difference is even and not negative by the triangle inequality.
    Ok(open.sub(new.abs().or_error()?).or_error()?.raw() / 2)
}
