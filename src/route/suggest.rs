//! Did you mean …: which known names are close to one that is not known.

/// Names longer than this are compared with nothing: the cost is the product of both lengths.
const LONGEST: usize = 128;

/// How alike two names must be, from 0 (nothing in common) to 1 (equal).
const ALIKE: f64 = 0.6;

/// The names that are close to `unknown`, the closest first, at most `most`.
pub(crate) fn nearest<'a>(unknown: &str, known: impl IntoIterator<Item = &'a str>, most: usize) -> Vec<&'a str> {
    if unknown.len() > LONGEST {
        return Vec::new();
    }
    let unknown = unknown.to_lowercase();
    let mut close: Vec<(f64, &str)> = known
        .into_iter()
        .filter(|name| name.len() <= LONGEST)
        .map(|name| (likeness(&unknown, &name.to_lowercase()), name))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .collect();
    close.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    close.into_iter().take(most).map(|(_, name)| name).collect()
}

fn likeness(unknown: &str, name: &str) -> f64 {
    strsim::normalized_damerau_levenshtein(unknown, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_understood() {
        assert_eq!(nearest("cladue", ["openai", "claude"], 1), ["claude"]);
        assert_eq!(nearest("GPT-4o-mini", ["gpt-4o", "gpt-4o-mini", "claude-haiku-4-5"], 3), ["gpt-4o-mini"]);
        assert_eq!(nearest("gpt-4o-minni", ["gpt-4o-mini", "gpt-4o-maxi"], 1), ["gpt-4o-mini"]);
    }

    #[test]
    fn what_is_far_off_is_not_suggested() {
        assert!(nearest("mistral", ["openai", "claude"], 3).is_empty());
        assert!(nearest("", ["openai"], 3).is_empty());
    }

    #[test]
    fn an_absurdly_long_name_costs_nothing() {
        assert!(nearest(&"x".repeat(30 << 20), ["openai"], 3).is_empty());
    }
}
