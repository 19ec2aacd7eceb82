//! Dynamic metadata in protobuf's wire format, written without building the message first.
//!
//! Fourteen facts at the end of each request would be a hash map and as many strings, taken apart again at once and measured once
//! for each level of nesting. The bytes are those of `ProcessingResponse.dynamic_metadata`, a `google.protobuf.Struct` with the one
//! entry `kanmon`, whose value is a struct of the facts.

use bytes::BufMut;
use prost::encoding::{encode_varint, encoded_len_varint};

use crate::envoy::contract::NAMESPACE;
use crate::exchange::Metadata;
use crate::usage::Fact;

/// `ProcessingResponse.dynamic_metadata`, field 8, length-delimited.
const DYNAMIC_METADATA: u8 = 8 << 3 | 2;
/// `Struct.fields`, and `key` of an entry: field 1, length-delimited.
const FIRST: u8 = 1 << 3 | 2;
/// `value` of an entry: field 2, length-delimited.
const VALUE: u8 = 2 << 3 | 2;
/// `Value.number_value`: field 2, 64 bits.
const NUMBER: u8 = 2 << 3 | 1;
/// `Value.string_value`: field 3, length-delimited.
const STRING: u8 = 3 << 3 | 2;
/// `Value.struct_value`: field 5, length-delimited.
const STRUCT: u8 = 5 << 3 | 2;

/// Metadata that is to be encoded, and how long each level of the message is, in bytes.
pub(super) struct Measured<'a> {
    facts: &'a Metadata,
    all_facts: usize,
    namespace: usize,
    entry: usize,
    whole: usize,
}

impl<'a> Measured<'a> {
    pub(super) fn of(facts: &'a Metadata) -> Self {
        let all_facts = facts.iter().map(|(name, fact)| delimited(entry(name, value(fact)))).sum();
        let namespace = delimited(all_facts);
        let entry = entry(NAMESPACE, namespace);
        Self { facts, all_facts, namespace, entry, whole: delimited(entry) }
    }

    /// How many bytes [`Self::encode`] writes.
    pub(super) fn len(&self) -> usize {
        delimited(self.whole)
    }

    /// Appends the metadata to an encoded `ProcessingResponse` that has none.
    pub(super) fn encode(&self, out: &mut impl BufMut) {
        head(DYNAMIC_METADATA, self.whole, out);
        head(FIRST, self.entry, out);
        text(FIRST, NAMESPACE, out);
        head(VALUE, self.namespace, out);
        head(STRUCT, self.all_facts, out);
        for (name, fact) in self.facts {
            let length = value(fact);
            head(FIRST, entry(name, length), out);
            text(FIRST, name, out);
            head(VALUE, length, out);
            match fact {
                Fact::Number(number) => {
                    out.put_u8(NUMBER);
                    out.put_f64_le(*number);
                }
                Fact::Text(said) => text(STRING, said, out),
            }
        }
    }
}

fn entry(name: &str, value: usize) -> usize {
    delimited(name.len()) + delimited(value)
}

fn value(fact: &Fact<'_>) -> usize {
    match fact {
        Fact::Number(_) => 1 + size_of::<f64>(),
        Fact::Text(said) => delimited(said.len()),
    }
}

/// Tag, length and as many bytes.
fn delimited(length: usize) -> usize {
    1 + encoded_len_varint(length as u64) + length
}

fn head(tag: u8, length: usize, out: &mut impl BufMut) {
    out.put_u8(tag);
    encode_varint(length as u64, out);
}

fn text(tag: u8, said: &str, out: &mut impl BufMut) {
    head(tag, said.len(), out);
    out.put_slice(said.as_bytes());
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use envoy_types::pb::envoy::service::ext_proc::v3::ProcessingResponse;
    use envoy_types::pb::google::protobuf::value::Kind;
    use envoy_types::pb::google::protobuf::{Struct, Value};
    use prost::Message;

    use super::*;

    fn decoded(facts: &Metadata) -> ProcessingResponse {
        let mut bytes = Vec::new();
        let measured = Measured::of(facts);
        measured.encode(&mut bytes);
        assert_eq!(bytes.len(), measured.len());
        ProcessingResponse::decode(bytes.as_slice()).unwrap()
    }

    fn expected(facts: &Metadata) -> ProcessingResponse {
        let kind = |fact: &Fact<'_>| match fact {
            Fact::Number(number) => Kind::NumberValue(*number),
            Fact::Text(text) => Kind::StringValue(text.to_string()),
        };
        let fields = facts.iter().map(|(name, fact)| ((*name).to_owned(), Value { kind: Some(kind(fact)) })).collect();
        let own = Value { kind: Some(Kind::StructValue(Struct { fields })) };
        let metadata = Struct { fields: HashMap::from([(NAMESPACE.to_owned(), own)]) };
        ProcessingResponse { dynamic_metadata: Some(metadata), ..ProcessingResponse::default() }
    }

    #[test]
    fn it_is_what_the_protobuf_library_reads() {
        for length in [0, 1, 100, 127, 128, 200, 16_383, 16_384, 100_000] {
            let facts: Metadata = vec![
                ("model", Fact::Text("m".repeat(length).into())),
                ("empty", Fact::Text("".into())),
                ("tokens", Fact::Number(1234.0)),
                ("nothing", Fact::Number(0.0)),
            ];
            assert_eq!(decoded(&facts), expected(&facts), "{length}");
        }
        assert_eq!(decoded(&Vec::new()), expected(&Vec::new()));
    }
}
