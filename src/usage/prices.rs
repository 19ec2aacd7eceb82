//! What tokens cost at a provider: the price table.
//!
//! Rows are asked in the order of the table, first match wins, by the provider's name and dialect and by its own name of the model.
//! A model that no row has is unpriced, never free.

use std::sync::Arc;

use super::Tokens;
use super::money::{Money, Rate, rounded_up};
use crate::route::glob::Glob;
use crate::translate::Dialect;

/// A price table. Built by `config::validate`; the default has no price.
#[derive(Debug, Default)]
pub struct Prices {
    /// The currency of all prices, such as `USD`.
    pub currency: Arc<str>,
    /// The rows, first match wins.
    pub rows: Vec<Row>,
}

/// A row of the table: what some models cost at some providers.
#[derive(Debug)]
pub struct Row {
    /// The provider's name. `None`: any.
    pub provider: Option<Glob>,
    /// The dialects that the provider may speak. Empty: any.
    pub dialects: Vec<Dialect>,
    /// The provider's names of the models.
    pub models: Vec<Glob>,
    /// What they cost.
    pub price: Price,
}

/// What a model costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    /// What it costs as a rule.
    pub rates: Rates,
    /// What all tokens of a request cost whose prompt has more than so many.
    pub long: Option<(u64, Rates)>,
}

/// Prices by kind of token.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rates {
    /// Tokens of the prompt that neither came from the provider's cache nor were written to it.
    pub input: Rate,
    /// Tokens of the prompt read from the cache.
    pub cached_input: Rate,
    /// Tokens of the prompt written to the cache.
    pub cache_write: Rate,
    /// Tokens of the answer, thinking included.
    pub output: Rate,
}

impl Prices {
    /// What a model costs at a provider, by the first of these names of it that the table knows.
    pub fn find<'n>(&self, provider: &str, dialect: Dialect, names: impl IntoIterator<Item = &'n str>) -> Option<Price> {
        names.into_iter().find_map(|model| {
            let row =
                self.rows.iter().find(|row| row.is_for(provider, dialect) && row.models.iter().any(|glob| glob.matches(model)));
            row.map(|row| row.price)
        })
    }
}

impl Row {
    fn is_for(&self, provider: &str, dialect: Dialect) -> bool {
        self.provider.as_ref().is_none_or(|glob| glob.matches(provider))
            && (self.dialects.is_empty() || self.dialects.contains(&dialect))
    }
}

impl Price {
    /// What these tokens cost, rounded up to a billionth of the currency.
    pub fn of(&self, tokens: &Tokens) -> Money {
        let rates = match &self.long {
            Some((above, rates)) if tokens.input > *above => rates,
            _ => &self.rates,
        };
        let plain = tokens.input.saturating_sub(tokens.cached_input).saturating_sub(tokens.cache_write);
        let parts = [
            rates.input.of(plain),
            rates.cached_input.of(tokens.cached_input),
            rates.cache_write.of(tokens.cache_write),
            rates.output.of(tokens.output),
        ];
        rounded_up(parts.into_iter().fold(0, u128::saturating_add))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(text: &str) -> Rate {
        Rate::parse(text).unwrap()
    }

    fn rates(input: &str, output: &str) -> Rates {
        Rates { input: rate(input), cached_input: rate("0.1"), cache_write: rate("1.25"), output: rate(output) }
    }

    fn price(input: &str, output: &str) -> Price {
        Price { rates: rates(input, output), long: None }
    }

    fn row(provider: Option<&str>, dialects: &[Dialect], model: &str, input: &str) -> Row {
        Row {
            provider: provider.map(|name| Glob::parse(name).unwrap()),
            dialects: dialects.to_vec(),
            models: vec![Glob::parse(model).unwrap()],
            price: price(input, "1"),
        }
    }

    #[test]
    fn each_kind_of_token_has_its_price_and_none_is_charged_twice() {
        let tokens = Tokens { input: 1_000, cached_input: 200, cache_write: 100, output: 50, reasoning: 40 };
        // 700 at 1, 200 at 0.1, 100 at 1.25 and 50 at 5 dollars for a million.
        assert_eq!(price("1", "5").of(&tokens).to_string(), "0.001095");
    }

    #[test]
    fn a_part_of_a_billionth_is_rounded_up_once_for_the_whole_request() {
        let price = price("0.0375", "0.000001");
        assert_eq!(price.of(&Tokens { input: 1, ..Tokens::default() }).nanos(), 38);
        assert_eq!(price.of(&Tokens { input: 1, output: 1, ..Tokens::default() }).nanos(), 38);
        assert_eq!(price.of(&Tokens { input: 2, ..Tokens::default() }).nanos(), 75);
        assert_eq!(price.of(&Tokens::default()).nanos(), 0);
    }

    #[test]
    fn a_long_prompt_makes_every_token_of_its_request_dearer() {
        let price = Price { long: Some((200_000, rates("2", "10"))), ..price("1", "5") };
        let cost = |input| price.of(&Tokens { input, output: 1_000_000, ..Tokens::default() }).to_string();
        assert_eq!(cost(200_000), "5.20");
        assert_eq!(cost(200_001), "10.400002");
    }

    #[test]
    fn absurd_usage_costs_as_much_as_can_be_said() {
        let dear = Price { rates: rates("18446744073709", "18446744073709"), long: None };
        let all = Tokens { input: u64::MAX, cached_input: 0, cache_write: 0, output: u64::MAX, reasoning: 0 };
        assert_eq!(dear.of(&all).nanos(), u64::MAX);
    }

    #[test]
    fn the_first_row_that_fits_provider_dialect_and_model_counts() {
        let rows = vec![
            row(Some("mine-*"), &[], "gpt-4o", "9"),
            row(None, &[Dialect::OpenAi], "gpt-4o", "2"),
            row(None, &[Dialect::OpenAi, Dialect::Azure], "gpt-*", "3"),
        ];
        let prices = Prices { currency: "USD".into(), rows };
        let found = |provider, dialect, names: &[&str]| prices.find(provider, dialect, names.iter().copied());
        assert_eq!(found("mine-1", Dialect::Azure, &["gpt-4o"]), Some(price("9", "1")));
        assert_eq!(found("openai", Dialect::OpenAi, &["gpt-4o"]), Some(price("2", "1")));
        assert_eq!(found("openai", Dialect::Azure, &["gpt-4o"]), Some(price("3", "1")));
        assert_eq!(found("openai", Dialect::Anthropic, &["gpt-4o"]), None);
        assert_eq!(found("openai", Dialect::Azure, &["my-deployment", "gpt-5"]), Some(price("3", "1")), "what it calls itself");
        assert_eq!(found("openai", Dialect::Azure, &[]), None);
    }
}
