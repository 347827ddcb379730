//! What the program and its child say to each other: frames of a kind, a length and so many bytes.

use std::io::{self, BufRead, Read, Write};

/// The longest frame: more than any event, and less than what would fill the memory when the other side is out of its mind.
pub(super) const LONGEST: u32 = 256 << 20;

/// Evaluate this expression from now on. Answered by [`TAKEN`] or [`FAULT`].
pub(super) const EXPRESSION: u8 = b'E';
/// Evaluate these expressions together from now on, a list of texts as JSON. Answered by [`TAKEN`] or [`FAULT`].
pub(super) const EXPRESSIONS: u8 = b'M';
/// Give the values for this event. Answered by a [`VALUE`] each, then [`COMPLETE`], [`CUT`] or [`FAILED`].
pub(super) const VALUES: u8 = b'V';
/// Say whether this event matches. Answered by [`MATCHES`], [`DIFFERS`] or [`FAILED`].
pub(super) const TEST: u8 = b'T';

/// Say of each of the expressions whether this event matches. Answered by [`VERDICTS`].
pub(super) const TESTS: u8 = b'A';

/// The expression can be evaluated.
pub(super) const TAKEN: u8 = b'K';
/// It cannot: where and why, as JSON.
pub(super) const FAULT: u8 = b'F';
/// A value, as JSON.
pub(super) const VALUE: u8 = b'v';
/// There are no more values.
pub(super) const COMPLETE: u8 = b'.';
/// There are more than anybody reads.
pub(super) const CUT: u8 = b'+';
/// The evaluation failed: why.
pub(super) const FAILED: u8 = b'!';
/// The event matches.
pub(super) const MATCHES: u8 = b'1';
/// It does not.
pub(super) const DIFFERS: u8 = b'0';

/// For each of the expressions the kind of the answer that [`TEST`] would have.
pub(super) const VERDICTS: u8 = b'*';

/// The bytes before the content of a frame.
pub(super) const HEAD: usize = 5;

/// The head of a frame.
pub(super) fn head(kind: u8, content: &[u8]) -> io::Result<[u8; HEAD]> {
    let length = u32::try_from(content.len()).ok().filter(|length| *length <= LONGEST);
    let [a, b, c, d] = length.ok_or(io::ErrorKind::FileTooLarge)?.to_le_bytes();
    Ok([kind, a, b, c, d])
}

/// The kind and the length that the head of a frame tells.
pub(super) fn read_head([kind, a, b, c, d]: [u8; HEAD]) -> io::Result<(u8, usize)> {
    let length = u32::from_le_bytes([a, b, c, d]);
    match usize::try_from(length) {
        Ok(bytes) if length <= LONGEST => Ok((kind, bytes)),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

pub(super) fn write(output: &mut impl Write, kind: u8, content: &[u8]) -> io::Result<()> {
    output.write_all(&head(kind, content)?)?;
    output.write_all(content)
}

/// The kind of the next frame, its content in `content`; `None` when there is no more.
pub(super) fn read(input: &mut impl BufRead, content: &mut Vec<u8>) -> io::Result<Option<u8>> {
    if input.fill_buf()?.is_empty() {
        return Ok(None);
    }
    let mut bytes = [0; HEAD];
    input.read_exact(&mut bytes)?;
    let (kind, length) = read_head(bytes)?;
    content.clear();
    let read = input.take(length as u64).read_to_end(content)?;
    if read == length { Ok(Some(kind)) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}
