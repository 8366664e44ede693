//! Rows of numbers from a file or standard input, one at a time: however long the input is, only one row is in memory.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use tinderbox_models::file_kind;

/// The most bytes of a number, the blanks and the comma around it counted. `%.18e`, as Python prints it, takes 25.
const NUMBER_BYTES: u64 = 64;
/// The most bytes of a row, however many numbers a network takes.
const MOST_ROW_BYTES: u64 = 64 << 20;

/// An input of rows.
pub(super) struct Rows<R> {
    /// What messages call the input.
    name: String,
    input: R,
    /// Numbers of a row.
    expected: usize,
    /// The line read last, from 1; 0 before the first.
    line: usize,
}

impl Rows<BufReader<Box<dyn Read>>> {
    /// Opens the file at `path`, or standard input for `-` and nothing.
    ///
    /// # Errors
    /// If it cannot be opened, or is of a format that is not text.
    pub(super) fn open(path: Option<&Path>, expected: usize) -> Result<Self, String> {
        let (name, input): (String, Box<dyn Read>) = match path {
            Some(path) if path.as_os_str() != "-" => {
                let file = File::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
                (path.display().to_string(), Box::new(file))
            }
            _ => ("standard input".to_string(), Box::new(io::stdin())),
        };
        Self::new(name, BufReader::new(input), expected)
    }
}

impl<R: BufRead> Rows<R> {
    fn new(name: String, mut input: R, expected: usize) -> Result<Self, String> {
        let first = input.fill_buf().map_err(|error| format!("{name}: {error}"))?;
        if let Some(kind) = file_kind(first) {
            return Err(format!("{name}: is {kind}, expected rows of {expected} numbers"));
        }
        Ok(Self { name, input, expected, line: 0 })
    }

    /// The next line that is not blank; `None` at the end.
    ///
    /// # Errors
    /// If the line is too long for a row or not text.
    pub(super) fn next_row(&mut self) -> Result<Option<String>, String> {
        let longest = NUMBER_BYTES.saturating_mul(self.expected as u64).min(MOST_ROW_BYTES);
        loop {
            self.line += 1;
            let mut line = Vec::new();
            let read = self.input.by_ref().take(longest + 1).read_until(b'\n', &mut line);
            let read = read.map_err(|error| self.refuse(error))?;
            if read == 0 {
                return Ok(None);
            }
            if read as u64 > longest {
                let expected = self.expected;
                return Err(self.refuse(format!("longer than {longest} bytes, expected {expected} numbers")));
            }
            let text = String::from_utf8(line).map_err(|error| {
                let at = error.utf8_error().valid_up_to() + 1;
                self.refuse(format!("byte {at} is not UTF-8 text, expected {} numbers", self.expected))
            })?;
            if !text.trim_start_matches('\u{feff}').trim().is_empty() {
                return Ok(Some(text));
            }
        }
    }

    /// A message about the line read last.
    pub(super) fn refuse(&self, reason: impl std::fmt::Display) -> String {
        format!("{}, line {}: {reason}", self.name, self.line)
    }

    /// A message about an input without a row.
    pub(super) fn nothing(&self) -> String {
        format!("{}: no rows, expected {} numbers a line, one line for each image", self.name, self.expected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(input: &[u8]) -> Result<Rows<&[u8]>, String> {
        Rows::new("input".to_owned(), input, 2)
    }

    /// All rows of an input, up to the message that ends it.
    fn read(input: &[u8]) -> (Vec<String>, Option<String>) {
        let mut found = Vec::new();
        let mut rows = match rows(input) {
            Ok(rows) => rows,
            Err(message) => return (found, Some(message)),
        };
        loop {
            match rows.next_row() {
                Ok(Some(row)) => found.push(row.trim().to_owned()),
                Ok(None) => return (found, None),
                Err(message) => return (found, Some(message)),
            }
        }
    }

    #[test]
    fn blank_lines_and_any_line_end_are_passed_over() {
        let (found, end) = read(b"\xef\xbb\xbf\r\n\n0 1\r\n \t\n1 0");
        assert_eq!((found, end), (vec!["0 1".to_owned(), "1 0".to_owned()], None));
        assert_eq!(read(b"\n\n  \n"), (vec![], None));
        assert_eq!(read(b""), (vec![], None));
        assert_eq!(
            rows(b"").unwrap().nothing(),
            "input: no rows, expected 2 numbers a line, one line for each image"
        );
    }

    #[test]
    fn a_line_is_read_up_to_its_bound() {
        let padded = |bytes: usize| format!("0 1{}\n", " ".repeat(bytes - 4));
        assert_eq!(read(padded(128).as_bytes()), (vec!["0 1".to_owned()], None));
        let message = "input, line 1: longer than 128 bytes, expected 2 numbers".to_owned();
        assert_eq!(read(padded(129).as_bytes()), (vec![], Some(message.clone())));
        // Neither would ever end.
        for byte in [b'0', 0] {
            let mut endless = Rows::new("input".to_owned(), BufReader::new(io::repeat(byte)), 2).unwrap();
            assert_eq!(endless.next_row(), Err(message.clone()));
        }
    }

    #[test]
    fn what_is_not_text_is_called_by_its_name() {
        let message = |input: &[u8]| read(input).1.unwrap();
        assert_eq!(message(b"\x89PNG\r\n\x1a\n\0\0"), "input: is a PNG picture, expected rows of 2 numbers");
        assert_eq!(message(b"\x1f\x8b\x08\0"), "input: is gzip-compressed data, expected rows of 2 numbers");
        assert_eq!(message(b"\xff\xfe0\0 \x001\0"), "input: is UTF-16 text, expected rows of 2 numbers");
        assert_eq!(message(b"0 1\n0 \xff\n"), "input, line 2: byte 3 is not UTF-8 text, expected 2 numbers");
    }
}
