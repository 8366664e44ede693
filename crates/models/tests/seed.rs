//! A seed before `init` determines the weights.
//!
//! A file of its own with one test: the CPU backends keep one random state per process.

mod devices;

use burn::prelude::*;
use burn_store::{ModuleSnapshot, bridge};
use devices::devices;
use tinderbox_models::{Kind, NetworkConfig};

#[test]
fn a_seed_determines_the_weights() {
    for device in devices() {
        for kind in [Kind::Fcn, Kind::Cnn, Kind::LocalNet] {
            let config = NetworkConfig::paper(kind, [1, 16, 16], 10);
            let once = weights(&config, &device, 7);
            assert_eq!(weights(&config, &device, 7), once, "{kind}");
            assert_eq!(weights(&config, &device.clone().autodiff(), 7), once, "{kind}, with autodiff");
            assert_ne!(weights(&config, &device, 8), once, "{kind}");
        }
    }
}

fn weights(config: &NetworkConfig, device: &Device, seed: u64) -> Vec<f32> {
    device.seed(seed);
    let network = config.init(device);
    // Draws after `init` must not reach into the network.
    device.seed(seed + 1);
    let values = |tensor| bridge::into_data(tensor).unwrap().try_to_vec::<f32>().unwrap();
    network.collect(None, None, true).into_iter().flat_map(values).collect()
}
