//! Starts and stops the embedded Surfpool validator on chosen ports. `surfpool-sdk` does the same on random ports only.

use std::{net::TcpListener, thread, time::Duration};

use anyhow::{bail, ensure, Context, Result};
use crossbeam_channel::{Receiver, Sender};
use surfpool_core::{
    runloops::start_local_surfnet_runloop,
    surfnet::{
        locker::SurfnetSvmLocker,
        svm::{SurfnetSvm, SurfnetSvmConfig},
    },
};
use surfpool_types::{RpcConfig, SimnetCommand, SimnetConfig, SimnetEvent, SurfpoolConfig};

const HOST: &str = "127.0.0.1";
/// The RPC server and the WebSocket server each confirm that they have closed.
const SERVERS: usize = 2;

pub struct Validator {
    rpc_url: String,
    ws_url: String,
    commands: Sender<SimnetCommand>,
    closed: Receiver<()>,
}

impl Validator {
    /// Starts the validator and returns when it answers; the clock follows the machine's, with mainnet's slot time.
    pub fn start(rpc_port: u16, ws_port: u16) -> Result<Self> {
        for port in [rpc_port, ws_port] {
            ensure!(
                TcpListener::bind((HOST, port)).is_ok(),
                "port {port} is in use: stop what listens there or choose another port"
            );
        }
        let config = SurfpoolConfig {
            simnets: vec![SimnetConfig {
                offline_mode: true,
                remote_rpc_url: None,
                // Profiles of every transaction would only grow the process in a long session.
                instruction_profiling_enabled: false,
                ..Default::default()
            }],
            rpc: RpcConfig { bind_host: HOST.into(), bind_port: rpc_port, ws_port, ..Default::default() },
            ..Default::default()
        };
        let simnet = &config.simnets[0];
        let (svm, events, geyser_events) = SurfnetSvm::new(SurfnetSvmConfig {
            surfnet_id: simnet.surfnet_id.clone(),
            slot_time: simnet.slot_time,
            instruction_profiling_enabled: simnet.instruction_profiling_enabled,
            max_profiles: simnet.max_profiles,
            log_bytes_limit: simnet.log_bytes_limit,
            feature_config: Default::default(),
            skip_blockhash_check: simnet.skip_blockhash_check,
        })
        .map_err(|e| anyhow::anyhow!("the validator could not be made: {e}"))?;

        let (commands, command_queue) = crossbeam_channel::unbounded();
        let runloop_commands = commands.clone();
        thread::Builder::new().name("validator".into()).spawn(move || {
            let runtime = match tokio::runtime::Runtime::new() {
                Ok(runtime) => runtime,
                Err(e) => return eprintln!("the validator has no runtime: {e}"),
            };
            let runloop = start_local_surfnet_runloop(
                SurfnetSvmLocker::new(svm),
                config,
                runloop_commands,
                command_queue,
                geyser_events,
            );
            if let Err(e) = runtime.block_on(runloop) {
                eprintln!("the validator ended: {e}");
            }
        })?;

        wait_until_started(&events)?;
        Ok(Self {
            rpc_url: format!("http://{HOST}:{rpc_port}"),
            ws_url: format!("ws://{HOST}:{ws_port}"),
            commands,
            closed: follow(events)?,
        })
    }

    pub fn rpc_url(&self) -> &str {
        &self.rpc_url
    }

    pub fn ws_url(&self) -> &str {
        &self.ws_url
    }

    /// Closes both servers and returns when their ports are free again.
    pub fn stop(self) -> Result<()> {
        self.commands
            .send(SimnetCommand::Terminate(None))
            .map_err(|_| anyhow::anyhow!("the validator has already ended"))?;
        for _ in 0..SERVERS {
            self.closed
                .recv_timeout(Duration::from_secs(5))
                .context("the validator did not confirm that it stopped")?;
        }
        Ok(())
    }
}

fn wait_until_started(events: &Receiver<SimnetEvent>) -> Result<()> {
    loop {
        match events.recv_timeout(Duration::from_secs(60)) {
            Ok(SimnetEvent::CoreStarted(_)) => return Ok(()),
            Ok(SimnetEvent::Aborted(reason)) => bail!("the validator did not start: {reason}"),
            Ok(SimnetEvent::Shutdown) => bail!("the validator stopped while it started"),
            Ok(_) => {}
            Err(e) => bail!("the validator did not start: {e}"),
        }
    }
}

/// Reads the event queue, which has no limit, for as long as the validator runs; passes on each server's good-bye.
fn follow(events: Receiver<SimnetEvent>) -> Result<Receiver<()>> {
    let (closed, receiver) = crossbeam_channel::unbounded();
    thread::Builder::new().name("validator-events".into()).spawn(move || {
        for event in events {
            let heard = match event {
                SimnetEvent::Shutdown => closed.send(()),
                SimnetEvent::ErrorLog(_, text) => {
                    eprintln!("validator: {text}");
                    Ok(())
                }
                _ => Ok(()),
            };
            if heard.is_err() {
                return;
            }
        }
    })?;
    Ok(receiver)
}
