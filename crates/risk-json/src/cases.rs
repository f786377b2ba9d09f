//! The JSON of questions and answers. Units are in the names: `_e9` prices and ratios, `_e6` contracts, `_q40` binary.

use serde::{Deserialize, Serialize, Serializer};

#[derive(Deserialize)]
pub struct Cases {
    #[serde(default)]
    pub margins: Vec<MarginCase>,
    #[serde(default)]
    pub settlements: Vec<SettlementCase>,
}

#[derive(Serialize)]
pub struct Answers {
    pub margins: Vec<MarginAnswer>,
    pub settlements: Vec<SettlementAnswer>,
}

/// One margin account with everything its margin depends on.
#[derive(Deserialize)]
pub struct MarginCase {
    pub cash_atoms: i64,
    /// Price of the quote stablecoin.
    pub stable_e9: i64,
    pub liquidation: LiquidationTerms,
    #[serde(default)]
    pub underlyings: Vec<UnderlyingCase>,
    #[serde(default)]
    pub collaterals: Vec<CollateralCase>,
}

#[derive(Deserialize)]
pub struct LiquidationTerms {
    pub discount_e9: i64,
    pub buffer_e9: i64,
    pub dust_atoms: i64,
    pub fee_e9: i64,
}

#[derive(Deserialize)]
pub struct UnderlyingCase {
    pub params: CrossTermsCase,
    pub index_e9: i64,
    pub low_e9: i64,
    pub high_e9: i64,
    pub confidence_e9: i64,
    pub expiries: Vec<ExpiryCase>,
}

#[derive(Deserialize)]
pub struct CrossTermsCase {
    pub max_spot_e9: i64,
    pub min_spot_e9: i64,
    pub mm_call_e9: i64,
    pub mm_put_e9: i64,
    pub mm_put_mtm_e9: i64,
    pub unpaired_im_e9: i64,
    pub unpaired_mm_e9: i64,
    pub mm_offset_e9: i64,
    pub confidence_threshold_e9: i64,
    pub confidence_factor_e9: i64,
    pub peg_threshold_e9: i64,
    pub peg_factor_e9: i64,
}

#[derive(Deserialize)]
pub struct ExpiryCase {
    pub seconds_to_expiry: i64,
    pub forward_ratio_q40: i64,
    pub rate_e9: i64,
    pub surface: SurfaceCase,
    pub legs: Vec<LegCase>,
}

/// SVI per year, and the seconds to expiry at which it was published.
#[derive(Deserialize)]
pub struct SurfaceCase {
    pub a_q40: i64,
    pub b_q40: i64,
    pub rho_q40: i64,
    pub m_q40: i64,
    pub s_q40: i64,
    pub tenor_secs: i64,
}

#[derive(Deserialize)]
pub struct LegCase {
    pub is_put: bool,
    pub strike_e9: i64,
    pub size_e6: i64,
}

#[derive(Deserialize)]
pub struct CollateralCase {
    pub balance_atoms: u64,
    pub decimals: u8,
    pub price_e9: i64,
    pub low_e9: i64,
    pub haircut_initial_e9: i64,
    pub haircut_maintenance_e9: i64,
}

#[derive(Serialize)]
pub struct MarginAnswer {
    #[serde(serialize_with = "text")]
    pub equity_atoms: i64,
    #[serde(serialize_with = "text")]
    pub initial_atoms: i64,
    #[serde(serialize_with = "text")]
    pub maintenance_atoms: i64,
    #[serde(serialize_with = "text")]
    pub health_factor_e9: i64,
    #[serde(serialize_with = "text")]
    pub mark_atoms: i64,
    #[serde(serialize_with = "text")]
    pub collateral_atoms: i64,
    /// healthy, restricted, liquidatable or bankrupt.
    pub state: &'static str,
    /// Largest fraction a liquidation may take now; 0 for an account that cannot be liquidated.
    #[serde(serialize_with = "text")]
    pub fraction_e9: i64,
    /// What the taker of that fraction pays.
    #[serde(serialize_with = "text")]
    pub payment_atoms: i64,
    /// The taker's part of the cash.
    #[serde(serialize_with = "text")]
    pub cash_slice_atoms: i64,
    /// The taker's part of every leg, in the order of the case.
    #[serde(serialize_with = "texts")]
    pub leg_slices_e6: Vec<i64>,
    /// What of the bonus is the insurance fund's.
    #[serde(serialize_with = "text")]
    pub fee_atoms: i64,
}

#[derive(Deserialize)]
pub struct SettlementCase {
    pub expiry_ts: i64,
    pub observations: Vec<ObservationCase>,
    pub positions: Vec<LegCase>,
}

/// A price that was in force from one time to another.
#[derive(Deserialize)]
pub struct ObservationCase {
    pub price_e9: i64,
    pub from: i64,
    pub to: i64,
}

#[derive(Serialize)]
pub struct SettlementAnswer {
    #[serde(serialize_with = "text")]
    pub settlement_e9: i64,
    #[serde(serialize_with = "text")]
    pub covered_secs: i64,
    #[serde(serialize_with = "texts")]
    pub payoffs_atoms: Vec<i64>,
}

fn text<S: Serializer>(number: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(number)
}

fn texts<S: Serializer>(numbers: &[i64], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(numbers.iter().map(i64::to_string))
}
