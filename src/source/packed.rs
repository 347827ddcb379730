//! Files that are packed: what an input is written in is told by its first bytes, and gzip and zstd are unpacked while it is
//! read.

use std::io::{self, BufRead, BufReader, Cursor, ErrorKind, Read};

use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// How much is read at once.
const BUFFER: usize = 256 * 1024;

/// How much a zstd frame may look back, in bytes: so much is held in memory. `zstd --long` writes it.
const WINDOW: u64 = 128 << 20;

/// An input as it is to be read.
pub struct Unpacked {
    /// Its text.
    pub reader: Box<dyn BufRead + Send>,
    /// Whether that is what the file holds, byte by byte.
    pub is_plain: bool,
}

/// Looks at how an input is written, and unpacks it. An error of the kind `InvalidData` is one of the form, and says what to do.
pub fn unpack(mut reader: Box<dyn BufRead + Send>) -> io::Result<Unpacked> {
    let mut first = Vec::new();
    (&mut reader).take(4).read_to_end(&mut first)?;
    if let Some(reason) = not_readable(&first) {
        return Err(io::Error::new(ErrorKind::InvalidData, reason));
    }
    let form = first.clone();
    let whole = Cursor::new(first).chain(reader);
    Ok(match *form {
        [0x1f, 0x8b, ..] => {
            let unpacked = Explained { reader: MultiGzDecoder::new(whole), form: "gzip" };
            Unpacked { reader: Box::new(BufReader::with_capacity(BUFFER, unpacked)), is_plain: false }
        }
        [0x28, 0xb5, 0x2f, 0xfd] => {
            let unpacked = Explained { reader: Zstd::new(whole), form: "zstd" };
            Unpacked { reader: Box::new(BufReader::with_capacity(BUFFER, unpacked)), is_plain: false }
        }
        _ => Unpacked { reader: Box::new(whole), is_plain: true },
    })
}

/// Why an input is not read that begins so, where that is known of it.
fn not_readable(first: &[u8]) -> Option<&'static str> {
    let is_blank_or_bracket = |byte: u8| matches!(byte, b'{' | b'[' | b' ' | b'\n' | b'\r' | b'\t');
    match *first {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some(
            "this is UTF-16, as PowerShell writes it: make UTF-8 of it, with `iconv -f UTF-16 -t UTF-8` or \
             `Out-File -Encoding utf8`",
        ),
        [a, 0, b, 0] if is_blank_or_bracket(a) && b != 0 => {
            Some("this is UTF-16: make UTF-8 of it, with `iconv -f UTF-16LE -t UTF-8`")
        }
        [0, a, 0, b] if is_blank_or_bracket(a) && b != 0 => {
            Some("this is UTF-16: make UTF-8 of it, with `iconv -f UTF-16BE -t UTF-8`")
        }
        [b'P', b'K', 3, 4] => Some("this is a zip archive: unpack it first, as with `unzip -p`"),
        [0xfd, b'7', b'z', b'X'] => Some("this is packed with xz: unpack it first, with `xz -dc`"),
        [b'B', b'Z', b'h', _] => Some("this is packed with bzip2: unpack it first, with `bzip2 -dc`"),
        _ => None,
    }
}

/// A reader of which an error says what was read, in words for people.
struct Explained<R> {
    reader: R,
    form: &'static str,
}

impl<R: Read> Read for Explained<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let form = self.form;
        self.reader.read(buf).map_err(|error| match error.kind() {
            ErrorKind::Interrupted => error,
            ErrorKind::UnexpectedEof => {
                io::Error::new(error.kind(), format!("the {form} file is cut short here; all before this was read"))
            }
            _ => io::Error::new(
                error.kind(),
                format!("the {form} file is broken here: {error}; all before this was read"),
            ),
        })
    }
}

/// The text of zstd frames one after the other.
struct Zstd<R> {
    source: R,
    frame: FrameDecoder,
    /// Why nothing comes after what the decoder still holds.
    trouble: Option<io::Error>,
    is_over: bool,
}

impl<R: BufRead> Zstd<R> {
    /// The end of a frame: an empty block that is the last one, and a checksum, which nobody compares.
    const END: [u8; 7] = [1, 0, 0, 0, 0, 0, 0];

    fn new(source: R) -> Self {
        let mut frame = FrameDecoder::new();
        frame.set_max_window_size(WINDOW);
        Self { source, frame, trouble: None, is_over: false }
    }

    /// Decodes on until there is something to give away, or nothing comes any more.
    fn decode(&mut self) -> io::Result<()> {
        while self.frame.can_collect() == 0 && self.trouble.is_none() {
            if !self.frame.is_finished() {
                let decoded = self.frame.decode_blocks(&mut self.source, BlockDecodingStrategy::UptoBlocks(1));
                if let Err(error) = decoded {
                    self.trouble = Some(told(&error));
                    // What it holds back for later blocks to look back at is given away only at the end of a frame.
                    let _ = self.frame.decode_blocks(Self::END.as_slice(), BlockDecodingStrategy::UptoBlocks(1));
                }
                continue;
            }
            if self.source.fill_buf()?.is_empty() {
                self.is_over = true;
                return Ok(());
            }
            match self.frame.reset(&mut self.source) {
                Ok(()) => {}
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                    io::copy(&mut (&mut self.source).take(length.into()), &mut io::sink())?;
                }
                Err(error) => self.trouble = Some(told(&error)),
            }
        }
        Ok(())
    }
}

impl<R: BufRead> Read for Zstd<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.is_over || buf.is_empty() {
            return Ok(0);
        }
        self.decode()?;
        let read = if self.frame.can_collect() > 0 { self.frame.read(buf)? } else { 0 };
        if read > 0 {
            return Ok(read);
        }
        self.is_over = true;
        self.trouble.take().map_or(Ok(0), Err)
    }
}

/// The error of the source where it is one.
fn told(error: &FrameDecoderError) -> io::Error {
    let mut cause: &dyn std::error::Error = error;
    let kind = loop {
        if let Some(error) = cause.downcast_ref::<io::Error>() {
            break error.kind();
        }
        match cause.source() {
            Some(next) => cause = next,
            None => break ErrorKind::InvalidData,
        }
    };
    io::Error::new(kind, error.to_string())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]
mod tests {
    use std::io::Write;

    use proptest::prelude::*;
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    use super::*;

    fn zstd(text: &[u8]) -> Vec<u8> {
        compress_to_vec(text, CompressionLevel::Fastest)
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        packed.write_all(text).unwrap();
        packed.finish().unwrap()
    }

    /// What is read of it, and why no more.
    fn read(bytes: Vec<u8>) -> (Vec<u8>, Option<String>) {
        let mut text = Vec::new();
        let trouble = match unpack(Box::new(Cursor::new(bytes))) {
            Ok(mut unpacked) => unpacked.reader.read_to_end(&mut text).err(),
            Err(error) => Some(error),
        };
        (text, trouble.map(|error| error.to_string()))
    }

    /// Lines that do not pack to nothing.
    fn lines(count: u32) -> Vec<u8> {
        let line = |n: u32| format!("{{\"event\":\"view\",\"n\":{}}}\n", n.wrapping_mul(2_654_435_761));
        (0..count).flat_map(|n| line(n).into_bytes()).collect()
    }

    #[test]
    fn gzip_and_zstd_are_read_also_in_parts_with_something_else_between() {
        let text = lines(20_000);
        let skipped = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"abc"].concat();
        for (form, bytes) in [
            ("plain", text.clone()),
            ("gzip", gzip(&text)),
            ("gzip twice", [gzip(&text[..70]), gzip(&text[70..])].concat()),
            ("zstd", zstd(&text)),
            ("zstd twice", [zstd(&text[..70]), skipped, zstd(&text[70..])].concat()),
        ] {
            let (read, trouble) = read(bytes);
            assert_eq!((read == text, trouble), (true, None), "{form}");
        }
        assert_eq!(read(Vec::new()), (Vec::new(), None));
    }

    #[test]
    fn of_one_that_is_cut_short_all_before_the_cut_is_read_and_the_cut_is_told() {
        let text = lines(40_000);
        for (form, packed) in [("gzip", gzip(&text)), ("zstd", zstd(&text))] {
            let (read, trouble) = read(packed[..packed.len() / 2].to_vec());
            assert!(text.starts_with(&read) && read.len() > text.len() / 4, "{form}: {}", read.len());
            let expected = format!("the {form} file is cut short here; all before this was read");
            assert_eq!(trouble, Some(expected));
        }
    }

    #[test]
    fn what_is_written_otherwise_is_named_with_what_to_do() {
        let utf16 = |text: &str, little: bool| -> Vec<u8> {
            let bytes = |unit: u16| if little { unit.to_le_bytes() } else { unit.to_be_bytes() };
            text.encode_utf16().flat_map(bytes).collect()
        };
        for (bytes, part) in [
            (utf16("\u{feff}{\"event\":\"view\"}", true), "iconv -f UTF-16 -t"),
            (utf16("\u{feff}[]", false), "iconv -f UTF-16 -t"),
            (utf16("{\"event\":\"view\"}", true), "iconv -f UTF-16LE"),
            (utf16("\r\n{}", false), "iconv -f UTF-16BE"),
            (b"PK\x03\x04...".to_vec(), "unzip -p"),
            (b"\xfd7zXZ...".to_vec(), "xz -dc"),
            (b"BZh91AY".to_vec(), "bzip2 -dc"),
        ] {
            let (_, trouble) = read(bytes);
            assert!(trouble.as_ref().is_some_and(|trouble| trouble.contains(part)), "{trouble:?}");
        }
    }

    proptest! {
        #[test]
        fn a_byte_that_is_wrong_or_missing_is_an_error_at_most(
            at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>(), is_gzip in any::<bool>(),
        ) {
            let text = lines(300);
            let mut packed = if is_gzip { gzip(&text) } else { zstd(&text) };
            let place = at.index(packed.len());
            packed[place] = byte;
            packed.truncate(1 + cut.index(packed.len()));
            read(packed);
        }
    }
}
