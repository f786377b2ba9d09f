// Anchor events out of a transaction's log: `Program data: <base64>`, written while the program itself runs.
import { getBase64Encoder, type Address } from "@solana/kit";
import { PLIMSOLL_PROGRAM_ADDRESS } from "./generated";
import { EVENTS, type PlimsollEvents } from "./generated/tables";

export type { PlimsollEvents };
export type PlimsollEventName = keyof PlimsollEvents;

/** One event: its name and its fields. */
export type PlimsollEvent = {
  [Name in PlimsollEventName]: { name: Name; data: PlimsollEvents[Name] };
}[PlimsollEventName];

const BY_DISCRIMINATOR = new Map(EVENTS.map((event) => [event.discriminator.join(), event]));
const DATA = "Program data: ";

/** All events of the program in a log, in order. Data written by other programs is left out. */
export function decodeEvents(
  logs: readonly string[],
  programAddress: Address = PLIMSOLL_PROGRAM_ADDRESS,
): PlimsollEvent[] {
  const running: string[] = [];
  const events: PlimsollEvent[] = [];
  for (const line of logs) {
    const [, invoked] = /^Program (\w+) invoke \[\d+\]$/.exec(line) ?? [];
    if (invoked) running.push(invoked);
    else if (/^Program \w+ (success|failed: .*)$/.test(line)) running.pop();
    else if (line.startsWith(DATA) && running.at(-1) === programAddress) {
      const event = decodeEvent(new Uint8Array(getBase64Encoder().encode(line.slice(DATA.length))));
      if (event) events.push(event);
    }
  }
  return events;
}

/** One event from its bytes, or undefined if it is of a newer program than this client. */
export function decodeEvent(bytes: Uint8Array): PlimsollEvent | undefined {
  const event = BY_DISCRIMINATOR.get(bytes.subarray(0, 8).join());
  if (!event) return undefined;
  return { name: event.name, data: event.decoder().decode(bytes, 8) } as PlimsollEvent;
}

/** The first event of a name. */
export function findEvent<Name extends PlimsollEventName>(
  events: readonly PlimsollEvent[],
  name: Name,
): PlimsollEvents[Name] | undefined {
  return events.find((event) => event.name === name)?.data as PlimsollEvents[Name] | undefined;
}
