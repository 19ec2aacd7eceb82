//! What only providers at AWS have: a region, from which the endpoint follows, and keys to sign with.

use secrecy::ExposeSecret;

use crate::config::errors::Check;
use crate::config::model::{AwsKeys, Credential, Provider};
use crate::config::node::Path;
use crate::translate::Dialect;
use crate::upstream::aws::{KeyError, Signer};

/// The longest name of a region, in bytes. The longest that there is has 14.
const LONGEST_REGION: usize = 32;

/// Whether there is a region where there must be one, and none where it means nothing.
pub(super) fn region(check: &mut Check<'_>, path: &Path<'_>, written: &Provider, dialect: Dialect) {
    let needed = written.endpoint.is_none() || matches!(written.credential, Credential::Aws(_));
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

/// A signer for the provider's region. What is wrong with the region was told by [`region`].
pub(super) fn signer(
    check: &mut Check<'_>,
    path: &Path<'_>,
    written: &Provider,
    dialect: Dialect,
    keys: &AwsKeys,
) -> Option<Signer> {
    let credential = path.field("credential");
    let field = credential.field("aws");
    if !is_aws(dialect) {
        check.error(&field, "is only for the dialects `bedrock` and `anthropic-bedrock`");
    }
    let (id, secret) = (keys.access_key_id.expose_secret(), keys.secret_access_key.expose_secret());
    let token = keys.session_token.as_ref().map(ExposeSecret::expose_secret);
    match Signer::new(id, secret, token, valid_region(written, dialect)?) {
        Ok(signer) => return Some(signer),
        Err(KeyError::Empty(name)) => {
            check.error(&field.field(name), "is empty: give the key, best as `${ENVIRONMENT_VARIABLE}`");
        }
        Err(KeyError::Characters(name)) => {
            check.error(&field.field(name), "has a space, a line break or another character that belongs into no key");
        }
    }
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
