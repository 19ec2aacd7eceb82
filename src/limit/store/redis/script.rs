//! The two scripts that Redis runs, and how claims and corrections are written for them.

use redis::Cmd;

use crate::limit::budget::{Budget, Kind, MOST_USED, Settlement};
use crate::limit::claim::Claim;
use crate::limit::clock::Moment;
use crate::limit::store::remote::{Change, Correction};

/// A script, by its hash where Redis knows it already.
#[derive(Debug)]
pub(super) struct Script {
    pub(super) text: &'static str,
    pub(super) hash: String,
}

/// Both scripts.
#[derive(Debug)]
pub(super) struct Scripts {
    pub(super) reserve: Script,
    pub(super) settle: Script,
}

impl Scripts {
    pub(super) fn new() -> Self {
        let script = |text| Script { text, hash: redis::Script::new(text).get_hash().to_owned() };
        Self { reserve: script(include_str!("reserve.lua")), settle: script(include_str!("settle.lua")) }
    }
}

/// A call of a script: its keys and the arguments behind them.
#[derive(Debug)]
pub(super) struct Call {
    keys: Vec<String>,
    arguments: Vec<Argument>,
}

/// An argument. Whole numbers travel as text, without an allocation of their own.
#[derive(Debug, Clone)]
enum Argument {
    Word(&'static str),
    Number(i64),
    Text(String),
}

impl Call {
    /// By hash; Redis may answer that it does not know the script.
    pub(super) fn by_hash(&self, script: &Script) -> Cmd {
        self.write(redis::cmd("EVALSHA"), &script.hash)
    }

    /// With the script itself, which Redis then knows.
    pub(super) fn in_full(&self, script: &Script) -> Cmd {
        self.write(redis::cmd("EVAL"), script.text)
    }

    fn write(&self, mut command: Cmd, script: &str) -> Cmd {
        command.arg(script).arg(self.keys.len()).arg(&self.keys);
        for argument in &self.arguments {
            match argument {
                Argument::Word(word) => command.arg(*word),
                Argument::Number(number) => command.arg(*number),
                Argument::Text(text) => command.arg(text),
            };
        }
        command
    }

    fn push<const N: usize>(&mut self, arguments: [Argument; N]) {
        self.arguments.extend(arguments);
    }

    /// Fills up to a multiple of so many arguments behind the first `head`.
    fn pad(&mut self, head: usize, stride: usize) {
        let over = (self.arguments.len() - head) % stride;
        if over > 0 {
            self.arguments.extend(std::iter::repeat_n(Argument::Number(0), stride - over));
        }
    }
}

/// Whether claims are to be met, or only looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Take,
    Look,
}

/// What all keys and places of a gateway are called by.
#[derive(Debug, Clone)]
pub(super) struct Naming {
    /// In braces, so that all keys of all gateways are in one slot of a cluster: a script may touch no other.
    pub(super) prefix: String,
    /// The gateway, different for each start of each process.
    pub(super) gateway: u64,
}

/// A place in flight is held for so long without a word, in microseconds: a gateway that died holds it no longer.
pub(super) const LEASE_US: i64 = 30_000_000;
/// How long a gateway's last batch is remembered, in milliseconds: longer than it is sent again.
const BATCH_MS: i64 = 3_600_000;
/// A day or month is remembered for so long after its end, in milliseconds: clocks differ.
const AFTER_MS: i64 = 60_000;

impl Naming {
    fn bucket(&self, bucket: u128) -> String {
        format!("{{{}}}:{bucket:032x}", self.prefix)
    }

    fn batches(&self) -> String {
        format!("{{{}}}:gateway:{:016x}", self.prefix, self.gateway)
    }

    /// Settles nothing, which shows that the server may be written to. `number`: higher than the last time.
    pub(super) fn probe(&self, number: i64) -> Call {
        let keys = vec![format!("{}:probe", self.batches())];
        Call { keys, arguments: vec![time(None), Argument::Number(number), Argument::Number(BATCH_MS)] }
    }

    fn place(&self, flight: u64) -> Argument {
        Argument::Text(format!("{:016x}-{flight}", self.gateway))
    }

    /// Asks for all claims. `now`: in tests, the time.
    pub(super) fn reserve(&self, claims: &[Claim], flight: u64, mode: Mode, now: Option<i64>) -> Call {
        let mode = Argument::Word(if mode == Mode::Take { "take" } else { "look" });
        let keys = claims.iter().map(|claim| self.bucket(claim.bucket)).collect();
        let mut call = Call { keys, arguments: Vec::with_capacity(2 + 8 * claims.len()) };
        call.push([time(now), mode]);
        for claim in claims {
            let shadow = Argument::Number(claim.shadow.into());
            let Budget { capacity, kind, .. } = claim.budget;
            match kind {
                Kind::Flow { per_us, memory } => {
                    let ([most, most_rest], [cost, cost_rest]) =
                        (pair(capacity, per_us), pair(claim.budget.stretch(claim.cost), per_us));
                    let memory = Argument::Number(i64::from(memory) * 1_000);
                    call.push([Argument::Word("flow"), shadow, number(per_us), most, most_rest, cost, cost_rest, memory]);
                }
                Kind::Calendar { ends } => {
                    let cost = whole(claim.budget.stretch(claim.cost));
                    call.push([Argument::Word("calendar"), shadow, whole(capacity), cost, over(ends)]);
                }
                Kind::Flight => {
                    let lease = Argument::Number(LEASE_US);
                    call.push([Argument::Word("flight"), shadow, whole(capacity), self.place(flight), lease]);
                }
            }
            call.pad(2, 8);
        }
        call
    }

    /// Corrects buckets. `now`: in tests, the time.
    pub(super) fn settle(&self, corrections: &[Correction], batch: i64, now: Option<i64>) -> Call {
        let keys = std::iter::once(self.batches());
        let keys = keys.chain(corrections.iter().map(|correction| self.bucket(correction.bucket))).collect();
        let mut call = Call { keys, arguments: Vec::with_capacity(3 + 9 * corrections.len()) };
        call.push([time(now), Argument::Number(batch), Argument::Number(BATCH_MS)]);
        for correction in corrections {
            match &correction.change {
                Change::Settle(budget, settlement) => correct(&mut call, budget, settlement),
                Change::Land(flight) => call.push([Argument::Word("land"), self.place(*flight)]),
                Change::Renew(flight) => {
                    call.push([Argument::Word("renew"), self.place(*flight), Argument::Number(LEASE_US)]);
                }
            }
            call.pad(3, 9);
        }
        call
    }
}

fn correct(call: &mut Call, budget: &Budget, settlement: &Settlement) {
    let Settlement { taken, after, cost, used } = *settlement;
    let unused = budget.stretch(cost) - budget.stretch(used);
    let (direction, difference) = (Argument::Word(if unused > 0 { "less" } else { "more" }), unused.abs());
    match budget.kind {
        Kind::Flow { per_us, memory } => {
            let ([end, end_rest], [by, by_rest]) = (pair(budget.at(taken) + after, per_us), pair(difference, per_us));
            let (taken, memory) = (number(taken.steady), Argument::Number(i64::from(memory) * 1_000));
            call.push([Argument::Word("flow"), number(per_us), taken, end, end_rest, direction, by, by_rest, memory]);
        }
        Kind::Calendar { ends } => {
            let most = Argument::Number(MOST_USED);
            call.push([Argument::Word("calendar"), direction, whole(difference), Argument::Number(ends), over(ends), most]);
        }
        Kind::Flight => call.push([Argument::Word("land"), Argument::Number(0)]),
    }
}

/// What Redis says to claims: the time there, and whether they were met.
pub(super) fn understand(claims: &mut [Claim], reply: &[i64]) -> Option<(Moment, bool)> {
    let [admitted, now, levels @ ..] = reply else { return None };
    let now = Moment { steady: u64::try_from(*now).ok()?, wall: *now };
    if levels.len() != claims.len() * 2 {
        return None;
    }
    for (claim, level) in claims.iter_mut().zip(levels.chunks_exact(2)) {
        let [whole, rest] = level else { return None };
        let level = match claim.budget.kind {
            Kind::Flow { per_us, .. } => i128::from(*whole) * i128::from(per_us) + i128::from(*rest),
            Kind::Calendar { .. } | Kind::Flight => i128::from(*whole),
        };
        claim.judge(level, now);
    }
    Some((now, *admitted == 1))
}

fn time(now: Option<i64>) -> Argument {
    now.map_or(Argument::Word(""), Argument::Number)
}

/// A number of units as whole microseconds and the rest.
fn pair(units: i128, per_us: u64) -> [Argument; 2] {
    let per_us = i128::from(per_us);
    [whole(units / per_us), whole(units % per_us)]
}

fn whole(units: i128) -> Argument {
    Argument::Number(i64::try_from(units).unwrap_or(i64::MAX))
}

fn number(number: u64) -> Argument {
    Argument::Number(i64::try_from(number).unwrap_or(i64::MAX))
}

/// When a day or month that ends then may be forgotten, in milliseconds.
fn over(ends: i64) -> Argument {
    Argument::Number((ends / 1_000).saturating_add(AFTER_MS))
}
