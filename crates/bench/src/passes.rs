//! The passes of an epoch: forward, and what is left of it.

use tinderbox_report::benchmark::Entry;

/// What a contestant does for a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pass {
    /// An epoch.
    Epoch,
    /// Its forward passes alone.
    Forward,
}

/// What an epoch took beyond its forward passes, round by round; theirs are those of the same way to write the network.
pub(crate) fn way_back(whole: &[Entry], forward: &[Entry]) -> Vec<Entry> {
    let back = |whole: &Entry| {
        let forward = forward.iter().find(|forward| forward.name == plain(&whole.name))?;
        let samples = whole.samples.iter().zip(&forward.samples).map(|(whole, forward)| whole - forward);
        Some(Entry::new(whole.name.as_str(), samples.collect()))
    };
    whole.iter().filter_map(back).collect()
}

/// A formulation without its optimiser, which a forward pass does not know.
pub(crate) fn plain(name: &str) -> &str {
    name.strip_suffix("fused").unwrap_or(name).trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_of_an_epoch_is_without_the_forward_passes_of_its_own_formulation() {
        let whole = [
            Entry::new("pytorch bmm", vec![4.0, 5.0]),
            Entry::new("pytorch bmm fused", vec![3.0, 4.0]),
            Entry::new("jax", vec![9.0, 9.0]),
        ];
        let forward =
            [Entry::new("pytorch bmm", vec![1.0, 1.5]), Entry::new("pytorch einsum", vec![0.0, 0.0])];
        let back = way_back(&whole, &forward);
        let samples: Vec<_> = back.iter().map(|entry| (entry.name.as_str(), entry.samples.clone())).collect();
        assert_eq!(
            samples,
            [("pytorch bmm", vec![3.0, 3.5]), ("pytorch bmm fused", vec![2.0, 2.5])],
            "who has no forward passes has no rest"
        );
    }
}
