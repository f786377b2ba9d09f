// From whatever a failed transaction or simulation gives to the program's error: name, fact and remedy.
import { ERRORS } from "./generated/tables";

export type ProgramErrorInfo = { code: number; name: string; message: string };
export type PlimsollErrorName = (typeof ERRORS)[number]["name"];

const BY_CODE = new Map<number, ProgramErrorInfo>(ERRORS.map((error) => [error.code, error]));

/** Error of the program with this code, if it is one. */
export const programError = (code: number): ProgramErrorInfo | undefined => BY_CODE.get(code);

/** A transaction or simulation that failed. Its message is what to show to a person: the fact, and what to do. */
export class PlimsollFailure extends Error {
  override readonly name = "PlimsollFailure";
  /** Code of the program or of Anchor, if that is what failed. */
  readonly code: number | undefined;
  /** Name of the error as in the IDL, or Anchor's. */
  readonly errorName: string | undefined;
  readonly logs: readonly string[];

  constructor(text: string, info: { code?: number; errorName?: string; logs?: readonly string[]; cause?: unknown }) {
    super(text, info.cause === undefined ? undefined : { cause: info.cause });
    this.code = info.code;
    this.errorName = info.errorName;
    this.logs = info.logs ?? [];
  }

  /** Whether it is this error of the program. */
  is(name: PlimsollErrorName): boolean {
    return this.errorName === name;
  }
}

/**
 * Explains a failure.
 *
 * `error` may be an error kit has thrown, the `err` of a transaction status or simulation, or anything that carries a
 * code and logs somewhere inside.
 */
export function explainFailure(error: unknown, logs: readonly string[] = findLogs(error) ?? []): PlimsollFailure {
  if (error instanceof PlimsollFailure) return error;
  const code = codeFromLogs(logs) ?? findCode(error);
  const known = code === undefined ? undefined : programError(code);
  if (known) {
    const text = `${known.message} (${known.name}, code ${known.code})`;
    return new PlimsollFailure(text, { code: known.code, errorName: known.name, logs, cause: error });
  }
  const anchor = anchorError(logs);
  if (anchor) {
    const text = `${anchor.message}: check the accounts passed to the instruction (Anchor's ${anchor.name}, code ${anchor.code})`;
    return new PlimsollFailure(text, { code: anchor.code, errorName: anchor.name, logs, cause: error });
  }
  const last = [...logs].reverse().find((line) => / failed: /.test(line));
  const fact = last ? last.replace(/^Program /, "program ") : describe(error);
  return new PlimsollFailure(`Transaction failed: ${fact}`, {
    ...(code === undefined ? {} : { code }),
    logs,
    cause: error,
  });
}

const ANCHOR =
  /AnchorError (?:thrown in|caused by account:|occurred).*Error Code: (\w+)\. Error Number: (\d+)\. Error Message: (.*?)\.?$/;

function anchorError(logs: readonly string[]): ProgramErrorInfo | undefined {
  for (const line of [...logs].reverse()) {
    const [, name, code, message] = ANCHOR.exec(line) ?? [];
    if (name && code && message) return { code: Number(code), name, message };
  }
  return undefined;
}

function codeFromLogs(logs: readonly string[]): number | undefined {
  for (const line of [...logs].reverse()) {
    const code = /custom program error: 0x([0-9a-f]+)/i.exec(line)?.[1];
    if (code !== undefined) return parseInt(code, 16);
  }
  return undefined;
}

/** Walks an error and its causes for `Custom` codes, as RPC answers, kit's errors and LiteSVM write them. */
function findCode(error: unknown, depth = 0): number | undefined {
  if (depth > 6 || typeof error !== "object" || error === null) return undefined;
  const fields = error as Record<string, unknown>;
  for (const key of ["Custom", "code"]) {
    const value = fields[key];
    if ((typeof value === "number" || typeof value === "bigint") && isProgramCode(Number(value))) return Number(value);
  }
  for (const value of Array.isArray(error) ? error : [fields["context"], fields["cause"], ...Object.values(fields)]) {
    const found = findCode(value, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Anchor's own codes and the program's; below 100 are the system's and the token program's. */
const isProgramCode = (code: number): boolean => code >= 100 && code < 10_000;

function findLogs(error: unknown, depth = 0): readonly string[] | undefined {
  if (depth > 6 || typeof error !== "object" || error === null) return undefined;
  const { logs, context, cause } = error as { logs?: unknown; context?: unknown; cause?: unknown };
  if (Array.isArray(logs) && logs.every((line) => typeof line === "string")) return logs;
  return findLogs(context, depth + 1) ?? findLogs(cause, depth + 1);
}

function describe(error: unknown): string {
  if (error instanceof Error) return error.message;
  return (
    JSON.stringify(error, (_, value: unknown) => (typeof value === "bigint" ? value.toString() : value)) ??
    String(error)
  );
}
