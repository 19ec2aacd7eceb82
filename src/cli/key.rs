//! `kanmon key`

use anyhow::Context as _;
use secrecy::ExposeSecret as _;

use super::print;
use crate::auth::key;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The name under which the key stands in the config.
    #[arg(default_value = "my-key")]
    name: String,
}

pub(super) fn make(args: &Args) -> anyhow::Result<()> {
    let key = key::generate().context("the system gives no random numbers")?;
    print(&format!(
        "key:    {}\n        Give this to the caller. It is not stored anywhere and cannot be shown again.\n\n\
         config: - {{name: {}, sha256: {}}}\n        Put this under auth.keys in the gateway config.",
        key.text.expose_secret(),
        args.name,
        key.sha256
    ))
}
