//! `set_stable_oracle`, `set_underlying_oracle` and `set_collateral_oracle`.

use super::kit::{forged, pull_source, second_exchange, unlawful_oracles, unsigned};
use crate::fixture::{instruction, key, Events};
use crate::{expect_error, Fixture, Market, Token};
use anchor_lang::error::ErrorCode;
use plimsoll::errors::PlimsollError;
use plimsoll::events::OracleChanged;
use plimsoll::state::{OracleConfig, PriceState};
use plimsoll::{accounts, instruction as data};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

/// Whose price is bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Priced {
    Stable,
    Underlying,
    Collateral,
}

const ALL: [Priced; 3] = [Priced::Stable, Priced::Underlying, Priced::Collateral];

impl Priced {
    fn key(self, f: &Fixture) -> Pubkey {
        match self {
            Self::Stable => f.exchange,
            Self::Underlying => f.market_key(Market(0)),
            Self::Collateral => f.token_key(Token(0)),
        }
    }

    fn price(self, f: &Fixture) -> PriceState {
        match self {
            Self::Stable => f.exchange_state().stable,
            Self::Underlying => f.market(Market(0)).price,
            Self::Collateral => f.collateral(Token(0)).price,
        }
    }

    fn set(self, f: &Fixture, admin: &str, exchange: Pubkey, oracle: &OracleConfig) -> Instruction {
        let (admin, oracle, target) = (key(admin).pubkey(), oracle.clone(), self.key(f));
        match self {
            Self::Stable => {
                instruction(accounts::SetExchange { admin, exchange }, data::SetStableOracle { oracle }, &[])
            }
            Self::Underlying => {
                let accounts = accounts::SetUnderlying { admin, exchange, underlying: target };
                instruction(accounts, data::SetUnderlyingOracle { oracle }, &[])
            }
            Self::Collateral => {
                let accounts = accounts::SetCollateral { admin, exchange, collateral: target };
                instruction(accounts, data::SetCollateralOracle { oracle }, &[])
            }
        }
    }
}

fn other_oracle() -> OracleConfig {
    OracleConfig {
        sources: vec![pull_source([1; 32]), pull_source([2; 32]), pull_source([3; 32])],
        required: 2,
        max_age_secs: 30,
        max_liquidation_age_secs: 600,
        slow_secs: 900,
        max_divergence_e9: 20_000_000,
        max_confidence_e9: 10_000_000,
    }
}

#[test]
fn set_oracle_binds_other_sources_and_lets_the_index_stand() {
    let mut f = Fixture::default();
    for priced in ALL {
        let before = priced.price(&f);
        let set = priced.set(&f, "admin", f.exchange, &other_oracle());
        let event: OracleChanged = f.send(&[set], &[&key("admin")]).unwrap().event();
        assert_eq!((event.account, event.source_count, event.required), (priced.key(&f), 3, 2));
        let after = priced.price(&f);
        assert_eq!(after.sources.map(|source| source.key[0]), [1, 2, 3]);
        assert!(after.sources.iter().all(|s| s.price_e9 == 0 && s.publish_time == 0), "{priced:?} keeps an old source");
        assert_eq!((after.source_count, after.required), (3, 2));
        assert_eq!((after.max_age_secs, after.max_liquidation_age_secs, after.slow_secs), (30, 600, 900));
        assert_eq!((after.max_divergence_e9, after.max_confidence_e9), (20_000_000, 10_000_000));
        let standing = |p: &PriceState| {
            [p.index_e9, p.slow_e9, p.low_e9, p.high_e9, p.confidence_e9, p.publish_time, p.updated_at]
        };
        assert!(before.index_e9 > 0);
        assert_eq!(standing(&after), standing(&before), "{priced:?}");
    }
    // The old accounts are no sources any more: the stablecoin's is of the other layout, the others of another feed.
    expect_error!(f.update_stable_price(), PlimsollError::OracleOwner);
    expect_error!(f.update_price(Market(0)), PlimsollError::OracleMismatch);
    expect_error!(f.update_collateral_price(Token(0)), PlimsollError::OracleMismatch);
}

#[test]
fn set_oracle_refuses_unlawful_configurations() {
    let mut f = Fixture::default();
    for priced in ALL {
        for (name, oracle) in unlawful_oracles(&f.stable.config()) {
            println!("{priced:?}: {name}");
            let set = priced.set(&f, "admin", f.exchange, &oracle);
            expect_error!(f.send(&[set], &[&key("admin")]), PlimsollError::ParameterOutOfRange);
        }
    }
}

#[test]
fn set_oracle_is_the_own_exchanges_admins_alone() {
    let mut f = Fixture::default();
    let (other, other_exchange) = second_exchange(&mut f);
    let (exchange, oracle) = (f.exchange, other_oracle());
    for priced in ALL {
        for name in ["guardian", "publisher"] {
            let set = priced.set(&f, name, exchange, &oracle);
            expect_error!(f.send(&[set], &[&key(name)]), PlimsollError::Unauthorized);
        }
        expect_error!(
            f.send(&[unsigned(priced.set(&f, "admin", exchange, &oracle))], &[]),
            ErrorCode::AccountNotSigner
        );
        let target = priced.key(&f);
        let mut spoofed = priced.set(&f, "admin", exchange, &oracle);
        spoofed.accounts.last_mut().unwrap().pubkey = forged(&mut f, &target);
        expect_error!(f.send(&[spoofed], &[&key("admin")]), ErrorCode::AccountOwnedByWrongProgram);
        if priced != Priced::Stable {
            let set = priced.set(&f, "other admin", other_exchange, &oracle);
            expect_error!(f.send(&[set], &[&other]), PlimsollError::WrongExchange);
        }
    }
}
