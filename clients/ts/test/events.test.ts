import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { getBase64Decoder } from "@solana/kit";
import { decodeEvent, decodeEvents, findEvent, getPauseChangedEncoder, PLIMSOLL_PROGRAM_ADDRESS } from "../src";
import { EVENTS } from "../src/generated/tables";

const idl = JSON.parse(readFileSync(new URL("../../../idls/plimsoll.json", import.meta.url), "utf8")) as {
  events: { name: string; discriminator: number[] }[];
};
const KEY = "Gnt27xtC473ZT2Mw5u8wZ68Z3gULkSTb5DuxJy7eJotD" as never;
const TOKEN = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";

const paused = { exchange: KEY, by: KEY, pauseBits: 7n, pauseUntil: -1n };
const discriminator = idl.events.find(({ name }) => name === "PauseChanged")?.discriminator ?? [];
const bytes = new Uint8Array([...discriminator, ...getPauseChangedEncoder().encode(paused)]);
const line = `Program data: ${getBase64Decoder().decode(bytes)}`;
const inside = (program: string, ...lines: string[]) => [
  `Program ${program} invoke [1]`,
  ...lines,
  `Program ${program} success`,
];

test("every event of the IDL has a decoder", () => {
  assert.deepEqual(
    EVENTS.map(({ name, discriminator }) => ({ name, discriminator: [...discriminator] })).sort((a, b) =>
      a.name < b.name ? -1 : 1,
    ),
    idl.events.map(({ name, discriminator }) => ({ name, discriminator })).sort((a, b) => (a.name < b.name ? -1 : 1)),
  );
});

test("an event is read out of the log", () => {
  const events = decodeEvents(inside(PLIMSOLL_PROGRAM_ADDRESS, "Program log: Instruction: Pause", line));
  assert.deepEqual(events, [{ name: "PauseChanged", data: paused }]);
  assert.deepEqual(findEvent(events, "PauseChanged"), paused);
  assert.equal(findEvent(events, "Traded"), undefined);
});

test("what another program writes is no event of ours, whoever called it", () => {
  assert.deepEqual(decodeEvents(inside(TOKEN, line)), []);
  const nested = inside(
    PLIMSOLL_PROGRAM_ADDRESS,
    `Program ${TOKEN} invoke [2]`,
    line,
    `Program ${TOKEN} success`,
    line,
  );
  assert.equal(decodeEvents(nested).length, 1);
  const called = inside(
    TOKEN,
    `Program ${PLIMSOLL_PROGRAM_ADDRESS} invoke [2]`,
    line,
    `Program ${PLIMSOLL_PROGRAM_ADDRESS} success`,
  );
  assert.equal(decodeEvents(called).length, 1);
});

test("an event of a newer program is passed over", () => {
  assert.equal(decodeEvent(new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8, 9])), undefined);
});
