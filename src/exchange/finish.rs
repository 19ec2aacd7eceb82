//! The end of an exchange, whatever it was: settle, write the record, forget.

use std::sync::Arc;

use tokio::time::Instant;

use super::Exchange;
use super::answer::Answering;
use super::attempts::{Attempt, End};
use crate::limit::{Reservation, Spent};
use crate::route::Choice;
use crate::translate::{Seen, Task};
use crate::usage::{self, AttemptOutcome, CostSource, Money, Outcome, Price, Record, Source, Tokens};

/// What a request has cost.
struct Bill {
    tokens: Tokens,
    source: Source,
    cost: Option<Money>,
    cost_source: CostSource,
    /// The limits in the shadow that would not have admitted it.
    would_exceed: Vec<Arc<str>>,
    /// The limits in which it is not counted.
    uncounted: Vec<Arc<str>>,
}

impl Exchange {
    /// Ends the exchange, once: later calls do nothing.
    pub(super) fn finish(&mut self, outcome: Outcome, error: Option<String>) {
        if self.outcome.is_some() {
            return;
        }
        self.outcome = Some(outcome);
        if let Some(shared) = &self.shared {
            self.engine.registry.leave(shared.id);
            shared.release_original();
        }
        let now = Instant::now();
        let seen = self.take_seen();
        let bill = self.settle(&seen, outcome, now);
        let record = self.record(outcome, error, seen, bill, now);
        self.metadata = Some(record.metadata().into_iter().map(|(name, fact)| (name, fact.into_owned())).collect());
        self.engine.sink.write(record);
    }

    /// Charges what was used, to the provider that served.
    fn settle(&mut self, seen: &Seen, outcome: Outcome, now: Instant) -> Bill {
        let (tokens, source) = self.account(seen, outcome);
        let reservation = self.reservation.take();
        let would_exceed = reservation.as_ref().map(Reservation::would_exceed).unwrap_or_default();
        let uncounted = reservation.as_ref().map(Reservation::uncounted).unwrap_or_default();
        if source == Source::None {
            drop(reservation);
            return Bill { tokens, source, cost: None, cost_source: CostSource::None, would_exceed, uncounted };
        }
        let served = self.shared.as_ref().and_then(|shared| {
            let last = shared.attempts.lock().list().last().map(|attempt| attempt.choice);
            shared.route.choices.get(last?)
        });
        let price = served.and_then(|choice| self.price(choice, seen.model.as_deref()));
        let cost = price.map(|price| price.of(&tokens));
        if let Some(reservation) = reservation {
            let provider = served.map_or("", |choice| &choice.provider.name);
            reservation.settle(Spent::At { provider, price, tokens }, now);
        }
        let cost_source = if cost.is_some() { CostSource::Table } else { CostSource::Unpriced };
        Bill { tokens, source, cost, cost_source, would_exceed, uncounted }
    }

    /// What the tokens of a choice cost, by its name of the model, or by the name that the provider itself has answered with: a
    /// deployment of Azure's may have any name.
    pub(super) fn price(&self, choice: &Choice, served: Option<&str>) -> Option<Price> {
        let asked = self.facts.as_ref().map(|facts| facts.model.as_str());
        let name = choice.model.as_deref().or(asked);
        self.snapshot.prices.find(&choice.provider.name, choice.provider.dialect, name.into_iter().chain(served))
    }

    fn take_seen(&mut self) -> Seen {
        match &mut self.answering {
            Answering::Stream(streaming) => streaming.seen().clone(),
            Answering::Bytes(passing) => passing.seen().clone(),
            Answering::Seen(seen) => std::mem::take(seen),
            Answering::Waiting | Answering::Whole(_) | Answering::Failed | Answering::Done => Seen::default(),
        }
    }

    /// What it cost. A request that a provider may have worked on costs at least its prompt, even if nobody waited for the answer.
    fn account(&self, seen: &Seen, outcome: Outcome) -> (Tokens, Source) {
        let was_sent = self.shared.is_some();
        match outcome {
            Outcome::Rejected(_) => (Tokens::default(), Source::None),
            Outcome::Aborted if !was_sent => (Tokens::default(), Source::None),
            // Nobody has read what it was.
            _ if self.api.task() == Task::Opaque => (Tokens::default(), Source::None),
            _ => {
                let worked = seen.started || matches!(outcome, Outcome::Ok | Outcome::Cut | Outcome::Aborted);
                usage::account(seen.usage, self.input_estimate, seen.output_bytes, seen.complete, worked)
            }
        }
    }

    fn record(&self, outcome: Outcome, error: Option<String>, seen: Seen, bill: Bill, now: Instant) -> Record {
        let shared = self.shared.as_deref();
        let guard = shared.map(|shared| shared.attempts.lock());
        let attempts = guard.as_ref().map_or(&[][..], |attempts| attempts.list());
        let mut dropped = attempts.last().map_or_else(Vec::new, |attempt| attempt.dropped.clone());
        dropped.extend(seen.untold.iter().map(ToString::to_string));
        let last = attempts.last().and_then(|attempt| shared?.route.choices.get(attempt.choice));
        Record {
            time: self.began_at,
            request_id: self.request_id.clone(),
            key: self.principal.as_ref().map(|principal| Arc::clone(&principal.key)),
            key_id: self.principal.as_ref().and_then(|principal| principal.key_id),
            tenant: self.principal.as_ref().and_then(|principal| principal.tenant.clone()),
            route: shared.map(|shared| Arc::clone(&shared.route.name)),
            api: Some(self.api.name()),
            path: self.unread.as_ref().map(|unread| unread.path.clone()),
            stream: self.facts.as_ref().is_some_and(|facts| facts.stream),
            model_asked: self.facts.as_ref().map(|facts| facts.model.clone()),
            model_served: seen.model,
            provider: last.map(|choice| Arc::clone(&choice.provider.name)),
            provider_dialect: last.map(|choice| choice.provider.dialect.name()),
            attempts: attempts.iter().filter_map(|attempt| self.attempt(attempt, outcome)).collect(),
            ttft: self.first_token,
            duration: now.saturating_duration_since(self.began),
            tokens: bill.tokens,
            tokens_source: bill.source,
            cost: bill.cost,
            currency: bill.cost.map(|_| Arc::clone(&self.snapshot.prices.currency)),
            cost_source: bill.cost_source,
            would_exceed: bill.would_exceed,
            uncounted: bill.uncounted,
            units: seen.units,
            status: self.status,
            outcome,
            error: error.or(seen.error),
            dropped,
        }
    }

    fn attempt(&self, attempt: &Attempt, outcome: Outcome) -> Option<usage::Attempt> {
        let choice = self.shared.as_ref()?.route.choices.get(attempt.choice)?;
        let (ended, status) = match attempt.end {
            Some((End::Status(status @ 200..=299), _)) => (of_answer(outcome), Some(status)),
            Some((End::Status(status), _)) => (AttemptOutcome::Status, Some(status)),
            Some((End::Connect, _)) => (AttemptOutcome::Connect, None),
            Some((End::Reset, _)) => (AttemptOutcome::Reset, None),
            Some((End::Timeout, _)) => (AttemptOutcome::Timeout, None),
            Some((End::NoAnswer, _)) => (AttemptOutcome::NoResponse, None),
            Some((End::Skipped, _)) => (AttemptOutcome::Skipped, None),
            Some((End::NotSent, _)) => (AttemptOutcome::NotSent, None),
            None => (AttemptOutcome::Aborted, None),
        };
        let asked = self.facts.as_ref().map(|facts| &facts.model);
        Some(usage::Attempt {
            provider: Arc::clone(&choice.provider.name),
            model: choice.model.as_ref().or(asked).cloned().unwrap_or_default(),
            status,
            outcome: ended,
            duration: attempt.end.map_or_else(|| attempt.began.elapsed(), |(_, took)| took),
        })
    }
}

/// How an attempt ended whose answer had begun well.
fn of_answer(outcome: Outcome) -> AttemptOutcome {
    match outcome {
        Outcome::Ok => AttemptOutcome::Ok,
        Outcome::Aborted => AttemptOutcome::Aborted,
        Outcome::Cut => AttemptOutcome::Cut,
        Outcome::ProviderError => AttemptOutcome::ErrorEvent,
        Outcome::Rejected(_) => AttemptOutcome::BadAnswer,
    }
}
