//! What is rendered, and that Envoy takes it.

use std::process::Command;
use std::sync::Arc;

use kanmon::config::Snapshot;
use kanmon::envoy::{self, Admin, Options, Processor};

use crate::gateway::{fallback, provider_at, route, snapshot};

fn options() -> Options {
    let mut options = Options::new(
        "127.0.0.1:8080".parse().unwrap(),
        Processor::Uds("/run/kanmon/processor.sock".into()),
        Admin::Pipe("/run/kanmon/admin.sock".into()),
    );
    options.access_log = Some("/dev/stdout".into());
    options
}

async fn assert_valid(snapshot: &Snapshot, options: &Options) {
    let config = envoy::render(snapshot, options).unwrap();
    let envoy = envoy::find::find().await.unwrap();
    let file = tempfile::Builder::new().suffix(".yaml").tempfile().unwrap();
    std::fs::write(file.path(), envoy::to_yaml(&config)).unwrap();
    let output = Command::new(envoy.path).args(["--mode", "validate", "-l", "warning", "-c"]).arg(file.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    println!("{said}");
    assert!(output.status.success(), "{said}\n{}", envoy::to_yaml(&config));
}

#[tokio::test]
async fn one_provider() {
    let simulator = Arc::new(provider_at("simulator", false, "127.0.0.1", 9000));
    let snapshot = snapshot(vec![route("*", &[&simulator], fallback())]);
    insta::assert_snapshot!(envoy::to_yaml(&envoy::render(&snapshot, &options()).unwrap()));
    assert_valid(&snapshot, &options()).await;
}

#[tokio::test]
async fn three_providers() {
    let mut b = provider_at("b", true, "b.example", 443);
    b.peek = true;
    let mut c = provider_at("c", true, "127.0.0.1", 443);
    c.http2 = Some(true);
    let a = Arc::new(provider_at("a", true, "a.example", 8443));
    let (b, c) = (Arc::new(b), Arc::new(c));
    let mut f = fallback();
    f.repeats = 2;
    f.first_byte_timeout = Some(crate::gateway::SECOND);
    let snapshot = snapshot(vec![route("*", &[&a, &b, &c], f)]);
    assert_valid(&snapshot, &options()).await;
}
