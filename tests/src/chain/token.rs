//! What the native chain knows of the SPL Token program: `TransferChecked` between plain accounts, with its checks in its order.

use anchor_lang::prelude::AccountInfo;
use anchor_lang::solana_program::program_pack::Pack;
use anchor_spl::token::spl_token::error::TokenError;
use anchor_spl::token::spl_token::state::{Account as Tokens, AccountState, Mint};
use solana_instruction::error::InstructionError;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

const TRANSFER_CHECKED: u8 = 12;

/// What the token program has left in the accounts it was given: nobody but it may write there.
#[derive(Default)]
pub struct Writes(pub(super) Vec<(Pubkey, Vec<u8>)>);

impl Writes {
    /// The data of an account after its last transfer.
    pub fn left(&self, key: &Pubkey) -> Option<&[u8]> {
        self.0.iter().find(|(candidate, _)| candidate == key).map(|(_, data)| &data[..])
    }

    fn write(&mut self, info: &AccountInfo, state: Tokens) -> Result<(), InstructionError> {
        let mut data = info.try_borrow_mut_data().map_err(|_| InstructionError::AccountBorrowFailed)?;
        Tokens::pack(state, &mut data[..Tokens::LEN]).map_err(|_| InstructionError::InvalidAccountData)?;
        self.0.retain(|(key, _)| key != info.key);
        self.0.push((*info.key, data.to_vec()));
        Ok(())
    }
}

/// Runs an instruction that the program has called with these accounts and seeds.
pub fn invoke(
    instruction: &Instruction,
    infos: &[AccountInfo],
    seeds: &[&[&[u8]]],
    writes: &mut Writes,
) -> Result<(), InstructionError> {
    if instruction.program_id != anchor_spl::token::ID {
        return Err(InstructionError::UnsupportedProgramId);
    }
    let [TRANSFER_CHECKED, amount @ .., decimals] = &instruction.data[..] else {
        return Err(InstructionError::InvalidInstructionData);
    };
    let amount = amount.try_into().map(u64::from_le_bytes).map_err(|_| InstructionError::InvalidInstructionData)?;
    let signs = |key: &Pubkey| {
        seeds.iter().any(|seeds| Pubkey::create_program_address(seeds, &plimsoll::ID).is_ok_and(|made| made == *key))
    };
    let mut named = vec![];
    for meta in &instruction.accounts {
        let info = infos.iter().find(|info| *info.key == meta.pubkey).ok_or(InstructionError::MissingAccount)?;
        let is_escalated =
            (meta.is_signer && !info.is_signer && !signs(info.key)) || (meta.is_writable && !info.is_writable);
        if is_escalated {
            return Err(InstructionError::PrivilegeEscalation);
        }
        named.push((info, meta.is_signer));
    }
    let [(from, _), (mint, _), (to, _), (authority, is_signed)] = named[..] else {
        return Err(InstructionError::MissingAccount);
    };
    transfer([from, mint, to], (authority.key, is_signed), (amount, *decimals), writes)
}

fn transfer(
    [from, mint, to]: [&AccountInfo; 3],
    (authority, is_signed): (&Pubkey, bool),
    (amount, decimals): (u64, u8),
    writes: &mut Writes,
) -> Result<(), InstructionError> {
    let (mut source, mut target) = (read::<Tokens>(from)?, read::<Tokens>(to)?);
    require(source.state != AccountState::Frozen && target.state != AccountState::Frozen, TokenError::AccountFrozen)?;
    require(source.amount >= amount, TokenError::InsufficientFunds)?;
    require(source.mint == target.mint && source.mint == *mint.key, TokenError::MintMismatch)?;
    require(read::<Mint>(mint)?.decimals == decimals, TokenError::MintDecimalsMismatch)?;
    // Delegates and wrapped SOL do not happen here.
    require(source.owner == *authority, TokenError::OwnerMismatch)?;
    if !is_signed {
        return Err(InstructionError::MissingRequiredSignature);
    }
    if source.is_native() || target.is_native() {
        return Err(InstructionError::UnsupportedProgramId);
    }
    if from.key == to.key || amount == 0 {
        return Ok(());
    }
    source.amount -= amount;
    target.amount = target.amount.checked_add(amount).ok_or(InstructionError::Custom(TokenError::Overflow as u32))?;
    writes.write(from, source)?;
    writes.write(to, target)
}

fn read<T: Pack + anchor_lang::solana_program::program_pack::IsInitialized>(
    info: &AccountInfo,
) -> Result<T, InstructionError> {
    if *info.owner != anchor_spl::token::ID {
        return Err(InstructionError::IncorrectProgramId);
    }
    let data = info.try_borrow_data().map_err(|_| InstructionError::AccountBorrowFailed)?;
    T::unpack(&data).map_err(|_| InstructionError::InvalidAccountData)
}

fn require(holds: bool, error: TokenError) -> Result<(), InstructionError> {
    holds.then_some(()).ok_or(InstructionError::Custom(error as u32))
}
