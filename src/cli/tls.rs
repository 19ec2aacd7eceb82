//! Options of TLS with clients, for the commands that configure Envoy.

use std::path::PathBuf;

use crate::envoy::ClientTls;

#[derive(Debug, clap::Args)]
pub(super) struct TlsArgs {
    /// Speak TLS with clients, with this certificate: a PEM file, which Envoy reads.
    #[arg(long, requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The private key of --tls-cert: a PEM file, which Envoy reads.
    #[arg(long, requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Ask clients for a certificate of one of these authorities: a PEM file, which Envoy reads. Who has none may come in with a key
    /// all the same; auth.client_certificates in the config says who the others are.
    #[arg(long, requires = "tls_cert")]
    client_ca: Option<PathBuf>,
}

impl TlsArgs {
    /// What is asked for. Paths are made absolute: Envoy may run elsewhere.
    pub(super) fn options(&self) -> Option<ClientTls> {
        let absolute = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone());
        let (certificate, key) = (self.tls_cert.as_ref().map(absolute)?, self.tls_key.as_ref().map(absolute)?);
        Some(ClientTls { certificate, key, client_ca: self.client_ca.as_ref().map(absolute) })
    }
}
