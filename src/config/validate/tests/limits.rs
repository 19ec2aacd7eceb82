//! Limits and prices.

use super::{GOOD, breaks, broken, holds, read};

/// The good config's limit, to be replaced.
const LIMIT: &str = "{name: requests, per: [key], requests: 10, every: 1m}";

#[test]
fn every_kind_of_limit_can_be_said() {
    for limit in [
        "{name: a, input_tokens: 1, every: 1s}",
        "{name: a, output_tokens: 1, every: 366d, reserve_output_at_most: 0}",
        "{name: a, total_tokens: 1, calendar: day, match: {model: gpt-*}}",
        "{name: a, cached_input_tokens: 1, calendar: month, per: [provider, route]}",
        "{name: a, cache_write_tokens: 1, every: 1h, burst: 5}",
        "{name: a, reasoning_tokens: 1, every: 1h, shadow: true, when_away: deny}",
        "{name: a, cost: {expression: 'input_tokens + 4 * output_tokens', amount: 5}, every: 1h}",
        "{name: a, money: 12.50, calendar: month}",
        "{name: a, money: '0.000000001', every: 1h, burst: 2.5, per: [{header: X-Team}, {claim: org}]}",
        "{name: a, in_flight: 5, per: [key], match: {tenant: [red, 'team *'], provider: openai, headers: {x-a: b}, claims: {c: [d]}}}",
    ] {
        let snapshot = holds(LIMIT, limit);
        assert_eq!(snapshot.limits.len(), 1, "{limit}");
    }
}

#[test]
fn what_is_wrong_with_a_limit_is_told_where_it_stands() {
    for (limit, path, words) in [
        ("{name: a, every: 1m}", "", "must have exactly one of `requests`"),
        ("{name: a, requests: 1, money: 1, every: 1m}", "", "must have exactly one of `requests`"),
        ("{name: a, requests: 0, every: 1m}", ".requests", "must be from 1 to"),
        ("{name: a, requests: 1}", "", "must have exactly one of `every` and `calendar`"),
        ("{name: a, requests: 1, every: 1m, calendar: day}", "", "must have exactly one of `every` and `calendar`"),
        ("{name: a, requests: 1, every: 0s}", ".every", "more than 0"),
        ("{name: a, requests: 1, calendar: week}", ".calendar", "must be one of `day`, `month`"),
        ("{name: a, in_flight: 1, every: 1m}", "", "`in_flight` has no window"),
        ("{name: a, requests: 1, calendar: day, burst: 1}", ".burst", "only for a rolling window"),
        ("{name: a, requests: 1, every: 1m, burst: 1.5}", ".burst", "must be from 1 to"),
        ("{name: a, money: 1, every: 1m, burst: lots}", ".burst", "an amount of money"),
        ("{name: a, money: 0, every: 1m}", ".money", "an amount of money such as `12.50`"),
        ("{name: a, money: 1000001, every: 1m}", ".money", "at most 1000000"),
        ("{name: a, money: 1e3, every: 1m}", ".money", "an amount of money"),
        ("{name: a, cost: {expression: 'promt_tokens', amount: 1}, every: 1m}", ".cost.expression", "speaks of `promt_tokens`"),
        ("{name: a, cost: {expression: '0.5 * input_tokens', amount: 1}, every: 1m}", ".cost.expression", "double(input_tokens)"),
        ("{name: a, cost: {expression: '1', amount: 0}, every: 1m}", ".cost.amount", "must be from 1 to"),
        ("{name: a, requests: 1, every: 1m, reserve_output_at_most: 5}", ".reserve_output_at_most", "is only for"),
        ("{name: a, requests: 1, every: 1m, per: [key, key]}", ".per[1]", "stands here twice"),
        ("{name: a, requests: 1, every: 1m, per: [user]}", ".per[0]", "must be one of `key`"),
        ("{name: a, requests: 1, every: 1m, per: [{header: 'x y'}]}", ".per[0].header", "the name of a header"),
        ("{name: a, requests: 1, every: 1m, per: [{header: Authorization}]}", ".per[0].header", "carries credentials"),
        (
            "{name: a, requests: 1, every: 1m, match: {headers: {x-api-key: a}}}",
            ".match.headers.x-api-key",
            "carries credentials",
        ),
        ("{name: a, requests: 1, every: 1m, match: {model: ['']}}", ".match.model", "1 to 256 bytes"),
        ("{name: a, requests: 1, every: 1m, match: {models: a}}", ".match.models", "did you mean `model`"),
    ] {
        breaks(LIMIT, limit, &format!("12:{}", column(limit, path)), words);
        assert!(broken(LIMIT, limit).contains(&format!(": limits[0]{path}: ")), "{}", broken(LIMIT, limit));
    }
}

/// Where the error points: at the value of the last field of the path, or at the limit itself; a field that is not known is pointed
/// at by its name.
fn column(limit: &str, path: &str) -> usize {
    let error = broken(LIMIT, limit);
    let column = error.split(':').nth(2).and_then(|column| column.parse().ok()).unwrap_or(0);
    assert!(if path.is_empty() { column == 5 } else { column > 5 }, "{error}");
    column
}

#[test]
fn limits_by_headers_and_claims_ask_for_these_and_no_others() {
    let snapshot = holds(
        LIMIT,
        "{name: a, requests: 1, every: 1m, per: [{header: X-Team}, {claim: org}], match: {headers: {x-tier: gold, X-TEAM: '*'}}}",
    );
    let names: Vec<_> = snapshot.limits.wanted_headers().iter().map(|name| &**name).collect();
    assert_eq!(names, ["x-team", "x-tier"]);
    assert_eq!(snapshot.limits.wanted_claims().len(), 1);
    assert!(read(GOOD).unwrap().limits.wanted_headers().is_empty());
}

#[test]
fn the_table_that_is_built_in_has_a_price_for_what_is_common() {
    use crate::translate::Dialect;
    use crate::usage::Tokens;
    let prices = read(GOOD).unwrap().prices;
    let cost = |dialect, model: &str, input, output| {
        let price = prices.find("any", dialect, [model])?;
        Some(price.of(&Tokens { input, output, ..Tokens::default() }).to_string())
    };
    for (dialect, model, price) in [
        (Dialect::OpenAi, "gpt-4o-mini", "0.75"),
        (Dialect::Azure, "gpt-4o-mini-2024-07-18", "0.75"),
        (Dialect::OpenAi, "gpt-5-2025-08-07", "11.25"),
        (Dialect::Anthropic, "claude-haiku-4-5-20251001", "6.00"),
        (Dialect::AnthropicVertex, "claude-sonnet-4-5@20250929", "18.00"),
        (Dialect::Bedrock, "us.anthropic.claude-haiku-4-5-20251001-v1:0", "6.00"),
        (Dialect::Bedrock, "us.amazon.nova-lite-v1:0", "0.30"),
        (Dialect::Cohere, "command-r-08-2024", "0.75"),
    ] {
        assert_eq!(cost(dialect, model, 1_000_000, 1_000_000).as_deref(), Some(price), "{model}");
    }
    assert_eq!(cost(Dialect::Gemini, "gemini-2.5-pro", 200_000, 0).as_deref(), Some("0.25"));
    assert_eq!(cost(Dialect::Gemini, "gemini-2.5-pro", 400_000, 0).as_deref(), Some("1.00"), "a long prompt");
    for (dialect, model) in [
        (Dialect::OpenAi, "gpt-4o-audio-preview"),
        (Dialect::OpenAi, "gpt-4o-2024-05-13"),
        (Dialect::OpenAi, "my-model"),
        (Dialect::Anthropic, "gpt-4o"),
        (Dialect::Anthropic, "claude-opus-4"),
    ] {
        assert_eq!(cost(dialect, model, 1, 1), None, "{model}");
    }
    assert_eq!(&*prices.currency, "USD");
}
