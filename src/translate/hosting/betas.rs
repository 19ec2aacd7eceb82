//! Beta features of Anthropic's API that its hosts do not know.
//!
//! A host answers 400 to the name of a feature that it does not have, even where the request would do without: clients name features
//! without knowing who serves them, Claude Code some in every request. What a host does not take is left out and told in the usage
//! record; a request that really needs it is refused by the host for its body.
//!
//! The two hosts need two rules. Amazon publishes which names Bedrock takes, so all others are left out. Google publishes nothing of
//! the kind, so what is known to be refused is left out, and what is not known is sent.

use http::{HeaderName, HeaderValue};

use crate::translate::plain;

/// Where Anthropic's API looks for the names.
pub(super) const HEADER: &str = "anthropic-beta";

/// The most names that are sent, and the most that are listed as left out: nobody needs as many, and a header has room for thousands.
const MOST: usize = 64;
const LISTED: usize = 16;

/// What one host makes of the names.
pub(super) struct Betas {
    /// Names of the same feature: Anthropic's, and the host's.
    renamed: &'static [(&'static str, &'static str)],
    takes: Takes,
}

enum Takes {
    /// These and no others.
    Only(&'static [&'static str]),
    /// All but these.
    AllBut(&'static [&'static str]),
}

/// Anthropic's own name covers several features; its hosts have one of them.
const TOOL_SEARCH: (&str, &str) = ("advanced-tool-use-2025-11-20", "tool-search-tool-2025-10-19");

/// Source: Amazon Bedrock's user guide, "Anthropic Claude Messages API", the values of `anthropic_beta`, and the pages on computer use
/// and compaction. To any other it answers "invalid beta flag".
pub(super) const BEDROCK: Betas = Betas {
    renamed: &[TOOL_SEARCH],
    takes: Takes::Only(&[
        "compact-2026-01-12",
        "computer-use-2024-10-22",
        "computer-use-2025-01-24",
        "computer-use-2025-11-24",
        "context-1m-2025-08-07",
        "context-management-2025-06-27",
        "dev-full-thinking-2025-05-14",
        "effort-2025-11-24",
        "interleaved-thinking-2025-05-14",
        "output-128k-2025-02-19",
        "token-efficient-tools-2025-02-19",
        "tool-examples-2025-10-29",
        "tool-search-tool-2025-10-19",
    ]),
};

/// Source: reports of those who call Vertex AI, in the public issues of Claude Code and of gateways and SDKs, of its answer
/// "Unexpected value(s) … for the `anthropic-beta` header".
pub(super) const VERTEX: Betas = Betas {
    renamed: &[TOOL_SEARCH],
    takes: Takes::AllBut(&[
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
        "prompt-caching-2024-07-31",
        "prompt-caching-scope-2026-01-05",
        "skills-2025-10-02",
        "structured-outputs-2025-11-13",
        "token-efficient-tools-2025-02-19",
        "web-fetch-2025-09-10",
    ]),
};

impl Betas {
    /// The names in some lists of them that the host takes, each once; the others are added to what was dropped.
    pub(super) fn sort<'a>(&self, lists: impl IntoIterator<Item = &'a str>, dropped: &mut Vec<String>) -> Vec<&'a str> {
        let mut kept = Vec::new();
        for asked in lists.into_iter().flat_map(|list| list.split(',')).map(str::trim).filter(|name| !name.is_empty()) {
            let renamed = self.renamed.iter().find(|(anthropics, _)| *anthropics == asked);
            let name = renamed.map_or(asked, |(_, hosts)| hosts);
            if kept.contains(&name) {
                continue;
            }
            if self.takes(name) && kept.len() < MOST {
                kept.push(name);
            } else if dropped.len() < LISTED {
                let told = format!("{HEADER}: {}", plain::brief(asked, plain::QUOTATION));
                if !dropped.contains(&told) {
                    dropped.push(told);
                }
            }
        }
        kept
    }

    fn takes(&self, name: &str) -> bool {
        match self.takes {
            Takes::Only(known) => known.contains(&name),
            Takes::AllBut(refused) => !refused.contains(&name),
        }
    }
}

/// The lists of names in headers that were rendered.
pub(super) fn rendered(headers: &[(HeaderName, HeaderValue)]) -> impl Iterator<Item = &str> {
    headers.iter().filter(|(name, _)| name == HEADER).filter_map(|(_, value)| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(host: &Betas, lists: &[&str]) -> (Vec<String>, Vec<String>) {
        let mut dropped = Vec::new();
        let kept = host.sort(lists.iter().copied(), &mut dropped);
        (kept.into_iter().map(str::to_owned).collect(), dropped)
    }

    #[test]
    fn vertex_gets_no_beta_that_it_refuses_and_all_others() {
        let asked = "claude-code-20250219, prompt-caching-scope-2026-01-05,,context-1m-2025-08-07,new-2030-01-01,new-2030-01-01";
        let (kept, dropped) = sorted(&VERTEX, &[asked]);
        assert_eq!(kept, ["claude-code-20250219", "context-1m-2025-08-07", "new-2030-01-01"]);
        assert_eq!(dropped, ["anthropic-beta: prompt-caching-scope-2026-01-05"]);
    }

    #[test]
    fn bedrock_gets_the_betas_that_it_knows_and_no_other() {
        let (kept, dropped) =
            sorted(&BEDROCK, &["effort-2025-11-24,made-up", "made-up , effort-2025-11-24,context-1m-2025-08-07"]);
        assert_eq!(kept, ["effort-2025-11-24", "context-1m-2025-08-07"]);
        assert_eq!(dropped, ["anthropic-beta: made-up"]);
    }

    #[test]
    fn what_has_another_name_at_the_host_gets_it() {
        for host in [BEDROCK, VERTEX] {
            let (kept, dropped) = sorted(&host, &["advanced-tool-use-2025-11-20,tool-search-tool-2025-10-19"]);
            assert_eq!((kept, dropped), (vec!["tool-search-tool-2025-10-19".to_owned()], vec![]));
        }
    }

    #[test]
    fn a_header_full_of_names_costs_little_and_says_little() {
        let many: Vec<String> = (0..10_000).map(|number| format!("x-{number}")).collect();
        let (kept, dropped) = sorted(&VERTEX, &[&many.join(",")]);
        assert_eq!((kept.len(), dropped.len()), (MOST, LISTED));
        let (kept, dropped) = sorted(&BEDROCK, &[&many.join(","), &"y".repeat(100_000)]);
        assert_eq!((kept.len(), dropped.len()), (0, LISTED));
        assert!(sorted(&BEDROCK, &[&"y".repeat(100_000)]).1[0].len() < 1_000);
    }
}
