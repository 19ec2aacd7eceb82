//! What Google's models differ in, by their names. A name that says nothing (an alias, a tuned model) counts as one of the newest,
//! but for how much to think: there it gets what the models of both generations take.

/// What a name tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Model {
    /// 2.5 as (2, 5); nothing for an alias.
    version: Option<(u32, u32)>,
    pro: bool,
    flash: bool,
    lite: bool,
}

impl Model {
    /// Reads `gemini-2.5-flash-lite`, with or without `models/` or a publisher before it.
    pub(super) fn named(name: &str) -> Self {
        let name = name.rsplit('/').next().unwrap_or_default();
        let version = name.strip_prefix("gemini-").and_then(|rest| version(rest.split('-').next().unwrap_or_default()));
        Self { version, pro: name.contains("pro"), flash: name.contains("flash"), lite: name.contains("lite") }
    }

    /// Gemini 2.0 and older do not think, and refuse to be asked to.
    pub(super) fn thinks(self) -> bool {
        self.version.is_none_or(|version| version >= (2, 5))
    }

    /// Since Gemini 3, the first call of a turn must have its signature, and results of functions may hold media (API reference:
    /// thought signatures, function calling).
    pub(super) fn is_third_generation(self) -> bool {
        self.version.is_none_or(|(major, _)| major >= 3)
    }

    /// Since Gemini 3, how much to think is told as a level. Gemini 2.5 refuses levels, while Gemini 3 goes on taking budgets (API
    /// reference, thinking): so a name that tells no generation is told a budget.
    pub(super) fn takes_levels(self) -> bool {
        self.version.is_some_and(|(major, _)| major >= 3)
    }

    /// Pro models cannot do without thinking.
    pub(super) fn is_pro(self) -> bool {
        self.pro
    }

    /// Whether a budget of 0 is sure to be taken.
    pub(super) fn may_not_think(self) -> bool {
        self.version.is_some() && !self.pro
    }

    /// The first Pro model of the third generation has two levels only.
    pub(super) fn has_no_medium(self) -> bool {
        self.pro && self.version == Some((3, 0))
    }

    /// The least and the most tokens of a thinking budget, besides 0 (API reference, thinking: table of budgets). A name that tells
    /// no generation may be that of any model: it gets what all of them take.
    pub(super) fn budgets(self) -> (u64, u64) {
        match (self.version, self.flash) {
            (None, _) => (512, 24_576),
            (_, true) if self.lite => (512, 24_576),
            (_, true) => (0, 24_576),
            (_, false) => (128, 32_768),
        }
    }
}

fn version(text: &str) -> Option<(u32, u32)> {
    let (major, minor) = text.split_once('.').unwrap_or((text, "0"));
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_its_generation() {
        for (name, thinks, third) in [
            ("gemini-2.0-flash", false, false),
            ("gemini-1.5-pro-002", false, false),
            ("gemini-2.5-flash-lite-preview-09-2025", true, false),
            ("models/gemini-2.5-pro", true, false),
            ("gemini-3-flash-preview", true, true),
            ("publishers/google/models/gemini-3.1-pro", true, true),
            ("gemini-flash-latest", true, true),
            ("tunedModels/mine", true, true),
            ("", true, true),
            ("gemini-99999999999999999999", true, true),
        ] {
            let model = Model::named(name);
            assert_eq!((model.thinks(), model.is_third_generation()), (thinks, third), "{name}");
        }
        for (name, levels, budgets) in [
            ("gemini-2.5-flash", false, (0, 24_576)),
            ("gemini-2.5-flash-lite", false, (512, 24_576)),
            ("gemini-2.5-pro", false, (128, 32_768)),
            ("gemini-3-pro-preview", true, (128, 32_768)),
            ("gemini-flash-latest", false, (512, 24_576)),
            ("tunedModels/mine", false, (512, 24_576)),
        ] {
            let model = Model::named(name);
            assert_eq!((model.takes_levels(), model.budgets()), (levels, budgets), "{name}");
        }
        assert!(Model::named("gemini-3-pro-preview").has_no_medium());
        assert!(!Model::named("gemini-3.1-pro-preview").has_no_medium());
    }
}
