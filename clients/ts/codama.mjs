// Generates src/generated from the committed IDL, and nothing else. The same IDL always gives the same files.
import { readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { rootNodeFromAnchor } from "@codama/nodes-from-anchor";
import { renderVisitor } from "@codama/renderers-js";
import { createFromRoot } from "codama";

const fromHere = (path) => fileURLToPath(new URL(path, import.meta.url));
const capitalised = (name) => name[0].toUpperCase() + name.slice(1);
const output = fromHere("src/generated");
const idl = JSON.parse(readFileSync(fromHere("../../idls/plimsoll.json"), "utf8"));

// The renderer knows no events. Given as plain types they get their codecs; which is which is the table below.
const root = rootNodeFromAnchor({ ...idl, events: [] });
// The folder is emptied first: it holds generated files only.
await createFromRoot(root).accept(
  renderVisitor(output, {
    formatCode: true,
    // What an encoder takes would be called ...Args, and collide with the program's own types of that ending.
    nameTransformers: { dataArgsType: (name) => `${capitalised(name)}Input` },
  }),
);

// The renderer leaves notes to its own authors in what it writes, and calls its helpers by a name that says nothing.
renameSync(`${output}/shared`, `${output}/helpers`);
for (const entry of readdirSync(output, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue;
  const path = `${entry.parentPath}/${entry.name}`;
  const text = readFileSync(path, "utf8");
  writeFileSync(path, text.replace(/^ *\/\/ TODO.*\n/gm, "").replaceAll('from "../shared"', 'from "../helpers"'));
}

const names = idl.events.map(({ name }) => name).sort();
const discriminators = new Map(idl.events.map(({ name, discriminator }) => [name, discriminator]));
writeFileSync(
  `${output}/tables.ts`,
  `/** Generated from the IDL by codama.mjs: do not edit. */
import {
${names.map((name) => `  get${name}Decoder,\n  type ${name},`).join("\n")}
} from "./types";

/** Every event of the program by name. */
export type PlimsollEvents = {
${names.map((name) => `  ${name}: ${name};`).join("\n")}
};

/** Discriminator and decoder of every event. */
export const EVENTS = [
${names
  .map(
    (name) =>
      `  {\n    name: "${name}",\n    discriminator: [${discriminators.get(name).join(", ")}],\n    decoder: get${name}Decoder,\n  },`,
  )
  .join("\n")}
] as const;

/** Every error of the program: code, name, and the message with its remedy. */
export const ERRORS = [
${[...idl.errors]
  .sort((a, b) => a.code - b.code)
  .map(
    ({ code, name, msg }) =>
      `  {\n    code: ${code},\n    name: ${JSON.stringify(name)},\n    message: ${JSON.stringify(msg)},\n  },`,
  )
  .join("\n")}
] as const;

/** Constants of the program. */
export const CONSTANTS = {
${idl.constants
  .filter(({ type }) => type !== "bytes")
  .map(({ name, value }) => `  ${name}: ${value},`)
  .join("\n")}
} as const;
`,
);
