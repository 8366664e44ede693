//! A grey image as a PNG that stands inside the page.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A `data:` address of the image: `pixels` are row-major, `[height, width]`, 0 is paper and 255 ink.
///
/// # Errors
/// If the pixels are not `height · width`.
pub(crate) fn data_address(pixels: &[u8], height: u32, width: u32) -> Result<String, png::EncodingError> {
    // Ink is dark on paper, whatever the page's colours.
    let printed: Vec<u8> = pixels.iter().map(|ink| 255 - ink).collect();
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::High);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&printed)?;
    writer.finish()?;
    Ok(format!("data:image/png;base64,{}", STANDARD.encode(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_holds_the_ink() {
        let address = data_address(&[0, 255, 100, 0, 1, 2], 2, 3).unwrap();
        let bytes = STANDARD.decode(address.strip_prefix("data:image/png;base64,").unwrap()).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
        let mut pixels = [0; 6];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((info.width, info.height), (3, 2));
        assert_eq!(pixels, [255, 0, 155, 255, 254, 253]);
    }

    #[test]
    fn missing_pixels_are_refused() {
        assert!(data_address(&[0; 5], 2, 3).is_err());
    }
}
