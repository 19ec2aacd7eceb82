//! The gateway configs: one for all setups, but for the limits.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Result;
use sha2::{Digest, Sha256};

use crate::args::Kind;
use crate::setup::CLIENT_KEY;
use crate::store;

const GATEWAY: &str = include_str!("gateway.yaml");
const TWO_LIMITS: &str = include_str!("limits/two.yaml");
const TEN_LIMITS: &str = include_str!("limits/ten.yaml");
const PRICES: &str = include_str!("limits/prices.yaml");
const STORE: &str = include_str!("limits/store.yaml");

/// Writes the config of a setup into the folder, and what it names.
pub(crate) fn write(kind: Kind, backend: SocketAddr, usage: &Path, folder: &Path) -> Result<PathBuf> {
    let hash: String = Sha256::digest(CLIENT_KEY).iter().map(|byte| format!("{byte:02x}")).collect();
    let gateway = GATEWAY.replace("ADDRESS", &backend.to_string());
    let gateway = gateway.replace("KEY_HASH", &hash).replace("USAGE_FILE", &usage.display().to_string());
    let file = folder.join(format!("{}.yaml", kind.name()));
    std::fs::write(&file, gateway + &limits(kind, folder))?;
    std::fs::write(folder.join("prices.yaml"), PRICES)?;
    Ok(file)
}

fn limits(kind: Kind, folder: &Path) -> String {
    match kind {
        Kind::TenRules => TEN_LIMITS.to_owned(),
        Kind::TenRulesInRedis => TEN_LIMITS.to_owned() + &STORE.replace("STORE_URL", &store::url(folder)),
        _ => TWO_LIMITS.to_owned(),
    }
}
