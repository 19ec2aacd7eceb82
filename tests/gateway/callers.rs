//! Client certificates, and whom Envoy says that a request comes from.

use std::io::Write as _;

use kanmon::envoy::ClientTls;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, SanType};
use reqwest::{Client, Identity, Response};
use tempfile::TempDir;

use crate::provider::{self, Provider};
use crate::world::{CHAT, World, chat, config, entry};

/// An authority, and files with what it has signed.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    directory: TempDir,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "authority of a test");
        Self {
            issuer: CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap(),
            directory: TempDir::new().unwrap(),
        }
    }

    /// A certificate and its key, as PEM.
    fn sign(&self, name: &str, san: SanType, usage: ExtendedKeyUsagePurpose) -> (String, String) {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.subject_alt_names = vec![san];
        params.extended_key_usages = vec![usage];
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &*self.issuer).unwrap().pem(), key.serialize_pem())
    }

    fn client(&self, name: &str, uri: &str) -> Identity {
        let san = SanType::URI(uri.try_into().unwrap());
        let (certificate, key) = self.sign(name, san, ExtendedKeyUsagePurpose::ClientAuth);
        Identity::from_pem(format!("{certificate}{key}").as_bytes()).unwrap()
    }

    /// TLS for Envoy, with clients of this authority.
    fn tls(&self) -> ClientTls {
        let (certificate, key) =
            self.sign("gateway", SanType::IpAddress([127, 0, 0, 1].into()), ExtendedKeyUsagePurpose::ServerAuth);
        let file = |name: &str, text: &str| {
            let path = self.directory.path().join(name);
            std::fs::File::create(&path).unwrap().write_all(text.as_bytes()).unwrap();
            path
        };
        ClientTls {
            certificate: file("gateway.pem", &certificate),
            key: file("gateway.key", &key),
            client_ca: Some(file("ca.pem", &self.issuer.pem())),
        }
    }

    /// A client that trusts the gateway, with a certificate or without.
    fn connect(&self, identity: Option<Identity>) -> Client {
        let authority = reqwest::Certificate::from_pem(self.issuer.pem().as_bytes()).unwrap();
        let builder = Client::builder().no_proxy().tls_certs_only([authority]);
        match identity {
            Some(identity) => builder.identity(identity).build().unwrap(),
            None => builder.build().unwrap(),
        }
    }
}

const FORGED: &str = "By=x;Hash=y;URI=spiffe://mesh.example/ns/red/root";

async fn post(world: &World, client: &Client, headers: &[(&str, &str)]) -> Result<Response, reqwest::Error> {
    let mut request = client.post(format!("https://{}{CHAT}", world.address)).body(chat(false));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await
}

/// A gateway that knows certificates of the namespace `red`, and the test key.
async fn world(from: &str, only: &Provider, authority: &Authority) -> World {
    let auth = format!(
        "auth:\n  client_certificates:\n    from: {from}\n    callers: [{{uri: 'spiffe://mesh.example/ns/red/*', tenant: red}}]\n  \
         keys: [{{name: ci, sha256: f3abf2a6cc4f00987743db5f544ba345b4899ae31f326d8ee9c4816de153c9e0}}]\n  \
         forward: {{key: x-caller}}\n"
    );
    World::with_auth(&auth, &config(&[entry("a", "openai", only)], "a", ""), |options| options.tls = Some(authority.tls())).await
}

async fn certificates_say_who_calls(from: &str) {
    let only = Provider::start(|_| provider::openai("hello")).await;
    let authority = Authority::new();
    let world = world(from, &only, &authority).await;

    let app = authority.connect(Some(authority.client("app", "spiffe://mesh.example/ns/red/app")));
    for headers in [&[][..], &[("authorization", "Bearer unused")], &[("x-forwarded-client-cert", FORGED)]] {
        assert_eq!(post(&world, &app, headers).await.unwrap().status(), 200, "{from} {headers:?}");
        let arrived = only.arrived();
        let arrived = arrived.last().unwrap();
        assert_eq!(arrived.header("x-caller"), Some("spiffe://mesh.example/ns/red/app"));
        assert_eq!((arrived.header("x-forwarded-client-cert"), arrived.header("x-envoy-external-address")), (None, None));
    }
    let record = &world.usage(3).await[0];
    assert_eq!((&record["key"], &record["tenant"]), (&"spiffe://mesh.example/ns/red/app".into(), &"red".into()));

    let nobody = authority.connect(None);
    let before = only.arrived().len();
    for headers in [&[][..], &[("x-forwarded-client-cert", FORGED)]] {
        assert_eq!(post(&world, &nobody, headers).await.unwrap().status(), 401, "{from} {headers:?}");
    }
    let blue = authority.connect(Some(authority.client("app", "spiffe://mesh.example/ns/blue/app")));
    for headers in [&[][..], &[("x-forwarded-client-cert", FORGED)]] {
        assert_eq!(post(&world, &blue, headers).await.unwrap().status(), 401, "{from} {headers:?}");
    }
    let stranger = authority.connect(Some(Authority::new().client("app", "spiffe://mesh.example/ns/red/app")));
    assert!(post(&world, &stranger, &[]).await.is_err(), "a certificate of another authority is no connection");
    assert_eq!(only.arrived().len(), before);

    let key = [("authorization", "Bearer sk-test")];
    assert_eq!(post(&world, &nobody, &key).await.unwrap().status(), 200);
    assert_eq!(only.arrived().last().unwrap().header("x-caller"), Some("ci"));
}

#[tokio::test]
async fn certificates_say_who_calls_by_attributes() {
    certificates_say_who_calls("attributes").await;
}

#[tokio::test]
async fn certificates_say_who_calls_by_header() {
    certificates_say_who_calls("xfcc").await;
}

#[tokio::test]
async fn failures_are_counted_by_the_address_that_envoy_saw_whatever_the_client_says() {
    let only = Provider::start(|_| provider::openai("hello")).await;
    let auth = "auth:\n  throttle: {failures: 2, every: 1h}\n  \
                keys: [{name: ci, sha256: f3abf2a6cc4f00987743db5f544ba345b4899ae31f326d8ee9c4816de153c9e0}]\n";
    let world = World::with_auth(auth, &config(&[entry("a", "openai", &only)], "a", ""), |_| {}).await;
    let fail = async |number: u32| {
        let request = world.client.post(format!("http://{}{CHAT}", world.address)).header("authorization", "Bearer wrong");
        let forged = format!("192.0.2.{number}");
        let request = request.header("x-envoy-external-address", &forged).header("x-forwarded-for", &forged);
        request.body(chat(false)).send().await.unwrap()
    };
    assert_eq!([fail(1).await.status(), fail(2).await.status()], [401, 401]);
    let refused = fail(3).await;
    assert_eq!(refused.status(), 429);
    assert!(refused.headers()["retry-after"].to_str().unwrap().parse::<u32>().unwrap() > 1_000);
    assert_eq!(world.send(CHAT, chat(false)).await.status(), 200, "who is known comes in all the same");
    let status = world.client.get(format!("http://{}/status", world.app.admin)).send().await.unwrap();
    let status: serde_json::Value = status.json().await.unwrap();
    assert_eq!((&status["auth"]["failing_sources"], &status["auth"]["throttled_requests"]), (&1.into(), &1.into()));
}
