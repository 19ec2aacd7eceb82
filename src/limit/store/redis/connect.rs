//! A connection to Redis: found, trusted, authenticated, and found well.

use std::path::PathBuf;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, ConnectionInfo, IntoConnectionInfo as _, RedisError, TlsCertificates};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::timeout;

use super::script::Scripts;
use crate::config::model::RedisStore;

/// How long finding and greeting the server may take.
const CONNECT: Duration = Duration::from_secs(2);
/// How long an answer is waited for at all. Nobody waits so long for a limit, but what comes late is given back.
const LATE: Duration = Duration::from_secs(10);
/// Questions that may wait to be written to the connection.
const QUEUE: usize = 1_024;

/// Where the server is and how to be let in.
pub(super) struct Server {
    url: SecretString,
    password_file: Option<PathBuf>,
    ca_file: Option<PathBuf>,
}

/// Why there is no connection. Tells no secret.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectError {
    #[error("{0}: {1}")]
    File(PathBuf, std::io::Error),
    #[error("{}", told(.0))]
    Redis(#[from] RedisError),
    #[error("no answer within {CONNECT:?}")]
    Timeout,
}

impl Server {
    pub(super) fn new(config: &RedisStore) -> Self {
        let (password_file, ca_file) = (config.password_file.clone(), config.ca_file.clone());
        Self { url: config.url.clone(), password_file, ca_file }
    }

    /// Connects, and gives the server its scripts, which also shows that it is ready to work.
    pub(super) async fn connect(&self, scripts: &Scripts) -> Result<MultiplexedConnection, ConnectError> {
        let client = self.client().await?;
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(Some(LATE))
            .set_pipeline_buffer_size(QUEUE);
        let greet = async {
            let mut connection = client.get_multiplexed_async_connection_with_config(&config).await?;
            for script in [&scripts.reserve, &scripts.settle] {
                let _: String = redis::cmd("SCRIPT").arg("LOAD").arg(script.text).query_async(&mut connection).await?;
            }
            Ok::<_, RedisError>(connection)
        };
        Ok(timeout(CONNECT, greet).await.map_err(|_| ConnectError::Timeout)??)
    }

    /// Files are read each time: a password that was changed is found.
    async fn client(&self) -> Result<Client, ConnectError> {
        let mut info = self.url.expose_secret().into_connection_info()?;
        if let Some(file) = &self.password_file {
            let password = read(file).await?;
            info = with_password(info, String::from_utf8_lossy(&password).trim_end_matches(['\r', '\n']));
        }
        let root_cert = match &self.ca_file {
            Some(file) => Some(read(file).await?),
            None => None,
        };
        if !matches!(info.addr(), redis::ConnectionAddr::TcpTls { .. }) {
            return Ok(Client::open(info)?);
        }
        // Fails where the process has chosen already.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        Ok(Client::build_with_tls(info, TlsCertificates { client_tls: None, root_cert })?)
    }
}

async fn read(file: &PathBuf) -> Result<Vec<u8>, ConnectError> {
    tokio::fs::read(file).await.map_err(|error| ConnectError::File(file.clone(), error))
}

fn with_password(info: ConnectionInfo, password: &str) -> ConnectionInfo {
    let settings = info.redis_settings().clone().set_password(password);
    info.set_redis_settings(settings)
}

/// Says what is wrong with the URL of a Redis, without a word of it: it may hold a password.
///
/// # Errors
/// It is no such URL.
pub fn check_url(url: &str) -> Result<(), &'static str> {
    const SHAPE: &str = "must be `redis://HOST:PORT`, `rediss://HOST:PORT` or `redis+unix:///PATH`";
    let known = ["redis://", "rediss://", "redis+unix://", "unix://", "valkey://", "valkeys://"];
    if !known.iter().any(|scheme| url.starts_with(scheme)) || url.contains('#') {
        return Err(SHAPE);
    }
    url.into_connection_info().map(|_| ()).map_err(|_| SHAPE)
}

/// An error in words that an operator can use.
pub(super) fn told(error: &RedisError) -> String {
    match (error.code(), error.detail()) {
        (Some(code), Some(detail)) => format!("{code} {detail}"),
        (Some(code), None) => code.to_owned(),
        (None, _) => error.to_string(),
    }
}
