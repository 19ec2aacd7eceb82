//! The command line: the orchestrator's options, and the roles in which it starts itself again.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use serde::{Deserialize, Serialize};

/// Measures Envoy with and without Kanmon.
#[derive(Debug, Parser)]
pub(crate) struct Args {
    /// A minute instead of ten: one round. For trying out, not for figures.
    #[arg(long)]
    pub(crate) quick: bool,
    /// Measure only these setups.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = Kind::UNASKED)]
    pub(crate) setups: Vec<Kind>,
    /// How often each row is measured, the setups in turn.
    #[arg(long)]
    pub(crate) rounds: Option<usize>,
    /// Where `summary.json`, `details.json` and the logs go.
    #[arg(long, default_value = "target/bench")]
    pub(crate) out: PathBuf,
    /// The `kanmon` to measure.
    #[arg(long, env = "KANMON_BIN", default_value = env!("CARGO_BIN_EXE_kanmon"))]
    pub(crate) kanmon: PathBuf,
    #[command(subcommand)]
    pub(crate) role: Option<Role>,
}

/// What stands between the clients and the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// Envoy alone: the same listener, one cluster.
    Envoy,
    /// Envoy as Kanmon configures it, with a processor that does nothing.
    Noop,
    /// The same with a second stream for every attempt, also for the first.
    NoopTwoStreams,
    /// Kanmon: OpenAI client, OpenAI provider.
    PassThrough,
    /// Kanmon: OpenAI client, Anthropic provider.
    Translated,
    /// As `pass_through`, with ten limits instead of two.
    TenRules,
    /// The same ten, kept in a Redis on this machine.
    TenRulesInRedis,
}

impl Kind {
    /// Those that are measured unless others are asked for, in the order of the tables.
    pub(crate) const UNASKED: [Self; 5] = [Self::Envoy, Self::Noop, Self::NoopTwoStreams, Self::PassThrough, Self::Translated];
    /// Those that show what limits cost, compared with `pass_through`.
    pub(crate) const TEN_LIMITS: [Self; 2] = [Self::TenRules, Self::TenRulesInRedis];

    /// Its name in the results.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Envoy => "envoy",
            Self::Noop => "noop",
            Self::NoopTwoStreams => "noop_two_streams",
            Self::PassThrough => "pass_through",
            Self::Translated => "translated",
            Self::TenRules => "ten_rules",
            Self::TenRulesInRedis => "ten_rules_in_redis",
        }
    }

    /// Whether Kanmon is the processor.
    pub(crate) fn is_kanmon(self) -> bool {
        matches!(self, Self::PassThrough | Self::Translated) || Self::TEN_LIMITS.contains(&self)
    }
}

/// The names of the roles.
pub(crate) const ROLES: [&str; 3] = ["backend", "noop", "load"];

/// The parts that are processes of their own.
#[derive(Debug, Subcommand)]
#[command(hide = true)]
pub(crate) enum Role {
    /// The provider.
    Backend,
    /// The processor that does nothing.
    Noop(Noop),
    /// The clients.
    Load(Load),
}

/// How the no-op processor keeps the road open.
#[derive(Debug, clap::Args)]
pub(crate) struct Noop {
    /// Its Unix socket.
    #[arg(long)]
    pub(crate) socket: PathBuf,
    /// The dynamic metadata that chooses the route, as JSON.
    #[arg(long)]
    pub(crate) metadata: String,
}

/// One slice of load.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Load {
    /// Where to.
    #[arg(long)]
    pub(crate) target: SocketAddr,
    /// The model to ask for.
    #[arg(long)]
    pub(crate) model: String,
    /// Size of the request body.
    #[arg(long)]
    pub(crate) body_bytes: usize,
    /// Whether a streamed answer is asked for.
    #[arg(long)]
    pub(crate) streamed: bool,
    /// Connections, each with one request at a time.
    #[arg(long)]
    pub(crate) connections: usize,
    /// What is not counted at the beginning.
    #[arg(long)]
    pub(crate) warm_up_ms: u64,
    /// How long it counts.
    #[arg(long)]
    pub(crate) window_ms: u64,
}
