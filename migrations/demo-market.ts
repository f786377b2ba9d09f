// Fills the exchange of a local network with a market and two funded accounts; see setup/demo-market.ts.
// `npx tsx migrations/demo-market.ts --help` says more.
void import("./setup/demo-market")
  .then(({ demoMarket }) => demoMarket(process.argv.slice(2)))
  .catch((error: unknown) => {
    console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  });
