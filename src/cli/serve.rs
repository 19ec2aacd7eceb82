//! `kanmon serve`

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use super::{invalid, runtime};
use crate::app::App;
use crate::config::Live;
use crate::extproc::server::Address;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The gateway config.
    #[arg(long, short, default_value = "kanmon.yaml", env = "KANMON_CONFIG")]
    config: PathBuf,
    /// Where the processor listens for Envoy: `unix:/path.sock`, or an address such as `127.0.0.1:18080`.
    #[arg(long, default_value = "unix:/run/kanmon/kanmon.sock")]
    processor: Address,
    /// Address for probes and status.
    #[arg(long, default_value = "127.0.0.1:9902")]
    admin: SocketAddr,
    /// Threads. Default: half of the machine's cores.
    #[arg(long)]
    threads: Option<usize>,
}

pub(super) fn serve(args: Args) -> anyhow::Result<()> {
    runtime::init_logging("info");
    runtime::raise_file_limit();
    let live = Live::open(&args.config).map_err(invalid)?;
    // The Envoy beside this process was set up for the config as it is now.
    live.fix_envoy(live.current().envoy_fingerprint());
    let live = Arc::new(live);
    runtime::build(args.threads)?.block_on(async move {
        let app = App::start(live, &args.processor, args.admin).await?;
        app.readiness.set(true);
        tracing::info!(processor = %args.processor, admin = %app.admin, "serving");
        tokio::select! {
            () = runtime::terminated() => {}
            () = app.failed() => {}
        }
        app.stop().await;
        Ok(())
    })
}
