//! What a network is made of and what it costs, before it exists.

/// The layers of a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// From the image to the scores.
    pub layers: Vec<Layer>,
}

/// One layer and its cost for one image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// Kind and number, such as `convolution 1`.
    pub name: String,
    /// Sizes of its output, without the batch: `[channels, height, width]` or `[units]`.
    pub output: Vec<usize>,
    /// Numbers that training changes: weights and biases.
    pub parameters: u64,
    /// Products added up in one forward pass, biases not counted.
    pub multiply_adds: u64,
}

impl Summary {
    /// Weights and biases of all layers.
    pub fn parameters(&self) -> u64 {
        self.layers.iter().fold(0, |sum, layer| sum.saturating_add(layer.parameters))
    }

    /// Products added up in one forward pass of one image.
    pub fn multiply_adds(&self) -> u64 {
        self.layers.iter().fold(0, |sum, layer| sum.saturating_add(layer.multiply_adds))
    }

    /// Nanoseconds for training on one image, forward and back, at `each` for a multiply-add of the forward pass.
    ///
    /// The networks of this crate state `each` as measured on an AMD EPYC with AVX-512: one thread of two, flex, batches
    /// of 64, whole runs.
    pub fn nanoseconds(&self, each: f64) -> f64 {
        each * self.multiply_adds() as f64
    }
}

impl Layer {
    /// A fully connected layer with biases.
    pub fn linear(name: impl Into<String>, inputs: usize, outputs: usize) -> Self {
        let weights = product(&[inputs, outputs]);
        Self {
            name: name.into(),
            output: vec![outputs],
            parameters: weights.saturating_add(outputs as u64),
            multiply_adds: weights,
        }
    }

    /// A 3x3 convolution with biases that keeps height and width; `output` is `[channels, height, width]`.
    pub fn convolution(name: impl Into<String>, inputs: usize, output: [usize; 3]) -> Self {
        let [outputs, height, width] = output;
        let weights = product(&[inputs, outputs, 9]);
        Self {
            name: name.into(),
            output: output.to_vec(),
            parameters: weights.saturating_add(outputs as u64),
            multiply_adds: weights.saturating_mul(product(&[height, width])),
        }
    }

    /// As [`convolution`](Self::convolution), with weights of its own at each position.
    pub fn locally_connected(name: impl Into<String>, inputs: usize, output: [usize; 3]) -> Self {
        let weights = product(&output).saturating_mul(product(&[inputs, 9]));
        Self {
            name: name.into(),
            output: output.to_vec(),
            parameters: weights.saturating_add(product(&output)),
            multiply_adds: weights,
        }
    }

    /// A layer without parameters; `output` is `[channels, height, width]`.
    pub fn pooling(name: impl Into<String>, output: [usize; 3]) -> Self {
        Self { name: name.into(), output: output.to_vec(), parameters: 0, multiply_adds: 0 }
    }
}

/// Sizes come from files: a product too large for its type is as large as it can be.
pub(crate) fn product(sizes: &[usize]) -> u64 {
    sizes.iter().fold(1, |product, &size| product.saturating_mul(size as u64))
}
