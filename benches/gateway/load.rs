//! The clients: connections that each send the next request as soon as they have the last answer.
//!
//! What completes within the window counts; the warm-up before it does not. At its edges a line is printed, so that the
//! orchestrator reads the CPU times of the processes at the same moments. Requests that are under way at the end are finished,
//! not cut. The last line is the `Outcome`, as JSON.

mod connection;
mod tally;

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Result;
use http_body_util::Full;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::args;
use crate::check::Expected;
use crate::requests;
use crate::setup::CLIENT_KEY;
use connection::Client;
pub(crate) use tally::Outcome;
use tally::Tally;

const WARMING_UP: u8 = 0;
const COUNTING: u8 = 1;
const OVER: u8 = 2;

/// What the clients of a slice share.
struct Slice {
    phase: AtomicU8,
    /// Answers that have begun and not ended.
    open: AtomicUsize,
    expected: Expected,
    request: http::Request<Full<bytes::Bytes>>,
    target: std::net::SocketAddr,
}

impl Slice {
    fn new(args: &args::Load) -> Result<Self> {
        let body = requests::chat(&args.model, args.body_bytes, args.streamed)?;
        let request = http::Request::post("/v1/chat/completions")
            .header("host", args.target.to_string())
            .header("authorization", format!("Bearer {CLIENT_KEY}"))
            .header("content-type", "application/json")
            .header("accept", "application/json")
            .header("user-agent", "OpenAI/Python 2.8.0")
            .body(Full::new(body))?;
        let expected = Expected { streamed: args.streamed, pace: requests::pace_in(args.model.as_bytes()) };
        let (phase, open) = (AtomicU8::new(WARMING_UP), AtomicUsize::new(0));
        Ok(Self { phase, open, expected, request, target: args.target })
    }

    fn phase(&self) -> u8 {
        self.phase.load(Ordering::Relaxed)
    }
}

/// Runs one slice.
pub(crate) async fn run(args: args::Load) -> Result<()> {
    let slice = Arc::new(Slice::new(&args)?);
    let mut clients = JoinSet::new();
    for _ in 0..args.connections {
        clients.spawn(client(Arc::clone(&slice)));
    }
    sleep(Duration::from_millis(args.warm_up_ms)).await;
    slice.phase.store(COUNTING, Ordering::Relaxed);
    let began = Instant::now();
    println!("counting");
    sleep(Duration::from_millis(args.window_ms)).await;
    slice.phase.store(OVER, Ordering::Relaxed);
    let window = began.elapsed();
    let open = slice.open.load(Ordering::Relaxed);
    println!("over");

    let mut tally = Tally::default();
    while let Some(client) = clients.join_next().await {
        tally.add(client?);
    }
    println!("{}", serde_json::to_string(&tally.outcome(window, open))?);
    Ok(())
}

/// One connection, request after request.
async fn client(slice: Arc<Slice>) -> Tally {
    let mut tally = Tally::default();
    let mut client = Client::new(Arc::clone(&slice));
    while slice.phase() != OVER {
        let began = Instant::now();
        let result = client.request(&mut tally).await;
        let took = began.elapsed();
        match result {
            Ok(()) if slice.phase() == COUNTING => tally.latencies.push(took),
            Ok(()) => {}
            Err(error) => {
                tally.wrong(&error);
                // A gateway that is not there must not be asked a million times.
                sleep(Duration::from_millis(20)).await;
            }
        }
    }
    tally
}
