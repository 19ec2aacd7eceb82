//! In which order the providers of a route are tried.
//!
//! Envoy must know every order when it is configured: a composite cluster for each. So there is one order for each choice that
//! may be first, and per request only the first is chosen.

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

/// The orders of a route: `orders[i]` begins with choice `i`, the others follow as they stand in the config.
pub fn orders(targets: &[Arc<str>], fallback: &Fallback) -> Vec<Order> {
    let suffix = fallback.fingerprint();
    let order = |first: usize| {
        let choices: Vec<usize> = std::iter::once(first).chain((0..targets.len()).filter(|other| *other != first)).collect();
        let names: Vec<&str> = choices.iter().filter_map(|choice| targets.get(*choice).map(|target| &**target)).collect();
        let cluster: Arc<str> = format!("order:{}", names.join(",")).into();
        Order { envoy_route: format!("{cluster}~{suffix}").into(), cluster, choices }
    };
    (0..targets.len()).map(order).collect()
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
    /// The order to try, as an index into [`Route::orders`]. By preference, among neighbours with weights by lot (`random` is
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
