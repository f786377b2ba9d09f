// @plimsoll/client: everything a program needs that talks to Plimsoll.
export * from "./accounts";
export * from "./admin";
export * from "./arrays";
export * from "./backstop";
export { rpcChain, type Chain, type Receipt, type RpcChainOptions, type Simulation } from "./chain";
export * from "./client";
export * from "./errors";
export * from "./events";
export * from "./generated";
export { CONSTANTS } from "./generated/tables";
export * from "./hedging";
export * from "./insurance";
export * from "./losses";
export * from "./pdas";
export * from "./portfolio";
export { PlimsollReader } from "./reader";
export * from "./requests";
export * as units from "./units";
