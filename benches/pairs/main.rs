//! What each pair of client API and provider dialect costs: requests of 2 KB and 20 KB, and streams of 100 events.
//!
//! Nothing but the translation, in one thread, without Envoy. The pairs take turns in short rounds, so that whatever else the
//! machine does hits all alike; told are medians. Bytes are the client's where a request is translated, and the provider's where a
//! stream is. `target/bench/pairs.json` has the rows of the table. A missed target is said and does not fail the run.

#![expect(clippy::expect_used, reason = "a benchmark of something broken must not go on")]

mod providers;
mod report;
mod work;

use std::path::Path;
use std::time::Duration;

use kanmon::translate::{Api, Dialect};
use tokio::time::Instant;

use report::Row;
use work::Work;

/// The client APIs of conversations, by the names that the golden fixtures use.
const CLIENTS: [(&str, Api); 5] = [
    ("openai", Api::OpenAiChat),
    ("responses", Api::OpenAiResponses),
    ("completions", Api::OpenAiCompletions),
    ("anthropic", Api::AnthropicMessages),
    ("gemini", Api::GeminiGenerate),
];

/// The dialects of providers that differ in what is translated.
const PROVIDERS: [Dialect; 6] =
    [Dialect::OpenAi, Dialect::Anthropic, Dialect::Gemini, Dialect::Bedrock, Dialect::AnthropicBedrock, Dialect::Cohere];

/// The pair that all others are compared with.
const YARDSTICK: (Api, Dialect) = (Api::OpenAiChat, Dialect::Anthropic);

/// Each piece of work runs for this long in a round.
const SLICE: Duration = Duration::from_millis(15);
const ROUNDS: usize = 9;
/// `--quick`: to see that it works.
const QUICK: (Duration, usize) = (Duration::from_millis(2), 1);

fn main() {
    let (slice, rounds) = if std::env::args().any(|arg| arg == "--quick") { QUICK } else { (SLICE, ROUNDS) };
    let all: Vec<Work> = CLIENTS
        .iter()
        .flat_map(|(name, api)| PROVIDERS.iter().flat_map(move |dialect| Work::of_pair(name, *api, *dialect)))
        .collect();
    let mut measured = vec![Vec::with_capacity(rounds); all.len()];
    for _ in 0..rounds {
        for (work, times) in all.iter().zip(&mut measured) {
            times.push(nanoseconds(work, slice));
        }
    }
    let rows: Vec<Row> = all.iter().zip(measured).map(|(work, times)| Row::new(work, median(times))).collect();
    report::tell(&rows, Path::new("target/bench/pairs.json"));
}

/// Of one run, on average.
fn nanoseconds(work: &Work, slice: Duration) -> f64 {
    work.run();
    let (begun, mut runs) = (Instant::now(), 0_u32);
    while begun.elapsed() < slice {
        for _ in 0..8 {
            work.run();
        }
        runs += 8;
    }
    begun.elapsed().as_secs_f64() * 1e9 / f64::from(runs)
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
