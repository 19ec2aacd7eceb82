//! HTTP/2 clients, and providers over TLS and HTTP/2.

use std::io::Write as _;
use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::provider::{self, Provider};
use crate::world::{CHAT, World, chat, config, entry};

#[tokio::test]
async fn http2_clients_are_served() {
    let only = Provider::start(|_| provider::openai("hello")).await;
    let world = World::start(&config(&[entry("a", "openai", &only)], "a", "")).await;
    let client = reqwest::Client::builder().no_proxy().http2_prior_knowledge().build().unwrap();
    let answer = client
        .post(format!("http://{}{CHAT}", world.address))
        .header("authorization", "Bearer sk-test")
        .body(chat(false))
        .send()
        .await
        .unwrap();
    assert_eq!((answer.status().as_u16(), answer.version()), (200, http::Version::HTTP_2));
}

#[tokio::test]
async fn tls_providers_are_spoken_to_in_http2_where_they_can_and_only_if_their_name_is_right() {
    let (acceptor, pem) = tls(&["localhost"], true);
    let good = Provider::start_tls(acceptor, |_| provider::openai("from tls")).await;
    let (acceptor, other) = tls(&["other.example"], true);
    let wrong = Provider::start_tls(acceptor, |_| provider::openai("never")).await;
    let mut bundle = tempfile::NamedTempFile::new().unwrap();
    write!(bundle, "{pem}{other}").unwrap();
    let line = |name: &str, provider: &Provider| {
        let (port, ca) = (provider.address.port(), bundle.path().display());
        format!(
            "  {name}: {{dialect: openai, endpoint: \"https://localhost:{port}\", credential: {{bearer: key-of-{name}}}, ca_file: \"{ca}\"}}\n"
        )
    };
    let world = World::start(&config(&[line("wrong", &wrong), line("good", &good)], "wrong, good", "")).await;
    let answer = world.send(CHAT, chat(false)).await;
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    assert!(wrong.arrived().is_empty(), "a provider that cannot prove its name gets nothing");
    let arrived = good.only();
    assert_eq!(arrived.version, http::Version::HTTP_2);
    assert_eq!(arrived.header("authorization"), Some("Bearer key-of-good"));
}

#[tokio::test]
async fn tls_providers_without_http2_are_spoken_to_in_http1() {
    let (acceptor, pem) = tls(&["localhost"], false);
    let only = Provider::start_tls(acceptor, |_| provider::openai("from tls")).await;
    let mut bundle = tempfile::NamedTempFile::new().unwrap();
    write!(bundle, "{pem}").unwrap();
    let (port, ca) = (only.address.port(), bundle.path().display());
    let line = format!(
        "  a: {{dialect: openai, endpoint: \"https://localhost:{port}\", credential: {{bearer: key-of-a}}, ca_file: \"{ca}\"}}\n"
    );
    let world = World::start(&config(&[line], "a", "")).await;
    assert_eq!(world.send(CHAT, chat(false)).await.status(), 200);
    assert_eq!(only.only().version, http::Version::HTTP_11);
}

fn tls(names: &[&str], http2: bool) -> (TlsAcceptor, String) {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).unwrap();
    let key = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let mut server = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    server.alpn_protocols = if http2 { vec![b"h2".to_vec(), b"http/1.1".to_vec()] } else { vec![b"http/1.1".to_vec()] };
    (TlsAcceptor::from(Arc::new(server)), cert.pem())
}
