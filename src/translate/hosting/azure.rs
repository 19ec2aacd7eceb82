//! Azure OpenAI: OpenAI's formats under Azure's paths.
//!
//! Two APIs (Azure OpenAI in Foundry models, REST reference): the dated one names the deployment in the path and a version in the
//! query; the v1 API has OpenAI's own paths below `/openai/v1`, takes the deployment as `model`, and needs no version.

use std::borrow::Cow;

use super::OutputLimit;
use crate::translate::segment::encode;

/// How one Azure OpenAI resource is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Azure {
    /// Which of its APIs.
    pub version: AzureVersion,
    /// What its deployments call the output limit: it depends on the model and the version.
    pub output_limit: OutputLimit,
}

/// Which of Azure's APIs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AzureVersion {
    /// The v1 API.
    V1,
    /// The v1 API with what is in preview: `api-version=preview`.
    V1Preview,
    /// The dated API: `2024-10-21`, `2025-04-01-preview`.
    Dated(Cow<'static, str>),
}

/// Operations of the dated API that have no deployment in their path: the model stands in the body.
const WITHOUT_DEPLOYMENT: [&str; 1] = ["/responses"];

impl AzureVersion {
    /// As a config writes it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::V1 => "v1",
            Self::V1Preview => "preview",
            Self::Dated(date) => date,
        }
    }

    /// Reads an `api_version`. `None`: it is neither `v1`, `preview` nor a date.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "v1" => Some(Self::V1),
            "preview" => Some(Self::V1Preview),
            _ => {
                let date = text.strip_suffix("-preview").unwrap_or(text);
                date.len().eq(&10).then_some(())?;
                date.parse::<jiff::civil::Date>().ok()?;
                Some(Self::Dated(text.to_owned().into()))
            }
        }
    }
}

impl Azure {
    /// Whether it is the dated API.
    pub fn is_dated(&self) -> bool {
        matches!(self.version, AzureVersion::Dated(_))
    }

    /// Path and query of an operation: OpenAI's own path of it without `/v1` (`/chat/completions`, `/embeddings`,
    /// `/responses/input_tokens`). `prefix` is the path of the endpoint; a resource has none.
    pub fn path(&self, prefix: &str, deployment: &str, operation: &str) -> String {
        match &self.version {
            AzureVersion::V1 => format!("{prefix}/openai/v1{operation}"),
            AzureVersion::V1Preview => format!("{prefix}/openai/v1{operation}?api-version=preview"),
            AzureVersion::Dated(date) if WITHOUT_DEPLOYMENT.iter().any(|bare| is_at_or_below(operation, bare)) => {
                format!("{prefix}/openai{operation}?api-version={date}")
            }
            AzureVersion::Dated(date) => {
                format!("{prefix}/openai/deployments/{}{operation}?api-version={date}", encode(deployment))
            }
        }
    }
}

fn is_at_or_below(path: &str, root: &str) -> bool {
    path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(version: &str, operation: &str) -> String {
        let azure = Azure { version: AzureVersion::parse(version).unwrap(), output_limit: OutputLimit::AsAsked };
        azure.path("/apim", "my gpt/4", operation)
    }

    #[test]
    fn each_api_has_its_path() {
        let dated = "2024-10-21";
        assert_eq!(path("v1", "/chat/completions"), "/apim/openai/v1/chat/completions");
        assert_eq!(path("preview", "/embeddings"), "/apim/openai/v1/embeddings?api-version=preview");
        assert_eq!(path(dated, "/embeddings"), "/apim/openai/deployments/my%20gpt%2F4/embeddings?api-version=2024-10-21");
        assert_eq!(path(dated, "/audio/speech"), "/apim/openai/deployments/my%20gpt%2F4/audio/speech?api-version=2024-10-21");
        assert_eq!(path("2025-04-01-preview", "/responses"), "/apim/openai/responses?api-version=2025-04-01-preview");
    }

    #[test]
    fn a_version_is_v1_or_a_date() {
        for good in ["v1", "preview", "2024-10-21", "2025-04-01-preview"] {
            assert_eq!(AzureVersion::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "V1", "v2", "latest", "2024-13-01", "2024-1-1", "2024-10-21-", "2024-10-21&x=y", "20241021", "-preview"] {
            assert_eq!(AzureVersion::parse(bad), None, "{bad}");
        }
    }
}
