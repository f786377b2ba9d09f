//! A local Solana network for people and for the TypeScript tests: one process, no network access, ready in seconds.
//!
//! It starts an embedded Surfpool validator, deploys the built program, funds the committed wallet and writes mints,
//! token accounts and Pyth price accounts at fixed addresses. What the program itself keeps (exchange, markets) is not
//! made here: that is done through the TypeScript client, as on any other cluster.

mod chain;
mod pyth;
mod switchboard;
mod validator;
mod world;

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result};
use clap::{ArgAction, Parser};
use solana_signer::{EncodableKey, Signer};
use surfpool_sdk::{Keypair, Pubkey};

use crate::{chain::Chain, validator::Validator, world::World};

/// Starts a local network with the Plimsoll program; Ctrl-C stops it.
#[derive(Parser)]
#[command(name = "plimsoll-localnet", version)]
struct Args {
    /// Port of the JSON RPC; cheatcodes (surfnet_setAccount, surfnet_timeTravel, ...) are served here too.
    #[arg(long, default_value_t = 8899)]
    rpc_port: u16,

    /// Port of the WebSocket subscriptions; most clients expect the RPC port plus one.
    #[arg(long)]
    ws_port: Option<u16>,

    /// The program's binary.
    #[arg(long, default_value = "target/deploy/plimsoll.so")]
    program: PathBuf,

    /// Key pair whose public key is the program's address.
    #[arg(long, default_value = "keys/plimsoll-localnet-keypair.json")]
    program_keypair: PathBuf,

    /// Key pair of the wallet that is funded and becomes the program's upgrade authority.
    #[arg(long, default_value = "keys/wallet-localnet.json")]
    wallet: PathBuf,

    /// Where all addresses are written as JSON.
    #[arg(long, default_value = ".localnet/addresses.json")]
    addresses: PathBuf,

    /// Written once everything is in place; holds the RPC address.
    #[arg(long)]
    ready_file: Option<PathBuf>,

    /// Publish the last prices again every two seconds, so that they never become stale.
    #[arg(long, default_value_t = true, action = ArgAction::Set, num_args = 0..=1, default_missing_value = "true")]
    live_prices: bool,
}

#[tokio::main]
async fn main() -> Result<()> {
    let args = Args::parse();
    let ws_port = args.ws_port.unwrap_or(args.rpc_port + 1);
    let binary = fs::read(&args.program)
        .with_context(|| format!("cannot read program {}: run tools/build-program first", args.program.display()))?;

    let validator = Validator::start(args.rpc_port, ws_port)?;
    let chain = Chain::new(validator.rpc_url());
    let world = World::new(public_key(&args.program_keypair)?, public_key(&args.wallet)?);
    world.create(&chain, &binary)?;

    println!("\n{}", world.table(validator.rpc_url(), validator.ws_url()));
    let addresses = world.json(validator.rpc_url(), validator.ws_url());
    write_file(&args.addresses, &serde_json::to_string_pretty(&addresses)?)?;
    if let Some(path) = &args.ready_file {
        write_file(path, validator.rpc_url())?;
    }

    tokio::select! {
        () = publish_prices(&world, &chain, args.live_prices) => {}
        () = stop_requested() => println!("\nstopping"),
    }
    validator.stop()
}

fn public_key(keypair: &Path) -> Result<Pubkey> {
    Keypair::read_from_file(keypair)
        .map(|keypair| keypair.pubkey())
        .map_err(|e| anyhow::anyhow!("cannot read key pair {}: {e}", keypair.display()))
}

/// Publishes the last prices every two seconds; without `live` it only waits. Never returns.
async fn publish_prices(world: &World, chain: &Chain, live: bool) {
    let mut tick = tokio::time::interval(Duration::from_secs(2));
    loop {
        tick.tick().await;
        if !live {
            continue;
        }
        // A failed round is only a note: the next one comes in two seconds.
        if let Err(e) = world.republish_prices(chain) {
            eprintln!("prices not published: {e:#}");
        }
    }
}

/// Resolves on Ctrl-C, and on the polite signal that scripts send.
async fn stop_requested() {
    use tokio::signal::unix::{signal, SignalKind};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        let _ = tokio::signal::ctrl_c().await;
        return;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

/// Writes the whole file at once, so that whoever waits for it never reads half of it.
fn write_file(path: &Path, text: &str) -> Result<()> {
    if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
        fs::create_dir_all(folder)?;
    }
    let unfinished = path.with_extension("new");
    fs::write(&unfinished, format!("{text}\n"))
        .and_then(|()| fs::rename(&unfinished, path))
        .with_context(|| format!("cannot write {}", path.display()))
}
