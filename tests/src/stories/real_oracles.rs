//! Real Pyth accounts, byte for byte as they stood on mainnet.

use crate::fixture::OracleSetup;
use crate::pyth::{self, PRICE_PROGRAM, REAL_PRICE, REAL_PRICE_ADDRESS, REAL_PULL, REAL_PULL_ADDRESS, RECEIVER};
use crate::{Fixture, Market, MarketSetup, Setup};
use plimsoll::instructions::CreateUnderlyingArgs;
use plimsoll::state::{OracleConfig, OracleSourceArgs, SourceKind, Underlying};
use solana_pubkey::Pubkey;
use solana_signer::Signer;

/// An underlying bound to one real source, ten seconds after it was published, updated from it.
fn read_real(
    source: OracleSourceArgs,
    address: Pubkey,
    data: &[u8],
    owner: Pubkey,
    publish_time: i64,
) -> Box<Underlying> {
    let mut f =
        Fixture::new(&Setup { start: publish_time + 10, markets: vec![], collaterals: vec![], ..Setup::default() });
    f.chain.set_account(&address, pyth::account(data.to_vec(), owner));
    let defaults = MarketSetup::default();
    let OracleSetup { max_age_secs, max_liquidation_age_secs, slow_secs, .. } = defaults.oracle;
    let args = CreateUnderlyingArgs {
        symbol: "REAL".into(),
        publishers: vec![f.publisher.pubkey()],
        forecast_authority: f.forecaster.pubkey(),
        params: defaults.params,
        oracle: OracleConfig {
            sources: vec![source],
            required: 1,
            max_age_secs,
            max_liquidation_age_secs,
            slow_secs,
            max_divergence_e9: defaults.oracle.max_divergence_e9,
            max_confidence_e9: defaults.oracle.max_confidence_e9,
        },
    };
    let (underlying, created) = f.create_underlying("REAL", args);
    created.unwrap();
    f.adopt_market(underlying);
    f.update_price_from(Market(0), &[address]).unwrap();
    f.market(Market(0))
}

#[test]
fn real_pull_account_is_read_to_the_last_digit() {
    let mut feed = [0; 32];
    feed.copy_from_slice(&REAL_PULL[41..73]);
    assert_eq!(feed[..8], [0xef, 0x0d, 0x8b, 0x6f, 0xda, 0x2c, 0xeb, 0xa4]);
    let source = OracleSourceArgs { kind: SourceKind::PythPull, key: feed };
    let price = read_real(source, REAL_PULL_ADDRESS, REAL_PULL, RECEIVER, 1_720_533_480).price;
    assert_eq!((price.index_e9, price.confidence_e9), (140_615_937_000, 137_936_990));
    assert_eq!((price.publish_time, price.updated_at), (1_720_533_480, 1_720_533_490));
}

#[test]
fn real_price_account_is_read_to_the_last_digit() {
    let source = OracleSourceArgs { kind: SourceKind::PythPriceAccount, key: REAL_PRICE_ADDRESS.to_bytes() };
    let price = read_real(source, REAL_PRICE_ADDRESS, REAL_PRICE, PRICE_PROGRAM, 1_701_981_042).price;
    assert_eq!((price.index_e9, price.confidence_e9), (1_000_007_500, 242_490));
    assert_eq!((price.publish_time, price.updated_at), (1_701_981_042, 1_701_981_052));
}
