// The main job, told in a terminal: an option is written, the price moves, margin is called, the account is liquidated,
// the option settles, everybody withdraws. It runs on the built program; `npm run demo` builds that first.
import { fileURLToPath } from "node:url";
import pc from "picocolors";
import { AccountState, PlimsollInsurance, tokenAccountOf, units } from "@plimsoll/client";
import { readParams } from "../../migrations/setup/params";
import { CALM_SMILE } from "../../migrations/setup/market";
import { RiskCrate } from "./risk";
import { Comparison, heading, HEALTH_HEAD, healthRow, light, money, refused, say, table } from "./show";
import { Story, type Actor } from "./story";
import { World } from "./world";

const HELP = `usage: npm run demo [-- --help]

Runs the program binary in an embedded SVM and tells one option's life. Takes no options; needs no network.

PLIMSOLL_PROGRAM    the program's binary (default target/deploy/plimsoll.so)
PLIMSOLL_RISK_JSON  the risk crate's figures (default target/debug/risk-json, by cargo build -p plimsoll-risk-json)
NO_COLOR            no colours`;

const START = 1_800_000_000n;
const MINUTE = 60n;
const EXPIRY = START + 7n * 86_400n;
const FIRST_PRICE = 14_061_593_700n; // SOL/USD of the real account in tests/fixtures/pyth
const RISE = ["145", "150", "154", "158", "161", "164", "166"];

const fromRoot = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const dollars = (priceE9: bigint): string => units.formatPrice(priceE9);
const e8 = (price: string): bigint => units.parseDecimal(price, 8);

async function main(): Promise<boolean> {
  const params = readParams("localnet");
  const market = params.underlyings.find(({ symbol }) => symbol === "SOL");
  if (!market) throw new Error("migrations/params/localnet.toml lists no SOL: add it");
  const risk = new RiskCrate(process.env["PLIMSOLL_RISK_JSON"] ?? fromRoot("target/debug/risk-json"));
  const compare = new Comparison();

  heading(1, "An exchange, from migrations/params/localnet.toml");
  const world = await World.create(
    process.env["PLIMSOLL_PROGRAM"] ?? fromRoot("target/deploy/plimsoll.so"),
    params,
    START,
  );
  const underlying = world.deployment.underlyings["SOL"];
  if (!underlying) throw new Error("SOL was not created: see migrations/setup/exchange.ts");
  const story = new Story(world, underlying, params, market, CALM_SMILE, risk, compare);
  await story.movePrice(FIRST_PRICE, START);
  const [call] = await story.openMarket(EXPIRY, [{ strikeE9: units.price("150"), isPut: false }]);
  if (!call) throw new Error("the call was not listed");
  say(`${world.deployment.rows.map(({ what }) => what).join(", ")}; a call on SOL, strike 150, in seven days`);
  say(`SOL is at ${dollars(story.price.indexE9)}, read from Pyth accounts in both of Pyth's layouts`);

  heading(2, "Deposits, and a writer sells calls to a buyer and to a liquidator: both sides sign");
  const writer = await story.actor("writer", units.usd("2800"));
  const buyer = await story.actor("buyer", units.usd("2000"));
  const liquidator = await story.actor("liquidator", units.usd("3000"));
  const actors = [writer, buyer, liquidator];
  const premium = units.price("3.10");
  const trade = await story.trade(call, buyer, writer, units.contracts("100"), premium);
  await story.trade(call, liquidator, writer, units.contracts("20"), premium);
  say(`100 and 20 calls at ${dollars(premium)}; a trade took ${pc.bold(String(trade.computeUnits))} compute units`);
  const rows = [];
  for (const actor of actors) {
    await story.compareBook(actor);
    const { report } = await story.health(actor);
    rows.push([
      actor.book.name,
      units.formatContracts(actor.book.size(call), 0),
      money(actor.book.cashAtoms),
      ...healthRow(report),
    ]);
  }
  table(["", "calls", "cash", ...HEALTH_HEAD], rows);
  const more = () => story.trade(call, buyer, writer, units.contracts("100"), premium);
  refused("another 100 calls", await story.refusal("InitialMargin", more));

  heading(3, "The price rises");
  await rise(story, writer, liquidator);

  heading(4, "Liquidation: anyone may take a slice of everything, at a discount");
  const before = (await story.health(writer)).report;
  const taken = await story.liquidate(liquidator, writer);
  table(
    ["writer", ...HEALTH_HEAD],
    [
      ["before", ...healthRow(before)],
      ["after", ...healthRow(taken.after)],
    ],
  );
  say(
    `fraction ${pc.bold(units.formatRatio(taken.fraction, 6))}, the most that is lawful: the account ends at its buffer, not below`,
  );
  say(
    `the liquidator paid ${money(taken.payment)} for what is worth ${money(taken.payment + taken.bonus)}: a bonus of ${pc.bold(money(taken.bonus))} USDC`,
  );
  say(
    `its own calls netted with the short ones it took: ${units.formatContracts(liquidator.book.size(call), 6)} calls now; ${pc.bold(String(taken.computeUnits))} compute units`,
  );
  compare.that("health factor is above 1 again", taken.after.healthFactorE9 >= units.ONE_E9);
  await story.health(liquidator);
  const again = () => story.liquidate(liquidator, writer);
  refused("liquidating it again", await story.refusal("NotLiquidatable", again));

  heading(5, "Expiry: the average of the last thirty minutes settles");
  await expire(story, actors);

  heading(6, "Everybody withdraws");
  await withdraw(story, actors);
  return compare.report();
}

/** Raises the price step by step until the writer can be liquidated. */
async function rise(story: Story, writer: Actor, liquidator: Actor): Promise<void> {
  const rows: string[][] = [];
  let called = "";
  for (const [index, price] of RISE.entries()) {
    const update = await story.movePrice(e8(price), START + BigInt(index + 1) * MINUTE);
    const { report, computeUnits } = await story.health(writer);
    rows.push([dollars(story.price.indexE9), ...healthRow(report), String(update), String(computeUnits)]);
    if (report.state === AccountState.Restricted && called === "") {
      const early = () => story.liquidate(liquidator, writer);
      const reason = await story.refusal("NotLiquidatable", early);
      await story.client.callMargin(writer.account);
      called = `at ${dollars(story.price.indexE9)} liquidation is refused: “${reason}”;\n   anyone may record a margin call instead, and somebody does`;
    }
    if (report.state === AccountState.Liquidatable) break;
  }
  table(["writer at", ...HEALTH_HEAD, "CU price", "CU health"], rows);
  story.compare.that("the writer was restricted before it could be liquidated", called !== "");
  if (called !== "") say(called);
  const { marginCallAt } = await story.client.fetchMarginAccount(writer.account);
  story.compare.that("a margin call stands in the writer's account", marginCallAt > 0n);
  const { report } = await story.health(writer);
  story.compare.that("the writer's health factor is below 1", report.healthFactorE9 < units.ONE_E9);
  say(`the writer is now ${light(report.state)} with HF ${units.formatRatio(report.healthFactorE9)}`);
}

/** Thirty-one price updates over the settlement window, then settlement. */
async function expire(story: Story, actors: readonly Actor[]): Promise<void> {
  const opens = EXPIRY - 30n * MINUTE;
  const early = () => story.client.settleExpiry(story.underlying, 0);
  refused("settling early", await story.refusal("NotExpired", early));
  for (let minute = 0n; minute <= 30n; minute += 1n) {
    await story.movePrice(e8("162") + minute * e8("0.05"), opens + minute * MINUTE);
  }
  const { priceE9, coveredSecs, payoffs } = await story.settle(actors);
  say(`settlement price ${pc.bold(units.formatPrice(priceE9, 9))} from ${coveredSecs} observed seconds`);
  table(
    ["", "payoff", "cash"],
    actors.map(({ book }, index) => [book.name, money(payoffs[index] ?? 0n), money(book.cashAtoms)]),
  );
  const sheet = await story.balanceSheet(actors);
  table(
    ["balance sheet", "USDC"],
    [
      ["vault", units.formatUsd(sheet.vault, 6)],
      ...actors.map(({ book }, index) => [`  owed to ${book.name}`, units.formatUsd(sheet.cash[index] ?? 0n, 6)]),
      ["  insurance fund, of the bonus", units.formatUsd(sheet.insurance, 6)],
      ["  trading fees", units.formatUsd(sheet.fees, 6)],
      ["  rounding of settlement", units.formatUsd(sheet.settlement, 6)],
    ],
  );
}

async function withdraw(story: Story, actors: readonly Actor[]): Promise<void> {
  const { client, world } = story;
  const insurance = new PlimsollInsurance(client.chain, client.exchange);
  const rows: string[][] = [];
  for (const { owner, account, book } of actors) {
    await client.withdraw({ authority: owner, marginAccount: account, amount: book.cashAtoms });
    const wallet = await world.tokenBalance(await tokenAccountOf(owner.address, world.usdc));
    story.compare.equal(`${book.name}: what arrived`, wallet, book.cashAtoms);
    await client.closeAccount(owner, account);
    rows.push([book.name, money(wallet)]);
  }
  table(["withdrawn by", "USDC"], rows);
  const { feesAtoms, settlementAtoms } = await client.fetchUnderlying(story.underlying);
  const { quoteVault } = await client.fetchExchange();
  const left = await world.tokenBalance(quoteVault);
  const { cashAtoms: insuredAtoms } = await insurance.fetchFund();
  story.compare.equal("left in the vault", left, feesAtoms + insuredAtoms + settlementAtoms);
  const [fees, insured, rounding] = [feesAtoms, insuredAtoms, settlementAtoms].map((atoms) => units.formatUsd(atoms, 6));
  say(
    `left in the vault: ${units.formatUsd(left, 6)} = ${fees} fees + ${insured} insurance fund + ${rounding} rounding, to the atom`,
  );
}

if (process.argv.length > 2) {
  console.log(HELP);
  process.exitCode = process.argv.includes("--help") || process.argv.includes("-h") ? 0 : 1;
} else {
  main().then(
    (isRight) => (process.exitCode = isRight ? 0 : 1),
    (error: unknown) => {
      console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
      process.exitCode = 1;
    },
  );
}
