//! Every change of an account advances its sequence number; no number ever goes back.

use super::{Broken, Step};
use plimsoll::state::MarginAccount;

pub fn check(step: &Step) -> Result<(), Broken> {
    for (key, after) in &step.after.accounts {
        let Some(before) = step.before.account(key) else { continue };
        let numbers = |account: &MarginAccount| (account.sequence, account.liquidation_sequence);
        let ((sequence, liquidations), (new_sequence, new_liquidations)) = (numbers(before), numbers(after));
        if new_sequence < sequence || new_liquidations < liquidations {
            return Err(format!("account {key}: sequences went from {:?} to {:?}", numbers(before), numbers(after)));
        }
        let is_changed = bytemuck::bytes_of(before) != bytemuck::bytes_of(after);
        if is_changed && new_sequence == sequence {
            return Err(format!("account {key} has changed without its sequence {sequence}"));
        }
    }
    Ok(())
}
