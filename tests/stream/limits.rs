//! Budgets hold under concurrency, and nothing stays reserved.

use crate::gateway::{Gateway, request};

const BODY: &str = r#"{"model":"gpt-4o","max_tokens":100,"messages":[{"role":"user","content":"hi"}]}"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_at_once_against_a_limit_of_ten_admit_exactly_ten() {
    let mut gateway = Gateway::start("limits: [{name: ten, per: [key], requests: 10, every: 1h}]").await;
    let mut tasks = Vec::new();
    for _ in 0..200 {
        let mut gate = gateway.gate().await;
        tasks.push(tokio::spawn(async move {
            gate.request_headers(&request("/v1/chat/completions")).await;
            let answer = gate.request_body(BODY).await;
            (answer.fact("route").is_some(), gate, answer)
        }));
    }
    let mut admitted = 0;
    let mut gates = Vec::new();
    for task in tasks {
        let (ok, gate, answer) = task.await.unwrap();
        admitted += usize::from(ok);
        if !ok {
            assert_eq!(answer.status(), 429);
            assert!(answer.set()["retry-after"].parse::<u64>().unwrap() > 0);
            assert!(answer.immediate_json()["error"]["message"].as_str().unwrap().contains("ten"));
        }
        gates.push(gate);
    }
    assert_eq!(admitted, 10);
}

#[tokio::test]
async fn a_request_that_was_rejected_leaves_nothing_reserved() {
    let mut gateway = Gateway::start("limits: [{name: tokens, per: [key], total_tokens: 1000, every: 1h}]").await;
    for _ in 0..50 {
        let (_gate, answer) = gateway.sent("/v1/chat/completions", r#"{"model":"gpt-9","max_tokens":900,"messages":[]}"#).await;
        assert_eq!(answer.status(), 404);
    }
    let (_gate, answer) = gateway.sent("/v1/chat/completions", &BODY.replace("100", "900")).await;
    assert!(answer.fact("route").is_some());
}

#[tokio::test]
async fn what_was_reserved_too_much_comes_back_when_the_answer_is_settled() {
    let mut gateway = Gateway::start("limits: [{name: tokens, per: [key], total_tokens: 1000, every: 1h}]").await;
    for _ in 0..20 {
        let (mut gate, answer) = gateway.sent("/v1/chat/completions", &BODY.replace("100", "900")).await;
        assert!(answer.fact("route").is_some());
        gate.response_headers(&[(":status", "200"), ("content-type", "application/json")], "one").await;
        gate.response_body(br#"{"id":"x","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"a"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}"#, true).await;
    }
}

#[tokio::test]
async fn a_provider_error_costs_no_tokens() {
    let mut gateway = Gateway::start("limits: [{name: tokens, per: [key], total_tokens: 1000, every: 1h}]").await;
    for _ in 0..20 {
        let (mut gate, answer) = gateway.sent("/v1/chat/completions", &BODY.replace("100", "900")).await;
        assert!(answer.fact("route").is_some());
        gate.response_headers(&[(":status", "400"), ("content-type", "application/json")], "one").await;
        gate.response_body(br#"{"error":{"message":"no","type":"invalid_request_error","param":null,"code":null}}"#, true).await;
    }
}

/// Two OpenAI providers behind `gpt-pair`, a price for what they serve, and these limits.
fn with(limits: &str) -> String {
    format!("limits: {limits}")
}

fn pair(max_tokens: u64) -> String {
    BODY.replace("gpt-4o", "gpt-pair").replace("100", &max_tokens.to_string())
}

/// An answer of a provider that used so many tokens.
fn answer(input: u64, output: u64, cached: u64, reasoning: u64) -> Vec<u8> {
    serde_json::to_vec(&serde_json::json!({
        "id": "x", "model": "m",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "a"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output,
            "prompt_tokens_details": {"cached_tokens": cached}, "completion_tokens_details": {"reasoning_tokens": reasoning}}
    }))
    .unwrap()
}

async fn complete(gate: &mut crate::fake_envoy::Stream, target: &str, body: &[u8]) {
    gate.response_headers(&[(":status", "200"), ("content-type", "application/json")], target).await;
    gate.response_body(body, true).await;
}

#[tokio::test]
async fn each_kind_of_tokens_is_charged_as_the_provider_has_told() {
    for (limit, fits) in [
        ("input_tokens: 300", 3),
        ("output_tokens: 300, reserve_output_at_most: 5", 15),
        ("total_tokens: 360, reserve_output_at_most: 5", 3),
        ("cached_input_tokens: 90", 3),
        ("reasoning_tokens: 300, reserve_output_at_most: 5", 41),
        ("cost: {expression: 'input_tokens + 5 * output_tokens', amount: 800}, reserve_output_at_most: 5", 4),
    ] {
        let limits = format!("[{{name: it, per: [tenant], calendar: month, {limit}}}]");
        let mut gateway = Gateway::start(&with(&limits)).await;
        let mut admitted = 0;
        while admitted < 60 {
            let (mut gate, sent) = gateway.sent("/v1/chat/completions", BODY).await;
            if sent.fact("route").is_none() {
                assert_eq!(sent.status(), 429, "{limit}");
                break;
            }
            complete(&mut gate, "one", &answer(100, 20, 30, 5)).await;
            admitted += 1;
        }
        assert!((fits..=fits + 20).contains(&admitted), "{limit}: {admitted}");
    }
}

#[tokio::test]
async fn money_is_charged_by_the_price_of_the_model_and_told_in_the_record() {
    // gpt-4o: 2.50 dollars for a million tokens of input, 10 for output. The prompt is about 25 tokens, reserved with 100 of output.
    let mut gateway = Gateway::start(&with("[{name: purse, per: [key], money: 0.003, calendar: month}]")).await;
    let (mut gate, sent) = gateway.sent("/v1/chat/completions", BODY).await;
    assert!(sent.fact("route").is_some());
    complete(&mut gate, "one", &answer(1_000, 20, 0, 0)).await;
    drop(gate);
    let record = gateway.records(1).await.remove(0);
    assert_eq!(
        (&record["cost"], &record["currency"], &record["cost_source"]),
        (&"0.0027".into(), &"USD".into(), &"table".into())
    );
    let (_gate, sent) = gateway.sent("/v1/chat/completions", BODY).await;
    assert_eq!(sent.status(), 429);
    let message = sent.immediate_json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(
        message.contains("`purse` of 0.003 USD a month (UTC) for key `ci`: 0.0027 USD are used, this request needs about 0.00"),
        "{message}"
    );
}

#[tokio::test]
async fn a_model_without_a_price_is_told_in_the_record_or_refused() {
    let limits = "[{name: purse, per: [key], money: 1, calendar: month}]";
    let mut gateway = Gateway::start(&with(limits)).await;
    let (mut gate, sent) = gateway.sent("/v1/chat/completions", &pair(100)).await;
    assert!(sent.fact("route").is_some());
    complete(&mut gate, "one", &answer(10, 20, 0, 0)).await;
    drop(gate);
    let record = gateway.records(1).await.remove(0);
    assert_eq!((&record["cost"], &record["cost_source"]), (&serde_json::Value::Null, &"unpriced".into()));

    let mut gateway = Gateway::start(&format!("{}\nprices: {{unpriced: deny}}", with(limits))).await;
    let (_gate, sent) = gateway.sent("/v1/chat/completions", &pair(100)).await;
    assert_eq!(sent.status(), 403);
    assert_eq!(sent.immediate_json()["error"]["code"], "model_without_price");
    let (_gate, sent) = gateway.sent("/v1/chat/completions", BODY).await;
    assert!(sent.fact("route").is_some());
}

#[tokio::test]
async fn where_the_first_provider_has_no_room_the_next_one_is_tried_first() {
    let limits = "[{name: of a provider, per: [provider], total_tokens: 1000, calendar: month}]";
    let mut gateway = Gateway::start(&with(limits)).await;
    let (_held, first) = gateway.sent("/v1/chat/completions", &pair(900)).await;
    assert!(first.text_fact("route").starts_with("order:one,two"), "{}", first.text_fact("route"));
    let (_held_too, second) = gateway.sent("/v1/chat/completions", &pair(900)).await;
    assert!(second.text_fact("route").starts_with("order:two,one"), "{}", second.text_fact("route"));
    let (_gate, third) = gateway.sent("/v1/chat/completions", &pair(900)).await;
    assert_eq!(third.status(), 429);
    let message = third.immediate_json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(message.contains("for provider `one`") || message.contains("for provider `two`"), "{message}");
    let (_gate, alone) = gateway.sent("/v1/chat/completions", &BODY.replace("100", "900")).await;
    assert!(alone.text_fact("route").starts_with("order:claude,one"), "{}", alone.text_fact("route"));
}

#[tokio::test]
async fn places_in_flight_are_free_again_when_an_answer_has_ended_or_the_client_has_gone() {
    let mut gateway = Gateway::start(&with("[{name: few, per: [key], in_flight: 2}]")).await;
    let (mut one, sent) = gateway.sent("/v1/chat/completions", BODY).await;
    assert!(sent.fact("route").is_some());
    let (two, sent) = gateway.sent("/v1/chat/completions", BODY).await;
    assert!(sent.fact("route").is_some());
    let (_gate, refused) = gateway.sent("/v1/chat/completions", BODY).await;
    assert_eq!((refused.status(), &*refused.set()["retry-after"]), (429, "1"));
    assert!(
        refused.immediate_json()["error"]["message"].as_str().unwrap().contains("`few` of 2 requests in flight for key `ci`")
    );
    complete(&mut one, "one", &answer(1, 1, 0, 0)).await;
    let (_three, sent) = gateway.sent("/v1/chat/completions", BODY).await;
    assert!(sent.fact("route").is_some());
    drop(two);
    gateway.records(3).await;
    let (_four, sent) = gateway.sent("/v1/chat/completions", BODY).await;
    assert!(sent.fact("route").is_some());
}

#[tokio::test]
async fn a_limit_by_header_looks_at_the_header_and_one_in_the_shadow_is_told_in_the_record() {
    let limits = "[{name: team, per: [{header: X-Team}], requests: 1, every: 1h}, \
                  {name: later, requests: 2, every: 1h, shadow: true, match: {model: 'gpt-*'}}]";
    let mut gateway = Gateway::start(&with(limits)).await;
    let requests = [("a", 0, "[]"), ("b", 0, "[]"), ("a", 429, "[]"), ("c", 0, r#"["later"]"#)];
    for (index, (team, status, told)) in requests.into_iter().enumerate() {
        let mut gate = gateway.gate().await;
        let mut headers = request("/v1/chat/completions");
        headers.push(("x-team", team));
        gate.request_headers(&headers).await;
        let sent = gate.request_body(BODY).await;
        if status == 429 {
            assert_eq!(sent.status(), 429);
            assert!(sent.immediate_json()["error"]["message"].as_str().unwrap().contains("for header x-team `a`"));
            continue;
        }
        complete(&mut gate, "one", &answer(1, 1, 0, 0)).await;
        drop(gate);
        let records = gateway.records(index + 1).await;
        assert_eq!(records.last().unwrap()["would_exceed"].to_string(), told, "{team}");
    }
}

#[tokio::test]
async fn every_client_is_told_of_a_limit_in_its_own_words() {
    let limits = "[{name: tokens, per: [key], total_tokens: 1000, calendar: month}]";
    let mut gateway = Gateway::start(&with(limits)).await;
    let messages = r#"{"model":"gpt-4o","max_tokens":MOST,"messages":[{"role":"user","content":"hi"}]}"#;
    let gemini = r#"{"contents":[{"role":"user","parts":[{"text":"hi"}]}],"generationConfig":{"maxOutputTokens":MOST}}"#;
    let (_held, sent) = gateway.sent("/v1/chat/completions", &messages.replace("MOST", "900")).await;
    assert!(sent.fact("route").is_some());
    let told = "You have reached this gateway's limit `tokens` of 1000 tokens a month (UTC) for key `ci`: ";
    for (path, body) in
        [("/v1/chat/completions", messages), ("/v1/messages", messages), ("/v1beta/models/gpt-4o:generateContent", gemini)]
    {
        let (_gate, now) = gateway.sent(path, &body.replace("MOST", "500")).await;
        let (_gate, never) = gateway.sent(path, &body.replace("MOST", "5000")).await;
        let (status, json) = (now.status(), now.immediate_json());
        assert_eq!(status, 429, "{path}");
        assert!(now.set()["retry-after"].parse::<u64>().unwrap() > 0);
        assert!(json["error"]["message"].as_str().unwrap().starts_with(told), "{json}");
        let kind = match path {
            "/v1/messages" => json["error"]["type"] == "rate_limit_error" && json["type"] == "error",
            "/v1/chat/completions" => {
                json["error"]["type"] == "rate_limit_error" && json["error"]["code"] == "gateway_rate_limit_exceeded"
            }
            _ => json["error"]["status"] == "RESOURCE_EXHAUSTED" && json["error"]["code"] == 429,
        };
        assert!(kind, "{json}");
        assert_eq!(never.status(), 400, "{path}");
        let message = never.immediate_json()["error"]["message"].as_str().unwrap().to_owned();
        assert!(message.starts_with("This request can never fit into this gateway's limit `tokens`"), "{message}");
        assert!(!never.set().contains_key("retry-after"));
    }
}

#[tokio::test]
async fn the_admin_address_tells_where_budgets_stand() {
    let mut gateway = Gateway::start(&with("[{name: tokens, per: [key, model], total_tokens: 1000, calendar: month}]")).await;
    let (_held, sent) = gateway.sent("/v1/chat/completions", &BODY.replace("100", "900")).await;
    assert!(sent.fact("route").is_some());
    let get = |path: &str| reqwest::get(format!("http://{}{path}", gateway.app.admin));
    let told: serde_json::Value = get("/limits?key=ci&model=gpt-4o").await.unwrap().json().await.unwrap();
    let [state] = told["limits"].as_array().unwrap().as_slice() else { panic!("{told}") };
    assert_eq!((&state["rule"], &state["of"]), (&"tokens".into(), &serde_json::json!({"key": "ci", "model": "gpt-4o"})));
    assert!(state["used"].as_u64().unwrap() > 900 && state["left"].as_u64().unwrap() < 100, "{state}");
    let all: serde_json::Value = get("/limits").await.unwrap().json().await.unwrap();
    assert!(all["limits"].as_array().unwrap().len() >= 4, "{all}");
    let wrong = get("/limits?rule=none").await.unwrap();
    assert_eq!((wrong.status().as_u16(), wrong.text().await.unwrap()), (400, "there is no limit `none`".to_owned()));
}
