//! In which order the providers of a route are tried.
//!
//! Envoy must know every order when it is configured: a composite cluster for each. So there is one order for each choice that
//! may be first, and the same once more without those whose credential may have ended: Envoy retries no answer of ours, so that an
//! attempt at one of them would be the last.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use tokio::time::Instant;

use super::{Choice, Fallback, Health, Order, Route};

/// Names for the targets of a route: the provider's name, with `#2`, `#3`, … where it stands there again.
pub fn targets<'a>(providers: impl IntoIterator<Item = &'a str>) -> Vec<Arc<str>> {
    let mut seen: Vec<&str> = Vec::new();
    let mut name = |provider: &'a str| {
        seen.push(provider);
        match seen.iter().filter(|earlier| **earlier == provider).count() {
            1 => provider.into(),
            count => format!("{provider}#{count}").into(),
        }
    };
    providers.into_iter().map(&mut name).collect()
}

/// Of so many providers of a route any may be left out, alone and together. Each doubles the number of orders.
const MOST_LEFT_OUT: usize = 3;

/// The orders of a route: `orders[i]` begins with choice `i`, the others follow as they stand in the config. Behind these stand the
/// orders that leave somebody out.
pub fn orders(choices: &[Choice], fallback: &Fallback) -> Vec<Order> {
    let suffix = fallback.fingerprint();
    let order = |first: usize, left_out: &BTreeSet<&str>| {
        let stays = |position: &usize| choices.get(*position).is_some_and(|choice| !left_out.contains(&*choice.provider.name));
        if !stays(&first) {
            return None;
        }
        let others = (0..choices.len()).filter(|other| *other != first);
        let positions: Vec<usize> = std::iter::once(first).chain(others.filter(stays)).collect();
        let names: Vec<&str> = positions.iter().filter_map(|position| Some(&*choices.get(*position)?.target)).collect();
        let cluster: Arc<str> = format!("order:{}", names.join(",")).into();
        Some(Order { envoy_route: format!("{cluster}~{suffix}").into(), cluster, choices: positions })
    };
    left_out(choices).iter().flat_map(|left_out| (0..choices.len()).filter_map(move |first| order(first, left_out))).collect()
}

/// Who is left out of orders: nobody, and then every set of the first few providers whose credential may have ended.
fn left_out(choices: &[Choice]) -> Vec<BTreeSet<&str>> {
    let ending = choices.iter().filter(|choice| choice.provider.credential_ends).map(|choice| &*choice.provider.name);
    let mut names: Vec<&str> = Vec::new();
    for name in ending {
        if names.len() < MOST_LEFT_OUT && !names.contains(&name) {
            names.push(name);
        }
    }
    let set = |bits: usize| names.iter().enumerate().filter(|(bit, _)| bits >> bit & 1 == 1).map(|(_, name)| *name).collect();
    (0..1 << names.len()).map(set).collect()
}

impl Fallback {
    /// Twelve hex digits that are equal for equal values, in every process and version.
    fn fingerprint(&self) -> String {
        let mut text = format!("{:?}", self.statuses);
        for flag in [self.server_errors, self.connect, self.reset, self.timeout] {
            text.push(if flag { '1' } else { '0' });
        }
        let first_byte = self.first_byte_timeout.map(|timeout| timeout.as_millis());
        let _ = write!(text, "{first_byte:?} {}", self.repeats);
        Sha256::digest(text.as_bytes()).iter().take(6).fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}

impl Route {
    /// Who is tried first, as an index into [`Route::choices`]. By preference, among neighbours with weights by lot (`random` is
    /// uniform); who rests or has no credential is not tried first, and where nobody is left, of those with a credential the one that
    /// wakes first.
    pub fn pick(&self, health: &Health, now: Instant, random: u64) -> usize {
        self.pick_without(&[], health, now, random).unwrap_or(0)
    }

    /// The same, but none of these providers is tried first. `None`: there is no other.
    pub fn pick_without(&self, without: &[&str], health: &Health, now: Instant, random: u64) -> Option<usize> {
        let may = |choice: &Choice| !without.contains(&&*choice.provider.name);
        let ready = |choice: &Choice| choice.provider.credential.is_ready(now);
        let awake = |choice: &Choice| may(choice) && ready(choice) && !health.is_resting(&choice.provider.name, now);
        let equals = self.choices.chunk_by(|a, b| a.weight.is_some() && b.weight.is_some());
        let mut start = 0;
        for equals in equals {
            let total: u64 = equals.iter().filter(|choice| awake(choice)).map(weight).sum();
            if total > 0 {
                return Some(start + draw(equals, awake, total, random));
            }
            start += equals.len();
        }
        let wakes = |choice: &Choice| (!ready(choice), health.wakes(&choice.provider.name, now));
        let rest = self.choices.iter().enumerate().filter(|(_, choice)| may(choice));
        rest.min_by_key(|(_, choice)| wakes(choice)).map(|(position, _)| position)
    }

    /// The order that begins with a choice, as an index into [`Route::orders`]: without those that have no credential at this moment,
    /// as far as there is an order without them.
    pub fn order(&self, first: usize, now: Instant) -> usize {
        let is_out = |choice: &Choice| !choice.provider.credential.is_ready(now);
        if !self.choices.iter().any(is_out) {
            return first;
        }
        let fits = |order: &Order| {
            let left_out = self.choices.iter().enumerate().filter(|(position, _)| !order.choices.contains(position));
            order.choices.first() == Some(&first) && left_out.map(|(_, choice)| choice).all(is_out)
        };
        let fitting = self.orders.iter().enumerate().filter(|(_, order)| fits(order));
        fitting.min_by_key(|(_, order)| order.choices.len()).map_or(first, |(position, _)| position)
    }
}

/// Without a weight a choice has no equals, so that any weight will do.
fn weight(choice: &Choice) -> u64 {
    choice.weight.map_or(1, u64::from)
}

/// The position of the choice on which the lot falls, among those that are awake at this moment.
fn draw(equals: &[Choice], awake: impl Fn(&Choice) -> bool, total: u64, random: u64) -> usize {
    // The high half of the product is uniform below `total`, without the bias of a remainder.
    let lot = u64::try_from((u128::from(random) * u128::from(total)) >> 64).unwrap_or_default();
    let mut passed = 0;
    let mut last = 0;
    for (position, choice) in equals.iter().enumerate().filter(|(_, choice)| awake(choice)) {
        passed += weight(choice);
        last = position;
        if lot < passed {
            break;
        }
    }
    last
}

#[cfg(test)]
pub(crate) mod tests;
