//! What must hold whatever happens, one law per file: functions over decoded state that say which terms do not add up.

pub mod auction;
pub mod backstop;
pub mod hedge;
pub mod homogeneity;
pub mod insurance;
pub mod interest;
pub mod liquidation;
pub mod losses;
pub mod margin_order;
pub mod positions;
pub mod sale;
pub mod sequence;
pub mod solvency;
pub mod vaults;

#[cfg(test)]
mod tampered;
#[cfg(test)]
mod tampered_backstop;
#[cfg(test)]
mod tampered_losses;

use crate::chain::Receipt;
use crate::native;
use crate::world::World;
use plimsoll::health::{Health, Purpose};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

/// A broken law, with every term of it.
pub type Broken = String;

/// Whether the law has to be checked on this account.
type Due<'a> = &'a dyn Fn(&Pubkey) -> bool;

/// One successful transaction.
pub struct Step<'a> {
    pub before: World,
    pub after: World,
    pub instructions: &'a [Instruction],
    pub receipt: &'a Receipt,
}

impl Step<'_> {
    /// The transaction's instructions to the program that carry this discriminator.
    pub fn calls<'s>(&'s self, discriminator: &'static [u8]) -> impl Iterator<Item = &'s Instruction> {
        let ours = self.instructions.iter().filter(|instruction| instruction.program_id == plimsoll::ID);
        ours.filter(move |instruction| instruction.data.starts_with(discriminator))
    }

    /// Whether state before and after can be laid at the door of one instruction of the program.
    pub fn is_single(&self) -> bool {
        self.instructions.iter().filter(|instruction| instruction.program_id == plimsoll::ID).count() == 1
    }
}

/// What an account is worth as a liquidation sees it.
fn valued(world: &World, key: &Pubkey) -> Result<Health, Broken> {
    let account = world.account(key).ok_or_else(|| format!("account {key} is gone"))?;
    let valued = native::value(world, account, Purpose::Liquidation);
    valued.map_err(|error| format!("account {key} without a price: {error}"))
}

/// Checks every law on a transaction.
pub fn check(step: &Step) -> Result<(), Broken> {
    check_since(step, None)
}

/// The same where every law held in an earlier state: accounts whose value cannot have moved since are not valued again.
pub fn check_since(step: &Step, checked: Option<&World>) -> Result<(), Broken> {
    check_state_of(&step.after, &|key| checked.is_none_or(|then| step.after.has_moved(then, key)))?;
    sequence::check(step)?;
    solvency::check(step)?;
    auction::check(step)?;
    insurance::check(step)?;
    backstop::check(step)?;
    sale::check(step)?;
    losses::check(step)?;
    hedge::check(step)?;
    liquidation::check(step)
}

/// Checks the laws about state alone.
pub fn check_state(world: &World) -> Result<(), Broken> {
    check_state_of(world, &|_| true)
}

fn check_state_of(world: &World, is_due: Due) -> Result<(), Broken> {
    vaults::check(world)?;
    interest::check(world)?;
    positions::check(world)?;
    auction::check_state(world)?;
    insurance::check_state(world)?;
    backstop::check_state(world)?;
    losses::check_state(world)?;
    margin_order::check(world, is_due)?;
    homogeneity::check(world, is_due)
}
