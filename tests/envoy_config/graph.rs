//! One request through the graph: which streams open, what they see, what reaches the providers.

use kanmon::envoy::contract::{ATTEMPT_ATTRIBUTE, DETAILS_ATTRIBUTE, TARGET_ATTRIBUTE};
use kanmon::route::Fallback;

use crate::answers::{decide, go_on};
use crate::backend::{Backend, answer};
use crate::gateway::{SECRET, fallback, provider, provider_at};
use crate::processor::{Reply, Seen};
use crate::script::{one_route, one_route_with, translate, translating, translating_except};
use crate::world::World;

/// The headers that a provider may see of a request, in the order of their names.
const KNOWN_TO_PROVIDERS: [&str; 5] = ["accept", "authorization", "content-length", "host", "x-request-id"];

#[tokio::test]
async fn a_first_attempt_opens_no_stream_but_the_gate() {
    let a = Backend::serve(|_| answer(200, "{}")).await;
    let (snapshot, route) = one_route(&[("a", a.address), ("b", a.address)]);
    let world = World::start(&snapshot, translating(route)).await;
    assert_eq!(world.ask().send().await.unwrap().status(), 200);
    let seen = world.processor.take();
    let phases: Vec<String> = seen.iter().map(Seen::phase).collect();
    assert_eq!(phases, ["gate.request_headers", "gate.request_body", "gate.response_headers"]);
    assert_eq!(seen[2].attribute(TARGET_ATTRIBUTE).as_deref(), Some("a"));
    assert_eq!(seen[2].attribute(DETAILS_ATTRIBUTE).as_deref(), Some("via_upstream"));
    let arrived = a.take().remove(0);
    assert_eq!((&*arrived.path, &*arrived.body), ("/for/a", &b"body for a"[..]));
    assert_eq!(arrived.header("content-length"), Some("10"));
}

#[tokio::test]
async fn a_failed_attempt_is_told_and_the_next_is_translated_anew() {
    let a = Backend::serve(|_| answer(429, "a")).await;
    let b = Backend::serve(|_| answer(503, "b")).await;
    let c = Backend::serve(|_| answer(200, "c")).await;
    let (snapshot, route) = one_route(&[("a", a.address), ("b", b.address), ("c", c.address)]);
    let world = World::start(&snapshot, translating(route)).await;
    assert_eq!(world.ask().send().await.unwrap().text().await.unwrap(), "c");
    let seen = world.processor.take();
    let story: Vec<String> = seen
        .iter()
        .map(|seen| {
            let attribute = |name| seen.attribute(name).unwrap_or_default();
            format!("{} {} {}", seen.phase(), attribute(TARGET_ATTRIBUTE), attribute(ATTEMPT_ATTRIBUTE))
        })
        .collect();
    assert_eq!(
        story,
        [
            "gate.request_headers  ",
            "gate.request_body  ",
            "watch.response_headers a 1",
            "attempt.request_headers b 2",
            "watch.response_headers b 2",
            "attempt.request_headers c 3",
            "gate.response_headers c ",
        ]
    );
    for seen in &seen[2..6] {
        assert_eq!(seen.metadata("key").as_deref(), Some("42"), "{}", seen.phase());
    }
    assert_eq!(seen[3].header("authorization"), None, "the strip comes first");
    for (backend, target, body) in [(b, "b", "body for b, attempt 2"), (c, "c", "body for c, attempt 3")] {
        let arrived = backend.take().remove(0);
        assert_eq!((arrived.path.as_str(), &*arrived.body), (&*format!("/for/{target}"), body.as_bytes()));
        assert_eq!(arrived.header("authorization"), Some(&*format!("key-of-{target}")));
        assert_eq!(arrived.header("host"), Some(&*format!("{target}.example")));
        assert_eq!(arrived.header("content-length"), Some(&*body.len().to_string()));
        assert_eq!(arrived.header("transfer-encoding"), None);
    }
}

#[tokio::test]
async fn a_first_provider_without_a_host_does_not_lend_its_request_to_the_second() {
    let b = Backend::serve(|_| answer(200, "b")).await;
    let lost = provider_at("a", false, "nowhere.invalid", 80);
    let found = provider_at("b", false, "localhost", b.address.port());
    let (snapshot, route) = one_route_with(vec![lost, found], fallback());
    let world = World::start(&snapshot, translating(route)).await;
    assert_eq!(world.ask().send().await.unwrap().text().await.unwrap(), "b");
    let arrived = b.take().remove(0);
    assert_eq!(arrived.header("authorization"), Some("key-of-b"));
    assert_eq!((arrived.path.as_str(), &*arrived.body), ("/for/b", &b"body for b, attempt 1"[..]));
    assert_eq!(arrived.header("content-length"), Some("21"));
}

#[tokio::test]
async fn an_attempt_that_nobody_translated_for_is_not_sent() {
    let a = Backend::serve(|_| answer(500, "a")).await;
    let b = Backend::serve(|_| answer(500, "b")).await;
    let c = Backend::serve(|_| answer(200, "c")).await;
    let (snapshot, route) = one_route(&[("a", a.address), ("b", b.address), ("c", c.address)]);
    let script = translating_except(route, |seen| {
        let way = seen.phase() == "attempt.request_headers" && seen.attribute(TARGET_ATTRIBUTE)? == "c";
        way.then(|| match seen.metadata("said").unwrap().as_str() {
            "close" => Reply::Close,
            "fail" => Reply::Fail,
            "wrong" => Reply::Send(translate(seen, "b")),
            _ => Reply::Send(go_on(seen)),
        })
    });
    let world = World::start(&snapshot, script).await;
    for way in ["close", "fail", "wrong", "forget"] {
        let response = world.ask().body(way).send().await.unwrap();
        assert_eq!(response.status(), 503, "{way}");
        let seen = world.processor.take();
        let last = seen.last().unwrap();
        assert_eq!(last.phase(), "gate.response_headers", "{way}");
        assert!(last.attribute(DETAILS_ATTRIBUTE).unwrap().starts_with("ext_proc_error"), "{way}");
        assert_eq!((a.take().len(), b.take().len(), c.take().len()), (1, 1, 0), "{way}");
    }
}

#[tokio::test]
async fn the_last_provider_is_repeated_as_often_as_the_fallback_says() {
    let a = Backend::serve(|_| answer(500, "a")).await;
    let b = Backend::serve(|_| answer(503, "b")).await;
    let providers = vec![provider("a", a.address), provider("b", b.address)];
    let (snapshot, route) = one_route_with(providers, Fallback { repeats: 2, ..fallback() });
    let world = World::start(&snapshot, translating(route)).await;
    let response = world.ask().send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.text().await.unwrap().as_str()), (503, "b"));
    assert_eq!(a.take().len(), 1);
    let bodies: Vec<String> = b.take().iter().map(|arrived| String::from_utf8_lossy(&arrived.body).into_owned()).collect();
    assert_eq!(bodies, [2, 3, 4].map(|attempt| format!("body for b, attempt {attempt}")));
}

#[tokio::test]
async fn what_a_client_forges_has_no_effect_and_reaches_no_provider() {
    let a = Backend::serve(|_| answer(500, "a")).await;
    let b = Backend::serve(|_| answer(200, "b")).await;
    let (snapshot, route) = one_route(&[("a", a.address), ("b", b.address)]);
    let world = World::start(&snapshot, translating(route)).await;
    let forged = [
        ("x-envoy-attempt-count", "7"),
        ("x-envoy-max-retries", "0"),
        ("x-envoy-retry-on", "gateway-error"),
        ("x-envoy-upstream-rq-timeout-ms", "1"),
        ("x-envoy-upstream-rq-per-try-timeout-ms", "1"),
        ("x-envoy-expected-rq-timeout-ms", "1"),
        ("x-envoy-original-path", "/forged"),
        ("x-envoy-decorator-operation", "forged"),
        ("x-kanmon-content-length", "3"),
        ("x-kanmon-translated", "b"),
        ("x-forwarded-for", "203.0.113.9"),
        ("x-forwarded-host", "forged"),
        ("forwarded", "for=203.0.113.9"),
        ("x-real-ip", "203.0.113.9"),
        ("via", "1.1 forged"),
        ("cookie", "session=of-the-client"),
        ("accept-encoding", "gzip"),
        ("x_api_key", "with-underscores"),
        ("x-request-id", "forged"),
    ];
    let request = forged.iter().fold(world.ask(), |request, (name, value)| request.header(*name, *value));
    assert_eq!(request.send().await.unwrap().text().await.unwrap(), "b");
    for backend in [a, b] {
        let arrived = backend.take().remove(0);
        let mut names: Vec<&str> = arrived.headers.keys().map(|name| name.as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, KNOWN_TO_PROVIDERS);
        assert_ne!(arrived.header("x-request-id"), Some("forged"));
    }
}

#[tokio::test]
async fn what_a_provider_says_about_its_own_origin_stays_there() {
    let headers = ["alt-svc", "set-cookie", "strict-transport-security", "x-envoy-upstream-service-time", "x-kanmon-fallback"];
    let a = Backend::serve(move |_| {
        let mut answer = answer(200, "a");
        answer.headers_mut().insert("server", "theirs".parse().unwrap());
        for name in headers {
            answer.headers_mut().insert(name, "theirs".parse().unwrap());
        }
        answer
    })
    .await;
    let (snapshot, route) = one_route(&[("a", a.address)]);
    let world = World::start(&snapshot, translating(route)).await;
    let response = world.ask().send().await.unwrap();
    assert_eq!(response.headers()["server"], "kanmon");
    for name in headers {
        assert!(!response.headers().contains_key(name), "{name}");
    }
}

#[tokio::test]
async fn the_access_log_tells_the_road_and_no_query() {
    let a = Backend::serve(|_| answer(200, "a")).await;
    let (snapshot, route) = one_route(&[("a", a.address)]);
    let script = translating_except(route.clone(), move |seen| {
        let decided = seen.phase() == "gate.request_body";
        decided.then(|| Reply::Send(decide(seen, &route, &[(":path", "/for/a?key=secret")], "")))
    });
    let world = World::start(&snapshot, script).await;
    world.ask().send().await.unwrap();
    let line = world.log().await.remove(0);
    assert_eq!((&line["path"], &line["status"], &line["attempts"]), (&"/for/a".into(), &200.into(), &1.into()));
    assert_eq!((&line["target"], &line["details"]), (&"a".into(), &"via_upstream".into()));
    assert_eq!(line["kanmon"], serde_json::json!({"key": "42", "route": line["route"], "said": "original"}));
    assert_eq!(line["request_id"].as_str().unwrap().len(), 36);
    assert!(!line.to_string().contains(SECRET) && !line.to_string().contains("key=secret"), "{line}");
}

#[tokio::test]
async fn clients_speak_http2_where_they_like() {
    let a = Backend::serve(|_| answer(200, "a")).await;
    let (snapshot, route) = one_route(&[("a", a.address)]);
    let world = World::start(&snapshot, translating(route)).await;
    let client = reqwest::Client::builder().no_proxy().http2_prior_knowledge().build().unwrap();
    let response = client.post(format!("http://{}/v1/chat/completions", world.address)).body("original").send().await.unwrap();
    assert_eq!(response.version(), reqwest::Version::HTTP_2);
    assert_eq!(response.text().await.unwrap(), "a");
}
