//! The markets an instruction was given: underlyings, collaterals and histories, found by key, never trusted by position.

use std::cell::Ref;

use anchor_lang::prelude::*;
use anchor_lang::{Discriminator, ZeroCopy};

use crate::constants::{MAX_MARKETS, VERSION};
use crate::errors::PlimsollError;
use crate::state::{Collateral, History, RiskCache, Underlying};

/// Read-only view of all underlyings, collaterals and histories passed to an instruction.
pub struct Markets<'a> {
    underlyings: Vec<(&'a Pubkey, Ref<'a, Underlying>)>,
    collaterals: Vec<(&'a Pubkey, Ref<'a, Collateral>)>,
    histories: Vec<Ref<'a, History>>,
    /// None where the instruction takes none.
    caches: Option<Vec<Ref<'a, RiskCache>>>,
}

impl<'a> Markets<'a> {
    /// Loads accounts in any order.
    ///
    /// # Errors
    /// [`PlimsollError::UnexpectedAccount`] for an account that is neither; [`PlimsollError::WrongExchange`];
    /// [`PlimsollError::WrongVersion`].
    pub fn load<'info: 'a>(accounts: impl Iterator<Item = &'a AccountInfo<'info>>, exchange: &Pubkey) -> Result<Self> {
        Self::load_into(None, accounts, exchange)
    }

    /// The same where risk caches may be among the accounts. What decides a liquidation never takes one: see
    /// docs/adr/0013-risk-arrays.md.
    pub fn load_with_caches<'info: 'a>(
        accounts: impl Iterator<Item = &'a AccountInfo<'info>>,
        exchange: &Pubkey,
    ) -> Result<Self> {
        Self::load_into(Some(Vec::new()), accounts, exchange)
    }

    fn load_into<'info: 'a>(
        caches: Option<Vec<Ref<'a, RiskCache>>>,
        accounts: impl Iterator<Item = &'a AccountInfo<'info>>,
        exchange: &Pubkey,
    ) -> Result<Self> {
        let (underlyings, collaterals) = (Vec::with_capacity(8), Vec::with_capacity(8));
        let mut markets = Self { underlyings, collaterals, histories: Vec::new(), caches };
        for (index, account) in accounts.enumerate() {
            require!(index < MAX_MARKETS, PlimsollError::UnexpectedAccount);
            markets.add(account, exchange)?;
        }
        Ok(markets)
    }

    fn add<'info: 'a>(&mut self, account: &'a AccountInfo<'info>, exchange: &Pubkey) -> Result<()> {
        require_keys_eq!(*account.owner, crate::ID, PlimsollError::UnexpectedAccount);
        if let Some(underlying) = view::<Underlying>(account)? {
            require_keys_eq!(underlying.exchange, *exchange, PlimsollError::WrongExchange);
            require!(underlying.version == VERSION, PlimsollError::WrongVersion);
            self.underlyings.push((account.key, underlying));
        } else if let Some(collateral) = view::<Collateral>(account)? {
            require_keys_eq!(collateral.exchange, *exchange, PlimsollError::WrongExchange);
            require!(collateral.version == VERSION, PlimsollError::WrongVersion);
            self.collaterals.push((account.key, collateral));
        } else if let Some(history) = view::<History>(account)? {
            // It belongs to an underlying, which belongs to an exchange: it is found by the underlying's key.
            require!(history.version == VERSION, PlimsollError::WrongVersion);
            self.histories.push(history);
        } else if let (Some(caches), Some(cache)) = (self.caches.as_mut(), view::<RiskCache>(account)?) {
            // As a history: it is found by the underlying's key, and says nothing but what this program computed.
            require!(cache.version == VERSION, PlimsollError::WrongVersion);
            caches.push(cache);
        } else {
            return err!(PlimsollError::UnexpectedAccount);
        }
        Ok(())
    }

    #[inline(always)]
    pub fn underlying(&self, key: &Pubkey) -> Result<&Underlying> {
        let found = self.underlyings.iter().find(|(candidate, _)| *candidate == key);
        found.map(|(_, underlying)| &**underlying).ok_or_else(|| PlimsollError::MarketMissing.into())
    }

    pub fn history(&self, underlying: &Pubkey) -> Result<&History> {
        let found = self.histories.iter().find(|history| history.underlying == *underlying);
        found.map(|history| &**history).ok_or_else(|| PlimsollError::MarketMissing.into())
    }

    /// Risk arrays of an underlying, if they were passed.
    pub fn cache(&self, underlying: &Pubkey) -> Option<&RiskCache> {
        let caches = self.caches.as_deref().unwrap_or_default();
        caches.iter().find(|cache| cache.underlying == *underlying).map(|cache| &**cache)
    }

    /// Whether any risk cache was passed.
    pub fn has_caches(&self) -> bool {
        self.caches.as_ref().is_some_and(|caches| !caches.is_empty())
    }

    pub fn collateral(&self, key: &Pubkey) -> Result<&Collateral> {
        let found = self.collaterals.iter().find(|(candidate, _)| *candidate == key);
        found.map(|(_, collateral)| &**collateral).ok_or_else(|| PlimsollError::MarketMissing.into())
    }
}

/// The account as a `T`, or `None` if its discriminator is another's. The owner has been checked.
fn view<'a, T: ZeroCopy + Discriminator>(account: &'a AccountInfo<'_>) -> Result<Option<Ref<'a, T>>> {
    let data = account.try_borrow_data()?;
    let start = T::DISCRIMINATOR.len();
    let end = start + core::mem::size_of::<T>();
    if data.len() < end || &data[..start] != T::DISCRIMINATOR {
        return Ok(None);
    }
    Ok(Some(Ref::map(data, |data| bytemuck::from_bytes(&data[start..end]))))
}
