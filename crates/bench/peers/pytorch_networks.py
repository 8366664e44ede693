"""The networks of the paper in PyTorch, from the same configuration that Tinderbox reads."""

import torch
import torch.nn.functional as F
from torch import nn


class LocallyConnected(nn.Module):
    """A 3x3 convolution without shared weights; `formulation` is `einsum` or `bmm`."""

    def __init__(self, inputs, outputs, height, width, formulation):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(height * width, outputs, inputs * 9))
        self.bias = nn.Parameter(torch.zeros(outputs, height, width))
        self.size = (height, width)
        self.formulation = formulation

    def forward(self, images):
        windows = F.unfold(images, 3, padding=1)
        if self.formulation == "einsum":
            maps = torch.einsum("bkl,lok->bol", windows, self.weight)
        else:
            maps = torch.bmm(self.weight, windows.permute(2, 1, 0)).permute(2, 1, 0)
        return maps.reshape(images.shape[0], -1, *self.size) + self.bias


def draw(weight, fans, initializer):
    """Draws a weight as Tinderbox's initializer of that name does; biases start at zero."""
    fan_in, fan_out = fans
    if isinstance(initializer, dict):
        nn.init.normal_(weight, 0.0, initializer["normal"]["standard_deviation"])
        return
    variance = {"xavier": 2.0 / (fan_in + fan_out), "he": 2.0 / fan_in}[initializer.split("-")[0]]
    if initializer.endswith("uniform"):
        limit = (3.0 * variance) ** 0.5
        nn.init.uniform_(weight, -limit, limit)
    else:
        nn.init.normal_(weight, 0.0, variance**0.5)


def network(config, formulation="bmm"):
    """The network that `config` describes: `kind` is `fcn`, `cnn` or `local-net`."""
    activation = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid}[config["activation"]]
    initializer, dropout = config["initializer"], config["dropout"]

    def linear(inputs, outputs):
        layer = nn.Linear(inputs, outputs)
        draw(layer.weight, (inputs, outputs), initializer)
        nn.init.zeros_(layer.bias)
        return layer

    if config["kind"] == "fcn":
        layers, inputs = [nn.Flatten()], config["pixels"]
        for units in config["hidden"]:
            layers += [linear(inputs, units), activation()] + [nn.Dropout(dropout)] * (dropout > 0)
            inputs = units
        return nn.Sequential(*layers, linear(inputs, config["classes"]))

    def filters(inputs, outputs, shrunk):
        if config["kind"] == "cnn":
            layer = nn.Conv2d(inputs, outputs, 3, padding=1)
            nn.init.zeros_(layer.bias)
        else:
            height, width = config["height"] // shrunk, config["width"] // shrunk
            layer = LocallyConnected(inputs, outputs, height, width, formulation)
        draw(layer.weight, (inputs * 9, outputs * 9), initializer)
        return [layer, activation(), nn.MaxPool2d(2)]

    first, second = config["filters"]
    features = second * (config["height"] // 4) * (config["width"] // 4)
    return nn.Sequential(
        *filters(config["channels"], first, 1),
        *filters(first, second, 2),
        nn.Flatten(),
        linear(features, config["hidden"]),
        activation(),
        *[nn.Dropout(dropout)] * (dropout > 0),
        linear(config["hidden"], config["classes"]),
    )
