//! What exists on a fresh local network, at which addresses, and how it is printed.

use anchor_lang::prelude::Pubkey;
use anchor_lang::solana_program::{program_option::COption, program_pack::Pack};
use anchor_spl::token::spl_token::{self, state::Mint};
use anyhow::Result;
use serde_json::{json, Value};

use crate::{
    chain::Chain,
    pyth::{self, FeedId, Moment, Quote},
    switchboard,
};

const WALLET_LAMPORTS: u64 = 1_000_000 * 1_000_000_000;
/// Whole tokens of each asset that the wallet begins with.
const WALLET_TOKENS: u64 = 10_000_000;

/// A token with its price: an SPL mint, and the same price in both of Pyth's layouts and in Switchboard's.
struct Asset {
    name: &'static str,
    decimals: u8,
    quote: Quote,
    feed: &'static str,
    /// Mainnet's address of the price account, so that scripts for mainnet find it here too.
    price_account: Pubkey,
}

// First quotes: SOL and USDC as in tests/fixtures/pyth, BTC a round number with a usual confidence.
const ASSETS: [Asset; 3] = [
    Asset {
        name: "USDC",
        decimals: 6,
        quote: Quote { price_e8: 100_000_750, confidence_e8: 24_249 },
        feed: "eaa020c61cc479712813461ce153894a96a6c00b21ed0cfc2798d1f9a9e9c94a",
        price_account: anchor_lang::pubkey!("Gnt27xtC473ZT2Mw5u8wZ68Z3gULkSTb5DuxJy7eJotD"),
    },
    Asset {
        name: "SOL",
        decimals: 9,
        quote: Quote { price_e8: 14_061_593_700, confidence_e8: 13_793_699 },
        feed: "ef0d8b6fda2ceba41da15d4095d1da392a0d2f8ed0c6c7bc0f4cfac8c280b56d",
        price_account: anchor_lang::pubkey!("H6ARHf6YXhGYeQfUzQNGk6rDNnLBQKrenN712K4QJNYH"),
    },
    Asset {
        name: "BTC",
        decimals: 8,
        quote: Quote { price_e8: 6_000_000_000_000, confidence_e8: 3_000_000_000 },
        feed: "e62df6c8b4a85fe1a67db44dc12de5db330f7ac66b72dc658afedf0f4a415b43",
        price_account: anchor_lang::pubkey!("GVXRSBjFk6e6J3NbVPXohDJetcTjaeeuykUpbQF8UoMU"),
    },
];

impl Asset {
    /// Mints have fixed addresses that nobody holds a key for; the wallet is their authority.
    fn mint(&self, program: &Pubkey) -> Pubkey {
        Pubkey::find_program_address(&[b"localnet mint", self.name.as_bytes()], program).0
    }

    fn feed_id(&self) -> FeedId {
        let mut id = [0; 32];
        for (byte, pair) in id.iter_mut().zip(self.feed.as_bytes().chunks(2)) {
            let digits = std::str::from_utf8(pair).unwrap_or_default();
            *byte = u8::from_str_radix(digits, 16).unwrap_or_default();
        }
        id
    }

    fn pull_account(&self) -> Pubkey {
        pyth::pull_address(&self.feed_id())
    }
}

pub struct World {
    program: Pubkey,
    wallet: Pubkey,
}

impl World {
    pub fn new(program: Pubkey, wallet: Pubkey) -> Self {
        Self { program, wallet }
    }

    /// Writes everything, with prices published now.
    pub fn create(&self, chain: &Chain, binary: &[u8]) -> Result<()> {
        chain.fund_sol(&self.wallet, WALLET_LAMPORTS)?;
        chain.deploy(&self.program, binary, &self.wallet)?;
        let now = now(chain)?;
        for asset in &ASSETS {
            self.create_mint(chain, asset)?;
            let pull = pyth::pull_account(asset.feed_id(), asset.quote, now)?;
            chain.write_account(&asset.pull_account(), &pyth::RECEIVER, pull)?;
            let price = pyth::price_account(asset.quote, now)?;
            chain.write_account(&asset.price_account, &pyth::ORACLE, price)?;
            let feed = switchboard::feed_account(asset.quote, now);
            chain.write_account(&self.feed(asset), &switchboard::ON_DEMAND, feed)?;
        }
        Ok(())
    }

    /// Publishes the prices that stand on chain once more, with the chain's present time.
    pub fn republish_prices(&self, chain: &Chain) -> Result<()> {
        let now = now(chain)?;
        for asset in &ASSETS {
            let pull = chain.read_account(&asset.pull_account())?;
            chain.write_account(&asset.pull_account(), &pyth::RECEIVER, pyth::republish_pull(&pull, now)?)?;
            let price = chain.read_account(&asset.price_account)?;
            chain.write_account(&asset.price_account, &pyth::ORACLE, pyth::republish_price(&price, now)?)?;
            let feed = switchboard::republish_feed(&chain.read_account(&self.feed(asset))?, now)?;
            chain.write_account(&self.feed(asset), &switchboard::ON_DEMAND, feed)?;
        }
        Ok(())
    }

    pub fn json(&self, rpc_url: &str, ws_url: &str) -> Value {
        let assets: serde_json::Map<String, Value> = ASSETS
            .iter()
            .map(|asset| {
                let entry = json!({
                    "mint": asset.mint(&self.program).to_string(),
                    "decimals": asset.decimals,
                    "walletTokenAccount": self.token_account(asset).to_string(),
                    "feedId": asset.feed,
                    "pythPullAccount": asset.pull_account().to_string(),
                    "pythPriceAccount": asset.price_account.to_string(),
                    "switchboardFeed": self.feed(asset).to_string(),
                });
                (asset.name.to_owned(), entry)
            })
            .collect();
        json!({
            "rpcUrl": rpc_url,
            "wsUrl": ws_url,
            "program": self.program.to_string(),
            "wallet": self.wallet.to_string(),
            "assets": assets,
        })
    }

    pub fn table(&self, rpc_url: &str, ws_url: &str) -> String {
        let mut lines = vec![
            format!("RPC        {rpc_url}"),
            format!("WebSocket  {ws_url}"),
            format!("program    {}", self.program),
            format!("wallet     {}", self.wallet),
            format!(
                "\n{:<5} {:<44} {:<44} {:<44} {:<44}",
                "", "mint", "Pyth pull account", "Pyth price account", "Switchboard feed"
            ),
        ];
        lines.extend(ASSETS.iter().map(|asset| {
            format!(
                "{:<5} {:<44} {:<44} {:<44} {:<44}",
                asset.name,
                asset.mint(&self.program).to_string(),
                asset.pull_account().to_string(),
                asset.price_account.to_string(),
                self.feed(asset).to_string()
            )
        }));
        lines.join("\n")
    }

    fn create_mint(&self, chain: &Chain, asset: &Asset) -> Result<()> {
        let atoms = WALLET_TOKENS * 10_u64.pow(asset.decimals.into());
        let mint = Mint {
            mint_authority: COption::Some(self.wallet),
            supply: atoms,
            decimals: asset.decimals,
            is_initialized: true,
            freeze_authority: COption::None,
        };
        let mut data = vec![0; Mint::LEN];
        Mint::pack(mint, &mut data)?;
        chain.write_account(&asset.mint(&self.program), &spl_token::ID, data)?;
        chain.fund_token(&self.wallet, &asset.mint(&self.program), atoms)
    }

    fn feed(&self, asset: &Asset) -> Pubkey {
        switchboard::feed_address(asset.name, &self.program)
    }

    fn token_account(&self, asset: &Asset) -> Pubkey {
        const ASSOCIATED_TOKEN: Pubkey = anchor_lang::pubkey!("ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL");
        let seeds = [self.wallet.as_ref(), spl_token::ID.as_ref(), &asset.mint(&self.program).to_bytes()[..]];
        Pubkey::find_program_address(&seeds, &ASSOCIATED_TOKEN).0
    }
}

fn now(chain: &Chain) -> Result<Moment> {
    let clock = chain.clock()?;
    Ok(Moment { unix_secs: clock.unix_timestamp, slot: clock.slot })
}
