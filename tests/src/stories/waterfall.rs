//! The waterfall: equity, fund, deleveraging, everybody. What is lost is what is absorbed, to the atom, and who withdraws first does
//! not gain by it.

use crate::fixture::{Events, ExpirySetup, DAY, TAKE_OVER};
use crate::{expect_error, usd, Contract, Fixture, Market, MarketSetup, Setup, Trader};
use plimsoll::errors::PlimsollError;
use plimsoll::events::{AccountTakenOver, LossShared, PositionDeleveraged};
use plimsoll::instructions::TakeOverArgs;
use plimsoll::state::MarginMode;

const ETH: Market = Market(0);

/// A whale who sold calls and puts of several strikes to many, a fund and a backstop that are too small, and a gap of 40 %.
struct Whale {
    f: Fixture,
    whale: Trader,
    /// The backstop's account.
    book: Trader,
    holders: Vec<Trader>,
    contracts: Vec<Contract>,
}

impl Whale {
    fn new(mode: MarginMode) -> Self {
        let market = MarketSetup { expiries: vec![ExpirySetup::after(7 * DAY)], ..MarketSetup::default() };
        let mut f = Fixture::new(&Setup { markets: vec![market], ..Setup::lite() }.without_fees());
        if mode == MarginMode::Portfolio {
            f.set_p2t(ETH);
        }
        f.insured(0, 5_000.0);
        let (_, book) = f.backed(&[ETH], 20_000.0);
        let whale = f.trader_in("whale", mode, 120_000.0);
        let contracts = vec![f.call(ETH, 0, 1_500.0), f.call(ETH, 0, 1_600.0), f.put(ETH, 0, 1_400.0)];
        let holders: Vec<_> = (0..6)
            .map(|number| {
                let holder = f.trader(&format!("holder {number}"), 10_000.0 * (1.0 + f64::from(number)));
                for (place, contract) in contracts.iter().enumerate() {
                    let price = [60.0, 30.0, 20.0][place] * (0.9 + 0.05 * f64::from(number));
                    f.trade(whale, holder, *contract, -25.0, price).unwrap();
                }
                holder
            })
            .collect();
        f.set_price(ETH, 2_100.0);
        Self { f, whale, book, holders, contracts }
    }

    /// Closes everything the whale owes in a series, the first of the queue before the others.
    fn deleverage(&mut self, contract: Contract) -> Vec<PositionDeleveraged> {
        let f = &mut self.f;
        f.open_queue(contract).unwrap();
        for holder in &self.holders {
            f.rank(*holder, contract).unwrap();
        }
        let mut told = vec![];
        while f.position(self.whale, contract) < 0 {
            let queue = f.queue(contract);
            let first =
                queue.ranks.iter().max_by_key(|rank| (rank.account != Default::default(), rank.score_e9)).unwrap();
            let holder = *self.holders.iter().find(|holder| f.margin_key(**holder) == first.account).unwrap();
            told.push(f.deleverage(self.whale, holder, contract).unwrap().event());
        }
        told
    }
}

fn the_rest_is_deleveraged(mode: MarginMode) {
    let mut story = Whale::new(mode);
    let owed = -story.f.check_health(story.whale).equity_atoms;
    assert!(owed > usd(20_000.0), "{owed}");
    story.f.outlast(story.whale, 900);
    // The backstop does not bear what is left above the fund, however small the part: the debt is larger than both together.
    let taker = story.f.trader("taker", 1_000_000.0);
    let refused = story.f.call_backstop_for(story.book, taker, story.whale, 0.01);
    expect_error!(refused, PlimsollError::BackstopLoss);
    // What the fund has goes to who takes a part.
    let deficit = -story.f.check_health(story.whale).maintenance_atoms;
    let fraction_e9 = (usd(4_900.0) as i128 * 1_000_000_000 / i128::from(deficit)) as i64;
    let part = TakeOverArgs { fraction_e9, ..TAKE_OVER };
    let taken: AccountTakenOver = story.f.take_over(taker, story.whale, part).unwrap().event();
    assert!(taken.support_atoms >= usd(4_899.0) && taken.fund_atoms > 0);
    let left = -story.f.check_health(story.whale).equity_atoms;

    let mut told = vec![];
    for contract in story.contracts.clone() {
        told.extend(story.deleverage(contract));
    }
    // What the fund has left is paid to all of them.
    let funded: i64 = told.iter().map(|one| one.fund_paid_atoms).sum();
    assert!((funded - taken.fund_atoms).abs() < 50, "{funded} of {}", taken.fund_atoms);
    // Everybody gets the same part of his mark.
    let parts = told.iter().filter(|one| one.claim_atoms > usd(1.0));
    let parts: Vec<f64> = parts.map(|one| one.payment_atoms as f64 / one.claim_atoms as f64).collect();
    assert!(parts.iter().all(|part| (part - parts[0]).abs() < 1e-6), "{parts:?}");
    let account = story.f.account(story.whale);
    assert_eq!(account.position_count, 0);
    assert!((0..100).contains(&account.cash_atoms), "{} left", account.cash_atoms);
    let (fund, ledger) = (story.f.insurance(), story.f.insurance().ledger);
    let borne: i64 = told.iter().map(|one| one.borne_atoms).sum();
    assert!(fund.cash_atoms < 50 && ledger.deleveraged_atoms == borne);
    assert_eq!(ledger.lost_atoms, fund.paid_atoms + borne);
    assert!((borne + taken.fund_atoms - left).abs() < 200, "{borne} of {left}");
}

#[test]
fn what_the_fund_cannot_pay_is_deleveraged() {
    the_rest_is_deleveraged(MarginMode::Cross);
}

#[test]
fn what_the_fund_cannot_pay_of_a_portfolio_is_deleveraged() {
    the_rest_is_deleveraged(MarginMode::Portfolio);
}

/// Nobody comes before the expiry: the debt is cash then, and all cash bears it. The first to withdraw and the last bear the same part.
#[test]
fn a_debt_that_outlives_its_positions_is_everybodys() {
    let Whale { mut f, whale, book, holders, .. } = Whale::new(MarginMode::Cross);
    let bystander = f.trader("bystander", 50_000.0);
    f.set_time(f.start() + 7 * DAY + 3_600);
    f.refresh();
    f.settle_expiry(ETH, 0).unwrap();
    for trader in holders.iter().chain([&whale]) {
        f.settle_account(ETH, *trader).unwrap();
    }
    // Nobody's withdrawal waits for the debt of somebody else.
    f.withdraw(bystander, usd(10_000.0) as u64).unwrap();
    f.outlast(whale, 900);
    let debt = -f.cash(whale);
    let everybody: Vec<Trader> = holders.iter().copied().chain([bystander]).collect();
    let before: Vec<i64> = everybody.iter().map(|trader| f.cash(*trader)).collect();
    let told: LossShared = f.share_loss(whale).unwrap().event();
    assert_eq!((told.debt_atoms, told.fund_paid_atoms + told.levied_atoms), (debt, debt));
    for (trader, had) in everybody.iter().zip(&before) {
        let has = f.check_health(*trader).cash_atoms;
        f.withdraw(*trader, has as u64).unwrap();
        assert_eq!(f.cash(*trader), 0);
        let part = 1.0 - has as f64 / *had as f64;
        let all = told.levied_atoms as f64 / told.base_atoms as f64;
        assert!((part - all).abs() < 1e-9, "{part} or {all}");
    }
    // The backstop's cash bears its part like all other.
    for trader in everybody.iter().chain([&book]) {
        f.collect_insurance(*trader).unwrap();
    }
    f.share_loss(whale).unwrap();
    assert_eq!(f.cash(whale), 0);
    let fund = f.insurance();
    assert_eq!(fund.ledger.lost_atoms, fund.paid_atoms + fund.ledger.shared_atoms);
    let left = fund.cash_atoms + fund.ledger.reserve_atoms;
    let held = f.tokens_in(&f.quote_vault) as i64;
    assert!(held == left + f.cash(book) && left < 20, "the vault owes nobody else: {held}, {left}");
}
