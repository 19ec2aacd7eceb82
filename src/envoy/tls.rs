//! TLS. Towards providers, the certificate must be valid for the host of the endpoint, by an authority that is trusted. Towards
//! clients, one who shows a certificate must show a valid one, and need not show any: the gate decides who comes in.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::typed::extension;
use super::{ClientTls, Options, RenderError};
use crate::upstream::Provider;

/// Where systems keep the authorities that they trust: Debian and Alpine, Fedora and RHEL, openSUSE, RHEL's older place, BSD and
/// macOS.
const SYSTEM_BUNDLES: [&str; 5] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
];

/// The transport socket of a provider's cluster.
pub(super) fn upstream(provider: &Provider, options: &Options) -> Result<Value, RenderError> {
    let host = &provider.endpoint.host;
    let bundle = bundle(provider, options)?;
    let is_address = host.parse::<IpAddr>().is_ok();
    let mut context = json!({
        "common_tls_context": {
            "tls_params": {"tls_minimum_protocol_version": "TLSv1_2"},
            "validation_context": {
                "trusted_ca": {"filename": bundle},
                "match_typed_subject_alt_names": [{
                    "san_type": if is_address { "IP_ADDRESS" } else { "DNS" },
                    "matcher": {"exact": host},
                }],
            },
        },
    });
    // An address is no server name (RFC 6066, section 3).
    if !is_address {
        context["sni"] = host.as_str().into();
    }
    if let Some(protocols) = alpn(provider) {
        context["common_tls_context"]["alpn_protocols"] = json!(protocols);
    }
    Ok(extension("envoy.transport_sockets.tls", "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext", context))
}

/// The transport socket of the listener.
pub(super) fn downstream(tls: &ClientTls) -> Result<Value, RenderError> {
    let file = |path: &Path| path.to_str().map(|path| json!({"filename": path})).ok_or_else(|| not_text(path));
    let mut common = json!({
        "tls_params": {"tls_minimum_protocol_version": "TLSv1_2"},
        "tls_certificates": [{"certificate_chain": file(&tls.certificate)?, "private_key": file(&tls.key)?}],
        "alpn_protocols": ["h2", "http/1.1"],
    });
    if let Some(ca) = &tls.client_ca {
        common["validation_context"] = json!({"trusted_ca": file(ca)?});
    }
    let context = json!({"common_tls_context": common, "require_client_certificate": false});
    Ok(extension("envoy.transport_sockets.tls", "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext", context))
}

fn not_text(path: &Path) -> RenderError {
    RenderError::PathNotText { path: path.to_owned() }
}

fn alpn(provider: &Provider) -> Option<&'static [&'static str]> {
    match provider.http2 {
        None => Some(&["h2", "http/1.1"]),
        Some(true) => Some(&["h2"]),
        Some(false) => Some(&["http/1.1"]),
    }
}

fn bundle(provider: &Provider, options: &Options) -> Result<String, RenderError> {
    let own = provider.ca_file.as_ref().or(options.ca_bundle.as_ref());
    let path = match own {
        Some(path) => path.clone(),
        None => system_bundle().ok_or_else(|| RenderError::NoCaBundle { provider: provider.name.to_string() })?,
    };
    path.to_str().map(str::to_owned).ok_or_else(|| not_text(&path))
}

fn system_bundle() -> Option<PathBuf> {
    SYSTEM_BUNDLES.map(Path::new).into_iter().find(|path| path.is_file()).map(Path::to_owned)
}
