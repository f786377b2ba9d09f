//! Pyth accounts in their real binary layouts: real mainnet accounts in which only feed, price and time are replaced.

use anchor_lang::{prelude::Pubkey, pubkey, AccountDeserialize, AccountSerialize};
use anyhow::{anyhow, Context, Result};
use pyth_sdk_solana::state::{load_price_account, PriceStatus, SolanaPriceAccount};
use pyth_solana_receiver_sdk::price_update::PriceUpdateV2;

/// Owner of pull accounts: Pyth's receiver program.
pub const RECEIVER: Pubkey = pubkey!("rec5EKMGg6MxZYaMdyBfgwp4d5rB9T1VQH5pJv5LtFJ");
/// Owner of price accounts: Pyth's oracle program.
pub const ORACLE: Pubkey = pubkey!("FsJ3A3u2vn5cTVofAjvy6y5kwABJAqYWpe4975bi2epH");
/// The program below which the continuously updated pull accounts have their addresses.
const PUSH_ORACLE: Pubkey = pubkey!("pythWSnswVUd12oZpeFP8e9CVaEqJg25g1Vtc2biRsT");

const PULL_ACCOUNT: &[u8] =
    include_bytes!("../../../tests/fixtures/pyth/7UVimffxr9ow1uXYxsr4LHAcV58mLzhmwaeKvJ1pjLiE.bin");
const PRICE_ACCOUNT: &[u8] =
    include_bytes!("../../../tests/fixtures/pyth/Gnt27xtC473ZT2Mw5u8wZ68Z3gULkSTb5DuxJy7eJotD.bin");

pub type FeedId = [u8; 32];

/// A price as both layouts carry it, with eight decimals.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quote {
    pub price_e8: i64,
    pub confidence_e8: u64,
}

pub const EXPONENT: i32 = -8;

/// When something was published.
#[derive(Clone, Copy)]
pub struct Moment {
    pub unix_secs: i64,
    pub slot: u64,
}

/// The address at which the first shard of Pyth's push oracle keeps a feed on every cluster.
pub fn pull_address(feed: &FeedId) -> Pubkey {
    let shard = 0_u16.to_le_bytes();
    Pubkey::find_program_address(&[&shard, feed], &PUSH_ORACLE).0
}

pub fn pull_account(feed: FeedId, quote: Quote, at: Moment) -> Result<Vec<u8>> {
    edit_pull(PULL_ACCOUNT, |update| {
        update.price_message.feed_id = feed;
        update.price_message.exponent = EXPONENT;
        update.price_message.price = quote.price_e8;
        update.price_message.conf = quote.confidence_e8;
        update.price_message.ema_price = quote.price_e8;
        update.price_message.ema_conf = quote.confidence_e8;
        stamp_pull(update, at);
    })
}

/// The same account, published again at another time.
pub fn republish_pull(data: &[u8], at: Moment) -> Result<Vec<u8>> {
    edit_pull(data, |update| stamp_pull(update, at))
}

pub fn price_account(quote: Quote, at: Moment) -> Result<Vec<u8>> {
    edit_price(PRICE_ACCOUNT, |account| {
        account.expo = EXPONENT;
        account.agg.price = quote.price_e8;
        account.agg.conf = quote.confidence_e8;
        account.agg.status = PriceStatus::Trading;
        account.ema_price.val = quote.price_e8;
        account.ema_conf.val = quote.confidence_e8.cast_signed();
        stamp_price(account, at);
    })
}

/// The same account, published again at another time.
pub fn republish_price(data: &[u8], at: Moment) -> Result<Vec<u8>> {
    edit_price(data, |account| stamp_price(account, at))
}

fn stamp_pull(update: &mut PriceUpdateV2, at: Moment) {
    update.price_message.publish_time = at.unix_secs;
    update.price_message.prev_publish_time = at.unix_secs.saturating_sub(1);
    update.posted_slot = at.slot;
}

fn stamp_price(account: &mut SolanaPriceAccount, at: Moment) {
    account.timestamp = at.unix_secs;
    account.agg.pub_slot = at.slot;
    account.last_slot = at.slot;
    account.valid_slot = at.slot;
    account.prev_price = account.agg.price;
    account.prev_conf = account.agg.conf;
    account.prev_timestamp = at.unix_secs.saturating_sub(1);
    account.prev_slot = at.slot.saturating_sub(1);
}

fn edit_pull(data: &[u8], change: impl FnOnce(&mut PriceUpdateV2)) -> Result<Vec<u8>> {
    let mut update = PriceUpdateV2::try_deserialize(&mut &*data).context("not a Pyth pull account")?;
    change(&mut update);
    let mut edited = Vec::with_capacity(data.len());
    update.try_serialize(&mut edited).context("a Pyth pull account could not be written")?;
    edited.resize(data.len(), 0);
    Ok(edited)
}

fn edit_price(data: &[u8], change: impl FnOnce(&mut SolanaPriceAccount)) -> Result<Vec<u8>> {
    // Copied first: the library's own reader panics on bytes that are not aligned.
    let mut account: SolanaPriceAccount =
        bytemuck::try_pod_read_unaligned(data).map_err(|e| anyhow!("not a Pyth price account: {e}"))?;
    load_price_account::<32, ()>(bytemuck::bytes_of(&account)).map_err(|e| anyhow!("not a Pyth price account: {e}"))?;
    change(&mut account);
    Ok(bytemuck::bytes_of(&account).to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOL: FeedId = [
        0xef, 0x0d, 0x8b, 0x6f, 0xda, 0x2c, 0xeb, 0xa4, 0x1d, 0xa1, 0x5d, 0x40, 0x95, 0xd1, 0xda, 0x39, 0x2a, 0x0d,
        0x2f, 0x8e, 0xd0, 0xc6, 0xc7, 0xbc, 0x0f, 0x4c, 0xfa, 0xc8, 0xc2, 0x80, 0xb5, 0x6d,
    ];
    const AT: Moment = Moment { unix_secs: 1_800_000_000, slot: 77 };

    #[test]
    fn pull_address_is_mainnets() {
        assert_eq!(pull_address(&SOL).to_string(), "7UVimffxr9ow1uXYxsr4LHAcV58mLzhmwaeKvJ1pjLiE");
    }

    #[test]
    fn real_pull_account_is_unchanged_when_nothing_is_edited() {
        assert_eq!(edit_pull(PULL_ACCOUNT, |_| ()).expect("real account"), PULL_ACCOUNT);
    }

    #[test]
    fn real_price_account_is_unchanged_when_nothing_is_edited() {
        assert_eq!(edit_price(PRICE_ACCOUNT, |_| ()).expect("real account"), PRICE_ACCOUNT);
    }

    #[test]
    fn pull_account_carries_the_quote_and_the_time() {
        let data = pull_account(SOL, Quote { price_e8: 5, confidence_e8: 1 }, AT).expect("written");
        let update = PriceUpdateV2::try_deserialize(&mut &data[..]).expect("read again");
        assert_eq!((update.price_message.price, update.price_message.conf), (5, 1));
        assert_eq!(update.price_message.publish_time, AT.unix_secs);
    }

    #[test]
    fn republishing_moves_only_times() {
        let quote = Quote { price_e8: 12_345, confidence_e8: 6 };
        let first = price_account(quote, AT).expect("written");
        let later = Moment { unix_secs: AT.unix_secs + 60, slot: 99 };
        let second = republish_price(&first, later).expect("written");
        let account: SolanaPriceAccount = bytemuck::pod_read_unaligned(&second);
        assert_eq!(account.timestamp, later.unix_secs);
        assert_eq!(second, price_account(quote, later).expect("written"));
    }
}
