//! One request through the graph: which streams open, what they see, what reaches the providers.

use kanmon::envoy::contract::{ATTEMPT_ATTRIBUTE, DETAILS_ATTRIBUTE, FLAGS_ATTRIBUTE, TARGET_ATTRIBUTE};
use kanmon::route::Fallback;

use crate::answers::{decide, go_on};
use crate::backend::{Backend, answer};
use crate::gateway::{SECRET, fallback, provider, provider_at};
use crate::processor::{Reply, Seen};
use crate::script::{one_route, one_route_with, translate, translating, translating_except};
use crate::world::World;

/// The headers that a provider may see of a request, in the order of their names.
const KNOWN_TO_PROVIDERS: [&str; 5] = ["accept", "authorization", "content-length", "host", "x-request-id"];

<<<<<<< HEAD
pub(crate) fn script(
    name: String,
    over: impl Fn(&Seen) -> Option<Reply> + Send + Sync + 'static,
) -> impl Fn(&Seen) -> Reply + Send + Sync + 'static {
    move |seen: &Seen| {
        if let Some(r) = over(seen) {
            return r;
        }
        match seen.phase().as_str() {
            "gate.request_body" => {
                Reply::Send(decide(seen, &name, &[(":path", "/for/a"), ("authorization", "key-of-a")], "for-a"))
            }
            "attempt.request_headers" => {
                let t = seen.attribute(TARGET).unwrap();
                let body = format!("translated for {t}");
                Reply::Send(replace(
                    seen,
                    &[
                        (":path", &format!("/for/{t}")),
                        (":authority", &format!("{t}.example")),
                        ("authorization", &format!("key-of-{t}")),
                        ("x-kanmon-content-length", &body.len().to_string()),
                        ("x-kanmon-translated", &t),
                    ],
                    &body,
                ))
            }
            _ => Reply::Send(go_on(seen)),
        }
    }
}

fn dump(world: &World, backends: &[(&str, &Backend)]) {
    for s in world.processor.take() {
        println!("{}", brief(&s));
    }
    for (n, x) in backends {
        for a in x.take() {
            println!("{n} got {} {:?} {:?}", a.path, a.headers, String::from_utf8_lossy(&a.body[..a.body.len().min(100)]));
        }
    }
}

async fn show(res: reqwest::Response) {
    println!("{} {:?} {:?}", res.status(), res.headers().clone(), res.text().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn e1_undecided_and_errors() {
    let a = Backend::serve(|_| answer(200, "{}")).await;
    let p = Arc::new(provider("a", a.address));
    let r = route("m", &[&p], fallback());
    let name = r.orders[0].envoy_route.to_string();
    let mut s = snapshot(vec![r]);
    s.bounds.request_bytes = 1 << 20;
    s.bounds.answer_bytes = 1 << 20;
    let world = World::start(
        &s,
        script(name, |seen| match (seen.phase().as_str(), seen.header("x-do").as_deref()) {
            ("gate.request_headers", Some("close")) => Some(Reply::Close),
            ("gate.request_headers", Some("fail")) => Some(Reply::Fail),
            ("gate.request_body", _) if seen.text() == "undecided" => Some(Reply::Send(go_on(seen))),
            ("gate.request_body", _) if seen.text() == "fail" => Some(Reply::Fail),
            ("gate.request_body", _) if seen.text() == "close" => Some(Reply::Close),
            _ => None,
        }),
    )
    .await;
    for (n, r) in [
        ("close at headers", world.ask().header("x-do", "close")),
        ("fail at headers", world.ask().header("x-do", "fail")),
        ("anthropic fail", world.ask_at("/v1/messages?beta=true").header("x-do", "fail")),
        ("undecided", world.ask().body("undecided")),
        ("fail body", world.ask().body("fail")),
        ("close body", world.ask().body("close")),
        ("big", world.ask().body("x".repeat(2 << 20))),
        ("big anthropic", world.ask_at("/v1/messages").body("x".repeat(2 << 20))),
        ("slash", world.ask_at("/v1/models/a%2Fb")),
        ("underscore", world.ask().header("a_b", "1")),
        ("upgrade", world.ask().header("connection", "upgrade").header("upgrade", "websocket")),
        ("good", world.ask()),
    ] {
        println!("------------ {n}");
        match r.send().await {
            Ok(r) => show(r).await,
            Err(e) => println!("{e:?}"),
        }
        dump(&world, &[("a", &a)]);
    }
    for l in world.log().await {
        println!("{l}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn e2_failures() {
    let c = Backend::serve(|_| answer(200, "{}")).await;
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent_at = silent.local_addr().unwrap();
    let resetting = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let resetting_at = resetting.local_addr().unwrap();
    tokio::spawn(async move {
        let mut keep = vec![];
        loop {
            keep.push(silent.accept().await.unwrap());
        }
    });
    tokio::spawn(async move {
        loop {
            let (mut s, _) = resetting.accept().await.unwrap();
            use tokio::io::AsyncReadExt;
            let mut b = [0; 100];
            let _ = s.read(&mut b).await;
        }
    });
    let limited = Backend::serve(|_| {
        let mut a = answer(429, "{}");
        a.headers_mut().insert("x-envoy-ratelimited", "true".parse().unwrap());
        a
    })
    .await;
    let refused = "127.0.0.1:1".parse().unwrap();
    let (cp, silent, resetting, refused, limited) = (
        Arc::new(provider("c", c.address)),
        Arc::new(provider("silent", silent_at)),
        Arc::new(provider("resetting", resetting_at)),
        Arc::new(provider("refused", refused)),
        Arc::new(provider("limited", limited.address)),
    );
    let mut none = fallback();
    none.statuses.clear();
    none.server_errors = false;
    none.connect = false;
    none.reset = false;
    none.timeout = false;
    let codes = kanmon::route::Fallback { statuses: vec![503, 504], server_errors: true, ..none.clone() };
    let s = std::time::Duration::from_millis(300);
    for (n, p, f) in [
        ("refused all", &refused, fallback()),
        ("refused connect only", &refused, kanmon::route::Fallback { connect: true, ..none.clone() }),
        ("refused none", &refused, none.clone()),
        ("refused codes", &refused, codes.clone()),
        ("reset all", &resetting, fallback()),
        ("reset connect only", &resetting, kanmon::route::Fallback { connect: true, ..none.clone() }),
        ("reset codes", &resetting, codes.clone()),
        ("silent all", &silent, kanmon::route::Fallback { first_byte_timeout: Some(s), ..fallback() }),
        ("silent codes", &silent, kanmon::route::Fallback { first_byte_timeout: Some(s), ..codes.clone() }),
        ("silent none", &silent, kanmon::route::Fallback { first_byte_timeout: Some(s), ..none.clone() }),
        ("limited 429", &limited, fallback()),
        ("limited not", &limited, codes.clone()),
    ] {
        let r = route("m", &[p, &cp], f);
        let name = r.orders[0].envoy_route.to_string();
        let world = World::start(&snapshot(vec![r]), script(name, |_| None)).await;
        println!("------------ {n}");
        show(world.ask().send().await.unwrap()).await;
        for s in world.processor.take() {
            if s.phase() != "gate.request_headers" {
                println!("{}", brief(&s));
            }
        }
        for l in world.log().await {
            println!("{l}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn e3_dns() {
    let c = Backend::serve(|_| answer(200, "{}")).await;
    let cp = Arc::new(provider("c", c.address));
    let lost = Arc::new(provider_at("lost", false, "nowhere.invalid", 80));
    let local = Arc::new(provider_at("local", false, "localhost", c.address.port()));
    let r = route("m", &[&lost, &local, &cp], fallback());
    let name = r.orders[0].envoy_route.to_string();
    let t = std::time::Instant::now();
    let world = World::start(&snapshot(vec![r]), script(name, |_| None)).await;
    println!("start {:?}", t.elapsed());
    show(world.ask().send().await.unwrap()).await;
    dump(&world, &[("c", &c)]);
    for l in world.log().await {
        println!("{l}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn e4_repeats() {
    let a = Backend::serve(|_| answer(500, "{\"a\":1}")).await;
    let b = Backend::serve(|_| answer(503, "{\"b\":1}")).await;
    let r = route(
        "m",
        &[&Arc::new(provider("a", a.address)), &Arc::new(provider("b", b.address))],
        kanmon::route::Fallback { repeats: 2, ..fallback() },
    );
    let name = r.orders[0].envoy_route.to_string();
    let world = World::start(&snapshot(vec![r]), script(name, |_| None)).await;
    show(world.ask().send().await.unwrap()).await;
    for s in world.processor.take() {
        println!("{}", s.phase());
    }
    dump(&world, &[("a", &a), ("b", &b)]);
    for l in world.log().await {
        println!("{l}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn e5_peek() {
    let sse = |text: &'static str| {
        move |_: &crate::backend::Arrived| {
            axum::http::Response::builder()
                .header("content-type", "text/event-stream")
                .body(axum::body::Body::from(text))
                .unwrap()
        }
    };
    let a = Backend::serve(sse("data: error\n\n")).await;
    let b = Backend::serve(sse("data: error in b\n\n")).await;
    let c = Backend::serve(sse("data: good\n\n")).await;
    let mut pa = provider("a", a.address);
    pa.peek = true;
    let mut pc = provider("c", c.address);
    pc.peek = true;
    let pb = provider("b", b.address);
    let f = kanmon::route::Fallback { server_errors: false, ..fallback() };
    for order in [vec![Arc::new(pa), Arc::new(pc)], vec![Arc::new(pb), Arc::new(provider("x", c.address))]] {
        let mut order = order;
        if &*order[0].name == "b" {
            let mut z = provider("z", "127.0.0.1:1".parse().unwrap());
            z.peek = true;
            order.push(Arc::new(z));
        }
        let r = route("m", &order.iter().collect::<Vec<_>>(), f.clone());
        let name = r.orders[0].envoy_route.to_string();
        let held = parking_lot::Mutex::new(None);
        let world = World::start(
            &snapshot(vec![r]),
            script(name, move |seen| match seen.phase().as_str() {
                "peek.response_headers" => {
                    *held.lock() = Some(seen.clone());
                    Some(Reply::Hold)
                }
                "peek.response_body" => {
                    let head = held.lock().take().unwrap();
                    if seen.text().contains("error") {
                        Some(Reply::SendAndClose(vec![
                            change(&head, &[(":status", "503"), ("x-kanmon-fallback", "peek")]),
                            go_on(seen),
                        ]))
                    } else {
                        Some(Reply::SendAndClose(vec![go_on(&head), go_on(seen)]))
                    }
                }
                _ => None,
            }),
        )
        .await;
        show(world.ask().send().await.unwrap()).await;
        dump(&world, &[("a", &a), ("b", &b), ("c", &c)]);
        for l in world.log().await {
            println!("{l}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn e6_leak() {
    let a = Backend::serve(|_| answer(500, "{\"a\":1}")).await;
    let b = Backend::serve(|_| answer(503, "{\"b\":1}")).await;
    let c = Backend::serve(|_| answer(200, "{\"b\":1}")).await;
    let r = route(
        "m",
        &[&Arc::new(provider("a", a.address)), &Arc::new(provider("b", b.address)), &Arc::new(provider("c", c.address))],
        fallback(),
    );
    let name = r.orders[0].envoy_route.to_string();
    let world = World::start(
        &snapshot(vec![r]),
        script(name, |seen| match (seen.phase().as_str(), seen.attribute(TARGET).as_deref()) {
            ("attempt.request_headers", Some("c")) => Some(Reply::Close),
            _ => None,
        }),
    )
    .await;
    show(world.ask().send().await.unwrap()).await;
    dump(&world, &[("a", &a), ("b", &b), ("c", &c)]);
    for l in world.log().await {
        println!("{l}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn e8_big() {
    let a = Backend::serve(|_| answer(500, "{\"a\":1}")).await;
    let b = Backend::serve(|_| answer(200, &"y".repeat(20 << 20))).await;
    let r = route("m", &[&Arc::new(provider("a", a.address)), &Arc::new(provider("b", b.address))], fallback());
    let name = r.orders[0].envoy_route.to_string();
    let n2 = name.clone();
    let world = World::start(
        &snapshot(vec![r]),
        script(name, move |seen| match seen.phase().as_str() {
            "gate.request_body" => {
                Some(Reply::Send(decide(seen, &n2, &[(":path", "/for/a"), ("authorization", "key-of-a")], &seen.text())))
            }
            "attempt.request_headers" => {
                let body = "z".repeat(21 << 20);
                Some(Reply::Send(replace(
                    seen,
                    &[("x-kanmon-content-length", &body.len().to_string()), ("x-kanmon-translated", "b")],
                    &body,
                )))
            }
            "gate.response_headers" => {
                let mut r = go_on(seen);
                r.mode_override = Some(envoy_types::pb::envoy::extensions::filters::http::ext_proc::v3::ProcessingMode {
                    response_body_mode: 2,
                    response_trailer_mode: 1,
                    ..Default::default()
                });
                Some(Reply::Send(r))
            }
            _ => None,
        }),
    )
    .await;
    let t = std::time::Instant::now();
    let r = world.ask().body("x".repeat(20 << 20)).send().await.unwrap();
    println!("{:?} {:?} {:?}", r.status(), r.headers().clone(), r.bytes().await.map(|b| b.len()));
    println!("{:?}", t.elapsed());
    for s in world.processor.take() {
        println!("{} {}", s.phase(), s.text().len());
    }
    for x in a.take().iter().chain(&b.take()) {
        println!("{:?} {}", x.headers, x.body.len());
    }
    for l in world.log().await {
        println!("{l}");
    }
}

fn brief(s: &Seen) -> String {
    use envoy_types::pb::envoy::service::ext_proc::v3::processing_request::Request as P;
    let mut t = format!("== {}\n", s.phase());
    match &s.message.request {
        Some(P::RequestHeaders(h) | P::ResponseHeaders(h)) => {
            for h in &h.headers.as_ref().unwrap().headers {
                t += &format!("     {}: {}\n", h.key, String::from_utf8_lossy(&h.raw_value));
            }
            t += &format!("     eos {}\n", h.end_of_stream);
        }
        Some(P::RequestBody(b) | P::ResponseBody(b)) => {
            t += &format!("     {:?} eos {}\n", String::from_utf8_lossy(&b.body[..b.body.len().min(100)]), b.end_of_stream)
        }
        _ => {}
    }
    for (n, f) in &s.message.attributes {
        for (k, v) in &f.fields {
            t += &format!("   @ {} {k} = {:?}\n", n.len(), v.kind);
        }
    }
    if let Some(m) = &s.message.metadata_context {
        for (n, f) in &m.filter_metadata {
            for (k, v) in &f.fields {
                t += &format!("   # {n} {k} = {:?}\n", v.kind);
            }
        }
    }
    t
=======
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
    assert_eq!(seen[2].attribute(ATTEMPT_ATTRIBUTE).as_deref(), Some("1"));
    assert_eq!(seen[2].attribute(DETAILS_ATTRIBUTE).as_deref(), Some("via_upstream"));
    assert_eq!(seen[2].attribute(FLAGS_ATTRIBUTE).as_deref(), Some("0"));
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
            "gate.response_headers c 3",
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
>>>>>>> h/envoy
}
