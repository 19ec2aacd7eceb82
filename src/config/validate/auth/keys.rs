//! API keys: those of the config, of its keys file, and of its directories of keys.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use secrecy::ExposeSecret as _;

use super::{Leave, leave, name, unique};
use crate::auth::key::{self, KeyId, PREFIX};
use crate::auth::{Entry, Principal};
use crate::config::beside::{Beside, KeyFile};
use crate::config::errors::{Check, Report, Source};
use crate::config::model::{Auth, Digests, Key, OneDigest};
use crate::config::node::{Path, Shown};

/// The shortest key that may stand in a file itself, in characters. Those of `kanmon key` have 47.
const SHORTEST_KEY: usize = 36;

/// All keys.
#[derive(Default)]
pub(super) struct Keys {
    pub(super) entries: HashMap<key::Digest, Entry>,
    pub(super) names: HashSet<String>,
}

/// One of a caller's keys, as it is known.
struct Known {
    digest: key::Digest,
    expires: Option<Timestamp>,
}

pub(super) fn keys(auth: &Auth, beside: &Beside, opaque: &[String], source: &Source, report: &mut Report) -> Keys {
    let mut keys = Keys::default();
    let path = Path::Root.field("auth");
    keys.list(&mut Check { source, report }, &path.field("keys"), &auth.keys, opaque);
    if let Some((more, source)) = &beside.keys {
        keys.list(&mut Check { source, report }, &Path::Root, more, opaque);
    }
    let dirs = path.field("keys_dirs");
    for (index, (dir, files)) in auth.keys_dirs.iter().zip(&beside.keys_dirs).enumerate() {
        let written = (dir.tenant.as_ref(), dir.models.as_ref(), &*dir.passthrough);
        let leave = leave(&mut Check { source, report }, &dirs.item(index), written, opaque);
        for file in files {
            keys.file(&mut Check { source: &file.source, report }, file, &leave);
        }
    }
    keys
}

impl Keys {
    fn list(&mut self, check: &mut Check<'_>, list: &Path<'_>, keys: &[Key], opaque: &[String]) {
        for (index, key) in keys.iter().enumerate() {
            self.key(check, &list.item(index), key, opaque);
        }
    }

    fn key(&mut self, check: &mut Check<'_>, path: &Path<'_>, key: &Key, opaque: &[String]) {
        name(check, &path.field("name"), &key.name);
        unique(check, &path.field("name"), &key.name, &mut self.names);
        let leave = leave(check, path, (key.tenant.as_ref(), key.models.as_ref(), &key.passthrough), opaque);
        let expires = key.expires.as_ref().and_then(|text| expires(check, &path.field("expires"), text));
        let path = path.field("sha256");
        match &key.sha256 {
            Digests::One(text) => self.digest(check, &path, text, expires, (&key.name, &leave, key.disabled)),
            Digests::Several(list) => {
                check.require(!list.is_empty(), &path, "is an empty list: give the SHA-256 of a key");
                for (index, one) in list.iter().enumerate() {
                    self.one_of(check, &path.item(index), one, expires, (&key.name, &leave, key.disabled));
                }
            }
        }
    }

    /// A key that ends by itself, or with all of its name, whatever comes first.
    fn one_of(
        &mut self,
        check: &mut Check<'_>,
        path: &Path<'_>,
        one: &OneDigest,
        end: Option<Timestamp>,
        of: (&str, &Leave, bool),
    ) {
        match one {
            OneDigest::Plain(text) => self.digest(check, path, text, end, of),
            OneDigest::Expiring(one) => {
                let own = expires(check, &path.field("expires"), &one.expires);
                self.digest(check, &path.field("sha256"), &one.sha256, own.into_iter().chain(end).min(), of);
            }
        }
    }

    fn digest(
        &mut self,
        check: &mut Check<'_>,
        path: &Path<'_>,
        text: &str,
        expires: Option<Timestamp>,
        of: (&str, &Leave, bool),
    ) {
        match key::parse_hex(text) {
            Some(digest) => self.enter(check, path, &Known { digest, expires }, of),
            None => check
                .error(path, "must be the SHA-256 of a key, 64 hex digits: `kanmon key` makes one. Never put a key itself here"),
        }
    }

    /// A file of keys: its name is theirs.
    fn file(&mut self, check: &mut Check<'_>, file: &KeyFile, leave: &Leave) {
        let path = &Path::Root;
        name(check, path, &file.name);
        unique(check, path, &file.name, &mut self.names);
        let Some(text) = &file.text else {
            return check.error(path, "is no text, or has more than 4 KiB: keys stand in it, one on each line");
        };
        let lines = text.expose_secret().lines().map(str::trim).enumerate();
        let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        let mut is_empty = true;
        for (number, line) in lines {
            is_empty = false;
            match of_file(line) {
                Some(digest) => self.enter(check, path, &Known { digest, expires: None }, (&file.name, leave, false)),
                None => {
                    let number = number + 1;
                    check.error(
                        path,
                        format!(
                            "line {number} is neither the SHA-256 of a key, 64 hex digits, nor a key that `kanmon key` has made ({PREFIX}…)"
                        ),
                    );
                }
            }
        }
        check.require(!is_empty, path, "has no key in it: remove the file, or put a key or its SHA-256 there");
    }

    fn enter(&mut self, check: &mut Check<'_>, path: &Path<'_>, known: &Known, (name, leave, disabled): (&str, &Leave, bool)) {
        let principal = Principal {
            key_id: Some(KeyId::of(&known.digest)),
            tenant: leave.tenant.clone(),
            models: leave.models.clone(),
            passthrough: leave.passthrough.clone(),
            ..Principal::new(name, None)
        };
        let entry = Entry { principal: Arc::new(principal), expires: known.expires, disabled };
        if let Some(earlier) = self.entries.insert(known.digest, entry) {
            let message = format!("this is the same key as `{}`: a key belongs to one name", Shown(&earlier.principal.key));
            check.error(path, message);
        }
    }
}

/// What a line of a file of keys stands for. A key itself is told from a mistyped digest by its prefix.
fn of_file(line: &str) -> Option<key::Digest> {
    let is_key = line.starts_with(PREFIX) && line.len() >= SHORTEST_KEY && line.bytes().all(|byte| byte.is_ascii_graphic());
    if is_key { Some(key::digest(line)) } else { key::parse_hex(line) }
}

fn expires(check: &mut Check<'_>, path: &Path<'_>, text: &str) -> Option<Timestamp> {
    let date = || text.parse::<Date>().ok().filter(|_| text.len() == 10)?.to_zoned(TimeZone::UTC).ok().map(|day| day.timestamp());
    let time = date().or_else(|| text.parse().ok());
    check.require(time.is_some(), path, "must be a time like `2027-01-31T12:00:00Z`, or a date like `2027-01-31`");
    time
}
