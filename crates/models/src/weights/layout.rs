//! The tensors of a network by name, before it exists: what a file of its weights must hold.

use crate::{CnnConfig, FcnConfig, LocalNetConfig, NetworkConfig};

/// The name of a tensor, and its shape.
pub(super) type Named = (String, Vec<usize>);

/// The tensors of the network that `config` describes. [`check`](NetworkConfig::check) bounds how many there are.
pub(super) fn layout(config: &NetworkConfig) -> Vec<Named> {
    match config {
        NetworkConfig::Fcn(config) => fcn(config),
        NetworkConfig::Cnn(config) => cnn(config),
        NetworkConfig::LocalNet(config) => local_net(config),
    }
}

fn fcn(config: &FcnConfig) -> Vec<Named> {
    let mut inputs = config.pixels;
    let mut tensors = Vec::new();
    for (index, &units) in config.hidden.iter().enumerate() {
        tensors.extend(linear(&format!("hidden.{index}"), inputs, units));
        inputs = units;
    }
    tensors.extend(linear("output", inputs, config.classes));
    tensors
}

fn cnn(config: &CnnConfig) -> Vec<Named> {
    let [first, second] = config.filters;
    let layer = |name, inputs, outputs| layer(name, vec![outputs, inputs, 3, 3], vec![outputs]);
    let layers = [layer("first", config.channels, first), layer("second", first, second)];
    layers.into_iter().flatten().chain(head(config)).collect()
}

fn local_net(LocalNetConfig(config): &LocalNetConfig) -> Vec<Named> {
    let [first, second] = config.filters;
    let layer = |name, inputs: usize, outputs, shrunk| {
        let (rows, columns) = (config.height / shrunk, config.width / shrunk);
        layer(name, vec![rows * columns, outputs, inputs * 9], vec![outputs, rows, columns])
    };
    let layers = [layer("first", config.channels, first, 1), layer("second", first, second, 2)];
    layers.into_iter().flatten().chain(head(config)).collect()
}

fn head(config: &CnnConfig) -> impl Iterator<Item = Named> {
    let hidden = linear("head.hidden", config.features(), config.hidden);
    hidden.into_iter().chain(linear("head.output", config.hidden, config.classes))
}

fn linear(name: &str, inputs: usize, outputs: usize) -> [Named; 2] {
    layer(name, vec![inputs, outputs], vec![outputs])
}

fn layer(name: &str, weight: Vec<usize>, bias: Vec<usize>) -> [Named; 2] {
    [(format!("{name}.weight"), weight), (format!("{name}.bias"), bias)]
}

#[cfg(test)]
mod tests {
    use burn::prelude::*;
    use burn_store::ModuleSnapshot;

    use super::*;
    use crate::Kind;

    #[test]
    fn it_is_the_layout_of_the_network_that_init_makes() {
        for kind in [Kind::Fcn, Kind::Cnn, Kind::LocalNet] {
            let config = NetworkConfig::paper(kind, [3, 8, 12], 7);
            let mut made: Vec<Named> = config
                .init(&Device::flex())
                .collect(None, None, true)
                .into_iter()
                .map(|tensor| (tensor.name.clone(), tensor.shape.iter().copied().collect()))
                .collect();
            let mut expected = layout(&config);
            made.sort();
            expected.sort();
            assert_eq!(expected, made, "{kind}");
        }
    }
}
