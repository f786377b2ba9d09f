//! An underlying of a file with its parameters, and its historical moves.

use super::expiry::{expiry, series, Terms};
use super::price::PriceRange;
use super::scene::{exchange_key, underlying_key, NOW};
use super::volatility::{realised, volatility_params};
use crate::fixture::{e9, scenario_args};
use anyhow::{anyhow, ensure, Context, Result};
use plimsoll::constants::{MAX_EXPIRIES, MAX_HISTORY, VERSION};
use plimsoll::state::{
    CrossParamsRaw, Forecast, HistoricalMove, History, PortfolioParamsRaw, PortfolioState, ScenarioRaw, Underlying,
};
use plimsoll_margin_file::format::{Pair, PortfolioFile, UnderlyingFile};
use plimsoll_margin_file::{AccountFile, Mode};
use plimsoll_risk::margin::portfolio::GridTable;
use plimsoll_risk::params::CrossParams;
use plimsoll_risk::units::ONE_E9;

/// The market account of one underlying.
///
/// # Errors
/// What of it the program has no place for.
pub fn underlying(file: &AccountFile, number: usize, notes: &mut Vec<String>) -> Result<Box<Underlying>> {
    let given = &file.underlyings[number];
    let mut state: Box<Underlying> = Box::new(bytemuck::Zeroable::zeroed());
    state.version = VERSION;
    state.exchange = exchange_key();
    let range = PriceRange { index: given.index, low: given.low(), high: given.high(), confidence: given.confidence };
    let place = || format!("underlyings[{number}]");
    state.price = range.state().with_context(place)?;
    state.realised = realised(given.realised_vol);
    state.forecast = Forecast { factor_e9: e9(given.forecast), expires_at: NOW + 86_400, set_at: NOW };
    state.params.max_open_interest_e6 = i64::MAX;
    (state.params.max_basis_e9, state.params.max_strike_factor_e9) = (ONE_E9 / 2, 10 * ONE_E9);
    state.params.volatility = volatility_params(given);
    let mut refused = vec![];
    match file.mode {
        Mode::Cross => state.params.cross = CrossParamsRaw::from(&given.params.cross()?),
        Mode::Portfolio => {
            state.params.cross = CrossParamsRaw::from(&CrossParams::DEFAULT);
            state.portfolio = portfolio_state(given.params.portfolio()?, &mut refused).with_context(place)?;
        }
    }
    add_expiries(&mut state, given, file.mode, &mut refused).with_context(place)?;
    notes.extend(refused.into_iter().map(|note| format!("{}: {note}", place())));
    Ok(state)
}

fn add_expiries(state: &mut Underlying, given: &UnderlyingFile, mode: Mode, notes: &mut Vec<String>) -> Result<()> {
    ensure!(given.expiries.len() <= MAX_EXPIRIES as usize, "use at most {MAX_EXPIRIES} expiries");
    let terms = Terms { index: given.index, max_age_secs: state.params.volatility.max_age_secs, mode };
    for (slot, from) in given.expiries.iter().enumerate() {
        let mut refused = vec![];
        let place = || format!("expiries[{slot}]");
        state.expiries[slot] = expiry(from, &terms, &mut refused).with_context(place)?;
        let is_taken = given.expiries[..slot].iter().any(|other| other.seconds == from.seconds);
        if is_taken && from.settlement.is_none() {
            refused.push("list_expiry refuses a second expiry at the same time".into());
        }
        notes.extend(refused.into_iter().map(|note| format!("{}: {note}", place())));
        for leg in &from.legs {
            state.series[state.series_used as usize] = series(leg, slot as u8).with_context(place)?;
            state.series_used += 1;
        }
    }
    Ok(())
}

/// Parameters and grid, by the functions of the instructions that store them; what these refuse is stored beside them, and
/// noted, as the risk crate's own limits are wider.
fn portfolio_state(given: &PortfolioFile, notes: &mut Vec<String>) -> Result<PortfolioState> {
    let mut state: PortfolioState = bytemuck::Zeroable::zeroed();
    let params = given.params()?;
    let scenarios: Vec<_> = given.grid()?.iter().map(scenario_args).collect();
    let is_accepted = state.set_params(&PortfolioParamsRaw::from(&params)).is_ok();
    if is_accepted && state.set_scenarios(&scenarios).is_ok() {
        return Ok(state);
    }
    let (instruction, what) = match is_accepted {
        true => ("set_scenarios", "a grid that does not look far enough both ways"),
        false => ("set_portfolio_params", "the parameters"),
    };
    notes.push(format!("{instruction} refuses {what}: see the limits in docs/risk-model.md"));
    state.params = PortfolioParamsRaw::from(&params);
    let table = GridTable::new(&given.grid()?, &params).map_err(|error| anyhow!("scenarios: {error:?}"))?;
    for (slot, scenario) in state.scenarios.iter_mut().zip(&scenarios) {
        *slot = ScenarioRaw::from(scenario);
    }
    state.scenario_count = scenarios.len() as u8;
    (state.logs_q60, state.factors_q30) = (table.logs, table.factors);
    (state.weights_q31, state.points) = (table.weights, table.scenarios);
    (state.ups, state.downs, state.count) = (table.shape.ups, table.shape.downs, table.shape.count);
    (state.mark, state.basis_up, state.basis_down) = (table.shape.mark, table.shape.basis_up, table.shape.basis_down);
    Ok(state)
}

/// The historical moves of an underlying, if the file has any.
///
/// # Errors
/// More moves than the program has places for.
pub fn history(file: &AccountFile, number: usize, notes: &mut Vec<String>) -> Result<Option<History>> {
    let given = &file.underlyings[number];
    if file.mode == Mode::Cross || given.params.portfolio()?.es_weight == 0.0 {
        return Ok(None);
    }
    ensure!(given.history.len() <= MAX_HISTORY as usize, "underlyings[{number}]: use at most {MAX_HISTORY} moves");
    let mut history: History = bytemuck::Zeroable::zeroed();
    (history.version, history.count) = (VERSION, given.history.len() as u8);
    history.underlying = underlying_key(number);
    let pairs = given.pairs()?;
    for (place, (slot, pair)) in history.moves.iter_mut().zip(&given.history).enumerate() {
        *slot = stored_move(pair, pairs[place].log_q40, || {
            notes.push(format!("underlyings[{number}]: history[{place}]: set_history refuses the move"));
        });
    }
    Ok(Some(history))
}

/// The move as `set_history` stores it; one that it refuses with the risk crate's logarithm, Q40.
fn stored_move(pair: &Pair, log_q40: i64, refused: impl FnOnce()) -> HistoricalMove {
    let (return_e9, vol_change_e9) = (e9(pair.spot_return), e9(pair.vol_change));
    HistoricalMove::new(return_e9, vol_change_e9).unwrap_or_else(|_| {
        refused();
        HistoricalMove { return_e9, vol_change_e9, ln_return_q40: log_q40 }
    })
}
