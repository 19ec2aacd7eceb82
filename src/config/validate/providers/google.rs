//! Who the gateway is to Google Cloud, from the config and the environment.

use std::path::PathBuf;

use crate::config::errors::Check;
use crate::config::model::credential::Google as Written;
use crate::config::node::Path;
use crate::config::validate::Outside;
use crate::translate::Dialect;
use crate::upstream::google::Google;
use crate::upstream::{Credential, Kept};

use super::credential::Subject;

/// Where a machine's metadata server is.
const MACHINE: &str = "metadata.google.internal";
/// Where `gcloud` leaves the credentials of whoever logged in.
const LOGGED_IN: &str = "gcloud/application_default_credentials.json";

pub(super) fn credential(
    check: &mut Check<'_>,
    path: &Path<'_>,
    subject: Subject<'_>,
    written: &Written,
    outside: &mut Outside<'_>,
) -> Option<Credential> {
    let fits = matches!(subject.dialect, Dialect::Vertex | Dialect::AnthropicVertex | Dialect::Gemini);
    check.require(fits, path, "is for what Google hosts: the dialects `vertex`, `anthropic-vertex` and `gemini`");
    let (google, path) = match written {
        Written::File(file) => (Google::File(outside.directory.join(file)), path.field("file")),
        Written::Default => (default(outside), *path),
    };
    if let Some(kept) = outside.shelf.find(google.identity()) {
        return Some(Credential::Kept(kept));
    }
    if let Google::File(file) = &google
        && let Err(message) = Google::check(file)
    {
        check.error(&path, format!("the file {} {message}", file.display()));
        return None;
    }
    let kept = Kept::new("google", subject.name, google.identity(), Box::new(google));
    Some(Credential::Kept(outside.shelf.keep(kept)))
}

/// Application default credentials, in the order of Google's own tools.
fn default(outside: &Outside<'_>) -> Google {
    let variable = |name: &str| (outside.environment)(name).filter(|value| !value.is_empty());
    if let Some(file) = variable("GOOGLE_APPLICATION_CREDENTIALS") {
        return Google::File(file.into());
    }
    let folder = variable("CLOUDSDK_CONFIG").map(PathBuf::from);
    let logged_in = folder.map(|folder| folder.join("application_default_credentials.json"));
    let logged_in = logged_in.or_else(|| Some(PathBuf::from(variable("HOME")?).join(".config").join(LOGGED_IN)));
    match logged_in.filter(|file| file.is_file()) {
        Some(file) => Google::File(file),
        None => Google::Machine(variable("GCE_METADATA_HOST").unwrap_or_else(|| MACHINE.to_owned())),
    }
}
