//! What happens to people: whole lives of accounts, with every law checked at every step.

mod collateral;
mod isolated;
mod netting;
mod oracle_silence;
mod price_spike;
mod real_oracles;
mod same_margin;
mod settlement_fallback;
mod spreads;
mod squeeze;
