//! Burn's loaders, told when to begin: an epoch starts when a line asks for it, and is answered where the look at the
//! validation images starts.

use std::io;
use std::process;
use std::sync::{Arc, Mutex, PoisonError};

use burn::data::dataloader::batcher::Batcher;
use burn::data::dataloader::{DataLoader, DataLoaderBuilder, DataLoaderIterator};
use burn::data::dataset::InMemDataset;
use burn::prelude::*;
use tinderbox_data::Images;

use crate::protocol::{Clock, say};
use crate::steps::Batch;

/// The clock of the epoch that is running.
#[derive(Default)]
pub struct Conversation {
    started: Mutex<Option<Clock>>,
}

/// Which images a loader has.
#[derive(Clone, Copy)]
pub enum Part {
    Training,
    Validation,
}

/// A loader of Burn's that takes part in the conversation.
pub struct Conducted {
    loader: Arc<dyn DataLoader<Batch>>,
    part: Part,
    conversation: Arc<Conversation>,
}

impl Conversation {
    /// Waits for a line; without one the work is over.
    fn begin(&self) {
        let mut line = String::new();
        if io::stdin().read_line(&mut line).unwrap_or(0) == 0 {
            process::exit(0);
        }
        *self.started.lock().unwrap_or_else(PoisonError::into_inner) = Some(Clock::start());
    }

    fn end(&self) {
        if let Some(clock) = self.started.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // A failed write needs no handling: a parent that is gone asks no more questions.
            _ = say(io::stdout(), &clock.stop());
        }
    }
}

impl Conducted {
    /// A loader of the first `count` of `images`, shuffled where they are learnt from.
    pub fn new(
        images: &Images,
        count: usize,
        batch: usize,
        part: Part,
        conversation: &Arc<Conversation>,
    ) -> Arc<dyn DataLoader<Batch>> {
        let digits = (0..count).map(|index| (images.image(index).to_vec(), images.labels()[index]));
        let shape = images.shape();
        let batches = Batches { size: [shape.channels, shape.height, shape.width] };
        let loader = DataLoaderBuilder::new(batches).batch_size(batch);
        let loader = if matches!(part, Part::Training) { loader.shuffle(1) } else { loader };
        let loader = loader.build(InMemDataset::new(digits.collect()));
        Arc::new(Self { loader, part, conversation: Arc::clone(conversation) })
    }

    fn with(&self, loader: Arc<dyn DataLoader<Batch>>) -> Arc<dyn DataLoader<Batch>> {
        Arc::new(Self { loader, part: self.part, conversation: Arc::clone(&self.conversation) })
    }
}

impl DataLoader<Batch> for Conducted {
    fn iter<'a>(&'a self) -> Box<dyn DataLoaderIterator<Batch> + 'a> {
        match self.part {
            Part::Training => self.conversation.begin(),
            Part::Validation => self.conversation.end(),
        }
        self.loader.iter()
    }

    fn num_items(&self) -> usize {
        self.loader.num_items()
    }

    fn to_device(&self, device: &Device) -> Arc<dyn DataLoader<Batch>> {
        self.with(self.loader.to_device(device))
    }

    fn slice(&self, start: usize, end: usize) -> Arc<dyn DataLoader<Batch>> {
        self.with(self.loader.slice(start, end))
    }
}

/// Puts digits side by side.
struct Batches {
    /// Channels, height and width.
    size: [usize; 3],
}

impl Batcher<(Vec<f32>, u8), Batch> for Batches {
    fn batch(&self, digits: Vec<(Vec<f32>, u8)>, device: &Device) -> Batch {
        let [channels, height, width] = self.size;
        let count = digits.len();
        let labels: Vec<i64> = digits.iter().map(|(_, label)| i64::from(*label)).collect();
        let pixels: Vec<f32> = digits.into_iter().flat_map(|(pixels, _)| pixels).collect();
        Batch {
            images: Tensor::from_data(TensorData::new(pixels, [count, channels, height, width]), device),
            labels: Tensor::from_data(TensorData::new(labels, [count]), device),
        }
    }
}
