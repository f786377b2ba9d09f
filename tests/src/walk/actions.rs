//! What people try on a random day.

use proptest::prelude::*;

/// One thing somebody tries. Numbers are indices, taken modulo what there is, or parts of what is possible.
#[derive(Clone, Debug)]
pub enum Action {
    Deposit {
        who: usize,
        dollars: u32,
    },
    DepositSol {
        who: usize,
        lamports: u64,
    },
    Withdraw {
        who: usize,
        part: f64,
    },
    WithdrawSol {
        who: usize,
        part: f64,
    },
    Trade {
        taker: usize,
        maker: usize,
        series: usize,
        gearing: f64,
        premium: f64,
    },
    /// Somebody sells, and withdraws all his cash at once.
    Strip {
        who: usize,
        maker: usize,
        series: usize,
        gearing: f64,
    },
    Move {
        market: usize,
        factor: f64,
    },
    Band {
        market: usize,
        width: f64,
    },
    MoveSol {
        factor: f64,
    },
    Peg {
        price: f64,
    },
    Squeeze {
        who: usize,
        part: f64,
    },
    Liquidate {
        who: usize,
        whom: usize,
        most: f64,
    },
    TakeOver {
        who: usize,
        whom: usize,
        part: f64,
    },
    Buy {
        who: usize,
        lamports: u64,
    },
    CallBackstop {
        who: usize,
        whom: usize,
        part: f64,
    },
    BuyOfBackstop {
        who: usize,
    },
    Hedge {
        who: usize,
        whom: usize,
        series: usize,
        part: f64,
    },
    HedgeNew {
        who: usize,
        whom: usize,
        away: f64,
        part: f64,
    },
    Back {
        dollars: u32,
    },
    Leave {
        part: f64,
    },
    Rank {
        who: usize,
        series: usize,
    },
    Outlast {
        who: usize,
    },
    Deleverage {
        who: usize,
    },
    Share {
        who: usize,
    },
    Stake {
        dollars: u32,
    },
    Unstake {
        part: f64,
    },
    Collect {
        who: usize,
    },
    CollectFees {
        market: usize,
    },
    Call {
        who: usize,
    },
    Flag {
        who: usize,
    },
    Pass {
        secs: i64,
    },
    Silence {
        secs: i64,
    },
    SettleExpiry {
        market: usize,
        expiry: u8,
    },
    SettleAccount {
        market: usize,
        who: usize,
    },
    Sync {
        market: usize,
        who: usize,
    },
    Publish {
        market: usize,
        expiry: u8,
        vol: f64,
    },
    Sample {
        market: usize,
    },
    Forecast {
        market: usize,
        factor: f64,
    },
    Terms(Terms),
    Cross {
        market: usize,
        factor: f64,
    },
    Haircuts {
        initial: f64,
        part: f64,
    },
}

/// Terms of liquidations, inside their bounds.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    pub discount: f64,
    /// Part of the discount at the end of the fast leg.
    pub fast: f64,
    pub fast_secs: i64,
    pub slow_secs: i64,
    pub gap_secs: i64,
    pub insolvent_secs: i64,
    pub buffer: f64,
    pub fee: f64,
    pub dust: i64,
}

/// Anything anybody may try, each as often as makes the days eventful.
pub fn an_action() -> BoxedStrategy<Action> {
    prop_oneof![53 => of_traders(), 16 => of_debts(), 18 => of_time(), 12 => of_prices(), 6 => of_the_admin()].boxed()
}

fn who() -> std::ops::Range<usize> {
    0..6
}

fn of_traders() -> impl Strategy<Value = Action> {
    use Action::*;
    prop_oneof![
        1 => (who(), 1u32..5_000).prop_map(|(who, dollars)| Deposit { who, dollars }),
        1 => (who(), 1u64..50_000_000_000).prop_map(|(who, lamports)| DepositSol { who, lamports }),
        2 => (who(), 0.0f64..1.1).prop_map(|(who, part)| Withdraw { who, part }),
        1 => (who(), 0.0f64..1.1).prop_map(|(who, part)| WithdrawSol { who, part }),
        22 => (who(), 1usize..6, 0usize..12, -8.0f64..8.0, 0.001f64..0.05).prop_map(|(taker, next, series, gearing, premium)| {
            Trade { taker, maker: taker + next, series, gearing, premium }
        }),
        5 => (who(), 1usize..6, 0usize..12, 1.0f64..5.0)
            .prop_map(|(who, next, series, gearing)| Strip { who, maker: who + next, series, gearing }),
        6 => (who(), 1usize..6, 0.01f64..1.5).prop_map(|(who, next, most)| Liquidate { who, whom: who + next, most }),
        4 => (who(), 1usize..6, prop_oneof![0.01f64..0.2, 0.2f64..1.5])
            .prop_map(|(who, next, part)| TakeOver { who, whom: who + next, part }),
        6 => (who(), 1u64..50_000_000_000).prop_map(|(who, lamports)| Buy { who, lamports }),
        1 => (1u32..2_000).prop_map(|dollars| Stake { dollars }),
        1 => (0.0f64..1.1).prop_map(|part| Unstake { part }),
        1 => who().prop_map(|who| Collect { who }),
        1 => (0usize..2).prop_map(|market| CollectFees { market }),
        2 => who().prop_map(|who| Call { who }),
        3 => who().prop_map(|who| Flag { who }),
        2 => (0usize..2, who()).prop_map(|(market, who)| Sync { market, who }),
    ]
}

fn of_debts() -> impl Strategy<Value = Action> {
    use Action::*;
    prop_oneof![
        5 => (who(), 1usize..6, prop_oneof![0.01f64..0.2, 0.2f64..1.5])
            .prop_map(|(who, next, part)| CallBackstop { who, whom: who + next, part }),
        1 => who().prop_map(|who| BuyOfBackstop { who }),
        3 => (who(), 1usize..6, 0usize..12, 0.01f64..0.4)
            .prop_map(|(who, next, series, part)| Hedge { who, whom: who + next, series, part }),
        2 => (who(), 1usize..6, 0.0f64..0.2, prop_oneof![Just(1.0), 0.1f64..1.1])
            .prop_map(|(who, next, away, part)| HedgeNew { who, whom: who + next, away, part }),
        1 => (1u32..5_000).prop_map(|dollars| Back { dollars }),
        1 => (0.0f64..1.1).prop_map(|part| Leave { part }),
        2 => who().prop_map(|who| Outlast { who }),
        1 => (who(), 0usize..12).prop_map(|(who, series)| Rank { who, series }),
        3 => who().prop_map(|who| Deleverage { who }),
        3 => who().prop_map(|who| Share { who }),
    ]
}

fn of_time() -> impl Strategy<Value = Action> {
    use Action::*;
    prop_oneof![
        4 => (1i64..12_000).prop_map(|secs| Pass { secs }),
        3 => (1i64..300).prop_map(|secs| Pass { secs }),
        1 => (1i64..5_000).prop_map(|secs| Silence { secs }),
        4 => (0usize..2, prop_oneof![9 => Just(0u8), 1 => Just(1u8)]).prop_map(|(market, expiry)| SettleExpiry { market, expiry }),
        5 => (0usize..2, who()).prop_map(|(market, who)| SettleAccount { market, who }),
    ]
}

fn of_prices() -> impl Strategy<Value = Action> {
    use Action::*;
    prop_oneof![
        5 => (0usize..2, 0.7f64..1.45).prop_map(|(market, factor)| Move { market, factor }),
        1 => (0usize..2, 0.0f64..0.09).prop_map(|(market, width)| Band { market, width }),
        1 => (0.6f64..1.4).prop_map(|factor| MoveSol { factor }),
        1 => (0.97f64..1.03).prop_map(|price| Peg { price }),
        4 => (who(), 0.1f64..1.0).prop_map(|(who, part)| Squeeze { who, part }),
        1 => (0usize..2, 0u8..2, 0.3f64..2.0).prop_map(|(market, expiry, vol)| Publish { market, expiry, vol }),
        1 => (0usize..2).prop_map(|market| Sample { market }),
        1 => (0usize..2, 1.0f64..1.5).prop_map(|(market, factor)| Forecast { market, factor }),
    ]
}

fn of_the_admin() -> impl Strategy<Value = Action> {
    use Action::*;
    let secs = (60i64..2_000, 60i64..20_000, 1i64..3_600, 60i64..20_000);
    let terms = (
        prop_oneof![3 => 0.95f64..1.0, 1 => 0.5f64..1.0],
        0.0f64..1.0,
        secs,
        0.0f64..1.0,
        0.0f64..0.5,
        0i64..1_000_000_000,
    )
        .prop_map(|(discount, fast, (fast_secs, slow_secs, gap_secs, insolvent_secs), buffer, fee, dust)| {
            Terms(self::Terms { discount, fast, fast_secs, slow_secs, gap_secs, insolvent_secs, buffer, fee, dust })
        });
    prop_oneof![
        1 => terms,
        1 => (0usize..2, 0.6f64..1.5).prop_map(|(market, factor)| Cross { market, factor }),
        1 => (0.05f64..0.6, 0.3f64..1.0).prop_map(|(initial, part)| Haircuts { initial, part }),
    ]
}
