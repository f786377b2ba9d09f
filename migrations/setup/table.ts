// A table of a parameter file. Whatever is missing, unknown or outside its limits is an error that names the place.
import { address, type Address } from "@solana/kit";

/** A TOML table that knows its place in the file and notices what nobody has read. */
export class Table {
  readonly #unread: Set<string>;
  readonly #children: Table[] = [];

  constructor(
    private readonly values: Record<string, unknown>,
    readonly path: string,
  ) {
    this.#unread = new Set(Object.keys(values));
  }

  #read(key: string): unknown {
    this.#unread.delete(key);
    const value = this.values[key];
    if (value === undefined) throw new Error(`${this.path}: '${key}' is missing: add it`);
    return value;
  }

  number(key: string): number {
    const value = this.#read(key);
    if (typeof value !== "number") throw new Error(`${this.path}: '${key}' is not a number: write it without quotes`);
    return value;
  }

  /** A number in [low, high]. */
  within(key: string, low: number, high: number): number {
    const value = this.number(key);
    if (value < low || value > high) this.refuse(key, `it must lie between ${low} and ${high}`);
    return value;
  }

  /** Throws: `key` is outside its limit. */
  refuse(key: string, limit: string): never {
    throw new Error(`${this.path}: '${key}' is ${String(this.values[key])}: ${limit}`);
  }

  text(key: string): string {
    const value = this.#read(key);
    if (typeof value !== "string") throw new Error(`${this.path}: '${key}' is not a text: write it in quotes`);
    return value;
  }

  optionalText(key: string): string | undefined {
    return key in this.values ? this.text(key) : undefined;
  }

  optionalAddress(key: string): Address | undefined {
    const text = this.optionalText(key);
    return text === undefined ? undefined : address(text);
  }

  #child(values: unknown, path: string): Table {
    if (typeof values !== "object" || values === null) throw new Error(`${path} is not a table: write [${path}]`);
    const table = new Table(values as Record<string, unknown>, path);
    this.#children.push(table);
    return table;
  }

  table(key: string): Table {
    return this.#child(this.#read(key), `${this.path}.${key}`);
  }

  tables(key: string): Table[] {
    const values = this.#read(key);
    if (!Array.isArray(values)) throw new Error(`${this.path}: '${key}' is not a list: write [[${key}]]`);
    return values.map((value, index) => this.#child(value, `${this.path}.${key}[${index}]`));
  }

  refuseUnread(): void {
    const [unknown] = this.#unread;
    if (unknown !== undefined) throw new Error(`${this.path}: '${unknown}' is unknown: remove it or correct its name`);
    for (const child of this.#children) child.refuseUnread();
  }
}
