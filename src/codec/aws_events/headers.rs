//! The headers of a frame: a name, the type of the value, the value. All ten types of the encoding are read.

use super::FrameError;

/// A header.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Header<'a> {
    /// Its name; those of the protocol begin with a colon.
    pub name: &'a str,
    /// Its value.
    pub value: Value<'a>,
}

/// The value of a header.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// True or false.
    Bool(bool),
    /// Eight bits.
    Byte(i8),
    /// 16 bits.
    Short(i16),
    /// 32 bits.
    Int(i32),
    /// 64 bits.
    Long(i64),
    /// Bytes.
    Bytes(&'a [u8]),
    /// Text.
    Text(&'a str),
    /// Milliseconds since 1970.
    Timestamp(i64),
    /// A UUID.
    Uuid([u8; 16]),
}

/// Reads headers one after the other; ends after the first that cannot be read.
#[derive(Debug, Clone)]
pub struct Headers<'a> {
    rest: &'a [u8],
}

impl<'a> Headers<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    fn header(&mut self) -> Option<Header<'a>> {
        let [length] = self.array()?;
        let name = std::str::from_utf8(self.bytes(usize::from(length))?).ok().filter(|name| !name.is_empty())?;
        let [kind] = self.array()?;
        let value = match kind {
            0 => Value::Bool(true),
            1 => Value::Bool(false),
            2 => Value::Byte(i8::from_be_bytes(self.array()?)),
            3 => Value::Short(i16::from_be_bytes(self.array()?)),
            4 => Value::Int(i32::from_be_bytes(self.array()?)),
            5 => Value::Long(i64::from_be_bytes(self.array()?)),
            6 => Value::Bytes(self.counted()?),
            7 => Value::Text(std::str::from_utf8(self.counted()?).ok()?),
            8 => Value::Timestamp(i64::from_be_bytes(self.array()?)),
            9 => Value::Uuid(self.array()?),
            _ => return None,
        };
        Some(Header { name, value })
    }

    fn counted(&mut self) -> Option<&'a [u8]> {
        let length = u16::from_be_bytes(self.array()?);
        self.bytes(usize::from(length))
    }

    fn bytes(&mut self, length: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(bytes)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(*array)
    }
}

impl<'a> Iterator for Headers<'a> {
    type Item = Result<Header<'a>, FrameError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let header = self.header();
        if header.is_none() {
            self.rest = &[];
        }
        Some(header.ok_or(FrameError::Damaged("its headers cannot be read")))
    }
}

/// Appends a header with text.
pub(super) fn write(out: &mut Vec<u8>, name: &str, value: &str) {
    let name = &name.as_bytes()[..name.floor_char_boundary(usize::from(u8::MAX))];
    let value = &value.as_bytes()[..value.floor_char_boundary(usize::from(u16::MAX))];
    out.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
    out.extend_from_slice(name);
    out.push(7);
    out.extend_from_slice(&u16::try_from(value.len()).unwrap_or(u16::MAX).to_be_bytes());
    out.extend_from_slice(value);
}
