//! Cross margin of one underlying of a file.

use crate::convert::{dollars, explain, price_or_zero, ratio, usd};
use crate::format::{Params, UnderlyingFile};
use crate::market::LiveExpiry;
use crate::report::UnderlyingReport;
use crate::settled;
use anyhow::{Context, Result};
use plimsoll_risk::margin::cross::PriceQuality;
use plimsoll_risk::margin::{CrossExpiry, CrossTerms, UnderlyingMargin};
use plimsoll_risk::params::CrossParams;
use plimsoll_risk::units::{Exact, Ratio, Vol};

/// The parameters, the product's defaults where the file is silent.
pub fn params(p: &Params) -> Result<CrossParams> {
    let or = |name: &str, given: Option<f64>, default: Ratio| given.map_or(Ok(default), |x| ratio(name, x));
    let d = CrossParams::DEFAULT;
    let params = CrossParams {
        max_spot: or("max_spot", p.max_spot, d.max_spot)?,
        min_spot: or("min_spot", p.min_spot, d.min_spot)?,
        mm_call: or("mm_call", p.mm_call, d.mm_call)?,
        mm_put: or("mm_put", p.mm_put, d.mm_put)?,
        mm_put_mtm: or("mm_put_mtm", p.mm_put_mtm, d.mm_put_mtm)?,
        unpaired_im: or("unpaired_im", p.unpaired_im, d.unpaired_im)?,
        unpaired_mm: or("unpaired_mm", p.unpaired_mm, d.unpaired_mm)?,
        mm_offset: or("mm_offset", p.mm_offset, d.mm_offset)?,
        confidence_threshold: or("confidence_threshold", p.confidence_threshold, d.confidence_threshold)?,
        confidence_factor: or("confidence_factor", p.confidence_factor, d.confidence_factor)?,
        peg_threshold: or("depeg_threshold", p.depeg_threshold, d.peg_threshold)?,
        peg_factor: or("depeg_factor", p.depeg_factor, d.peg_factor)?,
    };
    params.validate().map_err(explain)?;
    Ok(params)
}

/// Margin at one spot, given as a factor on the index.
fn at(file: &UnderlyingFile, live: &[LiveExpiry], stable: f64, factor: f64) -> Result<UnderlyingMargin> {
    let (params, spot) = (file.params.cross()?, usd("index", file.index * factor)?);
    let terms = CrossTerms::new(&params, spot).map_err(explain)?;
    let mut sum = UnderlyingMargin::default();
    for expiry in live {
        let margin =
            CrossExpiry { curve: expiry.moved(factor)?, legs: &expiry.legs }.margin(&terms).map_err(explain)?;
        sum.add_expiry(&margin).map_err(explain)?;
    }
    let quality =
        PriceQuality { confidence: ratio("confidence", file.confidence)?, stable: price_or_zero("stable", stable)? };
    sum.charge_quality(&params, spot, &quality).map_err(explain)?;
    Ok(sum)
}

/// Balances at the index and the worst initial balance over the price range.
pub fn margin(file: &UnderlyingFile, stable: f64) -> Result<(UnderlyingMargin, Exact, UnderlyingReport)> {
    let live = file.expiries.iter().enumerate().filter(|(_, expiry)| expiry.settlement.is_none());
    let live: Vec<LiveExpiry> = live
        .map(|(index, expiry)| {
            LiveExpiry::load(expiry, Vol::ZERO, Ratio::ONE.neg().map_err(explain)?)
                .with_context(|| format!("expiries[{index}]"))
        })
        .collect::<Result<_>>()?;
    let mut at_index = at(file, &live, stable, 1.0)?;
    let mut worst = at_index.initial;
    for end in [file.low(), file.high()] {
        if end != file.index {
            worst = worst.min(at(file, &live, stable, end / file.index)?.initial);
        }
    }
    let settled = settled(file)?;
    let report = UnderlyingReport {
        mark: dollars(at_index.mark),
        settled: dollars(settled),
        maintenance: dollars(at_index.maintenance),
        initial: dollars(worst),
        initial_at_index: Some(dollars(at_index.initial)),
        portfolio: None,
    };
    at_index.add_settled(settled).map_err(explain)?;
    Ok((at_index, worst.add(settled).map_err(explain)?, report))
}
