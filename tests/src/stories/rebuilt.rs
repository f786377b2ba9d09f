//! An outsider who knew every account before a crash knows every account after it, to the atom, from nothing but the log.

use crate::chain::Receipt;
use crate::crash::Crash;
use crate::fixture::{Events, TAKE_ALL, TAKE_OVER};
use crate::{Fixture, Market, Token, Trader};
use plimsoll::events::{AccountHedged, AccountLiquidated, AccountTakenOver, BreachSeen};
use plimsoll::instructions::LiquidateArgs;
use plimsoll::state::{MarginAccount, MarginMode};
use solana_pubkey::Pubkey;
use std::collections::BTreeMap;

const ETH: Market = Market(0);
const ONE: i128 = 1_000_000_000;

/// What an account has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Held {
    cash: i64,
    insurance_due: i64,
    /// By series of the one market.
    positions: BTreeMap<u16, i64>,
    collaterals: BTreeMap<Pubkey, i64>,
}

impl Held {
    fn of(account: &MarginAccount) -> Self {
        let tokens = account.collaterals.iter().filter(|slot| slot.balance_atoms > 0);
        Self {
            cash: account.cash_atoms,
            insurance_due: account.insurance_due_atoms,
            positions: account.positions().iter().map(|position| (position.series, position.size_e6)).collect(),
            collaterals: tokens.map(|slot| (slot.collateral, slot.balance_atoms as i64)).collect(),
        }
    }

    fn pay_insurance(&mut self, fee: i64) {
        self.cash -= fee;
        self.insurance_due += fee;
    }
}

fn everybody(f: &Fixture) -> BTreeMap<Pubkey, Held> {
    f.world().accounts.iter().map(|(key, account)| (*key, Held::of(account))).collect()
}

/// A fraction of a balance, rounded down: in the account's favour.
fn part(of: i64, fraction_e9: i64) -> i64 {
    (i128::from(of) * i128::from(fraction_e9)).div_euclid(ONE) as i64
}

/// Moves a fraction of everything; gives nothing back that has become zero.
fn move_part<K: Ord + Copy>(from: &mut BTreeMap<K, i64>, to: &mut BTreeMap<K, i64>, fraction_e9: i64) {
    for (key, held) in from.iter_mut() {
        let moved = part(*held, fraction_e9);
        *held -= moved;
        *to.entry(*key).or_default() += moved;
    }
    from.retain(|_, held| *held != 0);
    to.retain(|_, held| *held != 0);
}

/// What is known from the log.
struct Outsider {
    accounts: BTreeMap<Pubkey, Held>,
    fund: i64,
    fee_e9: i64,
    /// When a breach was first seen.
    seen: BTreeMap<Pubkey, i64>,
    slices: usize,
    taken_over: usize,
    hedges: usize,
}

impl Outsider {
    fn who_looks_at(f: &Fixture) -> Self {
        Self {
            accounts: everybody(f),
            fund: f.insurance().cash_atoms,
            fee_e9: f.exchange_state().liquidation.fee_e9,
            seen: BTreeMap::new(),
            slices: 0,
            taken_over: 0,
            hedges: 0,
        }
    }

    fn hears(&mut self, receipt: &Receipt, now: i64) {
        for told in receipt.events::<BreachSeen>() {
            self.seen.insert(told.account, told.started_at);
        }
        for told in receipt.events::<AccountLiquidated>() {
            self.hears_of_slice(&told, now);
        }
        for told in receipt.events::<AccountTakenOver>() {
            self.hand_over((told.account, told.taker), told.fraction_e9, 0, 0);
            self.account(&told.taker).cash += told.support_atoms;
            self.fund -= told.support_atoms;
            assert_eq!(told.fund_atoms, self.fund);
            self.taken_over += 1;
        }
        for told in receipt.events::<AccountHedged>() {
            self.hears_of_hedge(&told, now);
        }
    }

    fn hears_of_slice(&mut self, told: &AccountLiquidated, now: i64) {
        let for_sale = told.equity_before_atoms - told.kept_atoms;
        let worth = part(for_sale, told.fraction_e9);
        // Payment: what is for sale, times discount and fraction, up.
        let exact = i128::from(for_sale) * i128::from(told.discount_e9) * i128::from(told.fraction_e9);
        let over = i128::from(told.payment_atoms) * ONE * ONE - exact;
        assert!((0..2 * ONE * ONE).contains(&over), "{} for {for_sale}", told.payment_atoms);
        assert_eq!(told.bonus_atoms, worth - told.payment_atoms);
        self.require_fee(told.fee_atoms, told.bonus_atoms);
        self.require_lag(&told.account, told.lag_secs, told.maintenance_after_atoms, now);
        let kept_part = for_sale - worth + told.kept_atoms + told.payment_atoms;
        assert!((told.equity_after_atoms - kept_part).abs() <= 2, "{} left, not {kept_part}", told.equity_after_atoms);
        self.hand_over((told.account, told.liquidator), told.fraction_e9, told.kept_atoms, told.payment_atoms);
        self.account(&told.liquidator).pay_insurance(told.fee_atoms);
        self.slices += 1;
    }

    fn hears_of_hedge(&mut self, told: &AccountHedged, now: i64) {
        self.require_fee(told.fee_atoms, told.bonus_atoms);
        self.require_lag(&told.account, told.lag_secs, told.maintenance_after_atoms, now);
        for (key, sign) in [(told.account, 1), (told.provider, -1)] {
            let account = self.account(&key);
            account.cash -= sign * (told.mark_atoms + told.bonus_atoms);
            *account.positions.entry(told.series).or_default() += sign * told.size_e6;
            account.positions.retain(|_, size| *size != 0);
        }
        self.account(&told.provider).pay_insurance(told.fee_atoms);
        self.hedges += 1;
    }

    /// A fraction of everything but of what is kept, against a payment.
    fn hand_over(&mut self, (from, to): (Pubkey, Pubkey), fraction_e9: i64, kept: i64, payment: i64) {
        let mut giver = self.accounts.remove(&from).expect("a known account");
        let taker = self.account(&to);
        let cash = part(giver.cash - kept, fraction_e9) - payment;
        (giver.cash, taker.cash) = (giver.cash - cash, taker.cash + cash);
        move_part(&mut giver.positions, &mut taker.positions, fraction_e9);
        move_part(&mut giver.collaterals, &mut taker.collaterals, fraction_e9);
        self.accounts.insert(from, giver);
    }

    fn account(&mut self, key: &Pubkey) -> &mut Held {
        self.accounts.get_mut(key).expect("a known account")
    }

    fn require_fee(&self, fee: i64, bonus: i64) {
        let exact = i128::from(bonus) * i128::from(self.fee_e9);
        assert_eq!(i128::from(fee), -(-exact).div_euclid(ONE), "of {bonus}");
    }

    /// The time since the breach was first seen, if only by this taker; one that is over is another the next time.
    fn require_lag(&mut self, account: &Pubkey, lag_secs: i64, maintenance_after: i64, now: i64) {
        assert_eq!(lag_secs, now - *self.seen.entry(*account).or_insert(now));
        if maintenance_after >= 0 {
            self.seen.remove(account);
        }
    }
}

/// One round of a crash: so many accounts are dealt with, the others are seen.
fn resolve(crash: &mut Crash, outsider: &mut Outsider, at_most: usize) {
    for (number, (writer, report)) in crash.in_breach().into_iter().enumerate() {
        let taker = crash.takers[number % crash.takers.len()];
        let f = &mut crash.f;
        let receipt = match number {
            _ if number >= at_most => f.flag(writer),
            _ if report.equity.is_negative() => f.take_over(taker, writer, TAKE_OVER),
            _ if number % 3 == 0 => hedged_or_sold(f, taker, writer),
            _ => f.liquidate_with(taker, writer, LiquidateArgs { max_fraction_e9: 300_000_000, ..TAKE_ALL }),
        };
        let now = f.now();
        outsider.hears(&receipt.unwrap_or_else(|failure| panic!("{number}: {failure}")), now);
    }
}

/// A hedge of what the account is short of, of the first size that serves; else a slice.
fn hedged_or_sold(f: &mut Fixture, taker: Trader, writer: Trader) -> Result<Receipt, crate::Failure> {
    let held = f.account(writer).positions()[0];
    for eighths in 1..8 {
        let option = plimsoll::instructions::HedgeOption::Listed { series: held.series };
        let size_e6 = held.size_e6.abs() / 8 * eighths;
        let args =
            plimsoll::instructions::HedgeArgs { option, size_e6, min_payment_atoms: 0, liquidation_sequence: None };
        if let Ok(receipt) = f.hedge(taker, writer, ETH, args) {
            return Ok(receipt);
        }
    }
    f.liquidate(taker, writer)
}

fn a_crash_is_rebuilt_from_its_log(mode: MarginMode) {
    let mut crash = Crash::new(mode);
    for writer in crash.writers.iter().step_by(5) {
        crash.f.deposit_token(*writer, Token(0), 500_000_000).unwrap();
    }
    let mut outsider = Outsider::who_looks_at(&crash.f);
    crash.f.set_price(ETH, 1_500.0 * 1.35);
    for _ in 0..40 {
        if crash.in_breach().is_empty() {
            break;
        }
        resolve(&mut crash, &mut outsider, 40);
        crash.f.pass(20);
    }
    assert!(crash.in_breach().is_empty(), "{} are still in breach", crash.in_breach().len());
    let counts = [outsider.slices, outsider.taken_over, outsider.hedges];
    assert!(counts.iter().all(|count| *count >= 5), "{counts:?}");
    let (told, held) = (outsider.accounts, everybody(&crash.f));
    for (key, held) in &held {
        assert_eq!(told.get(key), Some(held), "{key}");
    }
    let ledger = crash.f.insurance().ledger;
    assert_eq!((told.len(), outsider.fund), (held.len(), crash.f.insurance().cash_atoms));
    assert!(ledger.lost_atoms > 0, "{ledger:?}");
}

#[test]
fn a_crash_of_cross_accounts_is_rebuilt_from_its_log() {
    a_crash_is_rebuilt_from_its_log(MarginMode::Cross);
}

#[test]
fn a_crash_of_portfolios_is_rebuilt_from_its_log() {
    a_crash_is_rebuilt_from_its_log(MarginMode::Portfolio);
}
