//! What is rendered, by example, and that Envoy takes it without a word.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use kanmon::config::Snapshot;
use kanmon::envoy::{self, Admin, Options, Processor, RenderError};
use kanmon::route::{Fallback, Route};
use kanmon::upstream::Provider;
use serde_json::Value;

use crate::gateway::{SECRET, fallback, provider_at, route, snapshot};
use crate::world::binary;

fn options() -> Options {
    let mut options = Options::new(
        "127.0.0.1:8080".parse().unwrap(),
        Processor::Uds("/run/kanmon/processor.sock".into()),
        Admin::Pipe("/run/kanmon/admin.sock".into()),
    );
    options.access_log = Some("/dev/stdout".into());
    options
}

fn rendered(snapshot: &Snapshot) -> Value {
    envoy::render(snapshot, &options()).unwrap()
}

/// Has Envoy read the YAML: no error, no warning, nothing deprecated.
async fn assert_valid(config: &Value) {
    let file = tempfile::Builder::new().suffix(".yaml").tempfile().unwrap();
    std::fs::write(file.path(), envoy::to_yaml(config)).unwrap();
    let output =
        Command::new(binary().await).args(["--mode", "validate", "-l", "warning", "-c"]).arg(file.path()).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The part of a configuration that says where things go, without what is the same in all.
fn roads(config: &Value) -> String {
    let manager = &config["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"];
    let mut clusters = config["static_resources"]["clusters"].as_array().unwrap()[2..].to_vec();
    for cluster in &mut clusters {
        let cluster = cluster.as_object_mut().unwrap();
        cluster.remove("circuit_breakers");
        cluster.remove("upstream_connection_options");
        let options = &mut cluster["typed_extension_protocol_options"]["envoy.extensions.upstreams.http.v3.HttpProtocolOptions"];
        for filter in options["http_filters"].as_array_mut().into_iter().flatten() {
            *filter = filter["name"].clone();
        }
    }
    envoy::to_yaml(&serde_json::json!({"routes": manager["route_config"]["virtual_hosts"][0]["routes"], "clusters": clusters}))
}

fn three_providers() -> Snapshot {
    let plain = |name: &str, port| provider_at(name, false, &format!("{name}.internal"), port);
    let peeked = Provider { peek: true, ..plain("b", 8002) };
    let [a, b, c] = [plain("a", 8001), peeked, plain("c", 8003)].map(Arc::new);
    let patient = Fallback { first_byte_timeout: Some(Duration::from_millis(2500)), repeats: 2, ..fallback() };
    let strict = Fallback { statuses: vec![429, 503], server_errors: false, reset: false, timeout: false, ..fallback() };
    let mut all = route("gpt-*", &[&a, &b, &c], patient);
    all.choices[0].weight = Some(3);
    all.choices[1].weight = Some(1);
    snapshot(vec![all, route("only-two", &[&a, &c], strict)])
}

fn over_tls() -> Snapshot {
    let with = |name, host, port, http2| Provider { http2, ..provider_at(name, true, host, port) };
    let providers = [
        with("by-alpn", "api.example.com", 443, None),
        with("http1", "api.example.com", 8443, Some(false)),
        with("http2", "api.example.com", 8443, Some(true)),
        with("ipv6", "2001:db8::1", 443, None),
    ];
    let providers = providers.map(Arc::new);
    snapshot(vec![route("*", &providers.iter().collect::<Vec<_>>(), fallback())])
}

#[tokio::test]
async fn one_provider_as_a_whole() {
    let simulator = Arc::new(provider_at("simulator", false, "127.0.0.1", 9000));
    let config = rendered(&snapshot(vec![route("*", &[&simulator], fallback())]));
    insta::assert_snapshot!(envoy::to_yaml(&config));
    assert_valid(&config).await;
}

#[tokio::test]
async fn three_providers_with_weights_and_peek() {
    let config = rendered(&three_providers());
    insta::assert_snapshot!(roads(&config));
    assert_valid(&config).await;
}

#[tokio::test]
async fn providers_over_tls() {
    let gateway = over_tls();
    let with_bundle = Options { ca_bundle: Some("/etc/kanmon/authorities.pem".into()), ..options() };
    let config = envoy::render(&gateway, &with_bundle).unwrap();
    let clusters = &config["static_resources"]["clusters"].as_array().unwrap()[2..6];
    insta::assert_snapshot!(envoy::to_yaml(&clusters.into()));
    // With the bundle of this system, since Envoy reads it.
    assert_valid(&rendered(&gateway)).await;
}

#[test]
fn a_providers_own_authorities_come_before_the_bundle() {
    let own = Provider { ca_file: Some("/etc/kanmon/own.pem".into()), ..provider_at("a", true, "a.internal", 443) };
    let with_bundle = Options { ca_bundle: Some("/etc/kanmon/authorities.pem".into()), ..options() };
    let config = envoy::render(&snapshot(vec![route("*", &[&Arc::new(own)], fallback())]), &with_bundle).unwrap();
    let yaml = envoy::to_yaml(&config);
    assert!(yaml.contains("/etc/kanmon/own.pem") && !yaml.contains("/etc/kanmon/authorities.pem"));
}

#[tokio::test]
async fn a_processor_by_name_and_a_listener_on_all_addresses_are_valid() {
    let processor = Processor::Tcp { host: "processor.internal".to_owned(), port: 9001 };
    let admin = Admin::Tcp("127.0.0.1:9901".parse().unwrap());
    let options = Options { trust_request_id: true, ..Options::new("[::]:8080".parse().unwrap(), processor, admin) };
    let config = envoy::render(&three_providers(), &options).unwrap();
    assert_eq!(config["static_resources"]["listeners"][0]["address"]["socket_address"]["ipv4_compat"], true);
    assert_valid(&config).await;
}

#[tokio::test]
async fn without_routes_nothing_goes_anywhere() {
    let config = rendered(&snapshot(Vec::new()));
    assert_valid(&config).await;
}

#[tokio::test]
async fn odd_names_come_through_the_yaml_as_they_are() {
    let names = ["on", "no", "1", "1e3", "0x10", "~", "a: b", "- a", "%REQ(authorization)%", "x'\"y", "日本"];
    let providers = names.map(|name| Arc::new(provider_at(name, false, "127.0.0.1", 9000)));
    let config = rendered(&snapshot(vec![route("yes", &providers.iter().collect::<Vec<_>>(), fallback())]));
    let back: Value = serde_saphyr::from_str(&envoy::to_yaml(&config)).unwrap();
    assert_eq!(back, config);
    assert_valid(&config).await;
}

#[test]
fn no_credential_is_in_any_configuration() {
    for snapshot in [three_providers(), over_tls()] {
        assert!(!envoy::to_yaml(&rendered(&snapshot)).contains(SECRET));
    }
}

#[test]
fn equal_snapshots_render_to_equal_configurations() {
    assert_eq!(envoy::to_yaml(&rendered(&three_providers())), envoy::to_yaml(&rendered(&three_providers())));
}

#[test]
fn headers_that_rules_set_are_stripped_like_credentials() {
    let mut a = provider_at("a", false, "127.0.0.1", 9000);
    a.headers = [("x-portkey-key", Some("k")), ("user-agent", Some("u")), ("x-removed", None)]
        .map(|(name, value)| (name.parse().unwrap(), value.map(|value| value.parse().unwrap())))
        .to_vec();
    let mut route = route("*", &[&Arc::new(a)], fallback());
    route.choices[0].headers = vec![("x-of-the-choice".parse().unwrap(), Some("v".parse().unwrap()))];
    let config = envoy::to_yaml(&rendered(&snapshot(vec![route])));
    for stripped in ["x-portkey-key", "x-of-the-choice"] {
        assert!(config.contains(&format!("remove: {stripped}\n")), "{stripped}");
    }
    for kept in ["user-agent", "x-removed"] {
        assert!(!config.contains(&format!("remove: {kept}\n")), "{kept}");
    }
}

fn render_error(routes: Vec<Route>) -> RenderError {
    envoy::render(&snapshot(routes), &options()).unwrap_err()
}

#[test]
fn a_timeout_that_cannot_be_told_from_a_reset_is_refused() {
    let a = Arc::new(provider_at("a", false, "127.0.0.1", 9000));
    let timed = Fallback { first_byte_timeout: Some(Duration::from_secs(1)), timeout: false, ..fallback() };
    let error = render_error(vec![route("gpt", &[&a], timed)]);
    assert!(error.to_string().starts_with("route `gpt`: with a `first_byte_timeout`"), "{error}");
    let without = Fallback { timeout: false, ..fallback() };
    assert!(envoy::render(&snapshot(vec![route("gpt", &[&a], without)]), &options()).is_ok());
}

#[test]
fn one_name_with_two_meanings_is_refused() {
    let a = Arc::new(provider_at("a", false, "127.0.0.1", 9000));
    let other = Fallback { repeats: 3, ..fallback() };
    let error = render_error(vec![route("m", &[&a], fallback()), route("m", &[&a], other)]);
    assert!(matches!(&error, RenderError::AmbiguousRoute { name } if name == "m:a"), "{error}");
}

#[test]
fn a_socket_path_that_the_system_cannot_hold_is_refused() {
    let long = PathBuf::from(format!("/{}", "x".repeat(107)));
    let options = Options { processor: Processor::Uds(long), ..options() };
    let error = envoy::render(&snapshot(Vec::new()), &options).unwrap_err();
    assert!(error.to_string().contains("may have 107 bytes"), "{error}");
}
