//! The command line of `kanmon sim`, and what it means.

use std::io;
use std::net::SocketAddr;

use clap::Args as ClapArgs;
use tokio::net::TcpListener;

use super::script::Script;

/// The flags of `kanmon sim`.
#[derive(Debug, Clone, ClapArgs)]
pub struct Args {
    /// Address to listen on (port 0: any that is free)
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9100")]
    pub listen: SocketAddr,
    /// Name, for headers that are meant for one simulator
    #[arg(long, default_value = "sim", value_parser = name)]
    pub name: String,
    /// A model to serve; can be given more than once. Default: any
    #[arg(long = "model", value_name = "NAME")]
    pub models: Vec<String>,
    /// The only API key to accept. Default: any, or none
    #[arg(long, value_name = "KEY", hide_env_values = true)]
    pub require_key: Option<String>,
    /// The AWS access key id that requests to Bedrock are signed with
    #[arg(long, value_name = "ID", default_value = AWS_ACCESS_KEY)]
    pub aws_access_key: String,
    /// The AWS secret access key that signatures are checked with
    #[arg(long, value_name = "SECRET", default_value = AWS_SECRET_KEY)]
    pub aws_secret_key: String,
    /// The AWS session token that signed requests must have. Default: they must have none
    #[arg(long, value_name = "TOKEN")]
    pub aws_session_token: Option<String>,
    /// How to answer and misbehave.
    #[command(flatten, next_help_heading = "Answers and faults")]
    pub script: Script,
}

/// What a simulator is like.
#[derive(Debug, Clone)]
pub struct Options {
    /// Its name, for headers that are meant for one simulator.
    pub name: String,
    /// The models that it serves. Empty: any.
    pub models: Vec<String>,
    /// The only API key that it accepts. `None`: any, or none.
    pub require_key: Option<String>,
    /// The AWS access key id that it knows.
    pub aws_access_key: String,
    /// The AWS secret access key that it checks signatures with.
    pub aws_secret_key: String,
    /// The AWS session token that signed requests must have. `None`: they must have none.
    pub aws_session_token: Option<String>,
    /// How it answers where a request says nothing else.
    pub script: Script,
}

/// The AWS access key id that a simulator knows unless told otherwise.
const AWS_ACCESS_KEY: &str = "AKIASIMULATED";

/// Its secret.
const AWS_SECRET_KEY: &str = "simulated-secret";

impl Default for Options {
    fn default() -> Self {
        Self {
            name: String::new(),
            models: Vec::new(),
            require_key: None,
            aws_access_key: AWS_ACCESS_KEY.to_owned(),
            aws_secret_key: AWS_SECRET_KEY.to_owned(),
            aws_session_token: None,
            script: Script::default(),
        }
    }
}

impl Args {
    /// Listens, says where on standard output, and serves until `shutdown` is ready.
    ///
    /// # Errors
    /// When the address cannot be listened on; the message names it.
    pub async fn run(self, shutdown: impl Future) -> io::Result<()> {
        let listener = TcpListener::bind(self.listen)
            .await
            .map_err(|error| io::Error::new(error.kind(), format!("cannot listen on {}: {error}", self.listen)))?;
        let address = listener.local_addr()?;
        announce(&self.name, address)?;
        super::serve(listener, self.into(), shutdown).await
    }
}

impl From<Args> for Options {
    fn from(args: Args) -> Self {
        Self {
            name: args.name,
            models: args.models,
            require_key: args.require_key,
            aws_access_key: args.aws_access_key,
            aws_secret_key: args.aws_secret_key,
            aws_session_token: args.aws_session_token,
            script: args.script,
        }
    }
}

/// A name that can stand before `=` in a header's value.
fn name(text: &str) -> Result<String, &'static str> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if (1..=32).contains(&text.len()) && text.bytes().all(is_plain) {
        return Ok(text.to_owned());
    }
    Err("write at most 32 letters, digits, `-` and `_`")
}

fn announce(name: &str, address: SocketAddr) -> io::Result<()> {
    use std::io::Write as _;
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "simulated provider `{name}` on http://{address}")?;
    stdout.flush()
}
