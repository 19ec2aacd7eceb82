use super::*;

fn launch<'a>(binary: &str, config: &'a Value, runtime: &'a RuntimeDir) -> Launch<'a> {
    let listen = "127.0.0.1:0".parse().unwrap();
    Launch { binary: binary.into(), config, listen, runtime, concurrency: None }
}

#[tokio::test]
async fn a_binary_that_is_not_there_is_named() {
    let (base, config) = (tempfile::tempdir().unwrap(), Value::Null);
    let runtime = RuntimeDir::create_in(base.path()).unwrap();
    let error = Child::start(&launch("/nowhere/envoy", &config, &runtime)).unwrap_err();
    assert!(error.to_string().starts_with("cannot start Envoy (`/nowhere/envoy`): "), "{error}");
}

#[tokio::test]
async fn what_dies_at_once_is_told_with_its_last_words() {
    let (base, config) = (tempfile::tempdir().unwrap(), Value::Null);
    let runtime = RuntimeDir::create_in(base.path()).unwrap();
    // Anything that does not know Envoy's options.
    let mut child = Child::start(&launch("/bin/ls", &config, &runtime)).unwrap();
    let error = child.wait_ready(Duration::from_secs(60)).await.unwrap_err();
    assert!(matches!(&error, StartError::Died(died) if died.status == "exit status: 2"), "{error:?}");
    assert!(error.to_string().contains("--config-path"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn what_never_gets_ready_is_given_up_on() {
    let (base, config) = (tempfile::tempdir().unwrap(), Value::Null);
    let runtime = RuntimeDir::create_in(base.path()).unwrap();
    let mut child = Child::start(&launch("/bin/ls", &config, &runtime)).unwrap();
    // Something that lives, and has no admin interface.
    child.process = Command::new("sleep").arg("1000").kill_on_drop(true).spawn().unwrap();
    let error = child.wait_ready(Duration::from_millis(50)).await.unwrap_err();
    assert!(matches!(error, StartError::NotReady { .. }), "{error:?}");
    assert!(error.to_string().starts_with("Envoy is not ready after 0 s"), "{error}");
    assert_eq!(child.stop(Duration::ZERO).await, Stopped::Killed);
}

#[test]
fn an_address_that_this_machine_does_not_have_is_named() {
    let error = probe("192.0.2.1:80".parse().unwrap()).unwrap_err();
    assert!(error.to_string().starts_with("cannot listen on 192.0.2.1:80: "), "{error}");
}

#[test]
fn a_listener_on_all_addresses_is_reached_by_loopback() {
    for (listening, reached) in [("0.0.0.0:80", "127.0.0.1:80"), ("[::]:80", "[::1]:80"), ("10.0.0.1:80", "10.0.0.1:80")] {
        assert_eq!(reachable(listening.parse().unwrap()), reached.parse::<SocketAddr>().unwrap());
    }
}
