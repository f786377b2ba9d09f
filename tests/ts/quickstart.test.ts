// The example in the client's README is this file, and it works.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { addresses } from "./network";

const path = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const EXAMPLE = path("clients/ts/examples/quickstart.ts");

test("the README shows the example as it is", () => {
  assert.ok(readFileSync(path("clients/ts/README.md"), "utf8").includes(readFileSync(EXAMPLE, "utf8")));
});

test("the example runs, and says what the README says", () => {
  const env = { ...process.env, ANCHOR_PROVIDER_URL: addresses.rpcUrl };
  const said = execFileSync(process.execPath, ["--import", "tsx", EXAMPLE], { cwd: path("."), env, encoding: "utf8" });
  assert.equal(said.trim(), "equity 100.00, HF ∞");
});
