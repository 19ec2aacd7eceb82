//! Beta features of Anthropic's API that its hosts do not know.
//!
//! A host answers 400 (`Unexpected value(s) … for the anthropic-beta header`) to the name of a feature that it does not have, even
//! where the request would do without: Claude Code names some in every request. What is known to be refused is left out and told
//! in the usage record; a request that really needs it is refused by the host for its body. What is not known here is sent.

/// What one host makes of the names.
pub(super) struct Betas {
    /// Names of the same feature: Anthropic's, and the host's.
    renamed: &'static [(&'static str, &'static str)],
    refused: &'static [&'static str],
}

/// Anthropic's own name covers several features; its hosts have one of them.
const TOOL_SEARCH: (&str, &str) = ("advanced-tool-use-2025-11-20", "tool-search-tool-2025-10-19");

/// On Vertex AI, as its own answers and those who call it report.
pub(super) const VERTEX: Betas = Betas {
    renamed: &[TOOL_SEARCH],
    refused: &[
        "advisor-tool-2026-03-01",
        "code-execution-2025-08-25",
        "effort-2025-11-24",
        "fast-mode-2026-02-01",
        "files-api-2025-04-14",
        "fine-grained-tool-streaming-2025-05-14",
        "mcp-client-2025-04-04",
        "mcp-client-2025-11-20",
        "oauth-2025-04-20",
        "output-128k-2025-02-19",
        "prompt-caching-scope-2026-01-05",
        "skills-2025-10-02",
        "structured-outputs-2025-11-13",
        "token-efficient-tools-2025-02-19",
        "web-fetch-2025-09-10",
    ],
};

impl Betas {
    /// The names that the host knows, each once, and what was left out.
    pub(super) fn sort<'a>(&self, asked: &'a str) -> (Vec<&'a str>, Vec<String>) {
        let (mut kept, mut dropped) = (Vec::new(), Vec::new());
        for name in asked.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            if self.refused.contains(&name) {
                dropped.push(format!("anthropic-beta: {name}"));
                continue;
            }
            let renamed = self.renamed.iter().find(|(anthropics, _)| *anthropics == name);
            let name = renamed.map_or(name, |(_, hosts)| hosts);
            if !kept.contains(&name) {
                kept.push(name);
            }
        }
        (kept, dropped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vertex_gets_no_beta_that_it_refuses_and_all_others() {
        let asked = "claude-code-20250219, prompt-caching-scope-2026-01-05,,context-1m-2025-08-07,new-2030-01-01,new-2030-01-01";
        let (kept, dropped) = VERTEX.sort(asked);
        assert_eq!(kept, ["claude-code-20250219", "context-1m-2025-08-07", "new-2030-01-01"]);
        assert_eq!(dropped, ["anthropic-beta: prompt-caching-scope-2026-01-05"]);
        assert_eq!(VERTEX.sort("advanced-tool-use-2025-11-20").0, ["tool-search-tool-2025-10-19"]);
    }
}
