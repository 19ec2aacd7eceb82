//! `kanmon envoy`

use std::net::SocketAddr;
use std::path::PathBuf;

use super::tls::TlsArgs;
use super::{invalid, print};
use crate::config;
use crate::envoy::{self, Admin, Options, Processor};
use crate::extproc::server::Address;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The gateway config.
    #[arg(long, short, default_value = "kanmon.yaml", env = "KANMON_CONFIG")]
    config: PathBuf,
    /// Where clients connect.
    #[arg(long, default_value = "0.0.0.0:8080")]
    listen: SocketAddr,
    /// Where the processor listens: `unix:/path.sock`, or an address.
    #[arg(long, default_value = "unix:/run/kanmon/kanmon.sock")]
    processor: Address,
    /// Where Envoy's own admin interface listens: `unix:/path.sock`, or an address.
    #[arg(long, default_value = "127.0.0.1:9901")]
    envoy_admin: Address,
    /// File for the access log (JSON lines). Default: Envoy's standard output.
    #[arg(long, default_value = "/dev/stdout")]
    access_log: PathBuf,
    #[command(flatten)]
    tls: TlsArgs,
}

pub(super) fn print_config(args: Args) -> anyhow::Result<()> {
    let snapshot = config::load(&args.config).map_err(invalid)?;
    let processor = match args.processor {
        Address::Unix(path) => Processor::Uds(path),
        Address::Tcp(address) => Processor::Tcp { host: address.ip().to_string(), port: address.port() },
    };
    let admin = match args.envoy_admin {
        Address::Unix(path) => Admin::Pipe(path),
        Address::Tcp(address) => Admin::Tcp(address),
    };
    let mut options = Options::new(args.listen, processor, admin);
    options.access_log = Some(args.access_log);
    options.tls = args.tls.options();
    print(envoy::to_yaml(&envoy::render(&snapshot, &options)?).trim_end())
}
