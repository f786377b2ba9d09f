//! What people try on a random day.

use proptest::prelude::*;

/// One thing somebody tries. Numbers are indices, taken modulo what there is, or parts of what is possible.
#[derive(Clone, Debug)]
pub enum Action {
    Deposit { who: usize, dollars: u32 },
    DepositSol { who: usize, lamports: u64 },
    Withdraw { who: usize, part: f64 },
    WithdrawSol { who: usize, part: f64 },
    Trade { taker: usize, maker: usize, series: usize, size_e6: i64, premium: f64 },
    Move { market: usize, factor: f64 },
    MoveSol { factor: f64 },
    Liquidate { who: usize, whom: usize, most: f64 },
    TakeOver { who: usize, whom: usize, part: f64 },
    Buy { who: usize, lamports: u64 },
    CallBackstop { who: usize, whom: usize, part: f64 },
    Back { dollars: u32 },
    BuyOfBackstop { who: usize },
    Leave { part: f64 },
    Stake { dollars: u32 },
    Unstake { part: f64 },
    Collect { who: usize },
    Call { who: usize },
    Flag { who: usize },
    Pass { secs: i64 },
    SettleExpiry { market: usize, expiry: u8 },
    SettleAccount { market: usize, who: usize },
    Sync { market: usize, who: usize },
}

/// Anything anybody may try, each as often as makes the days eventful.
pub fn an_action() -> impl Strategy<Value = Action> {
    use Action::*;
    let who = 0usize..5;
    // The rich trade more.
    let size = prop_oneof![-20_000_000i64..20_000_000, -400_000_000i64..400_000_000];
    prop_oneof![
        1 => (who.clone(), 1u32..5_000).prop_map(|(who, dollars)| Deposit { who, dollars }),
        1 => (who.clone(), 1u64..50_000_000_000).prop_map(|(who, lamports)| DepositSol { who, lamports }),
        1 => (who.clone(), 0.0f64..0.4).prop_map(|(who, part)| Withdraw { who, part }),
        1 => (who.clone(), 0.0f64..1.1).prop_map(|(who, part)| WithdrawSol { who, part }),
        14 => (who.clone(), who.clone(), 0usize..12, size, 0.01f64..0.15)
            .prop_map(|(taker, maker, series, size_e6, premium)| Trade { taker, maker, series, size_e6, premium }),
        5 => (0usize..2, 0.7f64..1.45).prop_map(|(market, factor)| Move { market, factor }),
        1 => (0.6f64..1.4).prop_map(|factor| MoveSol { factor }),
        8 => (who.clone(), who.clone(), 0.01f64..1.5).prop_map(|(who, whom, most)| Liquidate { who, whom, most }),
        6 => (who.clone(), who.clone(), prop_oneof![0.01f64..0.2, 0.2f64..1.5]).prop_map(|(who, whom, part)| TakeOver { who, whom, part }),
        3 => (who.clone(), 1u64..50_000_000_000).prop_map(|(who, lamports)| Buy { who, lamports }),
        8 => (who.clone(), who.clone(), prop_oneof![0.01f64..0.2, 0.2f64..1.5])
            .prop_map(|(who, whom, part)| CallBackstop { who, whom, part }),
        1 => (1u32..5_000).prop_map(|dollars| Back { dollars }),
        1 => who.clone().prop_map(|who| BuyOfBackstop { who }),
        1 => (0.0f64..1.1).prop_map(|part| Leave { part }),
        1 => (1u32..2_000).prop_map(|dollars| Stake { dollars }),
        1 => (0.0f64..1.1).prop_map(|part| Unstake { part }),
        3 => who.clone().prop_map(|who| Collect { who }),
        2 => who.clone().prop_map(|who| Call { who }),
        3 => who.prop_map(|who| Flag { who }),
        6 => (1i64..12_000).prop_map(|secs| Pass { secs }),
        3 => (1i64..300).prop_map(|secs| Pass { secs }),
        7 => (0usize..2, 0u8..2).prop_map(|(market, expiry)| SettleExpiry { market, expiry }),
        9 => (0usize..2, 0usize..6).prop_map(|(market, who)| SettleAccount { market, who }),
        2 => (0usize..2, 0usize..6).prop_map(|(market, who)| Sync { market, who }),
    ]
}
