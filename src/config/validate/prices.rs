//! What tokens cost: the price table.

use super::name;
use crate::config::errors::Check;
use crate::config::model::{Decimal, LongPrice, ModelPrice, PriceList, PriceTable};
use crate::config::node::Path;
use crate::route::glob::Glob;
use crate::usage::{Price, PriceRow, Prices, Rate, Rates};

/// The most prices: a request is looked for among them.
const MOST_PRICES: usize = 5_000;

/// Validates a price table.
pub(super) fn prices(check: &mut Check<'_>, table: &PriceTable) -> Prices {
    let currency = Path::Root.field("currency");
    let is_code = table.currency.len() == 3 && table.currency.bytes().all(|byte| byte.is_ascii_uppercase());
    check.require(is_code, &currency, "must be a currency's code of three letters, such as `USD`");
    let path = Path::Root.field("lists");
    let count: usize = table.lists.iter().map(|list| list.prices.len()).sum();
    check.require(count <= MOST_PRICES, &path, "has more than 5000 prices: use globs");
    let mut rows = Vec::with_capacity(count.min(MOST_PRICES));
    for (index, list) in table.lists.iter().enumerate() {
        self::list(check, &path.item(index), list, &mut rows);
    }
    Prices { currency: table.currency.as_str().into(), rows }
}

fn list(check: &mut Check<'_>, path: &Path<'_>, list: &PriceList, rows: &mut Vec<PriceRow>) {
    let source = "must say where these prices come from and when they were looked up";
    check.require(!list.source.trim().is_empty(), &path.field("source"), source);
    if let Some(provider) = &list.provider {
        name(check, &path.field("provider"), provider);
    }
    let provider = list.provider.as_deref().and_then(|provider| Glob::of_text(provider).ok());
    let prices = path.field("prices");
    for (index, written) in list.prices.iter().enumerate() {
        let path = prices.item(index);
        let models = models(check, &path.field("models"), written);
        let price = price(check, &path, written);
        rows.push(PriceRow { provider: provider.clone(), dialects: list.dialects.clone(), models, price });
    }
}

fn models(check: &mut Check<'_>, path: &Path<'_>, written: &ModelPrice) -> Vec<Glob> {
    check.require(!written.models.is_empty(), path, "there is no model: name at least one");
    let mut models = Vec::with_capacity(written.models.len());
    for (index, model) in written.models.iter().enumerate() {
        match Glob::parse(model) {
            Ok(glob) => models.push(glob),
            Err(error) => check.error(&path.item(index), error.to_string()),
        }
    }
    models
}

fn price(check: &mut Check<'_>, path: &Path<'_>, written: &ModelPrice) -> Price {
    let ModelPrice { input, cached_input, cache_write, output, long, .. } = written;
    let rates = rates(check, path, [Some(input), cached_input.as_ref(), cache_write.as_ref(), output.as_ref()]);
    let long = long.as_ref().map(|long| {
        let LongPrice { above, input, cached_input, cache_write, output } = long;
        let written = [Some(input), cached_input.as_ref(), cache_write.as_ref(), output.as_ref()];
        (*above, self::rates(check, &path.field("long"), written))
    });
    Price { rates, long }
}

/// The rates for input, cached input, cache writes and output.
fn rates(check: &mut Check<'_>, path: &Path<'_>, written: [Option<&Decimal>; 4]) -> Rates {
    let mut rate = |name, written: Option<&Decimal>| {
        let written = written?;
        let rate = Rate::parse(&written.0);
        let message = "must be the price for a million tokens, such as `0.15`, with up to six decimals";
        check.require(rate.is_some(), &path.field(name), message);
        rate
    };
    let [input, cached_input, cache_write, output] = written;
    let input = rate("input", input).unwrap_or_default();
    Rates {
        input,
        cached_input: rate("cached_input", cached_input).unwrap_or(input),
        cache_write: rate("cache_write", cache_write).unwrap_or(input),
        output: rate("output", output).unwrap_or_default(),
    }
}
