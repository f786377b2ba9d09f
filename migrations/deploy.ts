// Creates the exchange and its markets from params/<cluster>.toml; see setup/deploy.ts for options.
// `anchor migrate` calls what this module exports; `npx tsx migrations/deploy.ts --help` runs it by hand.
module.exports = async (provider?: { connection: { rpcEndpoint: string } }): Promise<void> => {
  if (provider) process.env["ANCHOR_PROVIDER_URL"] = provider.connection.rpcEndpoint;
  const { deploy } = await import("./setup/deploy");
  const options = provider ? [] : process.argv.slice(2);
  await deploy(options).catch((error: unknown) => {
    console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  });
};

if (require.main === module) void module.exports();
