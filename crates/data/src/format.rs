//! Formats: how the files of a dataset are written. One file a format, one row in the list below.

mod idx;
mod usps_text;

#[cfg(test)]
pub(crate) mod suite;

use std::error::Error;
use std::fmt::{Debug, Display, Formatter};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::images::Images;
use crate::manifest::{Manifest, Part};

/// A way in which labelled images are written to files.
///
/// A program adds its own with [`Datasets::add_format`](crate::Datasets::add_format).
///
/// - **The files are right.** They lie in the folder under their names, and their SHA-256 is the manifest's. A reader
///   still reports whatever it finds wrong as an error and never panics: a manifest may describe its files wrongly.
/// - **Images come in the order of the file**, and equal files give equal images, on any machine.
/// - **A value `v` becomes the pixel `(v - low) / (high - low)`**, with the range that [`Manifest::values`] states. A value
///   outside that range is an error.
/// - **The manifest bounds the memory.** A reader checks the sizes that a file claims against the manifest's before it
///   allocates anything, and reads no more than it expects. A short gzip file can hold endless zeros.
/// - **A file is read to its end.** A file that is cut off is an error, and so are bytes after the last image.
///
/// The caller checks that the returned images have the number, shape and classes that the manifest states.
pub trait Format: Debug + Send + Sync {
    /// Its name in a manifest: lower-case letters, digits and `-`.
    fn name(&self) -> &str;

    /// Checks what the manifest says of a part, before any file is looked for: how many files it has, for instance.
    ///
    /// # Errors
    /// With what is wrong and what was expected, if the files of `part` cannot be in this format.
    fn check(&self, manifest: &Manifest, part: &Part) -> Result<(), String> {
        let _ = (manifest, part);
        Ok(())
    }

    /// Reads the images of `part`, which is the training or the test set of `manifest`.
    ///
    /// # Errors
    /// If a file cannot be read, or is not what the manifest says.
    fn read(&self, manifest: &Manifest, part: &Part, folder: &Path) -> Result<Images, FormatError>;
}

/// Makes the list of the built-in formats, and runs the suite of tests on the samples of each.
macro_rules! formats {
    ($($module:ident: $name:ident),+) => {
        /// The formats that every [`Datasets`](crate::Datasets) has.
        pub(crate) fn built_in() -> Vec<Arc<dyn Format>> {
            vec![$(Arc::new($module::$name)),+]
        }

        #[cfg(test)]
        mod promises {
            $(mod $module {
                $crate::format::suite::suite!(
                    $crate::format::$module::$name,
                    $crate::format::$module::tests::samples()
                );
            })+
        }
    };
}

formats!(
    idx: Idx,
    usps_text: UspsText
);

/// Error of reading a file of a dataset.
#[derive(Debug)]
pub struct FormatError {
    /// The file.
    pub path: PathBuf,
    /// Where in the file, if that is known.
    pub position: Option<Position>,
    /// What is wrong.
    pub reason: Box<dyn Error + Send + Sync>,
}

/// A place in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// A line of text, from 1.
    Line(usize),
    /// A byte, from 0; of a gzip file, in its unzipped contents.
    Byte(u64),
}

impl FormatError {
    /// An error in the file at `path`.
    pub fn new(path: impl Into<PathBuf>, reason: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { path: path.into(), position: None, reason: reason.into() }
    }

    /// Sets the position.
    #[must_use]
    pub fn at(self, position: Position) -> Self {
        Self { position: Some(position), ..self }
    }
}

impl Display for FormatError {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.path.display())?;
        match self.position {
            Some(Position::Line(line)) => write!(f, ", line {line}")?,
            Some(Position::Byte(byte)) => write!(f, ", byte {byte}")?,
            None => {}
        }
        write!(f, ": {}", self.reason)
    }
}

impl Error for FormatError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.reason.source()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_its_file_and_its_place() {
        let error = || FormatError::new("a/b", "bad");
        assert_eq!(error().to_string(), "a/b: bad");
        assert_eq!(error().at(Position::Line(3)).to_string(), "a/b, line 3: bad");
        assert_eq!(error().at(Position::Byte(0)).to_string(), "a/b, byte 0: bad");
    }
}
