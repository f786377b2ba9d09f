// The actors of the demo and what they do. Every step is done on chain and in the model, and both are compared.
import type { Address, KeyPairSigner } from "@solana/kit";
import {
  findEvent,
  PlimsollFailure,
  positionsOf,
  units,
  type HealthReport,
  type PlimsollErrorName,
  type Receipt,
} from "@plimsoll/client";
import { surfaceOf, type Smile } from "../../migrations/setup/market";
import type { ClusterParams, MarketParams } from "../../migrations/setup/params";
import { Book, PriceModel, tradeMoney, type Series } from "./model";
import { RiskCrate, type MarginAnswer } from "./risk";
import { STATES, type Comparison } from "./show";
import type { World } from "./world";

export type Actor = { owner: KeyPairSigner; account: Address; book: Book };
export type Liquidated = {
  fraction: bigint;
  payment: bigint;
  bonus: bigint;
  computeUnits: bigint;
  after: HealthReport;
};

export const USDC = { priceE8: 100_000_750n, confidenceE8: 24_249n };

export class Story {
  readonly price: PriceModel;
  readonly #observations: { price_e9: bigint; from: bigint; to: bigint }[] = [];
  #expiry = { slot: 0, ts: 0n, publishedAt: 0n };
  #feesAtoms = 0n;

  constructor(
    readonly world: World,
    readonly underlying: Address,
    private readonly params: ClusterParams,
    private readonly market: MarketParams,
    private readonly smile: Smile,
    private readonly risk: RiskCrate,
    readonly compare: Comparison,
  ) {
    this.price = new PriceModel(market.oracle);
  }

  get client() {
    return this.world.admin;
  }

  /** Publishes a price of SOL and of USDC, and brings both on chain; returns the units the SOL update took. */
  async movePrice(priceE8: bigint, now: bigint): Promise<bigint> {
    this.world.setTime(now);
    const stable = await this.world.publish(this.params.stable.oracle, USDC.priceE8, USDC.confidenceE8);
    await this.client.updateStablePrice(stable);
    const confidenceE8 = priceE8 / 1_000n;
    const oracles = await this.world.publish(this.market.oracle, priceE8, confidenceE8);
    const { computeUnits } = await this.client.updatePrice(this.underlying, oracles);
    this.#observe(now);
    this.price.update(priceE8, confidenceE8, now);
    const { price } = await this.client.fetchUnderlying(this.underlying);
    this.compare.equal("index", price.indexE9, this.price.indexE9);
    this.compare.equal("slow price", price.slowE9, this.price.slowE9);
    this.compare.equal("low end of the price range", price.lowE9, this.price.lowE9);
    this.compare.equal("high end of the price range", price.highE9, this.price.highE9);
    return computeUnits;
  }

  /** A price counts towards the settlement average until the next one, but no longer than it is fresh. */
  #observe(now: bigint): void {
    if (this.price.indexE9 === 0n) return;
    const from = this.price.updatedAt;
    const freshUntil = from + this.market.oracle.maxAgeSecs;
    this.#observations.push({ price_e9: this.price.indexE9, from, to: now < freshUntil ? now : freshUntil });
  }

  async openMarket(expiryTs: bigint, strikes: readonly { strikeE9: bigint; isPut: boolean }[]): Promise<Series[]> {
    const publishedAt = await this.world.chain.now();
    const slot = await this.client.listExpiry(this.underlying, expiryTs);
    this.#expiry = { slot, ts: expiryTs, publishedAt };
    await this.client.updateVolatility(this.underlying, this.world.wallet, {
      expiry: slot,
      ...surfaceOf(this.smile),
      forwardRatioQ40: units.q40(this.smile.forwardRatio),
      rateE9: units.ratio(this.smile.rate),
      confidenceE9: units.ONE_E9,
    });
    const numbers = await this.client.listManySeries(
      this.underlying,
      strikes.map((series) => ({ ...series, expiry: slot })),
    );
    return strikes.map((series, index) => ({ ...series, number: numbers[index] ?? -1 }));
  }

  async actor(name: string, cash: bigint): Promise<Actor> {
    const owner = await this.world.person(cash);
    const { marginAccount: account } = await this.client.openAccount(owner);
    await this.client.deposit({ authority: owner, marginAccount: account, amount: cash });
    const book = new Book(name);
    book.cashAtoms = cash;
    return { owner, account, book };
  }

  /** `buyer` takes, `seller` makes; both sign. */
  async trade(series: Series, buyer: Actor, seller: Actor, sizeE6: bigint, priceE9: bigint): Promise<Receipt> {
    const receipt = await this.client.trade({
      underlying: this.underlying,
      series: series.number,
      sizeE6,
      priceE9,
      taker: buyer.account,
      takerAuthority: buyer.owner,
      maker: seller.account,
      makerAuthority: seller.owner,
    });
    const { premium, fee } = tradeMoney(sizeE6, priceE9, this.price.indexE9, this.params.terms);
    buyer.book.cashAtoms += premium - fee;
    seller.book.cashAtoms -= premium + fee;
    this.#feesAtoms += 2n * fee;
    buyer.book.add(series, sizeE6);
    seller.book.add(series, -sizeE6);
    return receipt;
  }

  /** What the risk crate says of an account now. */
  async expected(book: Book): Promise<MarginAnswer> {
    const now = await this.world.chain.now();
    const { cross } = this.market.params;
    const { aQ40, bQ40, rhoQ40, mQ40, sQ40 } = surfaceOf(this.smile);
    const { discountE9, bufferE9, dustAtoms, feeE9 } = this.params.terms.liquidation;
    const expiry = {
      seconds_to_expiry: this.#expiry.ts - now,
      forward_ratio_q40: units.q40(this.smile.forwardRatio),
      rate_e9: units.ratio(this.smile.rate),
      surface: {
        a_q40: aQ40,
        b_q40: bQ40,
        rho_q40: rhoQ40,
        m_q40: mQ40,
        s_q40: sQ40,
        tenor_secs: this.#expiry.ts - this.#expiry.publishedAt,
      },
      legs: book.legs,
    };
    const underlying = {
      params: snakeCase(cross),
      index_e9: this.price.indexE9,
      low_e9: this.price.lowE9,
      high_e9: this.price.highE9,
      confidence_e9: this.price.confidenceE9,
      expiries: [expiry],
    };
    return this.risk.margin({
      cash_atoms: book.cashAtoms,
      stable_e9: USDC.priceE8 * 10n,
      liquidation: { discount_e9: discountE9, buffer_e9: bufferE9, dust_atoms: dustAtoms, fee_e9: feeE9 },
      underlyings: book.legs.length === 0 ? [] : [underlying],
    });
  }

  /** Health on chain, compared with the risk crate. */
  async health(actor: Actor): Promise<{ report: HealthReport; computeUnits: bigint }> {
    const measured = await this.client.measureHealth(actor.account);
    const { report } = measured;
    const expected = await this.expected(actor.book);
    const name = actor.book.name;
    this.compare.equal(`${name}: equity`, report.equityAtoms, expected.equity_atoms);
    this.compare.equal(`${name}: initial margin balance`, report.initialAtoms, expected.initial_atoms);
    this.compare.equal(`${name}: maintenance margin balance`, report.maintenanceAtoms, expected.maintenance_atoms);
    this.compare.equal(`${name}: health factor`, report.healthFactorE9, expected.health_factor_e9);
    this.compare.equal(`${name}: mark`, report.markAtoms, expected.mark_atoms);
    this.compare.equal(`${name}: state`, STATES[report.state], expected.state);
    return measured;
  }

  /** Cash and positions on chain are those of the model. */
  async compareBook(actor: Actor): Promise<void> {
    const account = await this.client.fetchMarginAccount(actor.account);
    this.compare.equal(`${actor.book.name}: cash`, account.cashAtoms, actor.book.cashAtoms);
    const held = positionsOf(account).filter(({ sizeE6 }) => sizeE6 !== 0n);
    this.compare.equal(`${actor.book.name}: positions`, BigInt(held.length), BigInt(actor.book.legs.length));
    for (const { series, sizeE6 } of actor.book.positions) {
      const found = held.find((position) => position.series === series.number);
      this.compare.equal(`${actor.book.name}: size of series ${series.number}`, found?.sizeE6 ?? 0n, sizeE6);
    }
  }

  /** Does what must be refused, for this very reason; returns the text a person reads. */
  async refusal(name: PlimsollErrorName, action: () => Promise<unknown>): Promise<string> {
    try {
      await action();
    } catch (error) {
      if (!(error instanceof PlimsollFailure)) throw error;
      this.compare.equal(`refused with ${name}`, error.errorName ?? error.message, name);
      return error.message;
    }
    this.compare.that(`${name}: refused`, false);
    return "it was not refused";
  }

  async liquidate(taker: Actor, unhealthy: Actor): Promise<Liquidated> {
    const expected = await this.expected(unhealthy.book);
    const receipt = await this.client.liquidate({
      liquidator: taker.account,
      authority: taker.owner,
      liquidatee: unhealthy.account,
    });
    const event = findEvent(receipt.events, "AccountLiquidated");
    if (!event) throw new Error("the liquidation has no event: the program is of another version than the client");
    const bonus =
      units.divide(expected.equity_atoms * expected.fraction_e9, units.ONE_E9, "down") - expected.payment_atoms;
    this.compare.equal("fraction taken", event.fractionE9, expected.fraction_e9);
    this.compare.equal("payment", event.paymentAtoms, expected.payment_atoms);
    this.compare.equal("bonus", event.bonusAtoms, bonus);
    this.compare.equal("fee for the insurance fund", event.feeAtoms, expected.fee_atoms);

    const moved = expected.cash_slice_atoms - expected.payment_atoms;
    unhealthy.book.cashAtoms -= moved;
    taker.book.cashAtoms += moved - event.feeAtoms;
    unhealthy.book.positions.forEach(({ series }, index) => {
      const slice = expected.leg_slices_e6[index] ?? 0n;
      unhealthy.book.add(series, -slice);
      taker.book.add(series, slice);
    });
    await this.compareBook(unhealthy);
    await this.compareBook(taker);
    const { report: after } = await this.health(unhealthy);
    // The event scales the equity by what is kept; positions are kept in whole lots, of which none is worth more than spot.
    const lot = this.price.indexE9 / units.ONE_E9 + 1n;
    const apart = event.equityAfterAtoms - after.equityAtoms;
    const most = lot * BigInt(unhealthy.book.positions.length) + 1n;
    this.compare.that("equity after, in the event, to the lot", apart <= most && -apart <= most);
    return {
      fraction: event.fractionE9,
      payment: event.paymentAtoms,
      bonus: event.bonusAtoms,
      computeUnits: receipt.computeUnits,
      after,
    };
  }

  async settle(actors: readonly Actor[]): Promise<{ priceE9: bigint; coveredSecs: bigint; payoffs: bigint[] }> {
    this.#observe(await this.world.chain.now());
    const { events } = await this.client.settleExpiry(this.underlying, this.#expiry.slot);
    const settled = findEvent(events, "ExpirySettled");
    if (!settled) throw new Error("the settlement has no event: the program is of another version than the client");
    const payoffs: bigint[] = [];
    for (const { account, book } of actors) {
      const expected = this.risk.settlement({
        expiry_ts: this.#expiry.ts,
        observations: this.#observations,
        positions: book.legs,
      });
      this.compare.equal("settlement price", settled.settlementE9, expected.settlement_e9);
      this.compare.equal("seconds observed", settled.coveredSecs, expected.covered_secs);
      await this.client.settleAccount(this.underlying, account);
      const payoff = expected.payoffs_atoms.reduce((sum, one) => sum + one, 0n);
      book.cashAtoms += payoff;
      book.clear();
      payoffs.push(payoff);
    }
    for (const actor of actors) await this.compareBook(actor);
    return { priceE9: settled.settlementE9, coveredSecs: settled.coveredSecs, payoffs };
  }

  /** What the vault holds, and everything it is owed to. */
  async balanceSheet(
    actors: readonly Actor[],
  ): Promise<{ vault: bigint; cash: bigint[]; insurance: bigint; fees: bigint; settlement: bigint }> {
    const { quoteVault } = await this.client.fetchExchange();
    const vault = await this.world.tokenBalance(quoteVault);
    const { feesAtoms: fees, settlementAtoms: settlement } = await this.client.fetchUnderlying(this.underlying);
    const accounts = await this.client.fetchMarginAccounts();
    const total = accounts.reduce((sum, { data }) => sum + data.cashAtoms, 0n);
    const insurance = accounts.reduce((sum, { data }) => sum + data.insuranceDueAtoms, 0n);
    const owed = total + insurance + fees + settlement;
    this.compare.equal("vault = Σ (cash + due to insurance) + fees + settlement balance", vault, owed);
    this.compare.equal("fees", fees, this.#feesAtoms);
    const cash = actors.map(({ account }) => accounts.find(({ address }) => address === account)?.data.cashAtoms ?? 0n);
    return { vault, cash, insurance, fees, settlement };
  }
}

const snakeCase = (fields: object): Record<string, bigint> =>
  Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [
      key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value as bigint,
    ]),
  );
