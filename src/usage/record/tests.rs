use super::*;

fn record() -> Record {
    let mut record = Record::new("req-1");
    record.time = "2026-11-21T01:02:03.004567Z".parse().unwrap();
    record
}

fn full() -> Record {
    let attempt = |provider: &str, status, outcome, ms| Attempt {
        provider: provider.into(),
        model: "gpt-4o".to_owned(),
        status,
        outcome,
        duration: Duration::from_millis(ms),
    };
    Record {
        key: Some("red-ci".into()),
        key_id: Some(crate::auth::key::KeyId::of(&[0xab; 32])),
        tenant: Some("red".into()),
        route: Some("gpt-*".into()),
        api: Some("openai.chat"),
        stream: true,
        model_asked: Some("gpt-4o".to_owned()),
        model_served: Some("gpt-4o-2024-08-06".to_owned()),
        provider: Some("openai".into()),
        provider_dialect: Some("openai"),
        attempts: vec![
            attempt("claude", None, AttemptOutcome::NoResponse, 20),
            attempt("openai", Some(200), AttemptOutcome::Ok, 900),
        ],
        ttft: Some(Duration::from_micros(120_250)),
        duration: Duration::from_millis(930),
        tokens: Tokens { input: 100, cached_input: 64, cache_write: 0, output: 20, reasoning: 5 },
        tokens_source: Source::Reported,
        cost: Some(Money::from_nanos(362_500)),
        currency: Some("USD".into()),
        cost_source: CostSource::Table,
        would_exceed: vec!["team tokens".into()],
        uncounted: vec!["requests".into(), "money".into()],
        units: Units { audio: Some(Duration::from_millis(1_500)), search_units: Some(2) },
        status: Some(200),
        dropped: vec!["seed".to_owned()],
        ..record()
    }
}

fn line(record: &Record) -> String {
    serde_json::to_string(record).unwrap()
}

#[test]
fn a_record_is_one_line_with_everything_in_it() {
    insta::assert_snapshot!(line(&full()), @r#"{"time":"2026-11-21T01:02:03.004Z","request_id":"req-1","key":"red-ci","key_id":"abababab","tenant":"red","route":"gpt-*","api":"openai.chat","path":null,"stream":true,"model_asked":"gpt-4o","model_served":"gpt-4o-2024-08-06","provider":"openai","provider_dialect":"openai","attempts":[{"provider":"claude","model":"gpt-4o","status":null,"outcome":"no_response","duration_ms":20.0},{"provider":"openai","model":"gpt-4o","status":200,"outcome":"ok","duration_ms":900.0}],"ttft_ms":120.25,"duration_ms":930.0,"tokens":{"input":100,"cached_input":64,"cache_write":0,"output":20,"reasoning":5,"total":120},"tokens_source":"reported","cost":"0.0003625","currency":"USD","cost_source":"table","would_exceed":["team tokens"],"uncounted":["requests","money"],"units":{"audio_seconds":1.5,"search_units":2},"status":200,"outcome":"ok","error":null,"dropped":["seed"]}"#);
}

#[test]
fn a_record_of_which_nothing_is_known_has_the_same_fields() {
    let fields = |record: &Record| match serde_json::to_value(record).unwrap() {
        serde_json::Value::Object(fields) => fields.keys().cloned().collect::<Vec<_>>(),
        other => panic!("{other}"),
    };
    assert_eq!(fields(&record()), fields(&full()));
}

#[test]
fn whatever_a_client_wrote_stays_within_its_line_and_its_bound() {
    let hostile = Record {
        model_asked: Some(format!("a\n\"b\u{2028}\0{}", "é".repeat(1_000_000))),
        error: Some("x".repeat(1_025)),
        dropped: vec!["y\r\n".repeat(10_000)],
        ..record()
    };
    let line = line(&hostile);
    assert!(line.len() < 8_192, "{}", line.len());
    assert!(!line.contains(['\n', '\r']));
    let json: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(json["error"], format!("{}…", "x".repeat(1_024)));
}

#[test]
fn a_rejection_is_told_with_its_code() {
    let rejected = Record { outcome: Outcome::Rejected("model_not_found"), status: Some(404), ..record() };
    assert!(line(&rejected).contains(r#""status":404,"outcome":"rejected:model_not_found""#));
    assert_eq!(rejected.metadata().last(), Some(&("outcome", Fact::Text("rejected:model_not_found".into()))));
}

#[test]
fn names_of_outcomes_are_those_of_the_records() {
    use AttemptOutcome::*;
    for outcome in [Ok, Status, Connect, Reset, Timeout, NoResponse, Cut, ErrorEvent, BadAnswer, Skipped, NotSent, Aborted] {
        assert_eq!(serde_json::to_value(outcome).unwrap(), outcome.name());
    }
    for source in [Source::Reported, Source::Estimated, Source::None] {
        assert_eq!(serde_json::to_value(source).unwrap(), source.name());
    }
    for source in [CostSource::Table, CostSource::Unpriced, CostSource::None] {
        assert_eq!(serde_json::to_value(source).unwrap(), source.name());
    }
}

#[test]
fn a_request_without_a_price_is_told_so() {
    let unpriced = Record { cost_source: CostSource::Unpriced, ..record() };
    assert!(line(&unpriced).contains(r#""cost":null,"currency":null,"cost_source":"unpriced""#));
    assert!(unpriced.metadata().contains(&("cost_source", Fact::Text("unpriced".into()))));
}

#[test]
fn metadata_is_flat_and_tells_only_what_is_known() {
    let full = full();
    let text = |text: &'static str| Fact::Text(text.into());
    assert_eq!(
        full.metadata(),
        [
            ("key", text("red-ci")),
            ("tenant", text("red")),
            ("route", text("gpt-*")),
            ("provider", text("openai")),
            ("model_asked", text("gpt-4o")),
            ("model_served", text("gpt-4o-2024-08-06")),
            ("input_tokens", Fact::Number(100.0)),
            ("output_tokens", Fact::Number(20.0)),
            ("total_tokens", Fact::Number(120.0)),
            ("cached_input_tokens", Fact::Number(64.0)),
            ("reasoning_tokens", Fact::Number(5.0)),
            ("attempts", Fact::Number(2.0)),
            ("audio_seconds", Fact::Number(1.5)),
            ("search_units", Fact::Number(2.0)),
            ("tokens_source", text("reported")),
            ("outcome", text("ok")),
            ("cost", text("0.0003625")),
            ("cost_nanos", Fact::Number(362_500.0)),
            ("currency", text("USD")),
            ("would_exceed", text("team tokens")),
            ("uncounted", text("requests, money")),
            ("ttft_ms", Fact::Number(120.25)),
        ]
    );
    let record = record();
    let names: Vec<_> = record.metadata().into_iter().map(|(name, _)| name).collect();
    assert!(!names.contains(&"tenant") && !names.contains(&"ttft_ms") && names.contains(&"input_tokens"));
}
