//! Where a provider is that its endpoint alone does not say: Azure's API version, Google's project and location; and what
//! is particular about who hosts it there.

use std::borrow::Cow;

use crate::config::errors::Check;
use crate::config::model;
use crate::config::node::Path;
use crate::translate::{Azure, AzureVersion, Dialect, Hosting, OutputLimit, Place, Vendor, Vertex};

/// The longest name of a project or location, in bytes.
const LONGEST: usize = 128;

/// Who hosts the format of a provider. `None`: the config says it wrongly, and that is told.
pub(super) fn hosting(check: &mut Check<'_>, path: &Path<'_>, written: &model::Provider, dialect: Dialect) -> Option<Hosting> {
    unwanted(check, path, written, dialect);
    let limit = written.output_limit;
    match dialect {
        Dialect::OpenAi => {
            let vendor = written.preset.map_or_else(Vendor::default, |preset| preset.facts().vendor);
            let tokenizer = vendor.tokenizer || written.serves.tokenize;
            let vendor = Vendor { output_limit: limit.unwrap_or(vendor.output_limit), tokenizer, ..vendor };
            Some(if vendor == Vendor::default() { Hosting::Owner } else { Hosting::Vendor(vendor) })
        }
        Dialect::Azure => {
            let version = api_version(check, path, written)?;
            Some(Hosting::Azure(Azure { version, output_limit: limit.unwrap_or_default() }))
        }
        Dialect::Vertex | Dialect::AnthropicVertex => {
            let project = place(check, path, written, Place::Project, b"-.:");
            let location = place(check, path, written, Place::Location, b"-");
            Some(Hosting::Vertex(Vertex { project: project?, location: location? }))
        }
        Dialect::AnthropicBedrock => Some(Hosting::Bedrock),
        Dialect::Anthropic | Dialect::Gemini | Dialect::Cohere | Dialect::Bedrock => Some(Hosting::Owner),
    }
}

/// Tells of fields that the dialect does not have.
fn unwanted(check: &mut Check<'_>, path: &Path<'_>, written: &model::Provider, dialect: Dialect) {
    let name = dialect.name();
    for place in Place::ALL.into_iter().filter(|place| !dialect.places().contains(place)) {
        if value(written, place).is_some() {
            let remedy = format!("is not for the dialect `{name}`, which is found by its `endpoint`: remove it");
            let remedy = if dialect.places().is_empty() { remedy } else { wants(dialect) };
            check.error(&path.field(place.field()), remedy);
        }
    }
    let has_limit = matches!(dialect, Dialect::OpenAi | Dialect::Azure);
    if !has_limit && written.output_limit.is_some_and(|limit| limit != OutputLimit::AsAsked) {
        check.error(&path.field("output_limit"), format!("is for chat completions: the dialect `{name}` has one name for it"));
    }
}

fn wants(dialect: Dialect) -> String {
    let places: Vec<_> = dialect.places().iter().map(|place| format!("`{}`", place.field())).collect();
    format!("is not for the dialect `{}`, which has {}: remove it", dialect.name(), places.join(" and "))
}

fn value(written: &model::Provider, place: Place) -> Option<&str> {
    match place {
        Place::ApiVersion => written.api_version.as_deref(),
        Place::Project => written.project.as_deref(),
        Place::Location => written.location.as_deref(),
    }
}

/// A name that becomes part of a path or of a host. `more`: what it may have besides letters and digits.
fn place(
    check: &mut Check<'_>,
    path: &Path<'_>,
    written: &model::Provider,
    place: Place,
    more: &'static [u8],
) -> Option<Cow<'static, str>> {
    let field = place.field();
    let Some(name) = value(written, place) else {
        check.error(path, format!("has no `{field}`: {}", what(place)));
        return None;
    };
    let fits = (1..=LONGEST).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || more.contains(&byte))
        && name.starts_with(|first: char| first.is_ascii_alphanumeric());
    if !fits {
        check.error(&path.field(field), format!("is no {field}: {}", what(place)));
        return None;
    }
    Some(name.to_owned().into())
}

fn what(place: Place) -> &'static str {
    match place {
        Place::ApiVersion => "give `v1`, or the version of the dated API as Azure writes it (`2024-10-21`, `2025-04-01-preview`)",
        Place::Project => "give the id of the project in Google Cloud (not its display name), such as `my-project-123`",
        Place::Location => "give a region of Vertex AI such as `us-east5`, `us`, `eu`, or `global`",
    }
}

fn api_version(check: &mut Check<'_>, path: &Path<'_>, written: &model::Provider) -> Option<AzureVersion> {
    let Some(text) = &written.api_version else {
        check.error(path, format!("has no `api_version`: {}", what(Place::ApiVersion)));
        return None;
    };
    let version = AzureVersion::parse(text);
    check.require(version.is_some(), &path.field("api_version"), &format!("is no version: {}", what(Place::ApiVersion)));
    version
}
