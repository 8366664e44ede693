//! Files of weights keep their spelling: those in `files/` were written by version 0.1.

use std::fs;
use std::path::Path;

use burn::prelude::*;
use tinderbox_models::{NetworkConfig, NetworkVisitor, each_network, weights};

#[test]
fn files_of_version_0_1_load_and_are_written_again_byte_for_byte() {
    struct Again(usize);
    impl NetworkVisitor for Again {
        fn visit<C: NetworkConfig>(&mut self) {
            let file = format!("{}/tests/files/{}.safetensors", env!("CARGO_MANIFEST_DIR"), C::KIND);
            let file = Path::new(&file);
            // Of a later version.
            if !file.exists() {
                return;
            }
            let folder = tempfile::tempdir().unwrap();
            let again = folder.path().join("again");
            let device = Device::flex();

            assert_eq!(weights::kind(file).unwrap(), C::KIND);
            let (config, network) = weights::load::<C>(file, &device).unwrap();
            weights::save_with_note(&network, &config, &weights::note(file).unwrap(), &again).unwrap();
            assert!(fs::read(&again).unwrap() == fs::read(file).unwrap(), "{}: other bytes", C::KIND);
            self.0 += 1;
        }
    }
    let mut again = Again(0);
    each_network(&mut again);
    assert_eq!(again.0, 3);
}
