use std::sync::mpsc as std_mpsc;

use super::*;
use crate::usage::Outcome;

fn record(id: usize) -> Record {
    Record::new(format!("req-{id}"))
}

fn ids(text: &str) -> Vec<String> {
    let id = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["request_id"].as_str().unwrap().to_owned();
    text.lines().map(id).collect()
}

fn expected(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|id| format!("req-{id}")).collect()
}

fn to_file(path: &Path) -> Sink {
    Sink::open(&Usage { file: Some(path.to_owned()) }).unwrap()
}

/// What a test lets the disk do: each item lets through so many bytes; a 0: the disk is full. Tells when it is waited for.
struct Disk {
    busy: std_mpsc::Sender<()>,
    text: Arc<Mutex<Vec<u8>>>,
    steps: std_mpsc::Receiver<usize>,
}

impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.busy.send(()).ok();
        match self.steps.recv().unwrap_or(0).min(bytes.len()) {
            0 => Err(io::ErrorKind::StorageFull.into()),
            count => {
                self.text.lock().extend_from_slice(&bytes[..count]);
                Ok(count)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A sink to disks, one for each opening.
struct Disks {
    sink: Sink,
    text: Arc<Mutex<Vec<u8>>>,
    steps: Vec<std_mpsc::Sender<usize>>,
    busy: std_mpsc::Receiver<()>,
}

impl Disks {
    /// Lets the disk of this opening take so many bytes, write by write.
    fn allow(&self, opening: usize, writes: &[usize]) {
        for bytes in writes {
            self.steps[opening].send(*bytes).unwrap();
        }
    }

    fn text(&self) -> String {
        String::from_utf8(self.text.lock().clone()).unwrap()
    }
}

fn to_disks(queue: usize, count: usize) -> Disks {
    let (waiting, busy) = std_mpsc::channel();
    let text = Arc::new(Mutex::new(Vec::new()));
    let (steps, disks): (Vec<_>, Vec<_>) = (0..count)
        .map(|_| {
            let (sender, steps) = std_mpsc::channel();
            (sender, Disk { busy: waiting.clone(), text: Arc::clone(&text), steps })
        })
        .unzip();
    let (mut disks, seen) = (disks.into_iter(), Arc::clone(&text));
    let open = move || {
        let disk = disks.next().ok_or(io::Error::from(io::ErrorKind::NotFound))?;
        Ok((Box::new(disk) as Output, seen.lock().last().is_some_and(|last| *last != b'\n')))
    };
    Disks { sink: Sink::to(queue, Box::new(open)).unwrap(), text, steps, busy }
}

#[tokio::test]
async fn every_record_is_a_line_in_order_and_a_flush_waits_for_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("usage.jsonl");
    let sink = to_file(&path);
    (0..5_000).for_each(|id| sink.write(record(id)));
    sink.flush().await;
    assert_eq!(ids(&std::fs::read_to_string(&path).unwrap()), expected(0..5_000));
    assert_eq!(sink.status(), SinkStatus { written: 5_000, dropped: 0, failed: 0 });
}

#[tokio::test]
async fn a_restart_appends() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("usage.jsonl");
    for id in 0..3 {
        let sink = to_file(&path);
        sink.write(record(id));
        sink.flush().await;
    }
    assert_eq!(ids(&std::fs::read_to_string(&path).unwrap()), expected(0..3));
}

#[tokio::test]
async fn a_line_torn_by_a_killed_process_is_ended_first() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("usage.jsonl");
    std::fs::write(&path, "{\"time\":\"20").unwrap();
    let sink = to_file(&path);
    sink.write(record(1));
    sink.flush().await;
    let text = std::fs::read_to_string(&path).unwrap();
    let (torn, whole) = text.split_once('\n').unwrap();
    assert_eq!(torn, "{\"time\":\"20");
    assert_eq!(ids(whole), ["req-1"]);
}

#[tokio::test]
async fn after_a_rotation_records_go_to_the_new_file() {
    let folder = tempfile::tempdir().unwrap();
    let (path, rotated) = (folder.path().join("usage.jsonl"), folder.path().join("usage.jsonl.1"));
    let sink = to_file(&path);
    sink.write(record(0));
    sink.flush().await;
    std::fs::rename(&path, &rotated).unwrap();
    sink.write(record(1));
    sink.flush().await;
    sink.reopen();
    sink.flush().await;
    assert!(path.exists(), "even before there is anything to write");
    sink.write(record(2));
    sink.flush().await;
    assert_eq!(ids(&std::fs::read_to_string(&rotated).unwrap()), ["req-0", "req-1"]);
    assert_eq!(ids(&std::fs::read_to_string(&path).unwrap()), ["req-2"]);
}

#[tokio::test]
async fn where_the_new_file_cannot_be_opened_the_old_one_is_written_on() {
    let disks = to_disks(8, 1);
    disks.sink.reopen();
    disks.sink.flush().await;
    disks.allow(0, &[usize::MAX]);
    disks.sink.write(record(0));
    disks.sink.flush().await;
    assert_eq!(ids(&disks.text()), ["req-0"]);
}

#[tokio::test]
async fn a_file_that_cannot_be_opened_is_an_error_at_once() {
    let folder = tempfile::tempdir().unwrap();
    assert!(Sink::open(&Usage { file: Some(folder.path().join("none/usage.jsonl")) }).is_err());
}

#[tokio::test]
async fn a_slow_disk_makes_nobody_wait_and_what_finds_no_room_is_counted() {
    let disks = to_disks(4, 1);
    disks.sink.write(record(0));
    disks.busy.recv().unwrap();
    for id in 1..100 {
        disks.sink.write(Record { outcome: Outcome::Aborted, ..record(id) });
    }
    assert_eq!(disks.sink.status(), SinkStatus { written: 0, dropped: 95, failed: 0 });
    disks.allow(0, &[usize::MAX; 2]);
    disks.sink.flush().await;
    assert_eq!(ids(&disks.text()), expected(0..5));
    assert_eq!(disks.sink.status(), SinkStatus { written: 5, dropped: 95, failed: 0 });
}

#[tokio::test]
async fn a_full_disk_loses_records_not_lines_and_is_tried_again() {
    let disks = to_disks(8, 3);
    let failed = |written, failed| SinkStatus { written, dropped: 0, failed };
    disks.allow(0, &[10, 0]);
    disks.sink.write(record(0));
    disks.sink.flush().await;
    assert_eq!(disks.sink.status(), failed(0, 1));

    disks.allow(1, &[0]);
    disks.sink.write(record(1));
    disks.sink.flush().await;
    assert_eq!(disks.sink.status(), failed(0, 2));

    disks.allow(2, &[usize::MAX; 2]);
    disks.sink.write(record(2));
    disks.sink.flush().await;
    assert_eq!(disks.sink.status(), failed(1, 2));
    let text = disks.text();
    let (torn, whole) = text.split_once('\n').unwrap();
    assert_eq!(torn.len(), 10);
    assert_eq!(ids(whole), ["req-2"]);
}

#[tokio::test]
async fn records_of_a_batch_that_was_written_in_part_are_counted_one_by_one() {
    let disks = to_disks(8, 1);
    disks.sink.write(record(0));
    disks.busy.recv().unwrap();
    (1..4).for_each(|id| disks.sink.write(record(id)));
    let line = serde_json::to_string(&record(0)).unwrap().len() + 1;
    disks.allow(0, &[usize::MAX, line + line / 2, 0]);
    disks.sink.flush().await;
    assert_eq!(disks.sink.status(), SinkStatus { written: 2, dropped: 0, failed: 2 });
}

#[tokio::test]
async fn a_disk_that_takes_few_bytes_at_a_time_gets_everything() {
    let disks = to_disks(8, 1);
    disks.allow(0, &[7; 1_000]);
    (0..3).for_each(|id| disks.sink.write(record(id)));
    disks.sink.flush().await;
    assert_eq!(ids(&disks.text()), expected(0..3));
}

#[tokio::test(start_paused = true)]
async fn complaints_of_one_kind_come_once_in_a_while() {
    let complaint = Complaint::default();
    assert!(complaint.is_due());
    assert!(!complaint.is_due());
    tokio::time::advance(BETWEEN_COMPLAINTS).await;
    assert!(complaint.is_due());
}
