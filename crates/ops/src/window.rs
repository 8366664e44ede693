//! The windows through which a filter looks at an image.

/// Where the windows of a convolution lie, with weights of its own for each position or without.
///
/// Each pair is `[vertical, horizontal]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowOptions {
    /// Height and width of a window, in pixels, each at least 1.
    pub kernel: [usize; 2],
    /// Pixels from one window to the next, each at least 1.
    pub stride: [usize; 2],
    /// Rows and columns of zeros on each side of an image.
    pub padding: [usize; 2],
}

impl WindowOptions {
    /// Windows of this size at stride 1, without padding.
    pub fn new(kernel: [usize; 2]) -> Self {
        Self { kernel, stride: [1, 1], padding: [0, 0] }
    }

    /// Rows and columns of the output for an image of `[height, width]`, or `None` if no window fits into it.
    pub fn output_size(&self, image: [usize; 2]) -> Option<[usize; 2]> {
        let windows = |axis: usize| {
            let room = (image[axis] + 2 * self.padding[axis]).checked_sub(self.kernel[axis])?;
            Some(room.checked_div(self.stride[axis])? + 1)
        };
        Some([windows(0)?, windows(1)?])
    }

    /// The number of output positions for an image that must have some.
    pub(crate) fn assert_fits(&self, image: [usize; 2]) -> [usize; 2] {
        self.output_size(image).unwrap_or_else(|| {
            panic!("no window of {self:?} fits into an image of {}x{} pixels", image[0], image[1])
        })
    }
}
