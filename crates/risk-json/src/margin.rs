//! A margin case answered by the risk crate, in the order in which the program adds up an account.

use plimsoll_risk::fixed::{mul_div, mul_shift, Rounding};
use plimsoll_risk::liquidation::{
    max_fraction, required_fee, required_payment, slice_of_balance, slice_of_position, Breach,
};
use plimsoll_risk::margin::cross::PriceQuality;
use plimsoll_risk::margin::report::MarginSum;
use plimsoll_risk::margin::{
    CollateralBalance, CollateralMarket, CrossExpiry, CrossTerms, Leg, MarginReport, MarginState, UnderlyingMargin,
};
use plimsoll_risk::math::{ln_price, ln_ratio_q40, sqrt_years};
use plimsoll_risk::params::{CrossParams, LiquidationParams};
use plimsoll_risk::pricing::black76::{discount, total_vol, ForwardCurve, OptionKind, Strike};
use plimsoll_risk::pricing::surface::Svi;
use plimsoll_risk::units::{Contracts, Exact, Log, Price, Ratio, Seconds, Skew, TotalVol, Value, Variance, ONE_E9, Q};
use plimsoll_risk::RiskError;

use crate::cases::{
    CollateralCase, CrossTermsCase, ExpiryCase, LegCase, MarginAnswer, MarginCase, SurfaceCase, UnderlyingCase,
};

/// A price whose confidence interval is this part of it deserves no confidence at all: 10 %.
const WIDEST_CONFIDENCE: Ratio = Ratio::from_millionths(100_000);

pub fn answer(case: &MarginCase) -> Result<MarginAnswer, RiskError> {
    let stable = Price::from_raw(case.stable_e9);
    let mut sum = MarginSum::default();
    for underlying in &case.underlyings {
        add_underlying(&mut sum, underlying, stable)?;
    }
    for collateral in &case.collaterals {
        sum.add_collateral(&market(collateral).value(CollateralBalance(collateral.balance_atoms), stable)?)?;
    }
    describe(case, &sum.report(Value::from_raw(case.cash_atoms))?)
}

fn describe(case: &MarginCase, report: &MarginReport) -> Result<MarginAnswer, RiskError> {
    let terms = LiquidationParams {
        discount: Ratio::from_raw(case.liquidation.discount_e9),
        buffer: Ratio::from_raw(case.liquidation.buffer_e9),
        dust: Value::from_raw(case.liquidation.dust_atoms),
        fee: Ratio::from_raw(case.liquidation.fee_e9),
        ..LiquidationParams::DEFAULT
    };
    let breach = Breach { equity: report.equity, maintenance: report.maintenance, paid_in: Value::ZERO };
    let fraction = max_fraction(&breach, terms.discount, &terms)?;
    let payment = required_payment(&breach, terms.discount, fraction)?;
    let bonus = slice_of_balance(report.equity.raw(), fraction)?.saturating_sub(payment.raw());
    let legs = case.underlyings.iter().flat_map(|u| &u.expiries).flat_map(|e| &e.legs);
    let slices = legs.map(|leg| Ok(slice_of_position(Contracts::from_raw(leg.size_e6), fraction)?.raw()));
    Ok(MarginAnswer {
        equity_atoms: report.equity.raw(),
        initial_atoms: report.initial.raw(),
        maintenance_atoms: report.maintenance.raw(),
        health_factor_e9: report.health_factor()?.raw(),
        mark_atoms: report.mark.raw(),
        collateral_atoms: report.collateral.raw(),
        state: match report.state() {
            MarginState::Healthy => "healthy",
            MarginState::Restricted => "restricted",
            MarginState::Liquidatable => "liquidatable",
            MarginState::Bankrupt => "bankrupt",
        },
        fraction_e9: fraction.raw(),
        payment_atoms: payment.raw(),
        cash_slice_atoms: slice_of_balance(case.cash_atoms, fraction)?,
        leg_slices_e6: slices.collect::<Result<_, RiskError>>()?,
        fee_atoms: required_fee(Value::from_raw(bonus), terms.fee)?.raw(),
    })
}

/// MM and mark at the index; IM at the worst of index and both ends of the price range.
fn add_underlying(sum: &mut MarginSum, case: &UnderlyingCase, stable: Price) -> Result<(), RiskError> {
    let params = cross_params(&case.params);
    let quality = PriceQuality { confidence: confidence(case)?, stable };
    let index = Price::from_raw(case.index_e9);
    let at_index = margin_at(case, &params, index, &quality)?;
    let mut worst: Exact = at_index.initial;
    for spot in [Price::from_raw(case.low_e9), Price::from_raw(case.high_e9)] {
        if spot != index {
            worst = worst.min(margin_at(case, &params, spot, &quality)?.initial);
        }
    }
    sum.add_underlying(&at_index, worst)
}

fn confidence(case: &UnderlyingCase) -> Result<Ratio, RiskError> {
    let widest = Price::from_raw(case.index_e9).scale(WIDEST_CONFIDENCE, Rounding::Up)?;
    let doubt = mul_div(case.confidence_e9, ONE_E9, widest.raw(), Rounding::Up)?;
    Ok(Ratio::from_raw((ONE_E9 - doubt).max(0)))
}

fn margin_at(
    case: &UnderlyingCase,
    params: &CrossParams,
    spot: Price,
    quality: &PriceQuality,
) -> Result<UnderlyingMargin, RiskError> {
    let terms = CrossTerms::new(params, spot)?;
    let mut margin = UnderlyingMargin::default();
    for expiry in &case.expiries {
        let legs = legs(expiry, Price::from_raw(case.index_e9))?;
        margin.add_expiry(&CrossExpiry { curve: curve(expiry, spot)?, legs: &legs }.margin(&terms)?)?;
    }
    margin.charge_quality(params, spot, quality)?;
    Ok(margin)
}

fn curve(expiry: &ExpiryCase, spot: Price) -> Result<ForwardCurve, RiskError> {
    let log_forward = ln_price(spot)?.raw() + ln_ratio_q40(expiry.forward_ratio_q40)?;
    Ok(ForwardCurve {
        forward: Price::from_raw(mul_shift::<Q>(spot.raw(), expiry.forward_ratio_q40)),
        log_forward: Log::from_raw(log_forward),
        discount: discount(Ratio::from_raw(expiry.rate_e9), Seconds::from_raw(expiry.seconds_to_expiry)),
    })
}

/// Volatility is read off the surface at the index, whatever the spot the margin is taken at.
fn legs(expiry: &ExpiryCase, index: Price) -> Result<Vec<Leg>, RiskError> {
    let log_forward = curve(expiry, index)?.log_forward;
    let surface = surface(&expiry.surface)?;
    let sqrt_years = sqrt_years(Seconds::from_raw(expiry.seconds_to_expiry));
    let leg = |leg: &LegCase| {
        let strike = Strike::new(Price::from_raw(leg.strike_e9))?;
        let log_moneyness = Log::from_raw(strike.log.raw() - log_forward.raw());
        let total_vol: TotalVol = total_vol(surface.vol_at(log_moneyness), sqrt_years);
        Ok(Leg { kind: kind(leg), strike, size: Contracts::from_raw(leg.size_e6), total_vol })
    };
    expiry.legs.iter().map(leg).collect()
}

pub fn kind(leg: &LegCase) -> OptionKind {
    if leg.is_put {
        OptionKind::Put
    } else {
        OptionKind::Call
    }
}

fn surface(case: &SurfaceCase) -> Result<Svi, RiskError> {
    Svi::new(
        Variance::from_raw(case.a_q40),
        Variance::from_raw(case.b_q40),
        Skew::from_raw(case.rho_q40),
        Log::from_raw(case.m_q40),
        Log::from_raw(case.s_q40),
        Seconds::from_raw(case.tenor_secs),
    )
}

fn market(case: &CollateralCase) -> CollateralMarket {
    CollateralMarket {
        decimals: case.decimals,
        price: Price::from_raw(case.price_e9),
        price_initial: Price::from_raw(case.low_e9),
        haircut_initial: Ratio::from_raw(case.haircut_initial_e9),
        haircut_maintenance: Ratio::from_raw(case.haircut_maintenance_e9),
    }
}

fn cross_params(case: &CrossTermsCase) -> CrossParams {
    CrossParams {
        max_spot: Ratio::from_raw(case.max_spot_e9),
        min_spot: Ratio::from_raw(case.min_spot_e9),
        mm_call: Ratio::from_raw(case.mm_call_e9),
        mm_put: Ratio::from_raw(case.mm_put_e9),
        mm_put_mtm: Ratio::from_raw(case.mm_put_mtm_e9),
        unpaired_im: Ratio::from_raw(case.unpaired_im_e9),
        unpaired_mm: Ratio::from_raw(case.unpaired_mm_e9),
        mm_offset: Ratio::from_raw(case.mm_offset_e9),
        confidence_threshold: Ratio::from_raw(case.confidence_threshold_e9),
        confidence_factor: Ratio::from_raw(case.confidence_factor_e9),
        peg_threshold: Ratio::from_raw(case.peg_threshold_e9),
        peg_factor: Ratio::from_raw(case.peg_factor_e9),
    }
}
