//! Files of weights that other programs wrote, or that are something else.

use std::io::Write as _;

use crate::desk::{Desk, Ended};
use serde_json::{Value, json};

/// A linear classifier of 256 pixels into ten digits, every weight `number` and in every tenth class its negative.
struct Linear<const SIZE: usize> {
    dtype: &'static str,
    number: [u8; SIZE],
    negative: [u8; SIZE],
    network: Value,
    metadata: Value,
    more: Value,
}

impl<const SIZE: usize> Linear<SIZE> {
    fn new(dtype: &'static str, number: [u8; SIZE], negative: [u8; SIZE]) -> Self {
        let network = json!({ "kind": "fcn", "hidden": [] });
        Self { dtype, number, negative, network, metadata: json!({}), more: json!({}) }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut header = self.more.clone();
        header["__metadata__"] = self.metadata.clone();
        header["__metadata__"]["tinderbox.network"] = self.network.to_string().into();
        let dtype = self.dtype;
        let (weights, all) = (2560 * SIZE, 2570 * SIZE);
        header["output.weight"] = json!({ "dtype": dtype, "shape": [256, 10], "data_offsets": [0, weights] });
        header["output.bias"] = json!({ "dtype": dtype, "shape": [10], "data_offsets": [weights, all] });
        let header = header.to_string();
        let numbers = (0..2560).flat_map(|at| if at % 10 == 1 { self.negative } else { self.number });
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.into_bytes());
        bytes.extend(numbers);
        bytes.extend([0; 10].map(|_: u8| [0; SIZE]).concat());
        bytes
    }
}

fn single(number: f32) -> Linear<4> {
    Linear::new("F32", number.to_le_bytes(), (-number).to_le_bytes())
}

fn desk(weights: &[u8]) -> Desk {
    let desk = Desk::new();
    desk.write("w.safetensors", weights);
    desk.write("row.txt", vec!["1"; 256].join(" "));
    desk
}

#[test]
fn every_floating_point_type_predicts_on_every_backend() {
    let files = [
        Linear::new("F16", 0x2000u16.to_le_bytes(), 0xa000u16.to_le_bytes()).bytes(),
        Linear::new("BF16", 0x3c00u16.to_le_bytes(), 0xbc00u16.to_le_bytes()).bytes(),
        Linear::new("F64", 0.007_812_5f64.to_le_bytes(), (-0.007_812_5f64).to_le_bytes()).bytes(),
        single(0.007_812_5).bytes(),
    ];
    let answers = files.map(|bytes| {
        let desk = desk(&bytes);
        crate::CPU_BACKENDS.map(|backend| {
            let words = format!("predict w.safetensors row.txt --json --backend {backend}");
            let answer: Value = serde_json::from_str(&desk.run(&words).done().out).expect("JSON");
            assert_eq!(answer["digit"], 0);
            let probabilities = answer["probabilities"].as_array().expect("ten");
            // 256 / 128 = 2 for nine classes, -2 for one.
            let ruled_out = probabilities[1].as_f64().expect("a number");
            assert!((ruled_out - 1.0 / (1.0 + 9.0 * 4f64.exp())).abs() < 1e-6, "{ruled_out}");
            answer
        })
    });
    assert!(answers.iter().flatten().all(|answer| *answer == answers[0][0]));
}

#[test]
fn other_types_and_other_formats_are_called_by_their_name() {
    let whole = Linear::new("I32", 1i32.to_le_bytes(), (-1i32).to_le_bytes()).bytes();
    let refused = |bytes: &[u8], words: &[&str]| {
        let desk = desk(bytes);
        for command in ["predict w.safetensors row.txt", "evaluate w.safetensors --dataset stand-in"] {
            let ended = desk.run(command).refused(words);
            assert!(!ended.err.contains("copied completely"), "{}", ended.err);
        }
    };
    refused(&whole, &["`output.weight` holds `I32`, expected F32"]);
    refused(&Linear::new("F64", 1e300f64.to_le_bytes(), [0; 8]).bytes(), &["`output.weight`", "32-bit"]);
    refused(b"\x89PNG\r\n\x1a\n0000", &["w.safetensors: is a PNG picture"]);
    refused(b"PK\x03\x04 archive/data.pkl", &["w.safetensors: is a ZIP archive", "PyTorch"]);
    refused(b"\x08\x08\x12\x07pytorch", &["w.safetensors: is an ONNX model"]);
    let misspelt = Linear { network: json!({"kind": "fcn", "hidden": [], "dropuot": 0.5}), ..single(0.01) };
    refused(&misspelt.bytes(), &["dropuot"]);
    let unknown = Linear { network: json!({"kind": "resnet"}), ..single(0.01) };
    refused(&unknown.bytes(), &["unknown kind of network \"resnet\"; expected one of fcn"]);
}

#[test]
fn metadata_of_another_program_do_no_harm() {
    for metadata in [json!({"epoch": 3}), json!({"format": "pt"}), json!({"config": {"a": [null, 1.5]}})] {
        desk(&Linear { metadata, ..single(0.01) }.bytes()).run("predict w.safetensors row.txt").done();
    }
}

#[test]
fn scores_that_are_not_finite_are_no_answer() {
    let desk = desk(&single(3e38).bytes());
    let zeros = vec!["0"; 256].join(" ");
    desk.write("rows.txt", format!("{zeros}\n{}\n", vec!["1"; 256].join(" ")));
    let ended = desk.run("predict w.safetensors rows.txt");
    ended.refused(&["rows.txt, line 2: the network's scores are not finite", "overflow"]);
    desk.run("evaluate w.safetensors --dataset stand-in --json")
        .refused(&["w.safetensors: the network's scores of 500 of 500 test images are not finite"]);
}

#[test]
fn headers_and_networks_beyond_their_bounds_are_refused_at_once() {
    // Each is refused before there is memory for it, which alone would take longer.
    let refused = |desk: &Desk| {
        let before = std::time::Instant::now();
        desk.run("predict w.safetensors row.txt").refused(&["w.safetensors: "]);
        assert!(before.elapsed().as_secs() < 20, "{:?}", before.elapsed());
    };
    for count in [5_000, 100_000] {
        let empty = json!({"dtype": "F32", "shape": [0], "data_offsets": [10_280, 10_280]});
        let more =
            (0..count).map(|index| (format!("x{index}"), empty.clone())).collect::<serde_json::Map<_, _>>();
        refused(&desk(&Linear { more: more.into(), ..single(0.01) }.bytes()));
    }
    for network in [
        json!({"kind": "fcn", "hidden": [32_000, 32_000]}),
        json!({"kind": "fcn", "pixels": 100_000_000}),
        json!({"kind": "fcn", "hidden": vec![1; 10_000]}),
        json!({"kind": "cnn", "filters": [10_000, 10_000]}),
        json!({"kind": "local-net", "height": 4096, "width": 4096, "filters": [1, 1], "hidden": 1}),
    ] {
        refused(&desk(&Linear { network, ..single(0.01) }.bytes()));
    }
}

/// A file that takes no place on the disk may describe a network that takes a lot in memory.
#[test]
fn a_network_beyond_its_bound_is_refused_even_if_its_file_is_whole() {
    let tensors = [
        ("hidden.0.weight", vec![256, 10_000]),
        ("hidden.0.bias", vec![10_000]),
        ("hidden.1.weight", vec![10_000, 8_000]),
        ("hidden.1.bias", vec![8_000]),
        ("output.weight", vec![8_000, 10]),
        ("output.bias", vec![10]),
    ];
    let network = json!({"kind": "fcn", "hidden": [10_000, 8_000]}).to_string();
    let mut header = json!({"__metadata__": {"tinderbox.network": network}});
    let mut end = 0;
    for (name, shape) in tensors {
        let first = end;
        end += 2 * shape.iter().product::<u64>();
        header[name] = json!({"dtype": "F16", "shape": shape, "data_offsets": [first, end]});
    }
    let header = header.to_string();
    let desk = desk(&[&(header.len() as u64).to_le_bytes(), header.as_bytes()].concat());
    let file = std::fs::File::options().append(true).open(desk.path().join("w.safetensors"));
    file.and_then(|file| file.set_len(8 + header.len() as u64 + end)).expect("a hole");
    desk.run("predict w.safetensors row.txt")
        .refused(&["`parameters` is 82658010, expected at most 67,108,864"]);
}

#[test]
#[cfg(unix)]
fn a_device_in_place_of_weights_is_not_read() {
    let desk = Desk::new();
    desk.run("predict /dev/zero").refused(&["/dev/zero: is a pipe or a device, expected a file"]);
    desk.run("evaluate . --dataset stand-in").refused(&[".: is a folder, expected a file"]);
}

#[test]
fn weights_say_what_they_were_trained_on() {
    let desk = Desk::new();
    desk.run("train --model fcn --epochs 1 --set model.hidden=[8] --dataset stand-in --output w.safetensors")
        .done();
    let ended = desk.run("evaluate w.safetensors --dataset stand-in --json").done();
    assert!(!ended.err.contains("the weights"), "{}", ended.err);
    let measured: Value = serde_json::from_str(&ended.out).expect("JSON");
    assert_eq!((&measured["trained_on"], &measured["split_known"]), (&json!("stand-in"), &json!(true)));

    let plain = single(0.01).bytes();
    desk.write("plain.safetensors", plain);
    let ended = desk.run("evaluate plain.safetensors --dataset stand-in").done();
    assert!(
        ended.err.contains("the weights file does not say which images it was trained on"),
        "{}",
        ended.err
    );

    // Needs the real files: without them there is no other dataset to evaluate on.
    let Some(folder) = std::env::var_os("TINDERBOX_DATA_DIR") else {
        // Unlike `eprintln!`, this is not held back when the test passes.
        let line =
            "SKIPPED: weights measured on the USPS files; set TINDERBOX_DATA_DIR to their folder to run it";
        return writeln!(std::io::stderr(), "{line}").expect("standard error is open");
    };
    let mut command = desk.command("evaluate w.safetensors --dataset usps");
    let ended = Ended::from(command.env("TINDERBOX_DATA_DIR", folder).output().expect("started")).done();
    assert!(ended.err.contains("trained on the stand-in digits, not on usps"), "{}", ended.err);
}
