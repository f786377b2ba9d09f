//! Token-2022 mints with one extension, written byte by byte.

use crate::fixture::key;
use crate::{pyth, Fixture};
use anchor_lang::solana_program::program_pack::Pack;
use anchor_spl::token::spl_token::state::Mint;
use anchor_spl::token_2022::spl_token_2022::extension::ExtensionType;
use anchor_spl::token_2022::spl_token_2022::state::Mint as Mint2022;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

/// Extensions a mint can have that may tax, hook, seize, hide, freeze, bind, rebase, end or stop tokens in a vault.
pub const DANGEROUS: [ExtensionType; 12] = [
    ExtensionType::TransferFeeConfig,
    ExtensionType::TransferHook,
    ExtensionType::PermanentDelegate,
    ExtensionType::ConfidentialTransferMint,
    ExtensionType::ConfidentialTransferFeeConfig,
    ExtensionType::ConfidentialMintBurn,
    ExtensionType::DefaultAccountState,
    ExtensionType::NonTransferable,
    ExtensionType::InterestBearingConfig,
    ExtensionType::ScaledUiAmount,
    ExtensionType::MintCloseAuthority,
    ExtensionType::Pausable,
];

/// Extensions that say something about a token and change nothing.
pub const HARMLESS: [ExtensionType; 3] =
    [ExtensionType::MetadataPointer, ExtensionType::GroupPointer, ExtensionType::GroupMemberPointer];

/// Writes a Token-2022 mint with these extensions, all of their fields zero where the token program allows it.
pub fn write_mint_2022(f: &mut Fixture, name: &str, decimals: u8, extensions: &[ExtensionType]) -> Pubkey {
    const ACCOUNT_TYPE: usize = 165;
    let state = Mint { supply: 1 << 60, decimals, is_initialized: true, ..Mint::default() };
    let mut bytes = vec![0; Mint::LEN];
    Mint::pack(state, &mut bytes).expect("a mint can be packed");
    if !extensions.is_empty() {
        bytes.resize(ACCOUNT_TYPE, 0);
        bytes.push(1);
    }
    for extension in extensions {
        let length = ExtensionType::try_calculate_account_len::<Mint2022>(&[*extension]);
        let length = length.expect("its length is fixed") - ACCOUNT_TYPE - 5;
        bytes.extend((*extension as u16).to_le_bytes());
        bytes.extend((length as u16).to_le_bytes());
        let mut value = vec![0; length];
        if *extension == ExtensionType::DefaultAccountState {
            // Frozen: new accounts cannot move anything until somebody thaws them.
            value[0] = 2;
        }
        bytes.extend(value);
    }
    let address = key(name).pubkey();
    f.chain.set_account(&address, pyth::account(bytes, anchor_spl::token_2022::ID));
    address
}
