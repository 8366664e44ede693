//! Folders and files of datasets: what is asked for is followed or refused.

use std::fs;

use crate::desk::Desk;

#[test]
fn a_folder_that_is_named_and_lacks_the_dataset_is_refused() {
    let desk = Desk::new();
    fs::create_dir(desk.path().join("mine")).expect("made");
    desk.write("mine/train-images-idx3-ubyte", "x");
    let missing = ["usps is not in mine (--data-dir): zip.train.gz and zip.test.gz are missing"];
    for dataset in ["usps", "auto"] {
        desk.run(&format!("train --model fcn --epochs 1 --dataset {dataset} --data-dir mine"))
            .refused(&missing);
        desk.run(&format!("reproduce small.toml --dataset {dataset} --data-dir mine")).refused(&missing);
    }
    desk.run("data fetch --data-dir mine").refused(&missing);
    // Another place that has it changes nothing.
    let elsewhere = desk.command("data fetch --data-dir mine").env("TINDERBOX_DATA_DIR", "mine").output();
    crate::desk::Ended::from(elsewhere.expect("started")).refused(&missing);
    assert!(!desk.path().join("cache").exists() && !desk.path().join("model.safetensors").exists());
}

#[test]
fn a_folder_for_digits_without_files_is_refused() {
    let desk = Desk::new();
    desk.run("train --model fcn --dataset stand-in --data-dir .").refused(&["--data-dir has no effect with"]);
}

#[test]
fn a_folder_that_cannot_be_looked_into_is_not_called_missing() {
    let desk = Desk::new();
    let long = "x".repeat(300);
    desk.run(&format!("data list --data-dir {long}")).refused(&["cannot be read: "]);
    desk.run("data list --data-dir small.toml").refused(&["small.toml is not a folder"]);
}

#[test]
#[cfg(unix)]
fn a_device_or_a_file_too_long_in_the_place_of_the_dataset_is_not_read() {
    let desk = Desk::new();
    std::os::unix::fs::symlink("/dev/zero", desk.path().join("zip.train.gz")).expect("linked");
    let train = "train --model fcn --epochs 1 --data-dir .";
    desk.run(train)
        .refused(&["zip.train.gz (--data-dir) cannot be read: a pipe or a device, expected a file"]);
    let ended = desk.run("data verify --data-dir .");
    assert_eq!(ended.code, Some(1));
    assert!(ended.out.contains("a pipe or a device, expected a file"), "{}", ended.out);

    fs::remove_file(desk.path().join("zip.train.gz")).expect("removed");
    let file = fs::File::create(desk.path().join("zip.train.gz")).expect("made");
    file.set_len(1 << 40).expect("sparse");
    desk.run(train).refused(&["zip.train.gz (--data-dir) has 1099511627776 bytes, expected 1829071"]);
}
