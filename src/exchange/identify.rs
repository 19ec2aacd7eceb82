//! Who calls, by what Envoy tells of the request and its connection.

use std::sync::Arc;

use super::fields::Fields;
use crate::auth::certificate::{Certificate, FORWARDED, Told};
use crate::auth::{self, Evidence, Principal};
use crate::config::Snapshot;
use crate::rejection::Rejection;
use crate::translate::Family;

/// The header in which Envoy, at the edge of a network, tells the address that a request comes from. It replaces whatever a client
/// sends under this name.
const SOURCE: &str = "x-envoy-external-address";

/// Who sends a request. `certificate` is what Envoy tells of it as attributes of the connection.
pub(super) fn identify(
    snapshot: &Snapshot,
    fields: &Fields,
    certificate: Option<Certificate>,
    family: Family,
) -> Result<Arc<Principal>, Rejection> {
    let certificate = match snapshot.callers.told_certificates() {
        None => None,
        Some(Told::ByAttributes) => certificate,
        Some(Told::ByHeader) => fields.only(FORWARDED).and_then(Certificate::forwarded),
    };
    let header = |name: &str| fields.get(name).or_else(|| auth::in_query(name, fields.get(":path")?, family));
    let evidence = Evidence {
        presented: auth::presented(header, family),
        certificate: certificate.as_ref(),
        source: fields.only(SOURCE).and_then(|address| address.parse().ok()),
    };
    snapshot.callers.identify(&evidence, jiff::Timestamp::now())
}
