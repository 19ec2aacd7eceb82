//! Writes usage records as JSON lines, on a thread of its own, so that neither formatting nor a slow disk is felt by a request.
//!
//! The queue is bounded: when the writer does not keep up, records are dropped, counted and complained of. So are records that
//! could not be written. A line is never mixed with another: a line torn by a full disk is ended before the next one.

#[cfg(test)]
mod tests;
mod writer;

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::Record;
use crate::config::model::Usage;
use writer::Writer;

/// Records that may wait for the writer.
const QUEUE: usize = 8_192;
/// Complaints of one kind are at least this far apart.
const BETWEEN_COMPLAINTS: Duration = Duration::from_secs(10);

/// Where usage records go. To be shared.
#[derive(Debug)]
pub struct Sink {
    queue: mpsc::Sender<Message>,
    shared: Arc<Shared>,
    complaint: Complaint,
}

/// What became of the records so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SinkStatus {
    /// Written.
    pub written: u64,
    /// Dropped because the queue was full.
    pub dropped: u64,
    /// Lost because they could not be written.
    pub failed: u64,
}

#[derive(Debug)]
enum Message {
    Record(Box<Record>),
    /// To be answered when all before it is written.
    Flush(oneshot::Sender<()>),
    /// Look at the flags.
    Wake,
}

/// What requests and the writer both see.
#[derive(Debug, Default)]
struct Shared {
    written: AtomicU64,
    dropped: AtomicU64,
    failed: AtomicU64,
    reopen: AtomicBool,
}

/// Opens, and opens again, what is written to; tells whether it ends within a line, where that can be seen.
type Open = Box<dyn FnMut() -> io::Result<(Output, Option<bool>)> + Send>;
type Output = Box<dyn Write + Send>;

impl Sink {
    /// Opens the usage file for appending, or standard output where the config names no file, and starts the writer.
    ///
    /// # Errors
    /// If the file cannot be opened, or no thread started.
    pub fn open(usage: &Usage) -> io::Result<Self> {
        match usage.file.clone() {
            None => Self::to(QUEUE, Box::new(|| Ok((Box::new(io::stdout()) as Output, None)))),
            Some(path) => Self::to(QUEUE, Box::new(move || append(&path))),
        }
    }

    fn to(length: usize, mut open: Open) -> io::Result<Self> {
        let output = open()?;
        let (queue, records) = mpsc::channel(length);
        let shared = Arc::new(Shared::default());
        let writer = Writer::new(open, output, Arc::clone(&shared));
        std::thread::Builder::new().name("usage".to_owned()).spawn(move || writer.run(records))?;
        Ok(Self { queue, shared, complaint: Complaint::default() })
    }

    /// Hands a record to the writer. Never waits.
    pub fn write(&self, record: Record) {
        if self.queue.try_send(Message::Record(Box::new(record))).is_ok() {
            return;
        }
        let dropped = self.shared.dropped.fetch_add(1, Ordering::Relaxed) + 1;
        if self.complaint.is_due() {
            tracing::error!(dropped, "usage records are dropped: the writer does not keep up, or has ended");
        }
    }

    /// Waits until all records that were handed over before are written, or have failed. Waits as long as the disk does: bound it.
    pub async fn flush(&self) {
        let (done, written) = oneshot::channel();
        if self.queue.send(Message::Flush(done)).await.is_ok() {
            // An error says that the writer has ended: there is nothing left to wait for.
            written.await.ok();
        }
    }

    /// Opens the file again under its name, for log rotation: what follows goes to the new file.
    pub fn reopen(&self) {
        self.shared.reopen.store(true, Ordering::Release);
        // With a full queue the writer is awake and will see the flag.
        self.queue.try_send(Message::Wake).ok();
    }

    /// What became of the records so far.
    pub fn status(&self) -> SinkStatus {
        SinkStatus {
            written: self.shared.written.load(Ordering::Relaxed),
            dropped: self.shared.dropped.load(Ordering::Relaxed),
            failed: self.shared.failed.load(Ordering::Relaxed),
        }
    }
}

/// Opens a file for appending. It may end within a line if the process was killed while it wrote.
fn append(path: &Path) -> io::Result<(Output, Option<bool>)> {
    let file = OpenOptions::new().create(true).append(true).open(path)?;
    let is_file = file.metadata()?.is_file();
    Ok((Box::new(file), if is_file { ends_within_a_line(path).ok() } else { None }))
}

fn ends_within_a_line(path: &Path) -> io::Result<bool> {
    let mut file = File::open(path)?;
    if file.metadata()?.len() == 0 {
        return Ok(false);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [b'\n'];
    file.read_exact(&mut last)?;
    Ok(last != [b'\n'])
}

/// Keeps a complaint from filling the log.
#[derive(Debug, Default)]
struct Complaint(Mutex<Option<Instant>>);

impl Complaint {
    fn is_due(&self) -> bool {
        let now = Instant::now();
        let mut last = self.0.lock();
        let due = last.is_none_or(|last| now.saturating_duration_since(last) >= BETWEEN_COMPLAINTS);
        if due {
            *last = Some(now);
        }
        due
    }
}
