//! `kanmon limits`

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::net::TcpStream;

use super::{print, runtime};
use crate::limit::{DAYS, span};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The admin address of a running gateway.
    #[arg(long, default_value = "127.0.0.1:9902")]
    admin: SocketAddr,
    /// Only this limit.
    #[arg(long)]
    rule: Option<String>,
    /// Only the budgets of this key, which need not be in the config.
    #[arg(long)]
    key: Option<String>,
    /// Only the budgets of this tenant.
    #[arg(long)]
    tenant: Option<String>,
    /// Only the budgets of this model.
    #[arg(long)]
    model: Option<String>,
    /// Only the budgets of this provider.
    #[arg(long)]
    provider: Option<String>,
    /// Only the budgets of this route.
    #[arg(long)]
    route: Option<String>,
    /// The budgets of those whose requests have this header: `x-team=red`.
    #[arg(long, value_name = "NAME=VALUE")]
    header: Vec<String>,
    /// The budgets of those whose tokens have this claim: `org=red`.
    #[arg(long, value_name = "NAME=VALUE")]
    claim: Vec<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// The longest answer, in bytes.
const LONGEST_ANSWER: usize = 8 << 20;

/// How long the gateway may take.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug, Deserialize)]
struct States {
    limits: Vec<State>,
    more: bool,
}

#[derive(Debug, Deserialize)]
struct State {
    rule: String,
    counts: String,
    of: serde_json::Map<String, serde_json::Value>,
    window: Option<String>,
    limit: serde_json::Value,
    used: serde_json::Value,
    left: serde_json::Value,
    resets_in_seconds: Option<f64>,
    shadow: bool,
}

pub(super) fn show(args: &Args) -> anyhow::Result<()> {
    let path = format!("/limits?{}", args.query()?);
    let asked = async { tokio::time::timeout(PATIENCE, get(args.admin, &path)).await.context("no answer within 10 seconds")? };
    let answer = runtime::build(Some(1))?
        .block_on(asked)
        .with_context(|| format!("cannot ask the gateway at {} (its --admin address)", args.admin))?;
    if args.json {
        return print(answer.trim_end());
    }
    let states: States = serde_json::from_str(&answer).context("the gateway's answer is not what it should be")?;
    print(table(&states).trim_end())
}

impl Args {
    fn query(&self) -> anyhow::Result<String> {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let names = [
            ("rule", &self.rule),
            ("key", &self.key),
            ("tenant", &self.tenant),
            ("model", &self.model),
            ("provider", &self.provider),
            ("route", &self.route),
        ];
        query.extend_pairs(names.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?))));
        for (kind, pairs) in [("header", &self.header), ("claim", &self.claim)] {
            for pair in pairs {
                let (name, value) = pair.split_once('=').with_context(|| format!("--{kind} must be NAME=VALUE"))?;
                query.append_pair(&format!("{kind}.{name}"), value);
            }
        }
        Ok(query.finish())
    }
}

async fn get(address: SocketAddr, path: &str) -> anyhow::Result<String> {
    let stream = TcpStream::connect(address).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let request = hyper::Request::get(path).header("host", address.to_string()).body(Empty::<bytes::Bytes>::new())?;
    // Ends with the answer, since nothing else holds the connection; an error of it is an error of the answer.
    let driver = tokio::spawn(connection);
    let (parts, body) = sender.send_request(request).await?.into_parts();
    let body = Limited::new(body, LONGEST_ANSWER).collect().await.map_err(|error| anyhow::anyhow!(error))?.to_bytes();
    driver.abort();
    let text = String::from_utf8_lossy(&body).into_owned();
    anyhow::ensure!(parts.status.is_success(), "{}", text.trim());
    Ok(text)
}

/// Columns as wide as what stands in them.
fn table(states: &States) -> String {
    let mut rows = vec![["LIMIT", "FOR", "COUNTS", "USED", "OF", "LEFT", "FULL IN"].map(str::to_owned)];
    rows.extend(states.limits.iter().map(row));
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..7).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        let cells: Vec<_> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        let _ = writeln!(text, "{}", cells.join("  ").trim_end());
    }
    if states.limits.is_empty() {
        text.push_str("There is no such budget.\n");
    }
    if states.more {
        text.push_str("… and more: ask for a --rule, a --key or a --tenant.\n");
    }
    text
}

fn row(state: &State) -> [String; 7] {
    let shown = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let of = state.of.iter().map(|(part, value)| match value.as_str() {
        Some(value) => format!("{part} {value}"),
        None => format!("no {part}"),
    });
    let of: Vec<_> = of.collect();
    let window = state.window.as_ref().map_or_else(String::new, |window| format!(" / {window}"));
    let shadow = if state.shadow { " (shadow)" } else { "" };
    [
        format!("{}{shadow}", state.rule),
        if of.is_empty() { "everybody".to_owned() } else { of.join(", ") },
        state.counts.clone(),
        shown(&state.used),
        format!("{}{window}", shown(&state.limit)),
        shown(&state.left),
        state.resets_in_seconds.map_or_else(|| "-".to_owned(), full_in),
    ]
}

/// How long until a budget is full. What is no span of time is an answer of another program than ours.
fn full_in(seconds: f64) -> String {
    Duration::try_from_secs_f64(seconds).map_or_else(|_| "?".to_owned(), |time| span(time, &DAYS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_a_line_for_each_budget() {
        let states: States = serde_json::from_str(
            r#"{"limits": [
                {"rule": "tokens", "counts": "total_tokens", "of": {"key": "red-ci"}, "window": "1m", "limit": 1000, "used": 1250,
                 "left": 0, "resets_in_seconds": 75.2, "shadow": false},
                {"rule": "money", "counts": "money", "of": {"tenant": null, "model": "gpt"}, "window": "month", "limit": "12.50 USD",
                 "used": "0.25 USD", "left": "12.25 USD", "resets_in_seconds": 2250901.0, "shadow": true},
                {"rule": "flight", "counts": "in_flight", "of": {}, "window": null, "limit": 5, "used": 2, "left": 3,
                 "resets_in_seconds": null, "shadow": false}], "more": true}"#,
        )
        .unwrap();
        insta::assert_snapshot!(table(&states), @r"
        LIMIT           FOR                   COUNTS        USED      OF                 LEFT       FULL IN
        tokens          key red-ci            total_tokens  1250      1000 / 1m          0          1m16s
        money (shadow)  no tenant, model gpt  money         0.25 USD  12.50 USD / month  12.25 USD  26d1h15m1s
        flight          everybody             in_flight     2         5                  3          -
        … and more: ask for a --rule, a --key or a --tenant.
        ");
    }

    #[test]
    fn what_is_no_span_of_time_is_not_told_as_one() {
        assert_eq!([full_in(-1.0), full_in(f64::MAX), full_in(0.0)], ["?", "?", "0s"]);
    }
}
