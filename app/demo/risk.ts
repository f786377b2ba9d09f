// The second opinion: figures of the risk crate, asked of the small binary `risk-json`. No account and no program is
// involved in them. Fields and units: crates/risk-json/src/cases.rs.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

export type Leg = { is_put: boolean; strike_e9: bigint; size_e6: bigint };

export type MarginCase = {
  cash_atoms: bigint;
  stable_e9: bigint;
  liquidation: { discount_e9: bigint; buffer_e9: bigint; dust_atoms: bigint; fee_e9: bigint };
  underlyings: {
    params: Record<string, bigint>;
    index_e9: bigint;
    low_e9: bigint;
    high_e9: bigint;
    confidence_e9: bigint;
    expiries: {
      seconds_to_expiry: bigint;
      forward_ratio_q40: bigint;
      rate_e9: bigint;
      surface: Record<"a_q40" | "b_q40" | "rho_q40" | "m_q40" | "s_q40" | "tenor_secs", bigint>;
      legs: Leg[];
    }[];
  }[];
};

export type MarginAnswer = {
  equity_atoms: bigint;
  initial_atoms: bigint;
  maintenance_atoms: bigint;
  health_factor_e9: bigint;
  mark_atoms: bigint;
  state: "healthy" | "restricted" | "liquidatable" | "bankrupt";
  fraction_e9: bigint;
  payment_atoms: bigint;
  cash_slice_atoms: bigint;
  leg_slices_e6: bigint[];
  fee_atoms: bigint;
};

export type SettlementCase = {
  expiry_ts: bigint;
  observations: { price_e9: bigint; from: bigint; to: bigint }[];
  positions: Leg[];
};

export type SettlementAnswer = { settlement_e9: bigint; covered_secs: bigint; payoffs_atoms: bigint[] };

export class RiskCrate {
  constructor(private readonly binary: string) {
    if (!existsSync(binary)) throw new Error(`${binary} does not exist: run 'cargo build -p plimsoll-risk-json'`);
  }

  margin(margin: MarginCase): MarginAnswer {
    const [answer] = this.#ask({ margins: [margin] }).margins;
    if (!answer) throw new Error("risk-json gave no answer: build it again");
    return answer;
  }

  settlement(settlement: SettlementCase): SettlementAnswer {
    const [answer] = this.#ask({ settlements: [settlement] }).settlements;
    if (!answer) throw new Error("risk-json gave no answer: build it again");
    return answer;
  }

  #ask(cases: object): { margins: MarginAnswer[]; settlements: SettlementAnswer[] } {
    // JSON has no bigint: they are written as bare digits, and come back in quotes.
    const marked = JSON.stringify(cases, (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value));
    const { status, stdout, stderr } = spawnSync(this.binary, {
      input: marked.replace(/"(-?\d+)n"/g, "$1"),
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`risk-json failed: ${stderr.trim()}`);
    return JSON.parse(stdout, (_, value: unknown) =>
      typeof value === "string" && /^-?\d+$/.test(value) ? BigInt(value) : value,
    ) as { margins: MarginAnswer[]; settlements: SettlementAnswer[] };
  }
}
