//! Token movements, checked by the vault's balance before and after, and the mints that may be used at all.

use anchor_lang::prelude::*;
use anchor_spl::token_2022::spl_token_2022::extension::{BaseStateWithExtensions, ExtensionType, StateWithExtensions};
use anchor_spl::token_2022::spl_token_2022::state::Mint as MintState;
use anchor_spl::token_interface::{self, Mint, TokenAccount, TokenInterface, TransferChecked};

use crate::constants::EXCHANGE_SEED;
use crate::errors::PlimsollError;
use crate::state::Exchange;

/// Extensions that change nothing about balances, transfers or who controls them. Every other one is refused:
/// fees, hooks, permanent delegates, confidential balances, default states, pauses, closable mints, interest.
const SAFE_EXTENSIONS: [ExtensionType; 6] = [
    ExtensionType::MetadataPointer,
    ExtensionType::TokenMetadata,
    ExtensionType::GroupPointer,
    ExtensionType::TokenGroup,
    ExtensionType::GroupMemberPointer,
    ExtensionType::TokenGroupMember,
];

/// Refuses mints whose extensions could take, freeze, tax or hide tokens in a vault.
///
/// # Errors
/// [`PlimsollError::MintExtension`], [`PlimsollError::WrongMint`] for a mint that cannot be read.
pub fn require_safe_mint(mint: &AccountInfo) -> Result<()> {
    if *mint.owner == anchor_spl::token::ID {
        return Ok(());
    }
    let data = mint.try_borrow_data()?;
    let state = StateWithExtensions::<MintState>::unpack(&data).map_err(|_| PlimsollError::WrongMint)?;
    let extensions = state.get_extension_types().map_err(|_| PlimsollError::WrongMint)?;
    require!(extensions.iter().all(|extension| SAFE_EXTENSIONS.contains(extension)), PlimsollError::MintExtension);
    Ok(())
}

/// The accounts of a transfer between a user and a vault.
pub struct Transfer<'a, 'info> {
    pub mint: &'a InterfaceAccount<'info, Mint>,
    pub vault: &'a mut InterfaceAccount<'info, TokenAccount>,
    pub user: &'a InterfaceAccount<'info, TokenAccount>,
    pub token_program: &'a Interface<'info, TokenInterface>,
}

impl<'info> Transfer<'_, 'info> {
    /// Moves tokens into the vault. # Errors [`PlimsollError::TransferMismatch`] when not exactly `amount` arrives.
    pub fn receive(self, authority: &Signer<'info>, amount: u64) -> Result<()> {
        let accounts = TransferChecked {
            from: self.user.to_account_info(),
            mint: self.mint.to_account_info(),
            to: self.vault.to_account_info(),
            authority: authority.to_account_info(),
        };
        let before = self.vault.amount;
        token_interface::transfer_checked(
            CpiContext::new(self.token_program.key(), accounts),
            amount,
            self.mint.decimals,
        )?;
        self.vault.reload()?;
        require!(self.vault.amount.checked_sub(before) == Some(amount), PlimsollError::TransferMismatch);
        Ok(())
    }

    /// Moves tokens out of the vault, signed by the exchange. # Errors [`PlimsollError::TransferMismatch`].
    pub fn pay(self, exchange: &AccountLoader<'info, Exchange>, amount: u64) -> Result<()> {
        let (creator, bump) = {
            let state = exchange.load()?;
            (state.creator, [state.bump])
        };
        let seeds: &[&[u8]] = &[EXCHANGE_SEED, creator.as_ref(), &bump];
        let accounts = TransferChecked {
            from: self.vault.to_account_info(),
            mint: self.mint.to_account_info(),
            to: self.user.to_account_info(),
            authority: exchange.to_account_info(),
        };
        let before = self.vault.amount;
        require!(before >= amount, PlimsollError::VaultShort);
        let signer = &[seeds];
        let context = CpiContext::new_with_signer(self.token_program.key(), accounts, signer);
        token_interface::transfer_checked(context, amount, self.mint.decimals)?;
        self.vault.reload()?;
        require!(before.checked_sub(self.vault.amount) == Some(amount), PlimsollError::TransferMismatch);
        Ok(())
    }
}
