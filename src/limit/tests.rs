//! The limiter as a whole: what users of other gateways ran into, as tests.

mod concurrent;
mod kinds;
mod providers;
mod settling;
mod told;

use std::sync::Arc;

use tokio::time::Instant;

use super::*;
use crate::config::model::{Duration, Limit, Per};
use crate::usage::Tokens;

/// A limit without an amount, per key and minute.
pub(crate) fn limit() -> Limit {
    Limit { name: "test".to_owned(), per: vec![Per::Key], every: Some(Duration::seconds(60)), ..Limit::default() }
}

/// Asks for nothing but the request.
pub(crate) fn ask() -> Ask<'static> {
    Ask {
        key: "key",
        tenant: Some("tenant"),
        model: "model",
        route: "route",
        provider: "provider",
        output_tokens: Some(0),
        ..Ask::nobody()
    }
}

fn total(amount: u64) -> Limit {
    Limit { name: format!("total {amount}"), total_tokens: Some(amount), ..limit() }
}

fn requests(amount: u64) -> Limit {
    Limit { name: format!("requests {amount}"), requests: Some(amount), ..limit() }
}

/// Asks for so many tokens of prompt.
fn prompt(tokens: u64) -> Ask<'static> {
    Ask { input_tokens: tokens, ..ask() }
}

fn used(input: u64, output: u64) -> Spent<'static> {
    Spent::At { provider: "provider", price: None, tokens: Tokens { input, output, ..Tokens::default() } }
}

/// How many tokens the first rule has left, found out by asking.
fn left(limiter: &Arc<Limiter>, rules: &Rules) -> u64 {
    let fits = |tokens| match limiter.reserve(rules, &prompt(tokens), Instant::now()) {
        Ok(reservation) => {
            reservation.refund();
            true
        }
        Err(_) => false,
    };
    let (mut yes, mut no) = (0, 1 << 40);
    while no - yes > 1 {
        let middle = yes + (no - yes) / 2;
        if fits(middle) { yes = middle } else { no = middle }
    }
    yes
}
