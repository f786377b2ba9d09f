//! Oracle accounts that must be refused, each with its error, and some that must be read.

use crate::fixture::key;
use crate::pyth::{price_account, price_data, price_update, pull_account, Quote, PRICE_PROGRAM, RECEIVER};
use crate::switchboard::{self, feed, feed_account, PullFeed};
use plimsoll::errors::PlimsollError;
use pyth_sdk_solana::state::{AccountType, PriceStatus, SolanaPriceAccount};
use pyth_solana_receiver_sdk::price_update::{PriceUpdateV2, VerificationLevel};
use solana_account::Account;
use solana_signer::Signer;

/// Something an oracle account may say, and what becomes of it.
pub struct Reading {
    pub name: String,
    pub account: Account,
    pub error: PlimsollError,
}

fn reading(name: &str, account: Account, error: PlimsollError) -> Reading {
    Reading { name: name.into(), account, error }
}

/// Quotes that no layout may bring in, for a price that may be 60 s old and 10 % wide.
fn unlawful_quotes(now: i64) -> Vec<(&'static str, Quote, PlimsollError)> {
    use PlimsollError::{OracleConfidence, OracleFuture, OraclePrice, OracleStale};
    let good = Quote::usd(1_500.0, 0.5, now);
    let mantissa = |price, exponent| Quote { price, exponent, ..good };
    vec![
        ("price of zero", mantissa(0, -8), OraclePrice),
        ("negative price", mantissa(-1, -8), OraclePrice),
        ("most negative price", mantissa(i64::MIN, -8), OraclePrice),
        ("price above the largest", Quote { confidence: 0, ..mantissa(1_000_000_000_000_000_001, -9) }, OraclePrice),
        ("price that overflows", mantissa(i64::MAX, -8), OraclePrice),
        ("price below the smallest", mantissa(9, -10), OraclePrice),
        ("exponent far above", mantissa(1, 10), OraclePrice),
        ("exponent far below", mantissa(i64::MAX, -28), OraclePrice),
        ("largest exponent", mantissa(1, i32::MAX), OraclePrice),
        ("smallest exponent", mantissa(1, i32::MIN), OraclePrice),
        ("interval above 10 %", Quote { confidence: good.price as u64 / 10 + 1, ..good }, OracleConfidence),
        ("interval above the price", Quote { confidence: good.price as u64 + 1, ..good }, OracleConfidence),
        ("interval of the largest number", Quote { confidence: u64::MAX, ..good }, OracleConfidence),
        ("a second too old", Quote { publish_time: now - 61, ..good }, OracleStale),
        ("published at the epoch", Quote { publish_time: 0, ..good }, OracleStale),
        ("published before all time", Quote { publish_time: i64::MIN + 1, ..good }, OracleStale),
        ("a second too far ahead", Quote { publish_time: now + 16, ..good }, OracleFuture),
        ("published after all time", Quote { publish_time: i64::MAX, ..good }, OracleFuture),
    ]
}

/// Quotes at the ends of what is accepted; all say something between 1 400 and 1 600 USD.
pub fn lawful_quotes(now: i64) -> Vec<Quote> {
    let good = Quote::usd(1_500.0, 0.0, now);
    let mantissa = |price, exponent| Quote { price, exponent, ..good };
    vec![
        Quote { publish_time: now - 60, ..good },
        Quote { confidence: good.price as u64 / 10, ..good },
        mantissa(1_500_000_000_000, -9),
        mantissa(15_000_000_000_000, -10),
        mantissa(1_500_000_000_000_000_000, -15),
        mantissa(1_500, 0),
        mantissa(15, 2),
        Quote { publish_time: now + 15, ..good },
    ]
}

/// Every refusal of the pull layout, in an account bound by this feed id.
pub fn unlawful_pulls(feed_id: [u8; 32], now: i64) -> Vec<Reading> {
    let good = Quote::usd(1_500.0, 0.5, now);
    let update = |change: &dyn Fn(&mut PriceUpdateV2)| {
        let mut update = price_update(feed_id, &good);
        change(&mut update);
        pull_account(&update)
    };
    let account = |change: &dyn Fn(&mut Account)| {
        let mut account = pull_account(&price_update(feed_id, &good));
        change(&mut account);
        account
    };
    let partial = |num_signatures| {
        update(&|u: &mut PriceUpdateV2| u.verification_level = VerificationLevel::Partial { num_signatures })
    };
    let foreign = key("foreign program").pubkey();
    let mut all = vec![
        reading("foreign owner", account(&|a| a.owner = foreign), PlimsollError::OracleOwner),
        reading("owned by the program itself", account(&|a| a.owner = plimsoll::ID), PlimsollError::OracleOwner),
        reading("owner of the other layout", account(&|a| a.owner = PRICE_PROGRAM), PlimsollError::OracleOwner),
        reading("no data", account(&|a| a.data.clear()), PlimsollError::OracleLayout),
        reading("cut short", account(&|a| a.data.truncate(100)), PlimsollError::OracleLayout),
        reading("another discriminator", account(&|a| a.data[0] ^= 1), PlimsollError::OracleLayout),
        reading("unknown verification level", account(&|a| a.data[40] = 2), PlimsollError::OracleLayout),
        reading("no signature verified", partial(0), PlimsollError::OracleNotVerified),
        reading("twelve signatures verified", partial(12), PlimsollError::OracleNotVerified),
        reading("all the signatures a partial update can have", partial(255), PlimsollError::OracleNotVerified),
        reading("another feed", update(&|u| u.price_message.feed_id[31] ^= 1), PlimsollError::OracleMismatch),
        reading("no feed", update(&|u| u.price_message.feed_id = [0; 32]), PlimsollError::OracleMismatch),
    ];
    let quotes = unlawful_quotes(now).into_iter();
    all.extend(quotes.map(|(name, quote, error)| reading(name, pull_account(&price_update(feed_id, &quote)), error)));
    all
}

/// Every refusal of the price account layout, in the account that is bound.
pub fn unlawful_price_accounts(now: i64) -> Vec<Reading> {
    let good = Quote::usd(1_500.0, 0.5, now);
    let data = |change: &dyn Fn(&mut SolanaPriceAccount)| {
        let mut data = price_data(&good);
        change(&mut data);
        price_account(&data)
    };
    let account = |change: &dyn Fn(&mut Account)| {
        let mut account = price_account(&price_data(&good));
        change(&mut account);
        account
    };
    let status = |status| data(&|d: &mut SolanaPriceAccount| d.agg.status = status);
    let foreign = key("foreign program").pubkey();
    let mut all = vec![
        reading("foreign owner", account(&|a| a.owner = foreign), PlimsollError::OracleOwner),
        reading("owned by the program itself", account(&|a| a.owner = plimsoll::ID), PlimsollError::OracleOwner),
        reading("owner of the other layout", account(&|a| a.owner = RECEIVER), PlimsollError::OracleOwner),
        reading("no data", account(&|a| a.data.clear()), PlimsollError::OracleLayout),
        reading("cut short", account(&|a| a.data.truncate(3_311)), PlimsollError::OracleLayout),
        reading("another magic number", data(&|d| d.magic ^= 1), PlimsollError::OracleLayout),
        reading("another version", data(&|d| d.ver = 3), PlimsollError::OracleLayout),
        reading("a product account", data(&|d| d.atype = AccountType::Product as u32), PlimsollError::OracleLayout),
        reading("status unknown", status(PriceStatus::Unknown), PlimsollError::OracleNotTrading),
        reading("halted", status(PriceStatus::Halted), PlimsollError::OracleNotTrading),
        reading("auction", status(PriceStatus::Auction), PlimsollError::OracleNotTrading),
        reading("ignored", status(PriceStatus::Ignored), PlimsollError::OracleNotTrading),
    ];
    let quotes = unlawful_quotes(now).into_iter();
    all.extend(quotes.map(|(name, quote, error)| reading(name, price_account(&price_data(&quote)), error)));
    all
}

/// Every refusal of a Switchboard feed, in the account that is bound.
pub fn unlawful_feeds(now: i64) -> Vec<Reading> {
    use PlimsollError::{
        OracleConfidence, OracleFuture, OracleLayout, OracleOwner, OraclePrice, OracleSamples, OracleStale,
    };
    const DOLLAR: i128 = 1_000_000_000_000_000_000;
    let good = Quote::usd(1_500.0, 0.5, now);
    let data = |name: &str, error: PlimsollError, change: &dyn Fn(&mut PullFeed)| {
        let mut data = feed(&good);
        change(&mut data);
        reading(name, feed_account(&data), error)
    };
    let account = |name: &str, error: PlimsollError, change: &dyn Fn(&mut Account)| {
        let mut account = feed_account(&feed(&good));
        change(&mut account);
        reading(name, account, error)
    };
    let foreign = key("foreign program").pubkey();
    vec![
        account("foreign owner", OracleOwner, &|a| a.owner = foreign),
        account("owned by the program itself", OracleOwner, &|a| a.owner = plimsoll::ID),
        account("owned by devnet's program", OracleOwner, &|a| a.owner = switchboard::DEVNET_PROGRAM),
        account("owner of another layout", OracleOwner, &|a| a.owner = RECEIVER),
        account("no data", OracleLayout, &|a| a.data.clear()),
        account("a discriminator and nothing else", OracleLayout, &|a| a.data.truncate(8)),
        account("cut short", OracleLayout, &|a| a.data.truncate(3_207)),
        account("another discriminator", OracleLayout, &|a| a.data[7] ^= 1),
        data("fewer answers than the feed asks for", OracleSamples, &|d| d.result.num_samples = 2),
        data("a feed that asks for all there are", OracleSamples, &|d| d.min_sample_size = 255),
        data("no answer", OracleSamples, &|d| (d.result.num_samples, d.min_sample_size) = (0, 0)),
        data("no result yet", OracleSamples, &|d| d.result.slot = 0),
        data("price of zero", OraclePrice, &|d| d.result.value = 0),
        data("negative price", OraclePrice, &|d| d.result.value = -DOLLAR),
        data("most negative price", OraclePrice, &|d| d.result.value = i128::MIN),
        data("price below the smallest", OraclePrice, &|d| d.result.value = 999_999_999),
        data("price above the largest", OraclePrice, &|d| d.result.value = DOLLAR * 1_000_000_000 + 1_000_000_000),
        data("price that overflows", OraclePrice, &|d| d.result.value = i128::MAX),
        data("deviation above 10 %", OracleConfidence, &|d| d.result.std_dev = 150 * DOLLAR + 1),
        data("negative deviation", OracleConfidence, &|d| d.result.std_dev = -1),
        data("deviation of the largest number", OracleConfidence, &|d| d.result.std_dev = i128::MAX),
        data("a second too old", OracleStale, &|d| d.last_update_timestamp = now - 61),
        data("updated at the epoch", OracleStale, &|d| d.last_update_timestamp = 0),
        data("updated before all time", OracleStale, &|d| d.last_update_timestamp = i64::MIN),
        data("signed before all slots", OracleStale, &|d| d.result.min_slot = 0),
        data("a second too far ahead", OracleFuture, &|d| d.last_update_timestamp = now + 16),
        data("updated after all time", OracleFuture, &|d| d.last_update_timestamp = i64::MAX),
    ]
}
