// The example in the client's README is this file, and it works.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { addresses } from "./network";

const path = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const EXAMPLE = path("clients/ts/examples/quickstart.ts");

test("both READMEs show the example as it is", () => {
  for (const readme of ["README.md", "clients/ts/README.md"]) {
    assert.ok(readFileSync(path(readme), "utf8").includes(readFileSync(EXAMPLE, "utf8")), `${readme} shows another example`);
  }
});

test("the example runs, and says what the README says", () => {
  const env = { ...process.env, ANCHOR_PROVIDER_URL: addresses.rpcUrl };
  const said = execFileSync(process.execPath, ["--import", "tsx", EXAMPLE], { cwd: path("."), env, encoding: "utf8" });
  assert.equal(said.trim(), "equity 100.00, HF ∞");
});
