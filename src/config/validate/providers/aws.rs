//! What only providers at AWS have: a region, from which the endpoint follows, and keys to sign with.

use secrecy::ExposeSecret;

use super::credential::{Subject, secret as secret_of};
use crate::config::errors::Check;
use crate::config::model::credential::{AssumeRole, Aws, AwsKeys, Word};
use crate::config::model::{Credential as Written, Provider};
use crate::config::node::Path;
use crate::config::validate::Outside;
use crate::translate::Dialect;
use crate::upstream::Credential;
#[cfg(feature = "aws")]
use crate::upstream::Kept;
use crate::upstream::aws::{self, Base, Chain, KeyError, Role, Signer};

/// The longest name of a region, in bytes. The longest that there is has 14.
const LONGEST_REGION: usize = 32;

/// Whether there is a region where there must be one, and none where it means nothing.
pub(super) fn region(check: &mut Check<'_>, path: &Path<'_>, written: &Provider, dialect: Dialect) {
    let needed = written.endpoint.is_none() || matches!(written.credential, Written::Aws(_));
    match &written.region {
        Some(_) if !is_aws(dialect) => {
            check.error(&path.field("region"), "is only for the dialects `bedrock` and `anthropic-bedrock`");
        }
        Some(region) => {
            check.require(is_region(region), &path.field("region"), "must be the name of an AWS region, as `us-east-1`");
        }
        None if needed && is_aws(dialect) => check.error(path, "`region` is missing: name the AWS region, as `us-east-1`"),
        None => {}
    }
}

/// The endpoint of Bedrock in the provider's region. What is wrong with the region was told by [`region`].
pub(super) fn endpoint(written: &Provider, dialect: Dialect) -> Option<String> {
    let region = valid_region(written, dialect)?;
    let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    Some(format!("https://bedrock-runtime.{region}.{domain}"))
}

/// Keys to sign with in the provider's region. `path` is the credential's.
pub(super) fn credential(
    check: &mut Check<'_>,
    path: &Path<'_>,
    subject: Subject<'_>,
    written: &Aws,
    outside: &mut Outside<'_>,
) -> Option<Credential> {
    if !is_aws(subject.dialect) {
        check.error(path, "is only for the dialects `bedrock` and `anthropic-bedrock`");
    }
    let (base, role) = match written {
        // As AWS's own tools do, a Bedrock API key of the environment comes first.
        Aws::Default(Word::Default) if let Some(key) = bedrock_key(outside) => {
            let key = Credential::bearer(&key);
            check.require(key.is_ok(), path, "AWS_BEARER_TOKEN_BEDROCK has characters that no header may have");
            return key.ok();
        }
        Aws::Default(Word::Default) => (Base::Default, None),
        Aws::Detailed(keys) => (base(check, path, keys, outside)?, role(check, path, keys)),
    };
    let region = valid_region(subject.written, subject.dialect)?;
    match (base, role) {
        (Base::Keys(keys), None) => Some(Credential::Aws(Signer::new(keys, region))),
        (base, role) => chain(check, path, subject.name, Chain { base, role, region: region.to_owned() }, outside),
    }
}

fn bedrock_key(outside: &Outside<'_>) -> Option<String> {
    (outside.environment)("AWS_BEARER_TOKEN_BEDROCK").filter(|key| !key.is_empty())
}

/// Whose keys they are.
fn base(check: &mut Check<'_>, path: &Path<'_>, written: &AwsKeys, outside: &mut Outside<'_>) -> Option<Base> {
    let AwsKeys { access_key_id, secret_access_key, session_token, profile, assume_role } = written;
    let (id, secret) = match (access_key_id, secret_access_key, profile) {
        (Some(id), Some(secret), None) => (id, secret),
        (None, None, Some(profile)) if session_token.is_none() => {
            check.require(!profile.is_empty(), &path.field("profile"), "is empty: name a profile");
            return Some(Base::Profile(profile.clone()));
        }
        (None, None, None) if session_token.is_none() && assume_role.is_some() => return Some(Base::Default),
        (None, None, None) if session_token.is_none() => {
            check.error(path, "is empty: give keys, a `profile` or `assume_role`, or write `aws: default`");
            return None;
        }
        (_, _, Some(_)) => {
            check.error(&path.field("profile"), "cannot stand beside keys: give one or the other");
            return None;
        }
        (None, ..) => {
            check.error(path, "`access_key_id` is missing");
            return None;
        }
        (_, None, _) => {
            check.error(path, "`secret_access_key` is missing");
            return None;
        }
    };
    let id = secret_of(check, &path.field("access_key_id"), id, outside);
    let secret = secret_of(check, &path.field("secret_access_key"), secret, outside);
    let token = session_token.as_ref().map(|token| secret_of(check, &path.field("session_token"), token, outside));
    let token = token.map_or(Some(None), |token| token.map(Some))?;
    let (id, secret, token) = (id?, secret?, token.as_ref().map(ExposeSecret::expose_secret));
    match aws::keys(id.expose_secret(), secret.expose_secret(), token) {
        Ok(keys) => Some(Base::Keys(keys)),
        Err(KeyError(name)) => {
            check.error(&path.field(name), "has a space, a line break or another character that belongs into no key");
            None
        }
    }
}

/// The role to assume, if there is one.
fn role(check: &mut Check<'_>, path: &Path<'_>, written: &AwsKeys) -> Option<Role> {
    let AssumeRole { arn, external_id, session_name } = written.assume_role.as_ref()?;
    let path = path.field("assume_role");
    let fits =
        arn.starts_with("arn:") && arn.contains(":role/") && arn.len() <= 2048 && arn.bytes().all(|b| b.is_ascii_graphic());
    check.require(fits, &path.field("arn"), "must be the ARN of a role: `arn:aws:iam::123456789012:role/NAME`");
    let name = session_name.as_deref().unwrap_or("kanmon");
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"_=,.@-".contains(&byte);
    let fits = (2..=64).contains(&name.len()) && name.bytes().all(letter);
    check.require(fits, &path.field("session_name"), "must have 2 to 64 letters, digits or `_=,.@-`");
    Some(Role { arn: arn.clone(), external_id: external_id.clone(), session_name: name.to_owned() })
}

#[cfg(feature = "aws")]
fn chain(_: &mut Check<'_>, _: &Path<'_>, owner: &str, chain: Chain, outside: &Outside<'_>) -> Option<Credential> {
    let region = chain.region.clone();
    let kept = Kept::new("aws", owner, chain.identity(), Box::new(chain));
    Some(Credential::Aws(Signer::kept_fresh(outside.shelf.keep(kept), &region)))
}

#[cfg(not(feature = "aws"))]
fn chain(check: &mut Check<'_>, path: &Path<'_>, _: &str, _: Chain, _: &Outside<'_>) -> Option<Credential> {
    check.error(path, "is not in this build, which can sign with given keys only: it was made without the feature `aws`");
    None
}

pub(super) fn is_aws(dialect: Dialect) -> bool {
    matches!(dialect, Dialect::Bedrock | Dialect::AnthropicBedrock)
}

fn valid_region(written: &Provider, dialect: Dialect) -> Option<&str> {
    written.region.as_deref().filter(|region| is_aws(dialect) && is_region(region))
}

fn is_region(region: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=LONGEST_REGION).contains(&region.len()) && region.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use crate::config::{Errors, Snapshot, parse_with};
    use crate::upstream::Credential;

    fn read(provider: &str) -> Result<Snapshot, Errors> {
        let text = format!(
            "auth: {{anonymous: true}}\nproviders:\n  aws: {{{provider}}}\nroutes:\n- {{model: '*', providers: [aws]}}\n"
        );
        parse_with(&text, "a.yaml", &|name| (name == "SECRET").then(|| "very-secret".to_owned()))
    }

    fn error(provider: &str) -> String {
        let errors = read(provider).map(|_| ()).unwrap_err();
        assert_eq!(errors.list().len(), 1, "{errors}");
        errors.to_string()
    }

    const KEYS: &str = "credential: {aws: {access_key_id: AKIDEXAMPLE, secret_access_key: '${SECRET}'}}";

    #[test]
    fn the_endpoint_follows_from_the_region() {
        for (dialect, region, host) in [
            ("bedrock", "eu-central-1", "bedrock-runtime.eu-central-1.amazonaws.com"),
            ("anthropic-bedrock", "cn-north-1", "bedrock-runtime.cn-north-1.amazonaws.com.cn"),
        ] {
            let snapshot = read(&format!("dialect: {dialect}, region: {region}, {KEYS}")).unwrap();
            let provider = &snapshot.providers[0];
            assert_eq!(provider.endpoint.authority(), host);
            assert_eq!((provider.endpoint.tls, &*provider.endpoint.path_prefix), (true, ""));
            let Credential::Aws(signer) = &provider.credential else { panic!() };
            assert_eq!(signer.region(), region);
            assert!(!format!("{snapshot:?}").contains("very-secret"));
        }
    }

    #[test]
    fn an_endpoint_may_be_given_and_a_bedrock_key_needs_no_region() {
        let snapshot = read(&format!("dialect: bedrock, endpoint: 'http://127.0.0.1:9/aws', region: us-east-1, {KEYS}")).unwrap();
        assert_eq!(snapshot.providers[0].endpoint.path_prefix, "/aws");
        let bearer = "dialect: bedrock, endpoint: 'https://vpce.example', credential: {bearer: '${SECRET}'}";
        assert!(matches!(read(bearer).unwrap().providers[0].credential, Credential::Bearer(_)));
    }

    #[test]
    fn what_is_missing_or_wrong_is_told_once_and_by_name() {
        for (provider, words) in [
            (format!("dialect: bedrock, {KEYS}"), "providers.aws: `region` is missing"),
            (format!("dialect: bedrock, endpoint: 'https://a.example', {KEYS}"), "providers.aws: `region` is missing"),
            (format!("dialect: bedrock, region: 'us east', {KEYS}"), "providers.aws.region: must be the name"),
            ("dialect: azure, api_version: v1".to_owned(), "providers.aws: has no `endpoint`"),
            ("dialect: openai, endpoint: 'https://a.example', region: us-east-1".to_owned(), "providers.aws.region: is only for"),
            (format!("dialect: openai, endpoint: 'https://a.example', {KEYS}"), "credential.aws: is only for"),
            (
                "dialect: bedrock, region: us-east-1, credential: {aws: {access_key_id: '', secret_access_key: s}}".to_owned(),
                "credential.aws.access_key_id: is empty",
            ),
            (
                "dialect: bedrock, region: us-east-1, credential: {aws: {access_key_id: a, secret_access_key: 's s'}}".to_owned(),
                "credential.aws.secret_access_key: has a space",
            ),
        ] {
            let error = error(&provider);
            assert!(error.contains(words), "{error}");
        }
    }
}
