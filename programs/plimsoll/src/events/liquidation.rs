//! Margin calls, breaches, auctions and who took what.

use anchor_lang::prelude::*;

#[event]
pub struct MarginCalled {
    pub account: Pubkey,
    pub equity_atoms: i64,
    pub initial_atoms: i64,
    pub maintenance_atoms: i64,
    pub health_factor_e9: i64,
    pub at: i64,
    /// Until when it is to be met.
    pub deadline: i64,
}

#[event]
pub struct MarginCallCleared {
    pub account: Pubkey,
    pub called_at: i64,
}

/// The health factor is under the warning level of the exchange, and the account is not in breach.
#[event]
pub struct AccountWarned {
    pub account: Pubkey,
    pub equity_atoms: i64,
    pub maintenance_atoms: i64,
    pub health_factor_e9: i64,
    pub at: i64,
}

/// The account was seen in breach, and its auction has started or goes on.
#[event]
pub struct BreachSeen {
    pub account: Pubkey,
    pub equity_atoms: i64,
    pub maintenance_atoms: i64,
    /// When the auction started: now, if this is the first sighting.
    pub started_at: i64,
    /// Its clock.
    pub elapsed_secs: i64,
    /// Price of a slice as a part of what is for sale, scale 1e-9.
    pub discount_e9: i64,
    /// What the insurance fund pays for taking over all of it, if the account is insolvent and the fund has as much.
    pub support_atoms: i64,
    pub at: i64,
}

/// The account is no longer in breach, and its auction is over.
#[event]
pub struct AuctionEnded {
    pub account: Pubkey,
    pub started_at: i64,
    pub elapsed_secs: i64,
    /// What takers have paid.
    pub paid_atoms: i64,
    pub at: i64,
}

#[event]
pub struct AccountLiquidated {
    pub account: Pubkey,
    pub liquidator: Pubkey,
    pub liquidation_sequence: u64,
    /// Part of everything that went to the liquidator, scale 1e-9.
    pub fraction_e9: i64,
    /// What the liquidator paid.
    pub payment_atoms: i64,
    /// What the slice was worth more than that.
    pub bonus_atoms: i64,
    /// What of the bonus is the insurance fund's.
    pub fee_atoms: i64,
    /// Price of the slice as a part of what was for sale, scale 1e-9.
    pub discount_e9: i64,
    /// Paid by earlier takers of this auction, and not sold again.
    pub kept_atoms: i64,
    /// Time since the breach was first seen.
    pub lag_secs: i64,
    pub equity_before_atoms: i64,
    pub maintenance_before_atoms: i64,
    /// What is left in equal parts: exact but for the rounding of lots, a millionth of a contract each.
    pub equity_after_atoms: i64,
    pub maintenance_after_atoms: i64,
}

/// An account in breach has sold collateral to repair its cash.
#[event]
pub struct CollateralBought {
    pub account: Pubkey,
    pub buyer: Pubkey,
    pub collateral: Pubkey,
    pub liquidation_sequence: u64,
    /// In the mint's atoms.
    pub amount_atoms: u64,
    pub payment_atoms: i64,
    /// What it was worth at the index more than that.
    pub bonus_atoms: i64,
    /// What of the bonus is the insurance fund's.
    pub fee_atoms: i64,
    /// Price as a part of the upper end of the collateral's price range, scale 1e-9.
    pub discount_e9: i64,
    /// Time since the breach was first seen.
    pub lag_secs: i64,
    pub maintenance_before_atoms: i64,
    pub maintenance_after_atoms: i64,
}

/// An account in breach has bought an option that covers its risk.
#[event]
pub struct AccountHedged {
    pub account: Pubkey,
    /// Who sold the option and is short in it now.
    pub provider: Pubkey,
    pub underlying: Pubkey,
    pub series: u16,
    pub liquidation_sequence: u64,
    /// In 1e-6 contracts, what the account got.
    pub size_e6: i64,
    /// What that was worth to the account at the index.
    pub mark_atoms: i64,
    /// What the account paid above it.
    pub bonus_atoms: i64,
    /// What of the bonus is the insurance fund's.
    pub fee_atoms: i64,
    /// By how much its maintenance requirement fell.
    pub released_atoms: i64,
    /// Price of a slice of the auction, scale 1e-9: the bonus is what a slice that releases as much would cost the account.
    pub discount_e9: i64,
    /// Paid by earlier takers of this auction, on which there is no bonus.
    pub kept_atoms: i64,
    /// Time since the breach was first seen.
    pub lag_secs: i64,
    pub index_e9: i64,
    pub equity_before_atoms: i64,
    pub maintenance_before_atoms: i64,
    pub equity_after_atoms: i64,
    pub maintenance_after_atoms: i64,
}

/// A part of an insolvent account, or all of it, has gone to a taker whom the insurance fund pays for it.
#[event]
pub struct AccountTakenOver {
    pub account: Pubkey,
    pub taker: Pubkey,
    pub liquidation_sequence: u64,
    /// Part of everything that went to the taker, scale 1e-9.
    pub fraction_e9: i64,
    /// What the taker was paid: the loss, and what it took to find somebody who bears the risk.
    pub support_atoms: i64,
    /// What the fund has left.
    pub fund_atoms: i64,
    /// Time since the account was first seen insolvent.
    pub lag_secs: i64,
    pub equity_before_atoms: i64,
    pub maintenance_before_atoms: i64,
}
