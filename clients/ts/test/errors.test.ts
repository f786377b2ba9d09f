import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { explainFailure, PlimsollFailure, programError } from "../src/errors";

const idl = JSON.parse(readFileSync(new URL("../../../idls/plimsoll.json", import.meta.url), "utf8")) as {
  errors: { code: number; name: string; msg: string }[];
};

test("every error of the IDL is known, with fact and remedy", () => {
  for (const { code, name, msg } of idl.errors) {
    assert.deepEqual(programError(code), { code, name, message: msg });
    assert.match(msg, /^[A-Z].+: .+/, name);
  }
});

const LOGS = [
  "Program Ar657pizBp5R8dHCyEEiZ8tsgP4uTR2gXYhJ33kXeZAx invoke [1]",
  "Program log: AnchorError occurred. Error Code: InitialMargin. Error Number: 6300. Error Message: Initial margin would be short: add collateral or reduce risk.",
  "Program Ar657pizBp5R8dHCyEEiZ8tsgP4uTR2gXYhJ33kXeZAx failed: custom program error: 0x189c",
];

const isInitialMargin = (failure: PlimsollFailure) => {
  assert.equal(failure.code, 6300);
  assert.ok(failure.is("InitialMargin"));
  assert.equal(
    failure.message,
    "Initial margin would be short: add collateral or reduce risk (InitialMargin, code 6300)",
  );
};

test("the code is found in logs, in an RPC's answer and inside kit's errors", () => {
  isInitialMargin(explainFailure(undefined, LOGS));
  isInitialMargin(explainFailure({ InstructionError: [1n, { Custom: 6300n }] }));
  isInitialMargin(explainFailure({ InstructionError: [1, { Custom: 6300 }] }));
  isInitialMargin(explainFailure(Object.assign(new Error("failed"), { context: { index: 1, code: 6300 } })));
  isInitialMargin(
    explainFailure(new Error("preflight", { cause: Object.assign(new Error("custom"), { context: { code: 6300 } }) })),
  );
  isInitialMargin(explainFailure(Object.assign(new Error("preflight"), { context: { logs: LOGS } })));
});

test("Anchor's own errors keep their name", () => {
  const failure = explainFailure({}, [
    "Program log: AnchorError caused by account: exchange. Error Code: AccountNotInitialized. Error Number: 3012. Error Message: The program expected this account to be already initialized.",
    "Program Ar657pizBp5R8dHCyEEiZ8tsgP4uTR2gXYhJ33kXeZAx failed: custom program error: 0xbc4",
  ]);
  assert.equal(failure.errorName, "AccountNotInitialized");
  assert.equal(failure.code, 3012);
  assert.match(failure.message, /already initialized: check the accounts/);
});

test("other failures say what is known of them", () => {
  assert.match(explainFailure("BlockhashNotFound").message, /BlockhashNotFound/);
  const token = explainFailure({ InstructionError: [0, { Custom: 1 }] }, [
    "Program Tokenkeg failed: custom program error: 0x1",
  ]);
  assert.equal(token.errorName, undefined);
  assert.match(token.message, /program Tokenkeg failed: custom program error: 0x1/);
  const first = explainFailure(undefined, LOGS);
  assert.equal(explainFailure(first), first, "explained once");
});
