//! `kanmon serve`

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use super::runtime;
use crate::app::App;
use crate::config::{self, Live};
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
    let snapshot = config::load(&args.config).map_err(|errors| anyhow::anyhow!("the config is not valid\n{errors}"))?;
    let live = Arc::new(Live::watching(args.config, snapshot));
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
