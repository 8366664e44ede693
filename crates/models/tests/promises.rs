//! Every network keeps the promises of `NetworkConfig`.
//!
//! A file of its own: the CPU backends have one random state for the whole process.

mod broken;
mod devices;
mod normed;

use broken::BrokenConfig;
use burn::prelude::Device;
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

fn broken<const FAULT: u8>() {
    promises::<BrokenConfig<FAULT>>([1, 2, 3], 4, &Device::flex());
}

#[test]
#[should_panic(expected = "shape of the logits")]
fn a_score_too_many_is_found() {
    broken::<{ broken::CLASSES }>();
}

#[test]
#[should_panic(expected = "check accepts images of [0, 2, 3]")]
fn a_missing_check_is_found() {
    broken::<{ broken::UNCHECKED }>();
}

#[test]
#[should_panic(expected = "equal seeds, different weights: are they drawn after `init`?")]
fn weights_that_are_drawn_late_are_found() {
    broken::<{ broken::LAZY }>();
}

#[test]
#[should_panic(expected = "weights of shape [6, 4] have no gradient")]
fn weights_without_a_gradient_are_found() {
    broken::<{ broken::UNUSED }>();
}

#[test]
#[should_panic(expected = "parameters of the summary")]
fn a_wrong_summary_is_found() {
    broken::<{ broken::SUMMARY }>();
}

#[test]
#[should_panic(expected = "scores of image 0 depend on its batch")]
fn scores_that_depend_on_neighbours_are_found() {
    broken::<{ broken::NEIGHBOURS }>();
}

#[test]
#[should_panic(expected = "check accepts 0 at /temperature: logits are not finite")]
fn a_missing_bound_is_found() {
    broken::<{ broken::UNBOUND }>();
}
