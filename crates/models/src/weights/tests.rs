mod foreign;

use std::collections::HashMap;
use std::fs;

use safetensors::tensor::TensorView;
use tempfile::TempDir;

use super::*;
use crate::{Classifier, CnnConfig, Fcn, FcnConfig};

/// Tensors by name: shape and values.
type Tensors = Vec<(&'static str, Vec<usize>, Vec<f32>)>;

/// A linear classifier of two pixels into three classes.
fn linear() -> FcnConfig {
    FcnConfig { pixels: 2, hidden: vec![], classes: 3, ..FcnConfig::default() }
}

/// Its configuration as files have it.
fn linear_configuration() -> String {
    let mut configuration = serde_json::to_value(linear()).unwrap();
    configuration[KIND] = "fcn".into();
    configuration.to_string()
}

fn linear_tensors() -> Tensors {
    vec![("output.weight", vec![2, 3], vec![1.0; 6]), ("output.bias", vec![3], vec![0.0; 3])]
}

/// A file as another program might write it.
fn file(tensors: Tensors, configuration: Option<&str>) -> Vec<u8> {
    let bytes: Vec<_> = tensors
        .into_iter()
        .map(|(name, shape, values)| {
            (name, shape, values.into_iter().flat_map(f32::to_le_bytes).collect::<Vec<_>>())
        })
        .collect();
    let views = bytes.iter().map(|(name, shape, bytes)| {
        (*name, TensorView::new(safetensors::Dtype::F32, shape.clone(), bytes).unwrap())
    });
    let metadata = configuration.map(|text| HashMap::from([(CONFIGURATION.to_owned(), text.to_owned())]));
    safetensors::serialize(views, metadata).unwrap()
}

fn linear_file(tensors: Tensors) -> Vec<u8> {
    file(tensors, Some(&linear_configuration()))
}

fn load_bytes(bytes: &[u8]) -> Result<(FcnConfig, Fcn), WeightsError> {
    load_bytes_onto(bytes, &Device::flex())
}

fn load_bytes_onto(bytes: &[u8], device: &Device) -> Result<(FcnConfig, Fcn), WeightsError> {
    load_bytes_as(bytes, device)
}

fn load_bytes_as<C: NetworkConfig>(bytes: &[u8], device: &Device) -> Result<(C, C::Network), WeightsError> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("weights.safetensors");
    fs::write(&path, bytes).unwrap();
    load(&path, device)
}

#[track_caller]
fn assert_refused(bytes: &[u8], message: &str) {
    let found = load_bytes(bytes).unwrap_err().to_string();
    assert!(found.contains("weights.safetensors: "), "no path in: {found}");
    assert!(found.contains(message), "{found}");
}

#[test]
fn equal_networks_make_equal_files_and_leave_nothing_else() {
    let folder = TempDir::new().unwrap();
    let config = linear();
    let network = config.init(&Device::flex());
    let [first, second] = ["first", "second"].map(|name| folder.path().join(name));
    save(&network, &config, &first).unwrap();
    save(&network, &config, &second).unwrap();
    save(&network, &config, &second).unwrap();
    assert_eq!(fs::read(first).unwrap(), fs::read(second).unwrap());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn a_note_comes_back_and_is_no_part_of_the_configuration() {
    let folder = TempDir::new().unwrap();
    let [noted, plain] = ["noted", "plain"].map(|name| folder.path().join(name));
    let config = linear();
    let network = config.init(&Device::flex());
    let written = serde_json::json!({ "seed": 7 });
    save_with_note(&network, &config, &written, &noted).unwrap();
    save(&network, &config, &plain).unwrap();
    assert_eq!(note(&noted).unwrap(), written);
    assert_eq!(note(&plain).unwrap(), Value::Null);
    assert_eq!(load::<FcnConfig>(&noted, &Device::flex()).unwrap().0, config);
}

#[test]
fn a_network_trained_on_an_autodiff_device_loads_onto_either() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("weights");
    let config = linear();
    let trained = config.init(&Device::flex().autodiff());
    save(&trained, &config, &path).unwrap();
    for device in [Device::flex(), Device::flex().autodiff()] {
        let (_, network) = load::<FcnConfig>(&path, &device).unwrap();
        let images = Tensor::<4>::ones([1, 1, 1, 2], &device);
        let scores = network.logits(images.clone());
        assert_eq!(scores.device(), device);
        let expected = trained.logits(Tensor::ones([1, 1, 1, 2], &Device::flex().autodiff()));
        assert_eq!(scores.into_data(), expected.into_data());
    }
}

#[test]
fn a_loaded_network_can_be_trained() {
    let bytes = linear_file(linear_tensors());
    let device = Device::flex().autodiff();
    let (_, network) = load_bytes_onto(&bytes, &device).unwrap();
    let gradients = network.logits(Tensor::ones([1, 1, 1, 2], &device)).sum().backward();
    let gradients = burn::optim::GradientsParams::from_grads(gradients, &network);
    assert_eq!(gradients.len(), 2);
}

#[test]
fn a_file_of_another_program_loads() {
    let (config, network) = load_bytes(&linear_file(linear_tensors())).unwrap();
    assert_eq!(config, linear());
    let images = Tensor::<4>::ones([1, 1, 1, 2], &Device::flex());
    assert_eq!(network.logits(images).into_data(), TensorData::from([[2.0_f32, 2.0, 2.0]]));
}

#[test]
fn a_tensor_of_another_shape_is_named() {
    let mut tensors = linear_tensors();
    tensors[0].1 = vec![3, 2];
    assert_refused(&linear_file(tensors), "tensor `output.weight` has shape [3, 2], expected [2, 3]");
}

#[test]
fn a_missing_tensor_is_named() {
    let mut tensors = linear_tensors();
    tensors.pop();
    assert_refused(&linear_file(tensors), "tensor `output.bias` is missing");
}

#[test]
fn a_tensor_too_many_is_named() {
    let mut tensors = linear_tensors();
    tensors.push(("hidden.0.weight", vec![1], vec![0.0]));
    assert_refused(&linear_file(tensors), "tensor `hidden.0.weight` is not part of the network");
}

#[test]
fn values_that_are_not_finite_are_refused() {
    for value in [f32::NAN, f32::INFINITY] {
        let mut tensors = linear_tensors();
        tensors[0].2[4] = value;
        assert_refused(&linear_file(tensors), "tensor `output.weight` holds a value that is not finite");
    }
}

#[test]
fn a_file_without_configuration_is_refused() {
    assert_refused(&file(linear_tensors(), None), "no `tinderbox.network` among its metadata");
}

#[test]
fn a_configuration_of_something_else_is_refused() {
    assert_refused(&file(linear_tensors(), Some(r#"{"kind":"resnet"}"#)), "holds a network of kind `resnet`");
    assert_refused(&file(linear_tensors(), Some(r#"{"pixels":2}"#)), "missing field `kind`");
    assert_refused(&file(linear_tensors(), Some(r#"{"kind":"fcn","classes":0}"#)), "`classes` is 0");
    let huge = r#"{"kind":"fcn","hidden":[1000000000000]}"#;
    assert_refused(&file(linear_tensors(), Some(huge)), "`parameters` is 267000000000");
}

#[test]
fn a_network_of_another_kind_is_named_beside_the_expected_one() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("weights");
    let config = linear();
    save(&config.init(&Device::flex()), &config, &path).unwrap();
    assert_eq!(kind(&path).unwrap(), "fcn");
    let error = load::<CnnConfig>(&path, &Device::flex()).unwrap_err().to_string();
    assert!(error.ends_with("weights: holds a network of kind `fcn`, expected kind `cnn`"), "{error}");
}

#[test]
fn no_cut_of_a_file_loads_or_panics() {
    let whole = linear_file(linear_tensors());
    assert!(load_bytes(&whole).is_ok());
    for length in 0..whole.len() {
        assert_refused(&whole[..length], "is not a complete safetensors file");
    }
}

#[test]
fn a_file_of_something_else_is_refused() {
    assert_refused(b"kind = \"fcn\", and more than eight bytes of it", "is not a complete safetensors file");
}

#[test]
fn an_absent_file_is_named() {
    let error = load::<FcnConfig>(Path::new("no/such/file"), &Device::flex()).unwrap_err();
    assert!(error.to_string().starts_with("no/such/file: cannot be read: "), "{error}");
}

#[test]
fn a_folder_that_does_not_exist_cannot_be_written_to() {
    let config = linear();
    let error = save(&config.init(&Device::flex()), &config, Path::new("no/such/file")).unwrap_err();
    assert!(error.to_string().starts_with("no/such/file: cannot be written: "), "{error}");
}

#[cfg(unix)]
#[test]
fn weights_have_the_mode_that_the_umask_leaves() {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::new().unwrap();
    let config = linear();
    let [usual, weights] = ["usual", "weights"].map(|name| folder.path().join(name));
    fs::write(&usual, "").unwrap();
    save(&config.init(&Device::flex()), &config, &weights).unwrap();
    let mode = |path| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&weights), mode(&usual));
}
