"""Makes the fixtures beside this file: forward passes and gradients as PyTorch computes them.

    pip install torch numpy && python make.py

Each fixture holds a small network's configuration and weights, images, the output, and the gradients of
`sum(output * upstream)`. Linear weights are transposed: Tinderbox stores them `[inputs, outputs]`.
"""

import json
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F


def values(tensor):
    flat = tensor.detach().flatten().tolist()
    return {"shape": list(tensor.shape), "values": [float(f"{value:.9g}") for value in flat]}


def write(name, config, images, weights, forward):
    """`weights` maps Tinderbox's names to (tensor, whether Tinderbox stores it transposed)."""
    images.requires_grad_(True)
    output = forward(images)
    upstream = torch.randn_like(output)
    (output * upstream).sum().backward()

    def stored(tensor, transposed):
        return values(tensor.T if transposed else tensor)

    fixture = {
        "torch": torch.__version__,
        "config": config,
        "images": values(images),
        "weights": {key: stored(*weight) for key, weight in weights.items()},
        "output": values(output),
        "upstream": values(upstream),
        "image_gradient": values(images.grad),
        "gradients": {key: stored(weight.grad, flip) for key, (weight, flip) in weights.items()},
    }
    path = Path(__file__).with_name(f"{name}.json")
    path.write_text(json.dumps(fixture, separators=(",", ":")) + "\n")


def linear_weights(names, layers):
    weights = {}
    for name, layer in zip(names, layers):
        weights[f"{name}.weight"] = (layer.weight, True)
        weights[f"{name}.bias"] = (layer.bias, False)
    return weights


def fcn(name, activation, module):
    layers = [nn.Linear(24, 7), nn.Linear(7, 5), nn.Linear(5, 3)]
    network = nn.Sequential(nn.Flatten(), layers[0], module, layers[1], module, layers[2])
    config = {"pixels": 24, "hidden": [7, 5], "classes": 3, "activation": activation}
    weights = linear_weights(["hidden.0", "hidden.1", "output"], layers)
    write(name, config, torch.rand(4, 2, 3, 4), weights, network)


FILTERS = {"channels": 2, "height": 8, "width": 4, "filters": [3, 5], "hidden": 6, "classes": 4}


def head():
    return nn.Linear(5 * 2 * 1, 6), nn.Linear(6, 4)


def score(pooled, hidden, output):
    return output(F.relu(hidden(pooled.flatten(1))))


def cnn():
    first, second = nn.Conv2d(2, 3, 3, padding=1), nn.Conv2d(3, 5, 3, padding=1)
    hidden, output = head()
    weights = linear_weights(["head.hidden", "head.output"], [hidden, output])
    for name, layer in [("first", first), ("second", second)]:
        weights[f"{name}.weight"] = (layer.weight, False)
        weights[f"{name}.bias"] = (layer.bias, False)

    def forward(images):
        pooled = F.max_pool2d(F.relu(first(images)), 2)
        return score(F.max_pool2d(F.relu(second(pooled)), 2), hidden, output)

    write("cnn", FILTERS, torch.rand(4, 2, 8, 4), weights, forward)


def locally_connected(images, weight, bias, kernel, stride, padding):
    """Position by position, straight from the definition."""
    channels_out, rows, columns = bias.shape
    padded = F.pad(images, (padding[1], padding[1], padding[0], padding[0]))
    positions = []
    for row in range(rows):
        for column in range(columns):
            top, left = row * stride[0], column * stride[1]
            window = padded[:, :, top : top + kernel[0], left : left + kernel[1]].flatten(1)
            positions.append(window @ weight[row * columns + column].T + bias[:, row, column])
    return torch.stack(positions, 2).reshape(len(images), channels_out, rows, columns)


def layer_weights(channels, size, area):
    weight = torch.randn(size[0] * size[1], channels[1], channels[0] * area) / 3
    return weight.requires_grad_(True), torch.randn(channels[1], *size).requires_grad_(True)


def layer(name, channels, image, size, kernel, stride, padding):
    weight, bias = layer_weights(channels, size, kernel[0] * kernel[1])
    config = {"channels": channels, "image": image, "kernel": kernel, "stride": stride, "padding": padding}

    def forward(images):
        return locally_connected(images, weight, bias, kernel, stride, padding)

    weights = {"weight": (weight, False), "bias": (bias, False)}
    write(name, config, torch.rand(3, channels[0], *image), weights, forward)


def local_net():
    (w1, b1), (w2, b2) = layer_weights([2, 3], [8, 4], 9), layer_weights([3, 5], [4, 2], 9)
    hidden, output = head()
    weights = linear_weights(["head.hidden", "head.output"], [hidden, output])
    weights |= {"first.weight": (w1, False), "first.bias": (b1, False)}
    weights |= {"second.weight": (w2, False), "second.bias": (b2, False)}

    def forward(images):
        filtered = locally_connected(images, w1, b1, [3, 3], [1, 1], [1, 1])
        pooled = F.max_pool2d(F.relu(filtered), 2)
        filtered = locally_connected(pooled, w2, b2, [3, 3], [1, 1], [1, 1])
        return score(F.max_pool2d(F.relu(filtered), 2), hidden, output)

    write("local_net", FILTERS, torch.rand(4, 2, 8, 4), weights, forward)


torch.manual_seed(1989)
fcn("fcn", "relu", nn.ReLU())
fcn("fcn_sigmoid", "sigmoid", nn.Sigmoid())
cnn()
local_net()
layer("locally_connected", [1, 3], [4, 5], [4, 5], [3, 3], [1, 1], [1, 1])
layer("locally_connected_odd", [2, 3], [7, 5], [4, 3], [2, 3], [2, 2], [1, 1])
