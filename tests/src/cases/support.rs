//! What several case files need: another exchange on the same chain, a pause, and instructions with something changed.

use crate::chain::Receipt;
use crate::fixture::{instruction, key, pda, DAY, HOUR};
use crate::{Contract, Failure, Fixture, Market, MarketSetup, Setup, Token, Trader};
use plimsoll::constants::{EXCHANGE_SEED, VAULT_SEED};
use plimsoll::instructions::{ListSeriesArgs, TradeArgs};
use plimsoll::{accounts, instruction as data};
use solana_instruction::{AccountMeta, Instruction};
use solana_pubkey::Pubkey;
use solana_signer::Signer;

/// The first market of every fixture.
pub const ETH: Market = Market(0);
/// The first collateral of every fixture.
pub const SOL: Token = Token(0);

/// Another exchange with the same admin and quote mint, and one of everything on it.
pub struct Foreign {
    pub exchange: Pubkey,
    pub vault: Pubkey,
    pub market: Market,
    pub token: Token,
    pub trader: Trader,
}

impl Foreign {
    pub fn new(f: &mut Fixture) -> Self {
        let creator = key("foreign creator");
        f.fund(&creator.pubkey());
        let exchange = pda(&[EXCHANGE_SEED, creator.pubkey().as_ref()]);
        let vault = pda(&[VAULT_SEED, exchange.as_ref(), f.quote_mint.as_ref()]);
        let ours = (f.exchange, f.quote_vault);
        (f.exchange, f.quote_vault) = (exchange, vault);
        let admin = std::mem::replace(&mut f.admin, key("foreign creator"));
        let create = f.create_exchange_instruction(&Setup::default());
        f.admin = admin;
        let next = f.admin.pubkey();
        let set = accounts::SetExchange { admin: creator.pubkey(), exchange };
        let nominate = instruction(set, data::NominateAdmin { next }, &[]);
        let accept = instruction(accounts::AcceptAdmin { nominee: next, exchange }, data::AcceptAdmin {}, &[]);
        f.send(&[create, nominate, accept], &[&creator, &key("admin")]).unwrap();
        f.update_stable_price().unwrap();
        let market = f.add_market(&MarketSetup::new("FOREIGN", 1_500.0));
        let token = f.add_collateral(&crate::CollateralSetup { symbol: "ALIEN", ..Default::default() });
        let trader = f.trader("foreigner", 1_000.0);
        (f.exchange, f.quote_vault) = ours;
        Self { exchange, vault, market, token, trader }
    }
}

/// The instruction with one account put in the place of another.
pub fn replaced(mut instruction: Instruction, from: Pubkey, to: Pubkey) -> Instruction {
    let metas = instruction.accounts.iter_mut().filter(|meta| meta.pubkey == from);
    assert_ne!(metas.map(|meta| meta.pubkey = to).count(), 0, "the account to replace is not there");
    instruction
}

/// The instruction without a signature it asks for.
pub fn unsigned(mut instruction: Instruction, signer: Pubkey) -> Instruction {
    let metas = instruction.accounts.iter_mut().filter(|meta| meta.pubkey == signer && meta.is_signer);
    assert_ne!(metas.map(|meta| meta.is_signer = false).count(), 0, "the signer is not there");
    instruction
}

/// The instruction without an account.
pub fn without(mut instruction: Instruction, key: Pubkey) -> Instruction {
    let count = instruction.accounts.len();
    instruction.accounts.retain(|meta| meta.pubkey != key);
    assert_ne!(instruction.accounts.len(), count, "the account to leave out is not there");
    instruction
}

/// The instruction with further accounts.
pub fn with(mut instruction: Instruction, keys: &[Pubkey]) -> Instruction {
    instruction.accounts.extend(keys.iter().map(|key| AccountMeta::new_readonly(*key, false)));
    instruction
}

impl Fixture {
    /// The guardian pauses something for a while.
    pub fn pause(&mut self, bits: u64, seconds: i64) -> Result<Receipt, Failure> {
        let accounts = accounts::Pause { guardian: self.guardian.pubkey(), exchange: self.exchange };
        self.send(&[instruction(accounts, data::Pause { bits, seconds }, &[])], &[&key("guardian")])
    }

    /// Sends one instruction signed by these names.
    pub fn send_as(&mut self, instruction: Instruction, names: &[&str]) -> Result<Receipt, Failure> {
        let keys: Vec<_> = names.iter().map(|name| key(name)).collect();
        self.send(&[instruction], &keys.iter().collect::<Vec<_>>())
    }

    /// Gives an owner tokens of a collateral that was not there when the account was opened.
    pub fn give_tokens(&mut self, trader: Trader, token: Token) {
        let (wallet, mint, owner) = (self.wallet(trader, token), self.token_mint(token), self.owner(trader).pubkey());
        self.write_tokens(&wallet, &mint, &owner, 1_000);
    }

    /// Lists an expiry without a surface.
    pub fn list_bare_expiry(&mut self, market: Market, expiry_ts: i64) -> Result<Receipt, Failure> {
        let list = instruction(self.set_underlying_accounts(market), data::ListExpiry { expiry_ts }, &[]);
        self.send(&[list], &[&key("admin")])
    }

    /// Publishes the prices of ETH, SOL and the stablecoin, and no surface.
    pub fn update_prices_only(&mut self) {
        self.update_stable_price().unwrap();
        self.update_collateral_price(SOL).unwrap();
        self.update_price(ETH).unwrap();
    }

    /// Lists calls and puts until there are `count`, on both expiries of a default market.
    pub fn list_many(&mut self, market: Market, count: usize) -> Vec<Contract> {
        let mut listed = vec![];
        for number in 0..count {
            let strike_e9 = (1_000 + 10 * (number as i64 / 4)) * 1_000_000_000;
            let args = ListSeriesArgs { expiry: (number % 2) as u8, is_put: number % 4 < 2, strike_e9 };
            listed.push(self.contract_of(market, args));
        }
        listed
    }

    fn contract_of(&mut self, market: Market, args: ListSeriesArgs) -> Contract {
        let strike = args.strike_e9 as f64 / 1e9;
        if args.is_put {
            self.put(market, args.expiry, strike)
        } else {
            self.call(market, args.expiry, strike)
        }
    }

    /// Trades the smallest size of each contract for nothing.
    pub fn trade_lots(&mut self, taker: Trader, maker: Trader, contracts: &[Contract]) {
        for contract in contracts {
            self.trade(taker, maker, *contract, 0.000_001, 0.0).unwrap();
        }
    }

    /// One trade's instruction in whole units.
    pub fn deal(&self, taker: Trader, maker: Trader, contract: Contract, size: f64, price: f64) -> Instruction {
        let args = TradeArgs {
            series: contract.series,
            size_e6: (size * 1e6).round() as i64,
            price_e9: crate::fixture::e9(price),
        };
        self.trade_instruction(taker, maker, contract.market, args)
    }
}

/// A buyer with plenty and a writer with 500 USD who has sold two calls of the strike 1 600 at 30 USD.
///
/// At an index of 1 680 the writer is restricted, at 1 750 liquidatable, at 1 900 bankrupt.
pub fn written_calls(f: &mut Fixture) -> (Trader, Trader, Contract) {
    let (buyer, writer) = (f.trader("buyer", 10_000.0), f.trader("writer", 500.0));
    let call = f.call(ETH, 0, 1_600.0);
    f.trade(buyer, writer, call, 2.0, 30.0).unwrap();
    (buyer, writer, call)
}

/// The default exchange, with a slow price an hour behind its market's index.
pub fn slow_setup() -> Setup {
    let mut market = MarketSetup::default();
    market.oracle.slow_secs = HOUR;
    Setup::default().with_market(market)
}

/// Further than any surface may age.
pub const VOL_AGE: i64 = DAY + 1;
