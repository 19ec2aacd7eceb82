//! Telling the provider side who calls, where the config says so.

use http::{HeaderName, HeaderValue};

use super::Principal;

/// Headers that tell the provider side who calls. Whatever a client sends under these names is removed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Forward {
    /// Header for the key's name.
    pub key: Option<HeaderName>,
    /// Header for the tenant.
    pub tenant: Option<HeaderName>,
}

impl Forward {
    /// What each of these headers must be on a request of `principal`: set, or removed (`None`). Names of keys and tenants are
    /// checked to be header values when the config is read; one that is none is removed.
    pub fn headers(&self, principal: &Principal) -> impl Iterator<Item = (HeaderName, Option<HeaderValue>)> {
        let value = |text: &str| HeaderValue::from_str(text).ok();
        let key = self.key.clone().map(|name| (name, value(&principal.key)));
        let tenant = self.tenant.clone().map(|name| (name, principal.tenant.as_deref().and_then(value)));
        key.into_iter().chain(tenant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_without_a_value_is_removed_so_that_no_client_can_forge_it() {
        let tenant = HeaderName::from_static("x-kanmon-tenant");
        let forward = Forward { key: None, tenant: Some(tenant.clone()) };
        let red = Principal::new("ci", Some("red"));
        let nobody = Principal::new("ci", None);
        assert_eq!(forward.headers(&red).collect::<Vec<_>>(), [(tenant.clone(), Some(HeaderValue::from_static("red")))]);
        assert_eq!(forward.headers(&nobody).collect::<Vec<_>>(), [(tenant, None)]);
    }
}
