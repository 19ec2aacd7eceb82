//! The writer's thread: takes what waits, makes lines of it, writes them at once.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::{Complaint, Message, Open, Output, Record, Shared};

/// How long records gather before the next write: waking the writer for each one costs more than writing it. What a killed process
/// loses is not older.
const GATHERING: Duration = Duration::from_millis(3);
/// No more is gathered for one write.
const BATCH_BYTES: usize = 256 << 10;

pub(super) struct Writer {
    open: Open,
    /// `None` after a failure: opened again with the next batch.
    output: Option<Output>,
    lines: Vec<u8>,
    /// Records in `lines`.
    count: u64,
    /// Whether the output ends within a line.
    torn: bool,
    shared: Arc<Shared>,
    complaint: Complaint,
}

impl Writer {
    pub(super) fn new(open: Open, (output, torn): (Output, Option<bool>), shared: Arc<Shared>) -> Self {
        let torn = torn.unwrap_or(false);
        Self { open, output: Some(output), lines: Vec::new(), count: 0, torn, shared, complaint: Complaint::default() }
    }

    /// Until the sink is gone and everything is written.
    pub(super) fn run(mut self, mut records: mpsc::Receiver<Message>) {
        while let Some(first) = records.blocking_recv() {
            let mut flushed = Vec::new();
            self.take(first, &mut flushed);
            while self.lines.len() < BATCH_BYTES
                && let Ok(next) = records.try_recv()
            {
                self.take(next, &mut flushed);
            }
            self.write();
            let awaited = !flushed.is_empty();
            for done in flushed {
                // Whoever waited may have given up.
                done.send(()).ok();
            }
            if !awaited && records.is_empty() {
                std::thread::sleep(GATHERING);
            }
        }
    }

    fn take(&mut self, message: Message, flushed: &mut Vec<oneshot::Sender<()>>) {
        match message {
            Message::Record(record) => self.line(&record),
            Message::Flush(done) => flushed.push(done),
            Message::Wake => {}
        }
    }

    fn line(&mut self, record: &Record) {
        let start = self.lines.len();
        match serde_json::to_writer(&mut self.lines, record) {
            Ok(()) => {
                self.lines.push(b'\n');
                self.count += 1;
            }
            Err(error) => {
                self.lines.truncate(start);
                self.failed(1, &error.into());
            }
        }
    }

    fn write(&mut self) {
        if self.shared.reopen.swap(false, Ordering::AcqRel) {
            self.reopen();
        }
        let count = std::mem::take(&mut self.count);
        if count > 0 {
            let (written, result) = self.write_lines();
            self.shared.written.fetch_add(written, Ordering::Relaxed);
            if let Err(error) = result {
                self.failed(count - written, &error);
            }
        }
        self.lines.clear();
        self.lines.shrink_to(BATCH_BYTES);
    }

    /// Opens the output anew. Where that fails, the old one is kept: better to write to a rotated file than not at all.
    fn reopen(&mut self) {
        match (self.open)() {
            Ok((output, torn)) => (self.output, self.torn) = (Some(output), torn.unwrap_or(self.torn)),
            Err(error) => tracing::error!(%error, "the usage file cannot be opened again: records go on to the old one"),
        }
    }

    /// Writes all lines. Tells how many are written as a whole, whatever happened to the rest. After an error, the output is to be
    /// opened again.
    fn write_lines(&mut self) -> (u64, io::Result<()>) {
        let mut output = match self.output.take() {
            Some(output) => output,
            None => match (self.open)() {
                Ok((output, torn)) => {
                    self.torn = torn.unwrap_or(self.torn);
                    output
                }
                Err(error) => return (0, Err(error)),
            },
        };
        if self.torn {
            if let (_, Err(error)) = write_all(&mut output, b"\n") {
                return (0, Err(error));
            }
            self.torn = false;
        }
        let (written, end) = write_all(&mut output, &self.lines);
        let end = end.and_then(|()| output.flush());
        let done = self.lines.get(..written).unwrap_or_default();
        self.torn = done.last().is_some_and(|last| *last != b'\n');
        if end.is_ok() {
            self.output = Some(output);
        }
        (memchr::memchr_iter(b'\n', done).count() as u64, end)
    }

    fn failed(&self, count: u64, error: &io::Error) {
        let failed = self.shared.failed.fetch_add(count, Ordering::Relaxed) + count;
        if self.complaint.is_due() {
            tracing::error!(%error, failed, "usage records cannot be written and are lost");
        }
    }
}

/// Like `Write::write_all`, but tells how much was written before it failed.
fn write_all(output: &mut Output, bytes: &[u8]) -> (usize, io::Result<()>) {
    let mut written = 0;
    while let Some(rest) = bytes.get(written..)
        && !rest.is_empty()
    {
        match output.write(rest) {
            Ok(0) => return (written, Err(io::ErrorKind::WriteZero.into())),
            Ok(count) => written += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return (written, Err(error)),
        }
    }
    (written, Ok(()))
}
