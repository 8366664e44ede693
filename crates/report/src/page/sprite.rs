//! Pictures of digits, each once on the page: one picture holds all images of a size, and a drawing shows a window of it.

use std::collections::{BTreeMap, HashMap};

use crate::picture::data_address;

/// Images side by side.
const ACROSS: usize = 32;

/// The images of a page that drawings show.
#[derive(Default)]
pub(super) struct Sprite {
    /// By height and width.
    sheets: BTreeMap<[usize; 2], Sheet>,
}

#[derive(Default)]
struct Sheet {
    places: HashMap<Vec<u8>, usize>,
    images: Vec<Vec<u8>>,
}

/// Where an image lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Window {
    /// Name of the sheet within the page.
    pub(super) sheet: String,
    /// Its window, as `viewBox` has it.
    pub(super) view: String,
}

/// All images of a size.
pub(super) struct SheetPicture {
    pub(super) id: String,
    pub(super) height: usize,
    pub(super) width: usize,
    /// `data:` address.
    pub(super) address: String,
}

impl Sprite {
    /// The place of an image, row-major `[height, width]`, where 0 is paper and 255 ink; `None` if its pixels are not as many.
    pub(super) fn place(&mut self, pixels: &[u8], height: usize, width: usize) -> Option<Window> {
        if pixels.is_empty() || height.checked_mul(width) != Some(pixels.len()) {
            return None;
        }
        let Sheet { places, images } = self.sheets.entry([height, width]).or_default();
        let at = *places.entry(pixels.to_vec()).or_insert_with(|| {
            images.push(pixels.to_vec());
            images.len() - 1
        });
        let (x, y) = (at % ACROSS * width, at / ACROSS * height);
        Some(Window { sheet: id([height, width]), view: format!("{x} {y} {width} {height}") })
    }

    /// The sheets that drawings point to.
    ///
    /// # Errors
    /// If one is too large for a picture.
    pub(super) fn pictures(&self) -> Result<Vec<SheetPicture>, png::EncodingError> {
        self.sheets.iter().map(|(&size, sheet)| sheet.picture(size)).collect()
    }
}

impl Sheet {
    fn picture(&self, [height, width]: [usize; 2]) -> Result<SheetPicture, png::EncodingError> {
        let across = self.images.len().min(ACROSS);
        let (whole_width, whole_height) = (across * width, self.images.len().div_ceil(ACROSS) * height);
        let mut pixels = vec![0; whole_width * whole_height];
        for (at, image) in self.images.iter().enumerate() {
            let (left, top) = (at % ACROSS * width, at / ACROSS * height);
            for (row, line) in image.chunks_exact(width).enumerate() {
                let start = (top + row) * whole_width + left;
                pixels[start..start + width].copy_from_slice(line);
            }
        }
        // What does not fit is refused by the encoder.
        let side = |pixels: usize| u32::try_from(pixels).unwrap_or(u32::MAX);
        let address = data_address(&pixels, side(whole_height), side(whole_width))?;
        Ok(SheetPicture { id: id([height, width]), height: whole_height, width: whole_width, address })
    }
}

fn id([height, width]: [usize; 2]) -> String {
    format!("digits-{height}-{width}")
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    #[test]
    fn an_image_is_drawn_once_and_lies_where_its_window_says() {
        let mut sprite = Sprite::default();
        let image = |ink: u8| [ink, ink + 1, ink + 2, ink + 3, ink + 4, ink + 5];
        let windows: Vec<Window> = (0..40).map(|ink| sprite.place(&image(ink), 2, 3).unwrap()).collect();
        assert_eq!(sprite.place(&image(33), 2, 3), Some(windows[33].clone()));
        assert_eq!(windows[33], Window { sheet: "digits-2-3".into(), view: "3 2 3 2".into() });
        assert_eq!(sprite.place(&[0; 5], 2, 3), None);
        sprite.place(&[9; 4], 2, 2).unwrap();
        let pictures = sprite.pictures().unwrap();
        assert_eq!(
            pictures.iter().map(|sheet| sheet.id.as_str()).collect::<Vec<_>>(),
            ["digits-2-2", "digits-2-3"]
        );
        let sheet = &pictures[1];
        let bytes = STANDARD.decode(sheet.address.strip_prefix("data:image/png;base64,").unwrap()).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
        let mut pixels = vec![0; sheet.height * sheet.width];
        reader.next_frame(&mut pixels).unwrap();
        let ink = |x: usize, y: usize| 255 - pixels[y * sheet.width + x];
        assert_eq!([ink(3, 2), ink(4, 2), ink(3, 3), ink(5, 3)], [33, 34, 36, 38]);
    }

    #[test]
    fn without_images_there_is_no_sheet() {
        assert!(Sprite::default().pictures().unwrap().is_empty());
    }
}
