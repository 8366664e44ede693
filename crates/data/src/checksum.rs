//! A SHA-256 checksum: tells whether a file is the one that was meant.

use std::fmt::{Debug, Display, Formatter};
use std::io::{self, Read};
use std::path::Path;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::regular::Regular;

/// A SHA-256 checksum; written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Checksum([u8; 32]);

/// Error of parsing a checksum.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("checksum {0:?}, expected the 64 hexadecimal digits of a SHA-256")]
pub struct ChecksumError(String);

impl Checksum {
    /// The checksum of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The checksum of the file at `path`, read piece by piece.
    ///
    /// # Errors
    /// If the file cannot be read, or is not a regular one: a device may have no end.
    pub fn of_file(path: &Path) -> io::Result<Self> {
        Self::of_reader(Regular::open(path)?.file)
    }

    /// The checksum of all that `file` gives, read piece by piece.
    pub(crate) fn of_reader(mut file: impl Read) -> io::Result<Self> {
        let mut hash = Sha256::new();
        let mut buffer = vec![0; 64 * 1024];
        loop {
            match file.read(&mut buffer) {
                Ok(0) => return Ok(Self(hash.finalize().into())),
                Ok(length) => hash.update(&buffer[..length]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl Display for Checksum {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Debug for Checksum {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        Display::fmt(self, f)
    }
}

impl FromStr for Checksum {
    type Err = ChecksumError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ChecksumError(text.to_owned());
        let digits: Vec<u8> = text
            .chars()
            .map(|digit| digit.to_digit(16).map(|value| value as u8))
            .collect::<Option<_>>()
            .ok_or_else(error)?;
        let (pairs, rest) = digits.as_chunks::<2>();
        let bytes: Vec<u8> = pairs.iter().map(|[high, low]| high * 16 + low).collect();
        match bytes.try_into() {
            Ok(bytes) if rest.is_empty() => Ok(Self(bytes)),
            _ => Err(error()),
        }
    }
}

impl TryFrom<String> for Checksum {
    type Error = ChecksumError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Checksum> for String {
    fn from(checksum: Checksum) -> Self {
        checksum.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FIPS 180-2, appendix B.1.
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn abc_has_the_checksum_of_the_standard() {
        assert_eq!(Checksum::of(b"abc").to_string(), ABC);
        let file = tempfile::NamedTempFile::new().expect("temporary file");
        std::fs::write(file.path(), "abc").expect("written");
        assert_eq!(Checksum::of_file(file.path()).expect("read").to_string(), ABC);
    }

    #[test]
    fn a_checksum_is_read_back_in_either_case() {
        assert_eq!(ABC.parse(), Ok(Checksum::of(b"abc")));
        assert_eq!(ABC.to_uppercase().parse(), Ok(Checksum::of(b"abc")));
    }

    #[test]
    fn anything_but_64_digits_is_refused() {
        for text in
            ["", "ba78", &ABC[1..], &format!("{ABC}0"), &ABC.replace('b', "g"), &ABC.replace('b', "é")]
        {
            let error = text.parse::<Checksum>().expect_err("no checksum");
            assert!(
                error.to_string().ends_with("expected the 64 hexadecimal digits of a SHA-256"),
                "{error}"
            );
        }
    }
}
