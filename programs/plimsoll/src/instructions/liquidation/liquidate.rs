//! `liquidate`: permissionless. A slice of everything an unhealthy account holds goes to the caller at a discount.
//!
//! ```text
//! symbols     E equity, MM maintenance margin balance of the liquidated account, d discount, f fraction,
//!             R what earlier takers of this auction have paid
//! eligible    MM < 0, by full revaluation in this instruction
//! price       d by the clock of the auction, which starts here if nobody has flagged the breach before
//! fraction    f = min(caller's limit, fmax), fmax the closed form that ends at the buffer; 1 for dust and the bankrupt
//! payment     (E − R)·d·f, rounded up; 0 when E ≤ R
//! slice       f of every position, of cash but R and of every collateral, rounded against the caller
//! afterwards  the caller satisfies IM with the slice netted into its own book; the account's MM cannot have fallen, as what
//!             is left in equal parts needs its part (`risk::liquidation::after_slice`)
//! ```
//!
//! No token moves and no market is written: two liquidations of different accounts by different callers share nothing.

use anchor_lang::prelude::*;
use plimsoll_risk::liquidation::{after_slice, max_fraction, required_payment, slice_of_balance, slice_of_position, Breach};
use plimsoll_risk::margin::MarginReport;
use plimsoll_risk::params::LiquidationParams;
use plimsoll_risk::units::{Contracts, Ratio, Value};

use crate::constants::MIN_SLICE_E9;
use crate::errors::{OrProgramError, PlimsollError};
use crate::events::AccountLiquidated;
use crate::guards::{require_exchange, unix_now};
use crate::health::{health_with, Purpose, Scratch};
use crate::markets::Markets;
use crate::state::{Auction, Exchange, MarginAccount};

/// The caller's limits.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug)]
pub struct LiquidateArgs {
    /// Largest fraction to take, scale 1e-9.
    pub max_fraction_e9: i64,
    /// Smallest fraction worth taking, scale 1e-9. Never under 1 %, unless the account allows no more.
    pub min_fraction_e9: i64,
    /// Most to pay for the slice, in quote atoms.
    pub max_payment_atoms: i64,
    /// The account's liquidation sequence the caller has seen; none to take it as it is.
    pub liquidation_sequence: Option<u64>,
}

#[derive(Accounts)]
pub struct Liquidate<'info> {
    /// Owner or delegate of the liquidator's account.
    pub liquidator_authority: Signer<'info>,
    pub exchange: AccountLoader<'info, Exchange>,
    #[account(mut)]
    pub liquidator: AccountLoader<'info, MarginAccount>,
    /// The account to liquidate.
    #[account(mut)]
    pub liquidatee: AccountLoader<'info, MarginAccount>,
}

pub fn handler<'info>(ctx: Context<'info, Liquidate<'info>>, args: LiquidateArgs) -> Result<()> {
    let now = unix_now()?;
    let accounts = ctx.accounts;
    let (liquidator_key, liquidatee_key) = (accounts.liquidator.key(), accounts.liquidatee.key());
    require_keys_neq!(liquidator_key, liquidatee_key, PlimsollError::DuplicateAccount);
    let exchange = &*accounts.exchange.load()?;
    let liquidator = &mut *accounts.liquidator.load_mut()?;
    let liquidatee = &mut *accounts.liquidatee.load_mut()?;
    require_exchange(liquidator, &accounts.exchange.key())?;
    require_exchange(liquidatee, &accounts.exchange.key())?;
    liquidator.require_owner_or_delegate(accounts.liquidator_authority.key)?;
    require_keys_neq!(liquidator.owner, liquidatee.owner, PlimsollError::SelfLiquidation);
    let is_expected = args.liquidation_sequence.is_none_or(|seen| seen == liquidatee.liquidation_sequence);
    require!(is_expected, PlimsollError::SequenceMismatch);

    let markets = Markets::load(ctx.remaining_accounts.iter(), &accounts.exchange.key())?;
    let scratch = &mut Scratch::keeping_arrays();
    let breached = health_with(scratch, liquidatee, exchange, &markets, Purpose::Liquidation, now)?;
    require!(breached.is_liquidatable()?, PlimsollError::NotLiquidatable);
    let before = breached.report;
    let terms = LiquidationParams::from(&exchange.liquidation);
    liquidatee.auction.see(now, &terms);
    let lag_secs = now.saturating_sub(liquidatee.auction.started_at);
    let slice = Slice::price(&before, &liquidatee.auction, &args, &terms)?;
    slice.hand_over(liquidatee, liquidator)?;
    let (equity_after, maintenance_after) = after_slice(&slice.breach, slice.fraction, slice.payment).or_error()?;
    liquidatee.auction.sold(slice.payment, maintenance_after);
    // The prices that breached the account are good enough for the caller's own margin: an oracle that has fallen silent
    // must not end liquidations before its liquidation age.
    let taken = health_with(scratch, liquidator, exchange, &markets, Purpose::Taker, now)?.report;
    require!(!taken.initial.is_negative(), PlimsollError::InitialMargin);

    let liquidation_sequence = liquidatee.liquidation_sequence;
    liquidatee.liquidation_sequence = liquidation_sequence.wrapping_add(1);
    liquidatee.touch();
    liquidator.touch();
    emit!(AccountLiquidated {
        account: liquidatee_key,
        liquidator: liquidator_key,
        liquidation_sequence,
        fraction_e9: slice.fraction.raw(),
        payment_atoms: slice.payment.raw(),
        bonus_atoms: slice.bonus()?,
        discount_e9: slice.discount.raw(),
        kept_atoms: slice.breach.kept().raw(),
        lag_secs,
        equity_before_atoms: before.equity.raw(),
        maintenance_before_atoms: before.maintenance.raw(),
        equity_after_atoms: equity_after.raw(),
        maintenance_after_atoms: maintenance_after.raw(),
    });
    Ok(())
}

/// A priced fraction of an account.
struct Slice {
    breach: Breach,
    discount: Ratio,
    fraction: Ratio,
    payment: Value,
}

impl Slice {
    /// Size and price of the slice, inside the caller's limits.
    fn price(
        report: &MarginReport,
        auction: &Auction,
        args: &LiquidateArgs,
        terms: &LiquidationParams,
    ) -> Result<Self> {
        let limit = Ratio::from_raw(args.max_fraction_e9);
        require!(limit > Ratio::ZERO && limit <= Ratio::ONE, PlimsollError::AmountOutOfRange);
        let paid_in = Value::from_raw(auction.paid_atoms);
        let breach = Breach { equity: report.equity, maintenance: report.maintenance, paid_in };
        let discount = auction.clock().discount(terms).or_error()?;
        let largest = max_fraction(&breach, discount, terms).or_error()?;
        let fraction = largest.min(limit);
        let least = largest.raw().min(MIN_SLICE_E9).max(args.min_fraction_e9).max(1);
        require!(fraction.raw() >= least, PlimsollError::SliceTooSmall);
        let payment = required_payment(&breach, discount, fraction).or_error()?;
        require!(payment.raw() <= args.max_payment_atoms, PlimsollError::PriceLimit);
        Ok(Self { breach, discount, fraction, payment })
    }

    /// Moves the slice to the liquidator and the payment to the liquidated account.
    fn hand_over(&self, from: &mut MarginAccount, to: &mut MarginAccount) -> Result<()> {
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
    fn bonus(&self) -> Result<i64> {
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
