//! What Envoy writes to standard error: passed on to the log, and the last of it kept for the day that Envoy dies.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::ChildStderr;
use tokio::task::JoinHandle;

/// Lines that are kept. A crash of Envoy writes a stack of about thirty.
const LINES: usize = 40;

/// Bytes that are kept of a line.
const LINE_BYTES: usize = 2048;

/// How long the rest of the output may take after Envoy has ended; something that it started may hold the pipe open.
const REST: Duration = Duration::from_millis(500);

type Ring = Arc<Mutex<VecDeque<String>>>;

#[derive(Debug)]
pub(super) struct Output {
    ring: Ring,
    reader: Option<JoinHandle<()>>,
}

impl Output {
    /// Begins to read.
    pub(super) fn capture(stderr: Option<ChildStderr>) -> Self {
        let ring = Ring::default();
        let reader = stderr.map(|stderr| tokio::spawn(read(BufReader::new(stderr), Arc::clone(&ring))));
        Self { ring, reader }
    }

    /// The last lines so far.
    pub(super) fn last_lines(&self) -> Vec<String> {
        self.ring.lock().iter().cloned().collect()
    }

    /// The last lines of all, once Envoy has ended.
    pub(super) async fn finish(&mut self) -> Vec<String> {
        if let Some(reader) = &mut self.reader {
            // Late or failed: what has been read by then is what there is.
            let _ = tokio::time::timeout(REST, reader).await;
            self.reader = None;
        }
        self.last_lines()
    }
}

async fn read(mut source: impl AsyncRead + AsyncBufReadExt + Unpin, ring: Ring) {
    let mut line = Vec::new();
    while let Ok(available) = source.fill_buf().await {
        if available.is_empty() {
            break;
        }
        let end = memchr::memchr(b'\n', available);
        let part = available.get(..end.unwrap_or(available.len())).unwrap_or(available);
        let room = LINE_BYTES.saturating_sub(line.len()).min(part.len());
        line.extend(part.iter().take(room));
        let consumed = part.len() + usize::from(end.is_some());
        source.consume(consumed);
        if end.is_some() {
            keep(&ring, &line);
            line.clear();
        }
    }
    if !line.is_empty() {
        keep(&ring, &line);
    }
}

fn keep(ring: &Ring, line: &[u8]) {
    let line = String::from_utf8_lossy(line).trim_end().to_owned();
    tracing::debug!(target: "envoy", "{line}");
    if line.is_empty() || line.starts_with([' ', '}']) {
        // Part of a dump of the configuration, which comes between an error's first line and its reason.
        return;
    }
    let mut ring = ring.lock();
    if ring.len() == LINES {
        ring.pop_front();
    }
    ring.push_back(line);
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn kept(text: &[u8], buffer: usize) -> Vec<String> {
        let ring = Ring::default();
        read(BufReader::with_capacity(buffer, text), Arc::clone(&ring)).await;
        ring.lock().iter().cloned().collect()
    }

    #[tokio::test]
    async fn lines_are_kept_however_they_are_cut() {
        for buffer in 1..12 {
            assert_eq!(kept(b"one\ntwo\r\n\nfour", buffer).await, ["one", "two", "four"], "{buffer}");
        }
    }

    #[tokio::test]
    async fn a_dump_does_not_push_the_reason_out() {
        let text = b"critical: error initializing config: cluster {\n  name: \"a\"\n}\n: no such field\n";
        assert_eq!(kept(text, 16).await, ["critical: error initializing config: cluster {", ": no such field"]);
    }

    #[tokio::test]
    async fn only_the_last_lines_are_kept() {
        let text: String = (0..100).map(|number| format!("{number}\n")).collect();
        let lines = kept(text.as_bytes(), 64).await;
        assert_eq!(lines.len(), LINES);
        assert_eq!(lines.last().unwrap(), "99");
    }

    #[tokio::test]
    async fn a_line_without_end_takes_no_more_memory_than_any_other() {
        let mut text = vec![0xff; 1 << 20];
        text.extend_from_slice(b"\nnext\n");
        let lines = kept(&text, 4096).await;
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0].chars().count(), LINE_BYTES);
        assert_eq!(lines[1], "next");
    }
}
