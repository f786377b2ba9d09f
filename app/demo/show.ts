// How the demo looks: headings, tables, and the one colour that says where an account stands.
import Table from "cli-table3";
import pc from "picocolors";
import { AccountState, units, type HealthReport } from "@plimsoll/client";

export const STATES = ["healthy", "restricted", "liquidatable", "bankrupt"] as const;

const LIGHTS: Record<AccountState, (text: string) => string> = {
  [AccountState.Healthy]: (text) => pc.green(`● ${text}`),
  [AccountState.Restricted]: (text) => pc.yellow(`● ${text}`),
  [AccountState.Liquidatable]: (text) => pc.red(`● ${text}`),
  [AccountState.Bankrupt]: (text) => pc.bgRed(`● ${text}`),
};

export const light = (state: AccountState): string => LIGHTS[state](STATES[state]);
export const money = (atoms: bigint): string => units.formatUsd(atoms).replace(/\B(?=(\d{3})+(?!\d)(?=.*\.))/g, ",");

export function heading(number: number, text: string): void {
  console.log(`\n${pc.bold(pc.cyan(`${number}. ${text}`))}`);
}

export const say = (text: string): void => console.log(`   ${text}`);
export const refused = (what: string, why: string): void => say(`${pc.yellow("refused")} ${what}: “${why}”`);

/** A table whose columns after the first are numbers. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const shown = new Table({
    head: head.map((cell) => pc.bold(cell)),
    colAligns: head.map((_, index) => (index === 0 ? "left" : "right")),
    style: { head: [], border: [], compact: true },
  });
  shown.push(...rows.map((row) => [...row]));
  console.log(shown.toString().replace(/^/gm, "   "));
}

export const healthRow = (report: HealthReport): string[] => [
  money(report.equityAtoms),
  money(report.initialAtoms),
  money(report.maintenanceAtoms),
  units.formatRatio(report.healthFactorE9, 4),
  light(report.state),
];

export const HEALTH_HEAD = ["equity E", "IM balance", "MM balance", "HF", "state"];

/** Compares figures and remembers those that differ. */
export class Comparison {
  #count = 0;
  readonly #wrong: string[] = [];

  equal(what: string, onChain: bigint | string, expected: bigint | string): void {
    this.#count += 1;
    if (onChain !== expected) this.#wrong.push(`${what}: on chain ${onChain}, expected ${expected}`);
  }

  that(what: string, isTrue: boolean): void {
    this.equal(what, String(isTrue), "true");
  }

  /** Prints the result and returns whether everything agreed. */
  report(): boolean {
    if (this.#wrong.length === 0) {
      console.log(
        `\n${pc.green("✓")} ${this.#count} figures compared with the risk crate and by hand: all equal to the atom`,
      );
      return true;
    }
    console.error(`\n${pc.red("✗")} ${this.#wrong.length} of ${this.#count} figures are not what they should be:`);
    for (const line of this.#wrong) console.error(`  ${line}`);
    return false;
  }
}
