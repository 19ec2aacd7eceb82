//! `kanmon check`

use std::path::PathBuf;

use super::{invalid, print};
use crate::config;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The gateway config.
    #[arg(long, short, default_value = "kanmon.yaml")]
    config: PathBuf,
}

pub(super) fn check(args: &Args) -> anyhow::Result<()> {
    let snapshot = config::load(&args.config).map_err(invalid)?;
    print(&format!(
        "{} is valid: {} providers, {} routes, {} limits",
        args.config.display(),
        snapshot.providers.len(),
        snapshot.routes.list.len(),
        snapshot.limits.len()
    ))
}
