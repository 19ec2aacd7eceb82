//! The table, and the same as JSON.

use std::fs;
use std::path::Path;

use serde::Serialize;

use crate::work::Work;

/// No pair may cost more than this many times what the yardstick costs, for each byte.
const MOST: f64 = 2.0;

/// What was measured of one piece of work.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    client: &'static str,
    provider: &'static str,
    work: String,
    bytes: usize,
    microseconds: f64,
    nanoseconds_per_byte: f64,
    #[serde(skip)]
    is_yardstick: bool,
}

impl Row {
    pub(crate) fn new(work: &Work, nanoseconds: f64) -> Self {
        let bytes = work.bytes();
        Self {
            client: work.client,
            provider: work.dialect.name(),
            work: work.name(),
            bytes,
            microseconds: nanoseconds / 1e3,
            nanoseconds_per_byte: nanoseconds / bytes as f64,
            is_yardstick: work.is_yardstick(),
        }
    }
}

/// A row, compared.
#[derive(Serialize)]
struct Compared<'r> {
    #[serde(flatten)]
    row: &'r Row,
    /// Cost of a byte, divided by that of OpenAI to Anthropic in the same work.
    ratio: f64,
}

/// Prints the table and writes the file.
pub(crate) fn tell(rows: &[Row], file: &Path) {
    let compared: Vec<Compared<'_>> = rows.iter().map(|row| Compared { row, ratio: ratio(row, rows) }).collect();
    println!("{:12} {:18} {:22} {:>8} {:>9} {:>8} {:>7}", "client", "provider", "work", "bytes", "us", "ns/byte", "ratio");
    for Compared { row, ratio } in &compared {
        println!(
            "{:12} {:18} {:22} {:>8} {:>9.1} {:>8.2} {:>7.2}{}",
            row.client,
            row.provider,
            row.work,
            row.bytes,
            row.microseconds,
            row.nanoseconds_per_byte,
            ratio,
            if *ratio > MOST { "  more than twice" } else { "" }
        );
    }
    let missed = compared.iter().filter(|row| row.ratio > MOST).count();
    println!("\nno pair may cost more than {MOST} times what openai to anthropic costs for each byte: {missed} do");
    let json = serde_json::to_string_pretty(&compared).expect("rows are JSON");
    fs::create_dir_all(file.parent().unwrap_or(Path::new("."))).expect("the folder can be made");
    fs::write(file, json).expect("the file can be written");
}

fn ratio(row: &Row, rows: &[Row]) -> f64 {
    let yardstick = rows.iter().find(|other| other.is_yardstick && other.work == row.work).expect("the yardstick is measured");
    row.nanoseconds_per_byte / yardstick.nanoseconds_per_byte
}
