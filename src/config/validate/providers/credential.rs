//! How the gateway proves itself to a provider: secrets out of the config, the environment or files, and where those that end are
//! fetched.

use secrecy::{ExposeSecret as _, SecretString};

use crate::config::errors::Check;
use crate::config::model::credential::{Aws, Secret, SecretFile};
use crate::config::model::{self, Credential as Written};
use crate::config::node::Path;
use crate::config::validate::Outside;
use crate::translate::Dialect;
use crate::upstream::{Credential, Endpoint};

use super::aws;

/// The longest secret, in bytes: no header that is longer arrives.
const LONGEST: usize = 32 << 10;

/// A provider under validation, as far as its credential needs to know it.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) name: &'a str,
    pub(super) written: &'a model::Provider,
    pub(super) dialect: Dialect,
    #[cfg_attr(not(feature = "azure"), expect(dead_code, reason = "only Azure's clouds differ by it"))]
    pub(super) endpoint: Option<&'a Endpoint>,
}

/// Whether a credential is of a kind that is fetched, and ends.
pub(super) fn ends(written: &Written) -> bool {
    match written {
        Written::Aws(Aws::Detailed(keys)) => keys.access_key_id.is_none() || keys.assume_role.is_some(),
        Written::Aws(Aws::Default(_)) | Written::Azure(_) | Written::Google(_) => true,
        Written::None | Written::Caller => false,
        Written::Bearer(_) | Written::XApiKey(_) | Written::ApiKey(_) | Written::XGoogApiKey(_) => false,
    }
}

/// The credential of a provider. `path` is the provider's.
pub(super) fn credential(
    check: &mut Check<'_>,
    path: &Path<'_>,
    subject: Subject<'_>,
    outside: &mut Outside<'_>,
) -> Option<Credential> {
    let path = path.field("credential");
    let (name, written, kind): (_, _, fn(&str) -> _) = match &subject.written.credential {
        Written::None => return Some(Credential::None),
        Written::Caller => return Some(Credential::Caller),
        Written::Aws(written) => return aws::credential(check, &path.field("aws"), subject, written, outside),
        #[cfg(feature = "azure")]
        Written::Azure(written) => return super::azure::credential(check, &path.field("azure"), subject, written, outside),
        #[cfg(not(feature = "azure"))]
        Written::Azure(_) => return left_out(check, &path.field("azure"), "azure"),
        #[cfg(feature = "gcp")]
        Written::Google(written) => return super::google::credential(check, &path.field("google"), subject, written, outside),
        #[cfg(not(feature = "gcp"))]
        Written::Google(_) => return left_out(check, &path.field("google"), "gcp"),
        Written::Bearer(written) => ("bearer", written, Credential::bearer),
        Written::XApiKey(written) => ("x_api_key", written, Credential::x_api_key),
        Written::ApiKey(written) => ("api_key", written, Credential::api_key),
        Written::XGoogApiKey(written) => ("x_goog_api_key", written, Credential::x_goog_api_key),
    };
    let path = path.field(name);
    let secret = secret(check, &path, written, outside)?;
    let secret = secret.expose_secret();
    check.require(!secret.starts_with("Bearer "), &path, "must be the token alone, without `Bearer`");
    let credential = kind(secret);
    check.require(credential.is_ok(), &path, "has characters that no header may have");
    credential.ok()
}

/// What this build cannot fetch.
#[cfg(not(all(feature = "azure", feature = "gcp")))]
fn left_out(check: &mut Check<'_>, path: &Path<'_>, feature: &str) -> Option<Credential> {
    check.error(path, format!("is not in this build: it was made without the feature `{feature}`"));
    None
}

/// A secret that is neither empty nor has space around it.
pub(super) fn secret(
    check: &mut Check<'_>,
    path: &Path<'_>,
    written: &Secret,
    outside: &mut Outside<'_>,
) -> Option<SecretString> {
    let (secret, path) = match written {
        Secret::Text(secret) => (secret.clone(), *path),
        Secret::File(SecretFile { file }) => {
            let path = path.field("file");
            match (outside.read)(&outside.directory.join(file)) {
                Ok(secret) => {
                    check.require(!secret.expose_secret().is_empty(), &path, "names a file that is empty");
                    return fits(check, &path, secret);
                }
                Err(message) => {
                    check.error(&path, message);
                    return None;
                }
            }
        }
    };
    if secret.expose_secret().is_empty() {
        check.error(&path, "is empty: give the secret, best as `${ENVIRONMENT_VARIABLE}`");
        return None;
    }
    fits(check, &path, secret)
}

fn fits(check: &mut Check<'_>, path: &Path<'_>, secret: SecretString) -> Option<SecretString> {
    let text = secret.expose_secret();
    check.require(text.trim() == text, path, "begins or ends with a space or a line break: remove it");
    check.require(text.len() <= LONGEST, path, "is longer than 32 KiB: no header with it would arrive");
    (!text.is_empty() && text.len() <= LONGEST).then_some(secret)
}
