// The program in an embedded SVM with one exchange, one underlying and one collateral, made by the client itself.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { generateKeyPairSigner, getAddressEncoder, lamports, type Address, type KeyPairSigner } from "@solana/kit";
import { getCreateAssociatedTokenIdempotentInstruction, getMintToInstruction } from "@solana-program/token";
import { LiteSVM } from "litesvm";
import {
  DEFAULT_KEY,
  MarginMode,
  PlimsollAdmin,
  PLIMSOLL_PROGRAM_ADDRESS,
  SourceKind,
  tokenAccountOf,
  units,
  type OracleConfig,
  type UnderlyingParams,
} from "../src";
import { liteSvmChain, publishPriceAccount, publishPull, setTime, writeMint } from "../src/litesvm";
import { feedIdBytes } from "../src/pyth";

/** Terms of liquidations: the defaults of the risk crate. */
export const LIQUIDATION = {
  discountE9: units.ratio("0.98"),
  fastDiscountE9: units.ratio("0.8"),
  fastSecs: 600n,
  slowSecs: 7_200n,
  maxGapSecs: 60n,
  insolventSecs: 900n,
  bufferE9: units.ratio("0.1"),
  dustAtoms: units.usd("10"),
  feeE9: units.ratio("0.1"),
  warningE9: units.ratio("1.25"),
  callSecs: 86_400n,
};

export const NOW = 1_800_000_000n;
export const SOL_FEED = "ef0d8b6fda2ceba41da15d4095d1da392a0d2f8ed0c6c7bc0f4cfac8c280b56d";
const BINARY = fileURLToPath(new URL("../../../target/deploy/plimsoll.so", import.meta.url));

export const oracle = (sources: OracleConfig["sources"]): OracleConfig => ({
  sources,
  required: 1,
  maxAgeSecs: 60n,
  maxLiquidationAgeSecs: 300n,
  slowSecs: 300n,
  maxDivergenceE9: units.ratio("0.1"),
  maxConfidenceE9: units.ratio("0.02"),
});

export const PARAMS: UnderlyingParams = {
  cross: {
    maxSpotE9: units.ratio("0.15"),
    minSpotE9: units.ratio("0.1"),
    mmCallE9: units.ratio("0.075"),
    mmPutE9: units.ratio("0.075"),
    mmPutMtmE9: units.ratio("0.075"),
    unpairedImE9: units.ratio("1.2"),
    unpairedMmE9: units.ratio("1.1"),
    mmOffsetE9: units.ratio("1.05"),
    confidenceThresholdE9: units.ratio("0.4"),
    confidenceFactorE9: units.ratio("0.4"),
    pegThresholdE9: units.ratio("0.98"),
    pegFactorE9: units.ratio("1.2"),
  },
  volatility: {
    minVolQ40: units.q40("0.2"),
    maxVolQ40: units.q40("4"),
    maxAgeSecs: 3_600n,
    realisedLowE9: units.ratio("0.3"),
    realisedHighE9: units.ratio("4"),
    staleMultE9: units.ratio("1.5"),
    staleChargeE9: units.ratio("0.05"),
    sampleSecs: 3_600n,
    halfLifeSecs: 604_800n,
    minSamples: 24n,
    maxForecastE9: units.ratio("2"),
    maxForecastStepE9: units.ratio("0.25"),
    forecastIntervalSecs: 3_600n,
    maxForecastSecs: 86_400n,
  },
  maxBasisE9: units.ratio("0.1"),
  maxOpenInterestE6: units.contracts("1000"),
  maxStrikeFactorE9: units.ratio("4"),
};

export class TestWorld {
  private constructor(
    readonly svm: LiteSVM,
    readonly wallet: KeyPairSigner,
    readonly admin: PlimsollAdmin,
    readonly underlying: Address,
    readonly collateral: Address,
    readonly usdc: Address,
    readonly sol: Address,
    readonly stablePrice: Address,
  ) {}

  static async create(): Promise<TestWorld> {
    if (!existsSync(BINARY)) throw new Error(`${BINARY} does not exist: run tools/build-program`);
    const svm = new LiteSVM().withLogBytesLimit();
    svm.addProgramFromFile(PLIMSOLL_PROGRAM_ADDRESS, BINARY);
    setTime(svm, NOW);
    const wallet = await generateKeyPairSigner();
    svm.airdrop(wallet.address, lamports(100_000_000_000n));
    const [usdc, sol, stablePrice, key] = await Promise.all([1, 2, 3, 4].map(() => generateKeyPairSigner()));
    if (!usdc || !sol || !stablePrice || !key) throw new Error("unreachable");
    writeMint(svm, { address: usdc.address, decimals: 6, authority: wallet.address });
    writeMint(svm, { address: sol.address, decimals: 9, authority: wallet.address });

    const stable = { kind: SourceKind.PythPriceAccount, key: getAddressEncoder().encode(stablePrice.address) };
    const pull = { kind: SourceKind.PythPull, key: feedIdBytes(SOL_FEED) };
    const admin = await PlimsollAdmin.createExchange(liteSvmChain(svm, wallet), wallet, {
      quoteMint: usdc.address,
      terms: {
        guardian: wallet.address,
        feeRecipient: wallet.address,
        feeRateE9: units.ratio("0.0003"),
        feeCapE9: units.ratio("0.125"),
        liquidation: LIQUIDATION,
      },
      stableOracle: oracle([stable]),
    });
    const terms = {
      haircutInitialE9: units.ratio("0.2"),
      haircutMaintenanceE9: units.ratio("0.1"),
      depositCapAtoms: units.tokens("1000", 9),
      underlying: DEFAULT_KEY,
    };
    const collateral = await admin.createCollateral({ mint: sol.address, terms, oracle: oracle([pull]) });
    await admin.createUnderlying(key, {
      symbol: "SOL",
      publishers: [wallet.address],
      forecastAuthority: wallet.address,
      params: PARAMS,
      oracle: oracle([pull]),
    });
    return new TestWorld(svm, wallet, admin, key.address, collateral, usdc.address, sol.address, stablePrice.address);
  }

  /** Publishes SOL at a price and USDC at one dollar, and reads both. */
  async price(usd: string): Promise<void> {
    const priceE8 = units.parseDecimal(usd, 8);
    const pull = await publishPull(this.svm, SOL_FEED, priceE8, priceE8 / 1_000n);
    publishPriceAccount(this.svm, this.stablePrice, 100_000_000n, 10_000n);
    const before = [
      this.admin.updateStablePriceInstruction([this.stablePrice]),
      this.admin.updateCollateralPriceInstruction(this.collateral, [pull]),
    ];
    await this.admin.updatePrice(this.underlying, [pull], { before });
  }

  /** Somebody whose USDC and SOL lie in a margin account. */
  async actor(usd: string, sol = "0", mode = MarginMode.Cross): Promise<{ owner: KeyPairSigner; account: Address }> {
    const owner = await generateKeyPairSigner();
    this.svm.airdrop(owner.address, lamports(1_000_000_000n));
    const { marginAccount: account } = await this.admin.openAccount(owner, { mode });
    const amounts: [Address, bigint][] = [
      [this.usdc, units.usd(usd)],
      [this.sol, units.tokens(sol, 9)],
    ];
    for (const [mint, amount] of amounts) {
      if (amount === 0n) continue;
      const ata = await tokenAccountOf(owner.address, mint);
      await this.admin.chain.send([
        getCreateAssociatedTokenIdempotentInstruction({ payer: this.wallet, ata, owner: owner.address, mint }),
        getMintToInstruction({ mint, token: ata, mintAuthority: this.wallet, amount }),
      ]);
      await this.admin.deposit({ authority: owner, marginAccount: account, amount, mint });
    }
    return { owner, account };
  }
}
