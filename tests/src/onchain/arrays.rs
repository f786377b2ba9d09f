//! Risk arrays of a scene: caches that the program makes and refreshes, and prices that move from then on.

use super::scene::{Scene, NOW};
use super::OnChain;
use crate::chain::{Chain, Receipt};
use crate::fixture::instruction;
use crate::world::decode;
use crate::{pyth, Failure};
use anchor_lang::{AnchorDeserialize, Discriminator};
use plimsoll::instructions::{HealthReport, MarginBoundReport};
use plimsoll::state::{MarginAccount, PriceState, RiskCache, Underlying};
use plimsoll::{accounts, instruction as data};
use plimsoll_risk::math::ln_price;
use plimsoll_risk::units::Price;
use solana_account::Account;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use std::collections::BTreeMap;

/// Series that one transaction refreshes.
const SERIES_AT_ONCE: usize = 64;

/// A scene on the chain, with a cache of every underlying.
pub struct Cached<'a> {
    chain: &'a mut OnChain,
    exchange: Pubkey,
    margin_account: Pubkey,
    markets: Vec<Pubkey>,
    pub account: MarginAccount,
    /// As they were at the refresh, by slot of the account.
    pub underlyings: Vec<(Pubkey, Box<Underlying>)>,
    /// What `refresh_series` refused, by slot of the underlying and of the expiry, with the code it gave.
    pub refused: BTreeMap<(u8, u8), Option<u32>>,
}

impl<'a> Cached<'a> {
    /// Writes the scene, then has the program take over one cache for each underlying and refresh every series it can.
    pub fn new(chain: &'a mut OnChain, scene: Scene) -> Self {
        let Scene { exchange, margin_account, markets, accounts, .. } = scene;
        let state =
            |key: &Pubkey| accounts.iter().find(|(address, _)| address == key).map(|(_, state)| &state.data[..]);
        let account: MarginAccount = state(&margin_account).and_then(decode).expect("the scene has an account");
        let underlyings = markets.iter().filter_map(|key| Some((*key, Box::new(decode(state(key)?)?)))).collect();
        chain.set_time(NOW);
        for (address, state) in accounts {
            chain.chain.set_account(&address, state);
        }
        let mut cached =
            Self { chain, exchange, margin_account, markets, account, underlyings, refused: BTreeMap::new() };
        for slot in 0..cached.underlyings.len() {
            cached.create_cache(slot);
            (0..16).for_each(|expiry| cached.refresh(slot, expiry));
        }
        cached
    }

    /// Every price of every underlying times a factor, so many seconds after the refresh.
    pub fn move_to(&mut self, factor: f64, seconds: i64) {
        for (key, underlying) in &self.underlyings {
            let moved = Underlying { price: moved(&underlying.price, factor), ..**underlying };
            let data = [Underlying::DISCRIMINATOR, bytemuck::bytes_of(&moved)].concat();
            self.chain.chain.set_account(key, pyth::account(data, plimsoll::ID));
        }
        self.chain.set_time(NOW + seconds);
    }

    /// `check_health`, in full.
    pub fn full(&mut self) -> Result<HealthReport, Failure> {
        let accounts = accounts::CheckHealth { exchange: self.exchange, margin_account: self.margin_account };
        let receipt = self.send(instruction(accounts, data::CheckHealth {}, &self.markets))?;
        Ok(HealthReport::deserialize(&mut &receipt.return_data[..]).expect("check_health returns a report"))
    }

    /// `check_margin` with all caches.
    pub fn bound(&mut self) -> Result<MarginBoundReport, Failure> {
        let accounts = accounts::CheckMargin { exchange: self.exchange, margin_account: self.margin_account };
        let caches = (0..self.underlyings.len()).map(cache_key);
        let markets: Vec<Pubkey> = self.markets.iter().copied().chain(caches).collect();
        let receipt = self.send(instruction(accounts, data::CheckMargin { least_initial_atoms: None }, &markets))?;
        Ok(MarginBoundReport::deserialize(&mut &receipt.return_data[..]).expect("check_margin returns a report"))
    }

    /// What the program has written into the cache of an underlying.
    pub fn cache(&self, slot: usize) -> Box<RiskCache> {
        let account = self.chain.chain.account(&cache_key(slot)).expect("the cache was created");
        Box::new(decode(&account.data).expect("it is a cache"))
    }

    fn create_cache(&mut self, slot: usize) {
        let (underlying, cache) = (self.underlyings[slot].0, cache_key(slot));
        let empty = pyth::account(vec![0; 8 + core::mem::size_of::<RiskCache>()], plimsoll::ID);
        self.chain.chain.set_account(&cache, Account { lamports: 1_000_000_000, ..empty });
        let accounts = accounts::CreateRiskCache { underlying, cache };
        let create = instruction(accounts, data::CreateRiskCache { refresher: Pubkey::default() }, &[]);
        self.send(create).unwrap_or_else(|failure| panic!("create_risk_cache: {failure}"));
    }

    fn refresh(&mut self, slot: usize, expiry: u8) {
        let (underlying, state) = &self.underlyings[slot];
        let used = &state.series[..state.series_used as usize];
        let is_live = state.expiries[expiry as usize].is_live_at(NOW);
        let its: Vec<u16> =
            (0..).zip(used).filter(|(_, s)| is_live && s.expiry == expiry).map(|(number, _)| number).collect();
        let (underlying, cache) = (*underlying, cache_key(slot));
        for series in its.chunks(SERIES_AT_ONCE) {
            let accounts = accounts::RefreshSeries { underlying, cache, refresher: None };
            let refresh = instruction(accounts, data::RefreshSeries { expiry, series: series.to_vec() }, &[]);
            if let Err(failure) = self.send(refresh) {
                self.refused.insert((slot as u8, expiry), failure.code);
            }
        }
    }

    fn send(&mut self, instruction: Instruction) -> Result<Receipt, Failure> {
        self.chain.chain.send(&[instruction], &self.chain.payer, &[])
    }
}

fn cache_key(slot: usize) -> Pubkey {
    let mut bytes = [0xcc; 32];
    bytes[31] = slot as u8;
    Pubkey::new_from_array(bytes)
}

/// The price with its range and its doubt, times a factor.
fn moved(price: &PriceState, factor: f64) -> PriceState {
    let times = |price_e9: i64| (price_e9 as f64 * factor).round() as i64;
    let log = |price_e9| ln_price(Price::from_raw(price_e9)).expect("the price has a logarithm").raw();
    let (index_e9, low_e9, high_e9) = (times(price.index_e9), times(price.low_e9), times(price.high_e9));
    PriceState {
        index_e9,
        low_e9,
        high_e9,
        ln_index_q40: log(index_e9),
        ln_low_q40: log(low_e9),
        ln_high_q40: log(high_e9),
        slow_e9: index_e9,
        confidence_e9: times(price.confidence_e9),
        ..*price
    }
}
