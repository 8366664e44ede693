//! What a file is by its first bytes, for messages about a file of the wrong kind.

/// Bytes that [`file_kind`] looks at.
pub const FILE_KIND_BYTES: usize = 16;

/// First bytes of widely used formats, and what to call such a file.
const KINDS: &[(&[u8], &str)] = &[
    (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"BM", "a BMP picture"),
    (b"II*\0", "a TIFF picture"),
    (b"MM\0*", "a TIFF picture"),
    (b"P5", "a PGM picture"),
    (b"P6", "a PPM picture"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive, as PyTorch, Keras and NumPy write"),
    (b"\x1f\x8b", "gzip-compressed data"),
    (b"BZh", "bzip2-compressed data"),
    (b"\xfd7zXZ\0", "xz-compressed data"),
    (b"\x28\xb5\x2f\xfd", "zstd-compressed data"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file, as Keras writes"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"GGUF", "a GGUF model"),
    (b"\x80\x02", "a Python pickle, as PyTorch wrote before 1.6"),
    (b"\x80\x03", "a Python pickle"),
    (b"\x80\x04", "a Python pickle"),
    (b"\x80\x05", "a Python pickle"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"<!DOCTYPE", "a web page"),
    (b"<!doctype", "a web page"),
    (b"<html", "a web page"),
    (b"version https://g", "a Git LFS pointer: run `git lfs pull`"),
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
];

/// What to call a file that begins with `first`, such as `a PNG picture`; `None` if its format is not known here.
///
/// Give it [`FILE_KIND_BYTES`] of the file, or all of a shorter one.
pub fn file_kind(first: &[u8]) -> Option<&'static str> {
    let known = KINDS.iter().find(|(magic, _)| first.starts_with(&magic[..magic.len().min(FILE_KIND_BYTES)]));
    known.map(|(_, kind)| *kind).or_else(|| is_safetensors(first).then_some("a safetensors file")).or_else(
        || {
            // An ONNX model is a protocol buffer whose first field, the version of the format, is a small number,
            // and whose second is the name of the program that wrote it.
            matches!(first, [0x08, 1..=32, 0x12, ..]).then_some("an ONNX model")
        },
    )
}

/// The length of a header, in 8 bytes, and the brace that opens it.
fn is_safetensors(first: &[u8]) -> bool {
    matches!(first, [_, _, _, 0, 0, 0, 0, 0, b'{', ..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_by_their_first_bytes() {
        for (first, kind) in [
            (&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..], Some("a PNG picture")),
            (b"PK\x03\x04\0\0", Some("a ZIP archive, as PyTorch, Keras and NumPy write")),
            (b"\x08\x07\x12\x07pytorch", Some("an ONNX model")),
            (b"\x40\x01\0\0\0\0\0\0{\"__me", Some("a safetensors file")),
            (b"version https://git-lfs", Some("a Git LFS pointer: run `git lfs pull`")),
            (b"0.5 0.25 1", None),
            (b"-1,0,1", None),
            (b"", None),
        ] {
            assert_eq!(file_kind(first), kind, "{first:?}");
        }
    }

    #[test]
    fn the_bytes_that_are_asked_for_are_enough() {
        for (magic, kind) in KINDS {
            let first = &magic[..magic.len().min(FILE_KIND_BYTES)];
            assert_eq!(file_kind(first), Some(*kind));
        }
    }
}
