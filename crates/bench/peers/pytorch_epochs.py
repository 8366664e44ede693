"""PyTorch as a contestant: one epoch of Adam for each line, or its forward passes alone."""

import argparse
import json

import torch
import torch.nn.functional as F

from conducted import converse, images, timed
from pytorch_networks import network

parser = argparse.ArgumentParser()
parser.add_argument("--images", required=True)
parser.add_argument("--network", required=True)
parser.add_argument("--batch", type=int, required=True)
parser.add_argument("--threads", type=int, required=True)
parser.add_argument("--formulation", default="", help="words: einsum or bmm, fused")
parser.add_argument("--forward", action="store_true")
arguments = parser.parse_args()

torch.set_num_threads(arguments.threads)
torch.manual_seed(1)
pixels, labels, _ = images(arguments.images)
pixels, labels = torch.from_numpy(pixels), torch.from_numpy(labels)
words = arguments.formulation.split()
model = network(json.loads(arguments.network), "einsum" if "einsum" in words else "bmm")
# The default is a loop over the parameters.
optimizer = torch.optim.Adam(model.parameters(), lr=0.001, eps=1e-8, fused="fused" in words)


def epoch():
    """Trains one epoch; its mean loss."""
    total = torch.zeros(())
    for positions in torch.randperm(len(labels)).split(arguments.batch):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(pixels[positions]), labels[positions])
        loss.backward()
        optimizer.step()
        total += loss.detach() * len(positions)
    return total.item() / len(labels)


@torch.no_grad()
def forward():
    """Scores all images, without a graph; their mean loss."""
    total = torch.zeros(())
    for positions in torch.arange(len(labels)).split(arguments.batch):
        total += F.cross_entropy(model(pixels[positions]), labels[positions]) * len(positions)
    return total.item() / len(labels)


def answer(_line):
    loss, times = timed(forward if arguments.forward else epoch)
    return {"loss": loss, **times}


converse({"pytorch": torch.__version__}, answer)
