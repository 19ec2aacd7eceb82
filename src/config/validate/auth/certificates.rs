//! Client certificates.

use std::sync::Arc;

use super::{leave, name};
use crate::auth::Principal;
use crate::auth::certificate::{Certificates, Field, Rule, Told};
use crate::config::errors::Check;
use crate::config::model::{CertificateCaller, CertificatesFrom, ClientCertificates};
use crate::config::node::Path;
use crate::route::glob::Glob;

pub(super) fn certificates(
    check: &mut Check<'_>,
    path: &Path<'_>,
    written: &ClientCertificates,
    opaque: &[String],
) -> Certificates {
    let list = path.field("callers");
    check.require(!written.callers.is_empty(), &list, "is empty, so no certificate would let anybody in: add a caller");
    let callers = written.callers.iter().enumerate();
    let rules = callers.filter_map(|(index, caller)| rule(check, &list.item(index), caller, opaque)).collect();
    let told = match written.from {
        CertificatesFrom::Attributes => Told::ByAttributes,
        CertificatesFrom::Xfcc => Told::ByHeader,
    };
    Certificates::new(told, rules)
}

fn rule(check: &mut Check<'_>, path: &Path<'_>, caller: &CertificateCaller, opaque: &[String]) -> Option<Rule> {
    let leave = leave(check, path, (caller.tenant.as_ref(), caller.models.as_ref(), &caller.passthrough), opaque);
    if let Some(own) = &caller.name {
        name(check, &path.field("name"), own);
    }
    let fields =
        [("uri", Field::Uri, &caller.uri), ("dns", Field::Dns, &caller.dns), ("subject", Field::Subject, &caller.subject)];
    let mut given = fields.into_iter().filter_map(|(field, of, pattern)| Some((field, of, pattern.as_ref()?)));
    let (Some((field, of, pattern)), None) = (given.next(), given.next()) else {
        check.error(path, "must have exactly one of `uri`, `dns` and `subject`");
        return None;
    };
    let Ok(pattern) = Glob::of_text(pattern) else {
        check.error(&path.field(field), "must be a text of 1 to 256 bytes without control characters; only `*` is special");
        return None;
    };
    // A pattern of nothing but stars would make everybody with any certificate that name.
    check.require(pattern.as_str().contains(|c| c != '*'), &path.field(field), "fits every certificate: say whose it is");
    let principal = Principal {
        tenant: leave.tenant,
        models: leave.models,
        passthrough: leave.passthrough,
        ..Principal::new(caller.name.as_deref().unwrap_or_default(), None)
    };
    Some(Rule { field: of, pattern, principal: Arc::new(principal), is_named: caller.name.is_some() })
}
