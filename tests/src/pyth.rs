//! Pyth accounts in the two layouts the program reads, written from scratch, and two real ones.

use anchor_lang::AccountSerialize;
use pyth_sdk_solana::state::{AccountType, PriceStatus, SolanaPriceAccount, MAGIC, VERSION_2};
use pyth_solana_receiver_sdk::price_update::{PriceFeedMessage, PriceUpdateV2, VerificationLevel};
use solana_account::Account;
use solana_pubkey::{pubkey, Pubkey};

/// Owner of price accounts.
pub const PRICE_PROGRAM: Pubkey = pubkey!("FsJ3A3u2vn5cTVofAjvy6y5kwABJAqYWpe4975bi2epH");
/// Owner of pull accounts.
pub const RECEIVER: Pubkey = pubkey!("rec5EKMGg6MxZYaMdyBfgwp4d5rB9T1VQH5pJv5LtFJ");

/// SOL/USD as it stood on mainnet, `PriceUpdateV2`.
pub const REAL_PULL: &[u8] = include_bytes!("../fixtures/pyth/7UVimffxr9ow1uXYxsr4LHAcV58mLzhmwaeKvJ1pjLiE.bin");
/// USDC/USD as it stood on mainnet, price account.
pub const REAL_PRICE: &[u8] = include_bytes!("../fixtures/pyth/Gnt27xtC473ZT2Mw5u8wZ68Z3gULkSTb5DuxJy7eJotD.bin");
pub const REAL_PULL_ADDRESS: Pubkey = pubkey!("7UVimffxr9ow1uXYxsr4LHAcV58mLzhmwaeKvJ1pjLiE");
pub const REAL_PRICE_ADDRESS: Pubkey = pubkey!("Gnt27xtC473ZT2Mw5u8wZ68Z3gULkSTb5DuxJy7eJotD");

/// What an oracle says: mantissas with the exponent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    pub price: i64,
    pub confidence: u64,
    pub exponent: i32,
    pub publish_time: i64,
}

impl Quote {
    /// A price and half width of its interval in USD, with eight decimals as nearly all feeds have.
    pub fn usd(price: f64, confidence: f64, publish_time: i64) -> Self {
        let e8 = |usd: f64| (usd * 1e8).round();
        Self { price: e8(price) as i64, confidence: e8(confidence) as u64, exponent: -8, publish_time }
    }
}

/// Contents of a pull account.
pub fn price_update(feed_id: [u8; 32], quote: &Quote) -> PriceUpdateV2 {
    PriceUpdateV2 {
        write_authority: Pubkey::default(),
        verification_level: VerificationLevel::Full,
        price_message: PriceFeedMessage {
            feed_id,
            price: quote.price,
            conf: quote.confidence,
            exponent: quote.exponent,
            publish_time: quote.publish_time,
            prev_publish_time: quote.publish_time - 1,
            ema_price: quote.price,
            ema_conf: quote.confidence,
        },
        posted_slot: 1,
    }
}

/// A pull account with these contents.
pub fn pull_account(update: &PriceUpdateV2) -> Account {
    let mut data = Vec::with_capacity(REAL_PULL.len());
    update.try_serialize(&mut data).expect("a price update can be written");
    data.resize(REAL_PULL.len(), 0);
    account(data, RECEIVER)
}

/// Contents of a price account that is trading.
pub fn price_data(quote: &Quote) -> SolanaPriceAccount {
    let mut price: SolanaPriceAccount = bytemuck::Zeroable::zeroed();
    price.magic = MAGIC;
    price.ver = VERSION_2;
    price.atype = AccountType::Price as u32;
    price.size = REAL_PRICE.len() as u32;
    price.expo = quote.exponent;
    price.num = 1;
    price.num_qt = 1;
    price.timestamp = quote.publish_time;
    price.min_pub = 1;
    price.agg.price = quote.price;
    price.agg.conf = quote.confidence;
    price.agg.status = PriceStatus::Trading;
    price.prev_timestamp = quote.publish_time - 1;
    price
}

/// A price account with these contents.
pub fn price_account(price: &SolanaPriceAccount) -> Account {
    account(bytemuck::bytes_of(price).to_vec(), PRICE_PROGRAM)
}

/// A rent-exempt account.
pub fn account(data: Vec<u8>, owner: Pubkey) -> Account {
    Account { lamports: 100_000_000, data, owner, executable: false, rent_epoch: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_accounts_are_as_long_as_the_real_ones() {
        let quote = Quote::usd(1_500.0, 0.5, 1_800_000_000);
        assert_eq!(pull_account(&price_update([7; 32], &quote)).data.len(), 134);
        assert_eq!(price_account(&price_data(&quote)).data.len(), 3_312);
    }

    #[test]
    fn written_accounts_begin_like_the_real_ones() {
        let quote = Quote::usd(1.0, 0.0, 1_800_000_000);
        assert_eq!(pull_account(&price_update([7; 32], &quote)).data[..8], REAL_PULL[..8]);
        assert_eq!(price_account(&price_data(&quote)).data[..12], REAL_PRICE[..12]);
    }
}
