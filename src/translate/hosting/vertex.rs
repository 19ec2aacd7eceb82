//! Vertex AI: models of Google and of Anthropic below a project and a location.
//!
//! Anthropic's models take Anthropic's own body with two differences (Anthropic's documentation, "Claude on Vertex AI"): the model
//! stands in the path and not in the body, and the version stands in the body as `anthropic_version` and not in a header. Beta
//! features stay in their header, but for those that it refuses ([`betas`]).

use std::borrow::Cow;

use http::{HeaderName, HeaderValue};

use super::betas;
use crate::codec::json::Splice;
use crate::translate::segment::encode_but;
use crate::translate::{Format, Target};

const VERSION_HEADER: &str = "anthropic-version";
/// The only version that there is.
const ANTHROPIC_VERSION: &[u8] = br#""vertex-2023-10-16""#;

/// Where models are at Vertex AI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vertex {
    /// The project's id.
    pub project: Cow<'static, str>,
    /// A region, a multi-region (`us`, `eu`), or `global`.
    pub location: Cow<'static, str>,
}

impl Vertex {
    /// The host of the location (Vertex AI, "Deployments and endpoints").
    pub(super) fn endpoint(&self) -> String {
        match &*self.location {
            "global" => "https://aiplatform.googleapis.com".to_owned(),
            location @ ("us" | "eu") => format!("https://aiplatform.{location}.rep.googleapis.com"),
            location => format!("https://{location}-aiplatform.googleapis.com"),
        }
    }

    /// The path of a method of a publisher's model.
    pub fn method(&self, prefix: &str, publisher: &str, model: &str, method: &str) -> String {
        let Self { project, location } = self;
        let model = encode_but(model, b"@");
        format!("{prefix}/projects/{project}/locations/{location}/publishers/{publisher}/models/{model}:{method}")
    }

    pub(super) fn path(&self, target: &Target<'_>) -> String {
        let (publisher, method) = match (target.format, target.stream) {
            (Format::Messages, true) => ("anthropic", "streamRawPredict"),
            (Format::Messages, false) => ("anthropic", "rawPredict"),
            (_, true) => ("google", "streamGenerateContent?alt=sse"),
            (_, false) => ("google", "generateContent"),
        };
        self.method(target.path_prefix, publisher, target.model, method)
    }
}

/// Anthropic's body and headers, as Vertex AI wants them. `asked` are the beta features in the client's own header.
pub(super) fn place_messages(
    splice: &mut Splice<'_>,
    headers: &mut Vec<(HeaderName, HeaderValue)>,
    dropped: &mut Vec<String>,
    asked: Option<&str>,
) {
    splice.remove("model");
    splice.set("anthropic_version", ANTHROPIC_VERSION);
    let kept = betas::VERTEX.sort(asked.into_iter().chain(betas::rendered(headers)), dropped);
    let value = HeaderValue::from_str(&kept.join(",")).ok().filter(|value| !value.is_empty());
    headers.retain(|(name, _)| name != betas::HEADER && name != VERSION_HEADER);
    headers.extend(value.map(|value| (HeaderName::from_static(betas::HEADER), value)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_location_has_its_host() {
        let at = |location: &str| Vertex { project: "p".into(), location: location.to_owned().into() }.endpoint();
        assert_eq!(at("global"), "https://aiplatform.googleapis.com");
        assert_eq!(at("eu"), "https://aiplatform.eu.rep.googleapis.com");
        assert_eq!(at("us-east5"), "https://us-east5-aiplatform.googleapis.com");
    }

    #[test]
    fn a_version_behind_the_models_name_is_written_as_google_writes_it() {
        let vertex = Vertex { project: "example.com:p".into(), location: "global".into() };
        let path = vertex.method("/v1", "anthropic", "claude-sonnet-4-5@20250929", "count-tokens:rawPredict");
        let model = "publishers/anthropic/models/claude-sonnet-4-5@20250929:count-tokens:rawPredict";
        assert_eq!(path, format!("/v1/projects/example.com:p/locations/global/{model}"));
    }
}
