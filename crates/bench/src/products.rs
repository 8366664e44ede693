//! The matrix products of a network: the least that an epoch has to compute, and the rate at which this machine can.
//!
//! Both run as contestants, under the same limit of threads as everybody: Burn's `flex` computes them with the `gemm` crate, each
//! on one thread. Several threads share no product, but take squares or batches of their own.

use std::io::{BufRead, Write};

use burn::prelude::*;
use burn::tensor::Distribution;
use rayon::prelude::*;
use tinderbox::catalog::AnyNetwork;
use tinderbox_models::Layer;

use crate::contestant::{Clock, say};

/// Side of the square matrices whose product gives the ceiling: they fit into the second cache of most machines.
const SIDE: usize = 512;
/// Their products in one measurement, on each thread.
const REPEATS: usize = 40;

/// Why a convolution may go beyond the limit.
pub(crate) const BY_TILES: &str = "a convolution is counted window by window; by tiles, as ours of 16 channels and more, \
    it takes fewer operations";

/// Lets glibc keep the pages that a product leaves: giving them back each time doubles the time of small ones.
pub(crate) const KEEPS_PAGES: [(&str, &str); 2] =
    [("MALLOC_TRIM_THRESHOLD_", "1000000000"), ("MALLOC_MMAP_THRESHOLD_", "1000000000")];

/// So many products of `[rows, depth]` with `[depth, columns]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Products {
    count: usize,
    rows: usize,
    depth: usize,
    columns: usize,
    /// Whether the gradient of its input is needed: not of the first layer's.
    inner: bool,
}

/// The products of one forward pass of a batch, layer by layer; each has two more of its size in the backward pass, the
/// first only one.
pub(crate) fn products(network: &dyn AnyNetwork, batch: usize) -> Vec<Products> {
    let layers = network.summary().layers;
    let weighted = layers.iter().filter(|layer| layer.multiply_adds > 0);
    weighted.enumerate().map(|(place, layer)| Products::of(layer, batch, place > 0)).collect()
}

/// Floating-point operations of a step on `batch` images: two for each multiply-add.
pub(crate) fn operations(network: &dyn AnyNetwork, batch: usize) -> f64 {
    products(network, batch).iter().map(Products::operations).sum()
}

/// Those of the forward pass alone.
pub(crate) fn forward_operations(network: &dyn AnyNetwork, batch: usize) -> f64 {
    products(network, batch).iter().map(Products::one_pass).sum()
}

/// Computes the products of an epoch of `images` for each line, with nothing around them.
pub(crate) fn answer_with_products(
    network: &dyn AnyNetwork,
    batch: usize,
    images: usize,
    questions: impl BufRead,
    answers: impl Write,
) {
    let full = Operands::all(network, batch);
    let rest = Operands::all(network, images % batch);
    answer(questions, answers, || {
        (0..images.div_ceil(batch)).into_par_iter().with_max_len(1).for_each(|step| {
            let operands = if step < images / batch { &full } else { &rest };
            operands.iter().for_each(Operands::multiply);
        });
    });
}

/// Computes [`ceiling_operations`] for each line.
pub(crate) fn answer_with_squares(questions: impl BufRead, answers: impl Write) {
    answer(questions, answers, squares(REPEATS));
}

/// Floating-point operations of one measurement of the ceiling.
pub(crate) fn ceiling_operations(threads: usize) -> f64 {
    REPEATS as f64 * square_operations(threads)
}

/// So many products of two square matrices on each thread, to be computed again and again.
pub(crate) fn squares(repeats: usize) -> impl Fn() {
    let [left, right] = [0, 1].map(|_| random([1, SIDE, SIDE]));
    move || {
        rayon::broadcast(|_| (0..repeats).for_each(|_| drop(left.clone().matmul(right.clone()))));
    }
}

/// Floating-point operations of such a product on each of `threads`.
pub(crate) fn square_operations(threads: usize) -> f64 {
    (2 * SIDE * SIDE * SIDE * threads) as f64
}

/// What the ceiling is, in words.
pub(crate) fn limit() -> String {
    format!("a product of {SIDE}x{SIDE} matrices on each thread, by Burn's flex")
}

fn answer(questions: impl BufRead, mut answers: impl Write, work: impl Fn()) {
    for _ in questions.lines().map_while(Result::ok) {
        let clock = Clock::start();
        work();
        // A failed write needs no handling: a parent that is gone asks no more questions.
        _ = say(&mut answers, &clock.stop());
    }
}

impl Products {
    fn of(layer: &Layer, batch: usize, inner: bool) -> Self {
        let columns = layer.output[0];
        let positions: usize = layer.output[1..].iter().product();
        let depth = layer.multiply_adds as usize / (columns * positions);
        let biases = (columns * positions) as u64;
        // Weights of its own for each position make a product of its own, shared ones a taller matrix.
        if positions > 1 && layer.parameters == layer.multiply_adds + biases {
            Self { count: positions, rows: batch, depth, columns, inner }
        } else {
            Self { count: 1, rows: batch * positions, depth, columns, inner }
        }
    }

    fn operations(&self) -> f64 {
        let passes = if self.inner { 3.0 } else { 2.0 };
        passes * self.one_pass()
    }

    fn one_pass(&self) -> f64 {
        2.0 * self.count as f64 * self.rows as f64 * self.depth as f64 * self.columns as f64
    }
}

/// Matrices of the shapes of a layer's input, weights and output.
struct Operands {
    input: Tensor<3>,
    weight: Tensor<3>,
    output: Tensor<3>,
    inner: bool,
}

impl Operands {
    fn all(network: &dyn AnyNetwork, batch: usize) -> Vec<Self> {
        let products = if batch == 0 { Vec::new() } else { products(network, batch) };
        products.into_iter().map(Self::of).collect()
    }

    fn of(Products { count, rows, depth, columns, inner }: Products) -> Self {
        let [input, weight, output] =
            [[count, rows, depth], [count, depth, columns], [count, rows, columns]].map(random);
        Self { input, weight, output, inner }
    }

    /// The forward pass, the gradient of the weights, and that of the input.
    fn multiply(&self) {
        let Self { input, weight, output, inner } = self;
        input.clone().matmul(weight.clone());
        input.clone().swap_dims(1, 2).matmul(output.clone());
        if *inner {
            output.clone().matmul(weight.clone().swap_dims(1, 2));
        }
    }
}

fn random(shape: [usize; 3]) -> Tensor<3> {
    Tensor::random(shape, Distribution::Uniform(-1.0, 1.0), &Device::flex())
}

#[cfg(test)]
mod tests {
    use tinderbox_data::Choice;

    use std::sync::Arc;

    use tinderbox::catalog::Catalog;
    use tinderbox::experiment::Defaults;

    use super::*;
    use crate::contestant::Told;

    fn paper(kind: &str) -> Arc<dyn AnyNetwork> {
        let catalog = Catalog::default();
        let images = catalog.datasets.spec(&Choice::Auto).expect("built in");
        Defaults { catalog: &catalog, images }.configuration(kind).expect("built in").model
    }

    #[test]
    fn shared_weights_make_one_tall_product_and_others_one_a_position() {
        let first = |kind| products(&*paper(kind), 32)[0];
        let shared = Products { count: 1, rows: 32 * 256, depth: 9, columns: 32, inner: false };
        assert_eq!(first("cnn"), shared);
        assert_eq!(first("local-net"), Products { count: 256, rows: 32, ..shared });
        assert_eq!(first("fcn"), Products { count: 1, rows: 32, depth: 256, columns: 512, inner: false });
    }

    #[test]
    fn a_step_is_three_times_its_forward_pass_but_for_the_first_layer() {
        for kind in ["fcn", "cnn", "local-net"] {
            let summary = paper(kind).summary();
            let expected = 2 * 7 * (3 * summary.multiply_adds() - summary.layers[0].multiply_adds);
            assert!((operations(&*paper(kind), 7) - expected as f64).abs() < 0.5, "{kind}");
        }
    }

    #[test]
    fn each_thread_has_a_square_of_its_own() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().expect("a pool");
        pool.install(squares(1));
        let [one, three] = [1, 3].map(square_operations);
        assert!((three - 3.0 * one).abs() < 0.5 && (one - 2.0 * 512_f64.powi(3)).abs() < 0.5);
        assert!((ceiling_operations(3) - 40.0 * three).abs() < 0.5);
    }

    #[test]
    fn each_line_is_answered_with_a_time() {
        let mut answers = Vec::new();
        answer_with_products(&*paper("fcn"), 2, 5, &b"epoch\nepoch\n"[..], &mut answers);
        let answers: Vec<Told> = serde_json::Deserializer::from_slice(&answers)
            .into_iter()
            .collect::<Result<_, _>>()
            .expect("answers");
        assert_eq!(answers.len(), 2);
        assert!(answers.iter().all(|told| told.seconds > 0.0 && told.loss.is_none()));
    }
}
