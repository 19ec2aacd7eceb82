//! The loop: seeds first, then mutations of them until the target's share of the time is over.
//!
//! One target runs at a time, so that what it allocates can be told. An input that fails is written to `target/fuzz/` before the
//! test fails, with the words that reproduce it.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;
use std::{env, fs};

use parking_lot::Mutex;
use tokio::time::Instant;

use crate::rng::{Rng, hash, hash_of_words};
use crate::{ALLOCATOR, TARGETS, mutate, seeds};

/// The longest input, in bytes.
const LONGEST: usize = 16 << 10;
/// How long one input may take. Generous: the machine may be busy, and what is quadratic or worse takes minutes.
const LONGEST_TIME: Duration = Duration::from_secs(5);
/// How much one input may have in memory at once, in bytes: brotli's window alone may have 16 MiB.
const LARGEST: usize = 64 << 20;
/// The most inputs that mutations begin from.
const POOL: usize = 2_048;
/// What is kept in the repository is small, and few.
const KEPT_BYTES: usize = 1_024;
const KEPT_FILES: usize = 16;

/// What a target does with an input: it says what it saw, and panics where a property does not hold.
pub type Run = fn(&[u8]) -> String;

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Runs a target for its share of the time.
pub fn fuzz(name: &str, seeds: Vec<Vec<u8>>, run: Run) {
    let _alone = ONE_AT_A_TIME.lock();
    let kept = seeds::files(&seeds::corpus(name));
    let mut pool: Vec<Vec<u8>> = kept.into_iter().chain(seeds).filter(|seed| seed.len() <= LONGEST).collect();
    assert!(!pool.is_empty(), "{name} has no seeds");
    let (mut known, seeds) = (HashSet::new(), pool.len());
    for seed in &pool {
        known.insert(tried(name, seed, run, "a seed"));
    }
    let share = Duration::from_secs_f64(number("FUZZ_SECONDS", 20.0) / f64::from(TARGETS));
    let seed = number("FUZZ_SEED", 1.0) as u64 ^ hash(name.as_bytes());
    let (begun, mut iteration, mut fresh) = (Instant::now(), 0_u64, 0);
    while begun.elapsed() < share {
        let mut rng = Rng::new(seed.wrapping_add(iteration.wrapping_mul(0x2545_f491_4f6c_dd1d)));
        let mut input = mutate::mutated(&pool, &mut rng);
        input.truncate(LONGEST);
        if known.insert(tried(name, &input, run, &format!("iteration {iteration}"))) {
            fresh += 1;
            keep(name, &input);
            if pool.len() < POOL {
                pool.push(input);
            }
        }
        iteration += 1;
    }
    println!("{name}: {iteration} inputs in {:.1} s out of {seeds} seeds, {fresh} said something new", share.as_secs_f64());
}

/// Runs one input and returns a number for what the target saw.
fn tried(name: &str, input: &[u8], run: Run, which: &str) -> u64 {
    ALLOCATOR.reset_peak_usage();
    let (before, begun) = (ALLOCATOR.current_usage(), Instant::now());
    let outcome = catch_unwind(AssertUnwindSafe(|| run(input)));
    let (took, most) = (begun.elapsed(), ALLOCATOR.peak_usage().saturating_sub(before));
    let wrong = match &outcome {
        Err(_) => "it panicked".to_owned(),
        Ok(_) if took > LONGEST_TIME => format!("it took {took:?}"),
        Ok(_) if most > LARGEST => format!("it had {most} bytes in memory"),
        Ok(saw) => return hash_of_words(saw),
    };
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/target/fuzz");
    let file = format!("{folder}/{name}-{:016x}", hash(input));
    fs::create_dir_all(folder).unwrap();
    fs::write(&file, input).unwrap();
    panic!("{name}, {which}: {wrong}; the input of {} bytes is in {file}: copy it to tests/fuzz/corpus/{name}/", input.len());
}

/// Keeps what is new, if that is asked for.
fn keep(name: &str, input: &[u8]) {
    let folder = seeds::corpus(name);
    if env::var_os("FUZZ_KEEP").is_none() || input.len() > KEPT_BYTES || seeds::files(&folder).len() >= KEPT_FILES {
        return;
    }
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(format!("{:016x}", hash(input))), input).unwrap();
}

fn number(name: &str, default: f64) -> f64 {
    env::var(name).ok().map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is not a number: {text}")))
}
