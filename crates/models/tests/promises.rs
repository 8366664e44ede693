//! Every network keeps the promises of `NetworkConfig`.
//!
//! A file of its own: the CPU backends have one random state for the whole process.

mod devices;
#[path = "promises/normed.rs"]
mod normed;

use devices::devices;
use normed::NormedConfig;
use tinderbox_models::testing::promises;
use tinderbox_models::{NetworkConfig, NetworkVisitor, each_network};

#[test]
fn the_networks_of_the_list_keep_their_promises() {
    struct Promises;
    impl NetworkVisitor for Promises {
        fn visit<C: NetworkConfig>(&mut self) {
            for device in devices() {
                promises::<C>([1, 16, 16], 10, &device);
                promises::<C>([3, 8, 12], 7, &device);
            }
        }
    }
    each_network(&mut Promises);
}

#[test]
fn a_network_with_batch_norm_keeps_its_promises() {
    for device in devices() {
        promises::<NormedConfig>([2, 6, 4], 3, &device);
    }
}
