//! The command line. Each command reads its arguments and calls the library; what can go wrong is one clear line.

mod banner;
mod check;
mod envoy;
mod key;
mod limits;
mod run;
mod runtime;
mod serve;
mod tls;

use anyhow::Context as _;
use clap::{Parser, Subcommand};

/// An AI gateway data plane for any Envoy.
///
/// Applications send OpenAI- or Anthropic-format requests to Envoy. Kanmon checks who calls, chooses the provider, reserves
/// tokens, translates, lets Envoy fall back, and accounts for every token.
#[derive(Debug, Parser)]
#[command(name = "kanmon", version, propagate_version = true, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run everything on this machine: Envoy and the processor.
    ///
    /// Without --config, a provider is set up for each key in the environment (OPENAI_API_KEY, ANTHROPIC_API_KEY); without any
    /// key, a simulated provider answers.
    Run(Box<run::Args>),
    /// Run the processor alone, beside an Envoy that you run.
    Serve(serve::Args),
    /// Print the Envoy configuration that fits a gateway config.
    Envoy(envoy::Args),
    /// Check a gateway config and tell all that is wrong with it.
    Check(check::Args),
    /// Make an API key, and the hash of it that goes into the config.
    Key(key::Args),
    /// Show where the budgets of a running gateway stand: limit, whose, used, left, and when it is full again.
    Limits(limits::Args),
    /// Print the JSON Schema of the gateway config, for editors.
    Schema,
    /// Run a simulated provider that speaks the APIs of all providers and misbehaves on request.
    ///
    /// A path tells whose API is meant: OpenAI (`/v1/…`, or below a vendor's prefix), Azure OpenAI (`/openai/…`), Anthropic
    /// (`/v1/messages`), Gemini (`/v1beta/models/…`), Vertex AI (`/v1/projects/…`), Bedrock (`/model/…`), Cohere (`/v2/…`). Bodies are
    /// judged as strictly as there, signatures of AWS too.
    ///
    /// It answers `You said: …`, calls tools when there are any, and counts one token per word. Every fault below can also be asked
    /// for in one request by a header named like the flag: `x-sim-status: 429`, `x-sim-cut-after: 3`, `x-sim-pace: 20ms`. With
    /// `--name a`, a value `a=429,b=503` means this simulator by its name. `GET /_sim/requests` shows what was received,
    /// `GET /_sim/stats` what is in flight.
    Sim(Box<crate::sim::Args>),
    /// Print the version.
    Version,
}

impl Cli {
    /// Does what the command line says.
    ///
    /// # Errors
    /// One line for the person who called, with the remedy.
    pub fn execute(self) -> anyhow::Result<()> {
        match self.command {
            Command::Run(args) => run::run(*args),
            Command::Serve(args) => serve::serve(args),
            Command::Envoy(args) => envoy::print_config(args),
            Command::Check(args) => check::check(&args),
            Command::Key(args) => key::make(&args),
            Command::Limits(args) => limits::show(&args),
            Command::Schema => print(&crate::config::schema()),
            Command::Sim(args) => simulate(*args),
            Command::Version => print(&format!("kanmon {}", env!("CARGO_PKG_VERSION"))),
        }
    }
}

/// Prints a line. A reader that has gone (`kanmon schema | head`) is no error.
fn print(text: &str) -> anyhow::Result<()> {
    use std::io::Write as _;
    match writeln!(std::io::stdout().lock(), "{text}") {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error).context("cannot write to standard output"),
        _ => Ok(()),
    }
}

/// A config that is not valid, in one error.
fn invalid(errors: crate::config::Errors) -> anyhow::Error {
    anyhow::anyhow!("the config is not valid\n{errors}")
}

fn simulate(args: crate::sim::Args) -> anyhow::Result<()> {
    runtime::init_logging("warn");
    runtime::build(None)?.block_on(args.run(runtime::terminated())).context("the simulated provider stopped")
}
