//! Files that other programs wrote, that are something else, or that lie.

use super::*;
use crate::LocalNetConfig;

/// A file with this header and `zeros` bytes after it.
fn raw(header: &str, zeros: usize) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &vec![0; zeros]].concat()
}

/// The header of the linear classifier with numbers of `dtype`, `size` bytes each, and `more` entries.
fn linear_header(dtype: &str, size: usize, more: &str) -> String {
    let metadata = serde_json::json!({ CONFIGURATION: linear_configuration() });
    format!(
        r#"{{"__metadata__":{metadata},
        "output.weight":{{"dtype":"{dtype}","shape":[2,3],"data_offsets":[0,{}]}},
        "output.bias":{{"dtype":"{dtype}","shape":[3],"data_offsets":[{},{}]}}{more}}}"#,
        6 * size,
        6 * size,
        9 * size
    )
}

/// The linear classifier, its weights and biases all `number`.
fn linear_of<const SIZE: usize>(dtype: &str, number: [u8; SIZE]) -> Vec<u8> {
    let mut bytes = raw(&linear_header(dtype, SIZE, ""), 0);
    bytes.extend([number; 9].concat());
    bytes
}

#[test]
fn weights_of_other_floating_point_types_are_converted() {
    let devices = [
        Device::flex(),
        #[cfg(feature = "ndarray")]
        #[expect(deprecated, reason = "upstream prefers flex; here ndarray stays a choice of the user's")]
        Device::ndarray(),
    ];
    for device in devices {
        for bytes in [
            linear_of("F16", 0x3800u16.to_le_bytes()),
            linear_of("BF16", 0x3f00u16.to_le_bytes()),
            linear_of("F32", 0.5f32.to_le_bytes()),
            linear_of("F64", 0.5f64.to_le_bytes()),
        ] {
            let (_, network) = load_bytes_onto(&bytes, &device).unwrap();
            let scores = network.logits(Tensor::ones([1, 1, 1, 2], &device)).into_data();
            assert_eq!(scores, TensorData::from([[1.5_f32, 1.5, 1.5]]));
        }
    }
}

#[test]
fn a_file_may_mix_its_types() {
    let header = linear_header("F64", 8, "").replace(
        r#""F64","shape":[3],"data_offsets":[48,72]"#,
        r#""F16","shape":[3],"data_offsets":[48,54]"#,
    );
    let mut bytes = raw(&header, 0);
    bytes.extend([0.25f64.to_le_bytes(); 6].concat());
    bytes.extend([0x3c00u16.to_le_bytes(); 3].concat());
    let (_, network) = load_bytes(&bytes).unwrap();
    let scores = network.logits(Tensor::ones([1, 1, 1, 2], &Device::flex()));
    assert_eq!(scores.into_data(), TensorData::from([[1.5_f32, 1.5, 1.5]]));
}

#[test]
fn types_that_are_no_weights_are_named() {
    for (dtype, size) in
        [("I64", 8), ("I32", 4), ("U8", 1), ("BOOL", 1), ("F8_E4M3", 1), ("C64", 8), ("?", 1)]
    {
        let bytes = raw(&linear_header(dtype, size, ""), 9 * size);
        assert_refused(
            &bytes,
            &format!("tensor `output.weight` holds `{dtype}`, expected F32 (F16, BF16 and"),
        );
    }
}

#[test]
fn values_that_are_not_finite_are_refused_in_every_type() {
    let not_finite = "tensor `output.weight` holds a value that is not finite";
    assert_refused(&linear_of("F16", 0x7c00u16.to_le_bytes()), not_finite);
    assert_refused(&linear_of("BF16", 0x7fc0u16.to_le_bytes()), not_finite);
    assert_refused(&linear_of("F64", f64::NEG_INFINITY.to_le_bytes()), not_finite);
    let beyond = "tensor `output.weight` holds a value beyond the range of 32-bit numbers";
    assert_refused(&linear_of("F64", 1e300f64.to_le_bytes()), beyond);
    assert!(load_bytes(&linear_of("F64", 1e38f64.to_le_bytes())).is_ok());
}

#[test]
fn what_other_programs_keep_among_the_metadata_does_no_harm() {
    let whole = linear_header("F32", 4, "");
    for more in [r#""epoch":3,"#, r#""epoch":null,"#, r#""format":"pt","#, r#""run":{"lr":[1e-3]},"#] {
        let header = whole.replacen(r#"{"__metadata__":{"#, &format!(r#"{{"__metadata__":{{{more}"#), 1);
        assert_ne!(header, whole);
        assert_eq!(load_bytes(&raw(&header, 36)).unwrap().0, linear(), "{more}");
    }
}

/// None of these files was cut short, and no message says so.
#[test]
fn the_message_fits_the_fault() {
    let case = |bytes: &[u8], message: &str| {
        let found = load_bytes(bytes).unwrap_err().to_string();
        assert!(found.contains(message) && !found.contains("copied"), "{found}");
        assert!(found.len() < 300, "{found}");
    };
    let metadata = |text: &str| raw(&format!(r#"{{"__metadata__":{text}}}"#), 0);
    case(&metadata("3"), "its header cannot be read: invalid type: integer `3`");
    case(&metadata("null"), "no `tinderbox.network` among its metadata");
    case(
        &metadata(r#"{"tinderbox.network":3}"#),
        "does not describe a Tinderbox network: invalid type: integer",
    );
    case(
        &metadata(r#"{"tinderbox.network":"{\"kind\":"}"#),
        "does not describe a Tinderbox network: EOF while",
    );
    case(&metadata(r#"{"tinderbox.network":"[1]"}"#), "does not describe a Tinderbox network: ");
    case(&raw("{oh}", 0), "its header cannot be read: key must be a string");
    case(&raw("[]", 0), "its header cannot be read: invalid type: sequence");
    case(&raw(&"[".repeat(5000), 0), "its header cannot be read: ");
    case(&raw(&format!(r#"{{"a":{}}}"#, r#"{"a":"#.repeat(5000)), 0), "its header cannot be read");
    let twice = r#","output.bias":{"dtype":"F32","shape":[3],"data_offsets":[24,36]}"#;
    case(&raw(&linear_header("F32", 4, twice), 36), "two tensors are called `output.bias`");
    case(&raw(&linear_header("F32", 4, ""), 37), "has 1 bytes after its last tensor");
    let shift = |from: &str, to: &str| raw(&linear_header("F32", 4, "").replace(from, to), 36);
    case(&shift("[24,36]", "[20,36]"), "tensor `output.bias` lies from byte 20 to 36, expected from byte 24");
    case(&shift("[24,36]", "[28,36]"), "tensor `output.bias` lies from byte 28 to 36, expected from byte 24");
    // What ends beyond its file looks as if it had been cut short.
    let beyond = load_bytes(&shift("[24,36]", "[24,18446744073709551615]")).unwrap_err().to_string();
    assert!(beyond.contains("its tensors end at byte 18446744073709551615, the file at byte "), "{beyond}");
    case(
        &shift("[0,24]", "[0,4],\"x\":1"),
        "tensor `output.bias` lies from byte 24 to 36, expected from byte 4",
    );
    case(b"\x89PNG\r\n\x1a\n and pixels", "is a PNG picture, expected a safetensors file");
    case(b"PK\x03\x04\x14\0\0\0\x08\0 and more", "is a ZIP archive, as PyTorch");
    case(b"\x08\x07\x12\x07pytorch\x1a\x032.1", "is an ONNX model, expected a safetensors file");
}

#[test]
fn a_key_of_the_configuration_that_nothing_reads_is_refused() {
    let case = |configuration: &str, key: &str| {
        let message = format!("its configuration has the unknown key `{key}`");
        let found = load_bytes(&file(linear_tensors(), Some(configuration))).unwrap_err().to_string();
        assert!(found.contains(&message) || found.contains(&format!("unknown field `{key}`")), "{found}");
    };
    case(r#"{"kind":"fcn","pixels":2,"hidden":[],"classes":3,"hiden":[4]}"#, "hiden");
    case(r#"{"kind":"fcn","filters":[2]}"#, "filters");
}

#[test]
fn a_header_is_read_up_to_its_bound() {
    let padded = |bytes: usize| {
        let header = linear_header("F32", 4, "");
        let padding = " ".repeat(bytes - header.len());
        raw(&(header + &padding), 36)
    };
    let most = MOST_HEADER_BYTES as usize;
    assert!(load_bytes(&padded(most)).is_ok());
    assert_refused(&padded(most + 1), "has a header of 1048577 bytes, expected at most 1048576");
}

#[test]
fn tensors_are_counted_up_to_their_bound() {
    let many = |count: usize| {
        let entry = |index| format!(r#","x{index}":{{"dtype":"F32","shape":[0],"data_offsets":[36,36]}}"#);
        raw(&linear_header("F32", 4, &(2..count).map(entry).collect::<String>()), 36)
    };
    assert_refused(&many(MOST_TENSORS), "tensor `x10` is not part of the network");
    assert_refused(&many(MOST_TENSORS + 1), "more than 2002 tensors");
    assert_refused(&many(10_000), "more than 2002 tensors");
}

/// Each of these networks would take gigabytes or many layers, or as much memory as is allowed.
#[test]
fn a_network_that_the_file_does_not_hold_is_never_made() {
    let case = |configuration: &str, message: &str| {
        assert_refused(&file(linear_tensors(), Some(configuration)), message);
    };
    let vast = "is refused: `parameters` is 1032576010, expected at most 67,108,864";
    case(r#"{"kind":"fcn","hidden":[32000,32000]}"#, vast);
    case(r#"{"kind":"fcn","hidden":[],"pixels":100000000}"#, "is refused: `parameters` is 1000000010");
    let few = "its tensors hold 9 numbers, but the network in its configuration has 66144010 parameters";
    case(r#"{"kind":"fcn","hidden":[8000,8000]}"#, few);
    case(r#"{"kind":"fcn","hidden":[],"pixels":6000000}"#, "9 numbers, but the network in its configuration");
    case(r#"{"kind":"fcn","hidden":[80,80]}"#, "tensor `hidden.0.weight` is missing");
    case(r#"{"kind":"fcn","hidden":[],"pixels":6000}"#, "has shape [2, 3], expected [6000, 10]");
    let layers = format!(r#"{{"kind":"fcn","hidden":[{}1]}}"#, "1,".repeat(1000));
    case(&layers, "`hidden` is 1001 layers, expected at most 1,000 layers");
    let vast = r#"{"kind":"local-net","height":8000,"width":8000,"hidden":1}"#;
    let vast = load_bytes_as::<LocalNetConfig>(&file(linear_tensors(), Some(vast)), &Device::flex());
    assert!(vast.unwrap_err().to_string().contains("is refused: `parameters` is"));
    // The tensor itself may lie about its bytes.
    let header = linear_header("F32", 4, "")
        .replace("[2,3]", "[6000000,10]")
        .replace(r#"\"pixels\":2"#, r#"\"pixels\":6000000"#)
        .replace(r#"\"classes\":3"#, r#"\"classes\":10"#);
    assert_refused(&raw(&header, 36), "tensor `output.weight` has 24 bytes, expected 240000000");
}

/// As many layers as are allowed, in a file of their own.
#[test]
fn the_deepest_network_comes_back() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("deep");
    let config = FcnConfig { pixels: 2, hidden: vec![1; 1000], ..FcnConfig::default() };
    save(&config.init(&Device::flex()), &config, &path).unwrap();
    assert_eq!(load::<FcnConfig>(&path, &Device::flex()).unwrap().0, config);
}

#[test]
#[cfg(unix)]
fn what_is_not_a_file_is_refused_at_once() {
    let folder = TempDir::new().unwrap();
    let refused = |path: &Path| load::<FcnConfig>(path, &Device::flex()).unwrap_err().to_string();
    assert!(refused(folder.path()).ends_with("is a folder, expected a file"));
    assert!(refused(Path::new("/dev/zero")).ends_with("is a pipe or a device, expected a file"));
    // A socket is the pipe that the standard library can make; opening either would wait for the other end.
    let socket = folder.path().join("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    assert!(refused(&socket).ends_with("is a pipe or a device, expected a file"));
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(&link, &link).unwrap();
    assert!(refused(&link).contains("cannot be read: "));
}

proptest::proptest! {
    /// Any bytes give an error or a network, never a panic.
    #[test]
    fn no_bytes_make_the_reader_panic(header in "[\\[\\]{}\":,a-c0-9]{0,40}", tail: Vec<u8>, cut in 0usize..400) {
        let _ = load_bytes(&raw(&header, 8));
        let _ = load_bytes(&tail);
        let whole = linear_file(linear_tensors());
        let damaged = [&whole[..cut.min(whole.len())], &tail, &whole[cut.min(whole.len())..]].concat();
        let _ = load_bytes(&damaged);
    }
}
