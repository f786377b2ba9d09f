//! What the cases of several instructions share.

use crate::fixture::{instruction, key, pda, OracleKind};
use crate::{Fixture, OracleSetup, Setup};
use plimsoll::constants::{EXCHANGE_SEED, VAULT_SEED};
use plimsoll::instructions::CreateExchangeArgs;
use plimsoll::state::{OracleConfig, OracleSourceArgs, SourceKind};
use plimsoll::{accounts, instruction as data};
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

/// The system program's answer to creating an account that exists already.
pub const ACCOUNT_IN_USE: u32 = 0;

/// The instruction with every signature taken off.
pub fn unsigned(mut instruction: Instruction) -> Instruction {
    instruction.accounts.iter_mut().for_each(|meta| meta.is_signer = false);
    instruction
}

/// The same bytes at another address, owned by somebody else's program.
pub fn forged(f: &mut Fixture, original: &Pubkey) -> Pubkey {
    let address = key(&format!("forged {original}")).pubkey();
    let mut account = f.chain.account(original).expect("the original exists");
    account.owner = key("foreign program").pubkey();
    f.chain.set_account(&address, account);
    address
}

/// `create_exchange` for a creator, with the fixture's own terms.
pub fn create_exchange_of(f: &Fixture, creator: &Pubkey, quote_mint: &Pubkey, token_program: Pubkey) -> Instruction {
    let exchange = pda(&[EXCHANGE_SEED, creator.as_ref()]);
    let accounts = accounts::CreateExchange {
        creator: *creator,
        exchange,
        quote_mint: *quote_mint,
        quote_vault: pda(&[VAULT_SEED, exchange.as_ref(), quote_mint.as_ref()]),
        token_program,
        system_program: anchor_lang::system_program::ID,
    };
    let exchange = f.exchange_args(&Setup::default());
    let args = CreateExchangeArgs { exchange, stable_oracle: f.stable.config() };
    instruction(accounts, data::CreateExchange { args }, &[])
}

/// A second exchange with the same quote mint and an admin of its own.
pub fn second_exchange(f: &mut Fixture) -> (Keypair, Pubkey) {
    let admin = key("other admin");
    f.fund(&admin.pubkey());
    let create = create_exchange_of(f, &admin.pubkey(), &f.quote_mint, anchor_spl::token::ID);
    f.send(&[create], &[&admin]).unwrap_or_else(|failure| panic!("create_exchange: {failure}"));
    let exchange = pda(&[EXCHANGE_SEED, admin.pubkey().as_ref()]);
    (admin, exchange)
}

/// A setup with nothing but the exchange.
pub fn empty() -> Setup {
    Setup { markets: vec![], collaterals: vec![], ..Setup::default() }
}

/// The same price, read from a price account.
pub fn price_account_at(price: f64) -> OracleSetup {
    OracleSetup { kind: OracleKind::PriceAccount, ..OracleSetup::at(price) }
}

/// A source of the pull layout.
pub fn pull_source(feed_id: [u8; 32]) -> OracleSourceArgs {
    OracleSourceArgs { kind: SourceKind::PythPull, key: feed_id }
}

/// Configurations that no price may have, one fault each.
pub fn unlawful_oracles(lawful: &OracleConfig) -> Vec<(&'static str, OracleConfig)> {
    let change = |name, change: &dyn Fn(&mut OracleConfig)| {
        let mut config = lawful.clone();
        change(&mut config);
        (name, config)
    };
    let four = |c: &mut OracleConfig| c.sources = (1..=4).map(|n| pull_source([n; 32])).collect();
    vec![
        change("no source", &|c| c.sources.clear()),
        change("four sources", &four),
        change("a source without a key", &|c| c.sources[0].key = [0; 32]),
        change("the same source twice", &|c| (c.sources, c.required) = (vec![c.sources[0]; 2], 2)),
        change("none required", &|c| c.required = 0),
        change("more required than there are", &|c| c.required = 2),
        change("half of two required", &|c| c.sources = (1..=2).map(|n| pull_source([n; 32])).collect()),
        change("a third required", &|c| c.sources = (1..=3).map(|n| pull_source([n; 32])).collect()),
        change("no age", &|c| c.max_age_secs = 0),
        change("age above an hour", &|c| (c.max_age_secs, c.max_liquidation_age_secs) = (3_601, 3_601)),
        change("liquidation needs fresher prices", &|c| c.max_liquidation_age_secs = c.max_age_secs - 1),
        change("liquidation age above a day", &|c| c.max_liquidation_age_secs = 86_401),
        change("negative slow price", &|c| c.slow_secs = -1),
        change("slow price above a day", &|c| c.slow_secs = 86_401),
        change("divergence below 0.1 %", &|c| c.max_divergence_e9 = 999_999),
        change("divergence above 100 %", &|c| c.max_divergence_e9 = 1_000_000_001),
        change("confidence below 0.1 %", &|c| c.max_confidence_e9 = 999_999),
        change("confidence above 10 %", &|c| c.max_confidence_e9 = 100_000_001),
        change("ages beyond any clock", &|c| (c.max_age_secs, c.max_liquidation_age_secs) = (i64::MAX, i64::MAX)),
    ]
}
