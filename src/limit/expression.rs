//! A cost of the operator's own: an expression in CEL over the tokens of a request and the names of what it is about.
//!
//! It is compiled when the config is read, and tried on requests of all sizes, so that what can go wrong goes wrong there. Only plain
//! arithmetic, comparisons and a few functions are let in, and little nesting: nothing that repeats itself, so an evaluation takes a
//! bounded, short time and a bounded stack. The parser of the library takes a lot of it (some 200 KB for each bracket in a debug build):
//! it has a thread of its own.

use std::fmt;
use std::sync::{Arc, LazyLock};

use cel::common::ast::{Expr, IdedExpr};
use cel::common::types::{CelInt, CelString};
use cel::common::value::CowVal;
use cel::context::VariableResolver;
use cel::{Context, Env, Program, Value};

use super::Ask;
use crate::usage::Tokens;

/// The longest expression, in bytes.
const LONGEST: usize = 512;

/// The deepest nesting. A sum is as deep as it has terms.
const DEEPEST: usize = 16;

/// The stack of the thread that parses: more than the longest expression takes.
const STACK: usize = 256 << 20;

/// More tokens than this count as this many, so that products stay within 64 bits.
const MOST_TOKENS: u64 = 1_000_000_000_000;

/// Functions that an expression may call. Operators are functions, too, with names that begin otherwise.
const FUNCTIONS: [&str; 7] = ["double", "int", "uint", "contains", "startsWith", "endsWith", "size"];

/// What an expression may speak of.
const VARIABLES: [&str; 11] = [
    "input_tokens",
    "output_tokens",
    "total_tokens",
    "cached_input_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "model",
    "provider",
    "route",
    "tenant",
    "key",
];
/// So many of them are numbers, which come first.
const NUMBERS: usize = 6;

/// The functions, made once: that takes longer than an evaluation. Without macros, which are CEL's loops.
static ENVIRONMENT: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::default().with_optional_support(false).with_stdlib()));

/// A compiled expression.
pub struct Expression {
    program: Program,
    text: Box<str>,
    names: bool,
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Why an expression cannot be used, or has no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExpressionError {
    /// It is not CEL.
    #[error("is not a CEL expression: {0}")]
    Syntax(String),
    /// It is empty, or longer than an expression should be.
    #[error("must be a CEL expression of 1 to 512 bytes, such as `input_tokens + 4 * output_tokens`")]
    Length,
    /// It is nested deeper than an expression should be.
    #[error("is nested too deeply: at most 16 operators, calls or brackets within each other")]
    Deep,
    /// It makes or takes apart something that is neither number nor text.
    #[error("must be made of numbers, texts, operators and function calls only")]
    Shape,
    /// There is no thread to parse it.
    #[error("cannot be parsed: {0}")]
    Thread(String),
    /// It speaks of something that there is not.
    #[error("speaks of `{0}`, which there is not: there are {variables}", variables = VARIABLES.join(", "))]
    Variable(String),
    /// It calls what it may not call.
    #[error("calls `{0}`, which there is not here: use operators, `? :` and {functions}", functions = FUNCTIONS.join(", "))]
    Function(String),
    /// It has no value for some request.
    #[error("has no value for {0}: {1}; token counts are whole numbers, so write `double(input_tokens) * 0.5`")]
    Value(String, String),
}

impl Expression {
    /// Compiles an expression and tries it.
    ///
    /// # Errors
    /// What is wrong with it, for the person who wrote it.
    pub fn compile(text: &str) -> Result<Self, ExpressionError> {
        if text.trim().is_empty() || text.len() > LONGEST {
            return Err(ExpressionError::Length);
        }
        if brackets(text) > DEEPEST {
            return Err(ExpressionError::Deep);
        }
        let owned = text.to_owned();
        let thread = std::thread::Builder::new().stack_size(STACK).spawn(move || Self::parse(&owned));
        let parsed = thread.map_err(|error| ExpressionError::Thread(error.to_string()))?.join();
        parsed.unwrap_or_else(|_| Err(ExpressionError::Thread("the parser gave up".to_owned())))
    }

    fn parse(text: &str) -> Result<Self, ExpressionError> {
        let program = ENVIRONMENT.compile(text).map_err(|errors| ExpressionError::Syntax(one_line(&errors.to_string())))?;
        nesting(program.expression(), DEEPEST)?;
        let references = program.references();
        if let Some(name) = references.variables().into_iter().find(|name| !VARIABLES.contains(name)) {
            return Err(ExpressionError::Variable(name.to_owned()));
        }
        let is_operator = |name: &str| !name.starts_with(|c: char| c.is_ascii_alphabetic());
        if let Some(name) = references.functions().into_iter().find(|name| !is_operator(name) && !FUNCTIONS.contains(name)) {
            return Err(ExpressionError::Function(name.to_owned()));
        }
        let names = VARIABLES.iter().skip(NUMBERS).any(|name| references.has_variable(name));
        let expression = Self { program, text: text.into(), names };
        expression.try_out()?;
        Ok(expression)
    }

    /// Whether the cost depends on whose request it is, or where it goes.
    pub(super) fn speaks_of_names(&self) -> bool {
        self.names
    }

    /// What a request costs. An error is nothing that [`Self::compile`] has found by trying.
    pub(super) fn evaluate(&self, tokens: &Tokens, ask: &Ask<'_>) -> Result<u64, String> {
        let variables = Variables { tokens, ask };
        let mut context = Context::with_env(Arc::clone(&ENVIRONMENT));
        context.set_variable_resolver(&variables);
        match self.program.execute(&context) {
            Ok(Value::Int(cost)) => Ok(u64::try_from(cost).unwrap_or(0)),
            Ok(Value::UInt(cost)) => Ok(cost),
            // Saturates, and what is less than 0 becomes 0.
            Ok(Value::Float(cost)) if !cost.is_nan() => Ok(cost.ceil() as u64),
            Ok(other) => Err(format!("it is {}, not a number", one_line(&format!("{other:?}")))),
            Err(error) => Err(one_line(&error.to_string())),
        }
    }

    /// Tries it on requests of no, some and all too many tokens.
    fn try_out(&self) -> Result<(), ExpressionError> {
        let ask =
            Ask { key: "key", tenant: Some("tenant"), model: "model", route: "route", provider: "provider", ..Ask::nobody() };
        for input in [0, 1, 1_000, MOST_TOKENS] {
            for output in [0, 1, 1_000, MOST_TOKENS] {
                for part in [0, 1] {
                    let tokens =
                        Tokens { input, cached_input: input * part, cache_write: input * part, output, reasoning: output * part };
                    self.evaluate(&tokens, &ask).map_err(|error| {
                        ExpressionError::Value(format!("{input} tokens of input and {output} of output"), error)
                    })?;
                }
            }
        }
        Ok(())
    }
}

/// The variables of one evaluation, looked up as they are needed.
struct Variables<'a> {
    tokens: &'a Tokens,
    ask: &'a Ask<'a>,
}

impl VariableResolver for Variables<'_> {
    fn resolve<'b>(&'b self, variable: &str) -> Option<CowVal<'b, 'b>> {
        let number = |count: u64| Some(CowVal::owned(CelInt::from(i64::try_from(count.min(MOST_TOKENS)).unwrap_or(i64::MAX))));
        let text = |text: &'b str| Some(CowVal::owned(CelString::from(text)));
        match variable {
            "input_tokens" => number(self.tokens.input),
            "output_tokens" => number(self.tokens.output),
            "total_tokens" => number(self.tokens.total()),
            "cached_input_tokens" => number(self.tokens.cached_input),
            "cache_write_tokens" => number(self.tokens.cache_write),
            "reasoning_tokens" => number(self.tokens.reasoning),
            "model" => text(self.ask.model),
            "provider" => text(self.ask.provider),
            "route" => text(self.ask.route),
            "tenant" => text(self.ask.tenant.unwrap_or_default()),
            "key" => text(self.ask.key),
            _ => None,
        }
    }
}

/// How deep brackets are nested. It does not know strings from code, which only makes it more.
fn brackets(text: &str) -> usize {
    let deeper = |(now, most): (usize, usize), byte: u8| match byte {
        b'(' | b'[' | b'{' => (now + 1, most.max(now + 1)),
        b')' | b']' | b'}' => (now.saturating_sub(1), most),
        _ => (now, most),
    };
    text.bytes().fold((0, 0), deeper).1
}

/// Checks that an expression consists of calls, names and constants, no more than so many within each other.
fn nesting(expression: &IdedExpr, most: usize) -> Result<(), ExpressionError> {
    let left = most.checked_sub(1).ok_or(ExpressionError::Deep)?;
    match &expression.expr {
        Expr::Ident(_) | Expr::Literal(_) => Ok(()),
        Expr::Call(call) => call.target.as_deref().into_iter().chain(&call.args).try_for_each(|part| nesting(part, left)),
        _ => Err(ExpressionError::Shape),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKENS: Tokens = Tokens { input: 100, cached_input: 40, cache_write: 10, output: 20, reasoning: 5 };

    fn cost(text: &str) -> u64 {
        let expression = Expression::compile(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let ask = Ask { key: "ci", tenant: None, model: "gpt-4o", route: "all", provider: "azure-1", ..Ask::nobody() };
        expression.evaluate(&TOKENS, &ask).unwrap()
    }

    #[test]
    fn a_cost_is_made_of_tokens_and_names() {
        assert_eq!(cost("input_tokens + 4 * output_tokens"), 180);
        assert_eq!(cost("total_tokens - cached_input_tokens - cache_write_tokens + reasoning_tokens"), 75);
        assert_eq!(cost("double(cached_input_tokens) * 0.26 + 0.01"), 11, "rounded up");
        assert_eq!(cost("1 - input_tokens"), 0, "less than nothing");
        assert_eq!(cost("uint(input_tokens) * 2u"), 200);
        assert_eq!(cost("model.startsWith('gpt-') && provider == 'azure-1' && tenant == '' ? 7 : 1"), 7);
    }

    #[test]
    fn what_is_wrong_is_told_when_the_config_is_read() {
        for (text, words) in [
            ("", "1 to 512 bytes"),
            ("input_tokens +", "is not a CEL expression"),
            ("promt_tokens", "speaks of `promt_tokens`"),
            ("matches(model, 'a*')", "calls `matches`"),
            ("[1, 2][0]", "made of numbers, texts"),
            ("{1: 2}[1]", "made of numbers, texts"),
            ("model.name", "made of numbers, texts"),
            ("key.all(tenant, true) ? 1 : 2", "calls `all`"),
            ("input_tokens * 0.5", "has no value for"),
            ("input_tokens / output_tokens", "has no value for 0 tokens of input and 0 of output"),
            ("model", "not a number"),
            ("input_tokens > 5", "not a number"),
            ("input_tokens * input_tokens * input_tokens", "has no value for 1000000000000 tokens"),
        ] {
            let error = Expression::compile(text).map(|_| ()).expect_err(text).to_string();
            assert!(error.contains(words), "{text}: {error}");
            assert!(!error.contains('\n'), "{error}");
        }
        assert!(Expression::compile(&"1+".repeat(600)).is_err());
    }

    #[test]
    fn deep_nesting_is_an_error_and_no_crash() {
        for text in
            ["(".repeat(200) + "1" + &")".repeat(200), "1+".repeat(255) + "1", "false ? 1 : ".repeat(40) + "1", "[".repeat(500)]
        {
            assert_eq!(Expression::compile(&text).map(|_| ()), Err(ExpressionError::Deep), "{text}");
        }
        for text in ["-".repeat(511) + "1", "!".repeat(508) + "true", "-(".repeat(16) + "1" + &")".repeat(16)] {
            let _ = Expression::compile(&text);
        }
        assert_eq!(cost(&("(".repeat(15) + "7" + &")".repeat(15))), 7);
        assert_eq!(cost(&("1+".repeat(15) + "1")), 16);
    }

    #[test]
    fn more_tokens_than_there_are_cost_as_much_as_can_be_counted() {
        let expression = Expression::compile("4 * total_tokens").unwrap();
        let all = Tokens { input: u64::MAX, output: u64::MAX, ..TOKENS };
        assert_eq!(expression.evaluate(&all, &Ask::nobody()), Ok(4 * MOST_TOKENS));
    }
}
