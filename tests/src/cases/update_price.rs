//! `update_price`, `update_collateral_price` and `update_stable_price`: one source. Several are in `median`.

use super::kit::{forged, price_account_at};
use super::readings::{lawful_quotes, unlawful_feeds, unlawful_price_accounts, unlawful_pulls, Reading};
use crate::chain::Receipt;
use crate::fixture::{e9, instruction, key, Events, OracleKind};
use crate::pyth::{price_account, price_data, price_update, pull_account, Quote};
use crate::switchboard::{feed, feed_account, LANDED};
use crate::{expect_error, CollateralSetup, Failure, Fixture, Market, MarketSetup, OracleSetup, Setup, Token};
use anchor_lang::error::ErrorCode;
use plimsoll::errors::PlimsollError;
use plimsoll::events::PriceUpdated;
use plimsoll::state::PriceState;
use plimsoll::{accounts, instruction as data};
use solana_account::Account;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

/// Whose price is updated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Priced {
    Underlying,
    Collateral,
    Stable,
}

const ALL: [Priced; 3] = [Priced::Underlying, Priced::Collateral, Priced::Stable];
const LAYOUTS: [OracleKind; 3] = [OracleKind::Pull, OracleKind::PriceAccount, OracleKind::Switchboard];

impl Priced {
    fn key(self, f: &Fixture) -> Pubkey {
        match self {
            Self::Underlying => f.market_key(Market(0)),
            Self::Collateral => f.token_key(Token(0)),
            Self::Stable => f.exchange,
        }
    }

    /// Address and feed id of its only source.
    fn source(self, f: &Fixture) -> (Pubkey, [u8; 32]) {
        let oracle = match self {
            Self::Underlying => &f.markets[0].oracle,
            Self::Collateral => &f.tokens[0].oracle,
            Self::Stable => &f.stable,
        };
        (oracle.address, oracle.feed_id)
    }

    fn price(self, f: &Fixture) -> PriceState {
        match self {
            Self::Underlying => f.market(Market(0)).price,
            Self::Collateral => f.collateral(Token(0)).price,
            Self::Stable => f.exchange_state().stable,
        }
    }

    /// The update of an account, whatever it is, from these oracle accounts.
    fn instruction(self, target: Pubkey, oracles: &[Pubkey]) -> Instruction {
        match self {
            Self::Underlying => {
                instruction(accounts::UpdatePrice { underlying: target }, data::UpdatePrice {}, oracles)
            }
            Self::Collateral => {
                let accounts = accounts::UpdateCollateralPrice { collateral: target };
                instruction(accounts, data::UpdateCollateralPrice {}, oracles)
            }
            Self::Stable => {
                instruction(accounts::UpdateStablePrice { exchange: target }, data::UpdateStablePrice {}, oracles)
            }
        }
    }

    fn update(self, f: &mut Fixture, oracles: &[Pubkey]) -> Result<Receipt, Failure> {
        let update = self.instruction(self.key(f), oracles);
        f.send(&[update], &[])
    }

    /// Puts the account in the place of the source's and updates from it.
    fn read(self, f: &mut Fixture, account: Account) -> Result<Receipt, Failure> {
        let (address, _) = self.source(f);
        f.chain.set_account(&address, account);
        self.update(f, &[address])
    }
}

/// Everything priced at about 1 500 USD, in one layout.
fn fixture(kind: OracleKind) -> Fixture {
    let oracle = OracleSetup { kind, ..price_account_at(1_500.0) };
    let market = MarketSetup { oracle, expiries: vec![], ..MarketSetup::default() };
    let collaterals = vec![CollateralSetup { oracle, ..CollateralSetup::default() }];
    Fixture::new(&Setup { stable: oracle, markets: vec![market], collaterals, ..Setup::default() })
}

fn account(kind: OracleKind, feed_id: [u8; 32], quote: &Quote) -> Account {
    match kind {
        OracleKind::Pull => pull_account(&price_update(feed_id, quote)),
        OracleKind::PriceAccount => price_account(&price_data(quote)),
        OracleKind::Switchboard => feed_account(&feed(quote)),
    }
}

fn expect_refusals(kind: OracleKind, readings: impl Fn([u8; 32], i64) -> Vec<Reading>) {
    let mut f = fixture(kind);
    f.advance(100);
    for priced in ALL {
        let (_, feed_id) = priced.source(&f);
        for Reading { name, account, error } in readings(feed_id, f.now()) {
            println!("{priced:?}: {name}");
            expect_error!(priced.read(&mut f, account), error);
        }
    }
}

#[test]
fn update_price_reads_every_layout_into_index_range_and_event() {
    for kind in LAYOUTS {
        let mut f = fixture(kind);
        for priced in ALL {
            let quote =
                Quote { price: 150_123_456_789, confidence: 100_000_000, exponent: -8, publish_time: f.now() - 7 };
            f.advance(20);
            let quote = Quote { publish_time: quote.publish_time + 20, ..quote };
            let (_, feed_id) = priced.source(&f);
            let event: PriceUpdated = priced.read(&mut f, account(kind, feed_id, &quote)).unwrap().event();
            let price = priced.price(&f);
            assert_eq!((price.index_e9, price.confidence_e9), (1_501_234_567_890, 1_000_000_000));
            assert_eq!((price.publish_time, price.updated_at), (f.now() - 7, f.now()));
            // Without a slow price the range is the index ± 2.12 intervals.
            assert_eq!((price.low_e9, price.high_e9), (1_499_114_567_890, 1_503_354_567_890));
            assert_eq!((event.account, event.index_e9), (priced.key(&f), price.index_e9));
            assert_eq!((event.confidence_e9, event.slow_e9), (price.confidence_e9, price.slow_e9));
            assert_eq!(event.publish_time, price.publish_time);
        }
    }
}

#[test]
fn update_price_accepts_quotes_at_the_ends_of_what_is_allowed() {
    for kind in LAYOUTS {
        let mut f = fixture(kind);
        f.advance(100);
        for priced in ALL {
            let (_, feed_id) = priced.source(&f);
            for quote in lawful_quotes(f.now()) {
                println!("{priced:?}: {quote:?}");
                priced.read(&mut f, account(kind, feed_id, &quote)).unwrap();
                assert_eq!(priced.price(&f).index_e9, e9(1_500.0));
                // The same update may be read again; the next one may not be older.
                priced.read(&mut f, account(kind, feed_id, &quote)).unwrap();
            }
        }
    }
}

#[test]
fn update_price_charges_at_most_five_percent_for_a_wide_interval() {
    let mut f = fixture(OracleKind::Pull);
    f.set_price_with(Market(0), 1_500.0, 150.0).unwrap();
    let price = f.market(Market(0)).price;
    assert_eq!((price.low_e9, price.high_e9), (e9(1_425.0), e9(1_575.0)));
}

#[test]
fn update_price_refuses_spoofed_malformed_unverified_and_unlawful_updates() {
    expect_refusals(OracleKind::Pull, unlawful_pulls);
}

#[test]
fn update_price_refuses_spoofed_malformed_halted_and_unlawful_price_accounts() {
    expect_refusals(OracleKind::PriceAccount, |_, now| unlawful_price_accounts(now));
}

#[test]
fn update_price_refuses_spoofed_malformed_incomplete_and_unlawful_switchboard_feeds() {
    expect_refusals(OracleKind::Switchboard, |_, now| unlawful_feeds(now));
}

#[test]
fn update_price_takes_a_switchboard_feed_to_be_as_old_as_its_oldest_answer() {
    let mut f = fixture(OracleKind::Switchboard);
    f.advance(200);
    let now = f.now();
    // The oldest answer was signed so many slots before the newest landed: 0.4 s each, rounded up.
    let late = |slots: u64| {
        let mut late = feed(&Quote::usd(1_500.0, 0.0, now));
        (late.result.min_slot, late.submissions[31].landed_at) = (LANDED, LANDED + slots);
        feed_account(&late)
    };
    for (slots, age) in [(150, 60), (148, 60), (147, 59), (5, 2), (1, 1), (0, 0)] {
        Priced::Underlying.read(&mut f, late(slots)).unwrap();
        assert_eq!(f.market(Market(0)).price.publish_time, now - age, "{slots} slots");
    }
    let mut f = fixture(OracleKind::Switchboard);
    f.advance(200);
    for slots in [151, u64::MAX - LANDED] {
        expect_error!(Priced::Underlying.read(&mut f, late(slots)), PlimsollError::OracleStale);
    }
}

#[test]
fn update_price_rounds_a_switchboard_price_down_and_its_deviation_up() {
    let mut f = fixture(OracleKind::Switchboard);
    let mut feed = feed(&Quote::usd(1_500.0, 0.0, f.now()));
    (feed.result.value, feed.result.std_dev) = (1_500_000_000_000_999_999_999, 1_000_000_001);
    Priced::Underlying.read(&mut f, feed_account(&feed)).unwrap();
    let price = f.market(Market(0)).price;
    assert_eq!((price.index_e9, price.confidence_e9), (1_500_000_000_000, 2));
}

#[test]
fn update_price_names_the_interval_when_it_is_the_interval_that_does_not_fit() {
    for kind in LAYOUTS {
        let mut f = fixture(kind);
        for priced in ALL {
            let (_, feed_id) = priced.source(&f);
            let quote = Quote { confidence: i64::MAX as u64, ..Quote::usd(1_500.0, 0.0, f.now()) };
            let result = priced.read(&mut f, account(kind, feed_id, &quote));
            expect_error!(result, PlimsollError::OracleConfidence);
        }
    }
}

#[test]
fn update_price_refuses_an_older_publication_than_it_has_read() {
    for kind in LAYOUTS {
        let mut f = fixture(kind);
        f.advance(30);
        for priced in ALL {
            let (_, feed_id) = priced.source(&f);
            let at = |publish_time| account(kind, feed_id, &Quote::usd(1_500.0, 0.0, publish_time));
            let now = f.now();
            priced.read(&mut f, at(now - 10)).unwrap();
            expect_error!(priced.read(&mut f, at(now - 11)), PlimsollError::OracleOutOfOrder);
            priced.read(&mut f, at(now - 10)).unwrap();
            priced.read(&mut f, at(now)).unwrap();
            expect_error!(priced.read(&mut f, at(now - 1)), PlimsollError::OracleOutOfOrder);
        }
    }
}

#[test]
fn update_price_wants_one_account_per_source_and_the_bound_one() {
    for kind in LAYOUTS {
        let mut f = fixture(kind);
        for priced in ALL {
            let (address, feed_id) = priced.source(&f);
            expect_error!(priced.update(&mut f, &[]), PlimsollError::OracleMismatch);
            expect_error!(priced.update(&mut f, &[address, address]), PlimsollError::UnexpectedAccount);
            let twin = key("twin").pubkey();
            let quote = Quote::usd(1_500.0, 0.0, f.now());
            f.chain.set_account(&twin, account(kind, feed_id, &quote));
            expect_error!(priced.update(&mut f, &[address, twin]), PlimsollError::UnexpectedAccount);
            if kind != OracleKind::Pull {
                expect_error!(priced.update(&mut f, &[twin]), PlimsollError::OracleMismatch);
                expect_error!(priced.update(&mut f, &[key("nothing").pubkey()]), PlimsollError::OracleMismatch);
            } else {
                // A pull source is bound by its feed: any address will do.
                priced.update(&mut f, &[twin]).unwrap();
                expect_error!(priced.update(&mut f, &[key("nothing").pubkey()]), PlimsollError::OracleOwner);
            }
        }
    }
}

#[test]
fn update_price_refuses_what_is_not_the_account_it_prices() {
    let mut f = fixture(OracleKind::Pull);
    for priced in ALL {
        let (address, _) = priced.source(&f);
        let target = priced.key(&f);
        for other in ALL.into_iter().filter(|other| *other != priced) {
            let update = priced.instruction(other.key(&f), &[address]);
            expect_error!(f.send(&[update], &[]), ErrorCode::AccountDiscriminatorMismatch);
        }
        let spoofed = forged(&mut f, &target);
        expect_error!(f.send(&[priced.instruction(spoofed, &[address])], &[]), ErrorCode::AccountOwnedByWrongProgram);
        let mut read_only = priced.instruction(target, &[address]);
        read_only.accounts[0].is_writable = false;
        expect_error!(f.send(&[read_only], &[]), ErrorCode::ConstraintMut);
        let mut nothing = priced.instruction(target, &[]);
        nothing.accounts.clear();
        expect_error!(f.send(&[nothing], &[]), ErrorCode::AccountNotEnoughKeys);
    }
}
