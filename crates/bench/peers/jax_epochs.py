"""JAX as a contestant: one epoch of Adam for each line, or its forward passes alone, a Python loop over one compiled step."""

import argparse
import json
from functools import partial

import jax
import jax.numpy as jnp
import numpy
from jax import lax

from conducted import converse, images, timed

parser = argparse.ArgumentParser()
parser.add_argument("--images", required=True)
parser.add_argument("--network", required=True)
parser.add_argument("--batch", type=int, required=True)
parser.add_argument("--threads", type=int, required=True)
parser.add_argument("--formulation", default="einsum")
parser.add_argument("--forward", action="store_true")
arguments = parser.parse_args()

config = json.loads(arguments.network)
# Channels last: what XLA's convolutions on a CPU want.
LAYOUT = ("NHWC", "HWIO", "NHWC")


def initial(key):
    """Weights drawn as He et al. do, biases of zero, layer after layer."""

    def layer(shape, fan_in, bias):
        nonlocal key
        key, own = jax.random.split(key)
        return jax.random.normal(own, shape) * (2.0 / fan_in) ** 0.5, jnp.zeros(bias)

    def linears(sizes):
        return [layer((inputs, outputs), inputs, (outputs,)) for inputs, outputs in zip(sizes, sizes[1:])]

    if config["kind"] == "fcn":
        return linears([config["pixels"], *config["hidden"], config["classes"]])
    height, width = config["height"], config["width"]
    first, second = config["filters"]
    layers = []
    for inputs, outputs, shrunk in [(config["channels"], first, 1), (first, second, 2)]:
        rows, columns = height // shrunk, width // shrunk
        if config["kind"] == "cnn":
            layers.append(layer((3, 3, inputs, outputs), inputs * 9, (outputs,)))
        else:
            layers.append(layer((rows, columns, inputs * 9, outputs), inputs * 9, (rows, columns, outputs)))
    features = second * (height // 4) * (width // 4)
    return layers + linears([features, config["hidden"], config["classes"]])


def filters(images, weight):
    if config["kind"] == "cnn":
        return lax.conv_general_dilated(images, weight, (1, 1), "SAME", dimension_numbers=LAYOUT)
    if arguments.formulation == "local":
        return lax.conv_general_dilated_local(
            images, weight, (1, 1), "SAME", (3, 3), dimension_numbers=LAYOUT
        )
    padded = jnp.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    rows, columns = images.shape[1:3]
    windows = [padded[:, y : y + rows, x : x + columns] for y in range(3) for x in range(3)]
    return jnp.einsum("brck,rcko->brco", jnp.concatenate(windows, axis=3), weight)


def pool(maps):
    return lax.reduce_window(maps, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")


def logits(layers, images):
    if config["kind"] != "fcn":
        for weight, bias in layers[:2]:
            images = pool(jax.nn.relu(filters(images, weight) + bias))
        layers = layers[2:]
    units = images.reshape(images.shape[0], -1)
    for weight, bias in layers[:-1]:
        units = jax.nn.relu(units @ weight + bias)
    weight, bias = layers[-1]
    return units @ weight + bias


def mean_loss(layers, images, labels):
    scores = jax.nn.log_softmax(logits(layers, images))
    return -jnp.take_along_axis(scores, labels[:, None], axis=1).mean()


@partial(jax.jit, donate_argnums=0)
def step(state, pixels, labels, positions):
    """One step of Adam (Kingma and Ba, 2015, algorithm 1) on the images at `positions`."""
    layers, first, second, time, total = state
    loss, gradients = jax.value_and_grad(mean_loss)(layers, pixels[positions], labels[positions])
    time = time + 1
    first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, gradients)
    second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, gradients)
    rate = 0.001 * jnp.sqrt(1.0 - 0.999**time) / (1.0 - 0.9**time)
    epsilon = 1e-8 * jnp.sqrt(1.0 - 0.999**time)
    layers = jax.tree.map(lambda w, m, v: w - rate * m / (jnp.sqrt(v) + epsilon), layers, first, second)
    return layers, first, second, time, total + loss * positions.shape[0]


pixels, labels, _ = images(arguments.images)
count = len(labels)
# XLA has nothing to gain from 64 bits, and the images go to the device once.
pixels = jax.device_put(numpy.ascontiguousarray(pixels.transpose(0, 2, 3, 1)))
labels = jax.device_put(labels.astype(numpy.int32))
random = numpy.random.default_rng(1)
layers = initial(jax.random.key(1))
zeros = partial(jax.tree.map, jnp.zeros_like)
state = (layers, zeros(layers), zeros(layers), jnp.zeros(()), jnp.zeros(()))


def epoch():
    """Trains one epoch; its mean loss. The last, smaller batch is compiled for its own size."""
    global state
    order = random.permutation(count).astype(numpy.int32)
    state = (*state[:4], jnp.zeros(()))
    for start in range(0, count, arguments.batch):
        state = step(state, pixels, labels, order[start : start + arguments.batch])
    return float(state[4]) / count


@jax.jit
def scored(layers, pixels, labels, positions):
    return mean_loss(layers, pixels[positions], labels[positions]) * positions.shape[0]


def forward():
    """Scores all images; their mean loss."""
    order, total = numpy.arange(count, dtype=numpy.int32), jnp.zeros(())
    for start in range(0, count, arguments.batch):
        total = total + scored(state[0], pixels, labels, order[start : start + arguments.batch])
    return float(total) / count


def answer(_line):
    loss, times = timed(forward if arguments.forward else epoch)
    return {"loss": loss, **times}


converse({"jax": jax.__version__}, answer)
