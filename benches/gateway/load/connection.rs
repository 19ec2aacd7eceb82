//! One keep-alive connection, and the reading of answers from it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::tally::Tally;
use super::{COUNTING, Slice};
use crate::answers;

/// No answer here takes as long.
const PATIENCE: Duration = Duration::from_secs(40);

/// How much of a stream's end is kept to be checked.
const END: usize = 64;

pub(super) struct Client {
    slice: Arc<Slice>,
    connection: Option<SendRequest<Full<Bytes>>>,
    /// Length of the first answer, which was checked in depth. All others must be as long.
    length: Option<usize>,
    /// Bytes of the current answer: all of them, or where that is enough, its end.
    buffer: Vec<u8>,
}

impl Client {
    pub(super) fn new(slice: Arc<Slice>) -> Self {
        Self { slice, connection: None, length: None, buffer: Vec::new() }
    }

    /// Sends the request and reads the answer. An error is an answer that is missing or wrong.
    pub(super) async fn request(&mut self, tally: &mut Tally) -> Result<()> {
        let mut connection = self.connection().await?;
        let request = self.slice.request.clone();
        let answer = timeout(PATIENCE, async {
            let response = connection.send_request(request).await?;
            self.slice.open.fetch_add(1, Ordering::Relaxed);
            let read = self.read(response, tally).await;
            self.slice.open.fetch_sub(1, Ordering::Relaxed);
            read
        });
        answer.await.context("no whole answer in time")??;
        self.connection = Some(connection);
        Ok(())
    }

    async fn connection(&mut self) -> Result<SendRequest<Full<Bytes>>> {
        if let Some(mut connection) = self.connection.take()
            && connection.ready().await.is_ok()
        {
            return Ok(connection);
        }
        let stream = TcpStream::connect(self.slice.target).await.context("cannot connect")?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(sender)
    }

    async fn read(&mut self, response: http::Response<Incoming>, tally: &mut Tally) -> Result<()> {
        let status = response.status();
        let mut body = response.into_body();
        let (mut length, mut stamps) = (0, Stamps::default());
        self.buffer.clear();
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame?.into_data() else { continue };
            length += data.len();
            self.keep(&data, status.is_success());
            if self.slice.expected.pace.is_some() {
                let counts = self.slice.phase() == COUNTING;
                stamps.take(&data, |latency| tally.event_latencies.extend(counts.then_some(latency)));
            }
        }
        ensure!(status.is_success(), "{status}: {}", String::from_utf8_lossy(&self.buffer));
        self.judge(length)
    }

    /// Of a stream that is only compared, the end is enough.
    fn keep(&mut self, data: &[u8], success: bool) {
        let whole = !self.slice.expected.streamed || self.length.is_none() || !success;
        if !whole && data.len() >= END {
            self.buffer.clear();
        }
        self.buffer.extend_from_slice(data);
    }

    fn judge(&mut self, length: usize) -> Result<()> {
        match self.length {
            None => {
                self.slice.expected.in_depth(&self.buffer)?;
                self.length = Some(length);
            }
            Some(first) => ensure!(length == first, "an answer of {length} bytes, where the first had {first}"),
        }
        ensure!(self.slice.expected.has_end(&self.buffer), "an answer without its end");
        Ok(())
    }
}

/// Finds the timestamps in a stream, split anywhere.
#[derive(Default)]
struct Stamps {
    digits: Option<u64>,
}

impl Stamps {
    fn take(&mut self, data: &[u8], mut found: impl FnMut(Duration)) {
        let now = answers::now();
        for byte in data {
            self.digits = match (self.digits, byte) {
                (None, b'@') => Some(0),
                (Some(sent), b'@') => {
                    // Negative only if the clock was set; then it tells nothing.
                    if let Some(late) = now.checked_sub(sent) {
                        found(Duration::from_nanos(late));
                    }
                    None
                }
                (Some(sent), b'0'..=b'9') => Some(sent.wrapping_mul(10).wrapping_add(u64::from(byte - b'0'))),
                (other, _) => other,
            };
        }
    }
}
