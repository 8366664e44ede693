"""PyTorch as a worker of a study: one whole trial for each line, as Tinderbox's configuration has it."""

import argparse
import copy
import json
import math

import torch
import torch.nn.functional as F

from conducted import converse, images, timed
from pytorch_networks import network

# Images scored at once, as Tinderbox does.
BATCH = 512

parser = argparse.ArgumentParser()
parser.add_argument("--training", required=True)
parser.add_argument("--test", required=True)
parser.add_argument("--threads", type=int, required=True)
parser.add_argument("--fused", action="store_true")
arguments = parser.parse_args()

torch.set_num_threads(arguments.threads)
TRAINING, TEST = (
    tuple(map(torch.from_numpy, images(path)[:2])) for path in (arguments.training, arguments.test)
)


def evaluate(model, pixels, labels):
    """Mean loss and accuracy; dropout is off."""
    model.eval()
    with torch.no_grad():
        logits = torch.cat([model(batch) for batch in pixels.split(BATCH)])
        loss = F.cross_entropy(logits, labels).item()
    return loss, (logits.argmax(1) == labels).double().mean().item()


def fgsm(model, pixels, labels, epsilon):
    """x' = clip(x + ε sign(∇ J), 0, 1) against the model held still."""
    training = model.training
    model.eval()
    pixels = pixels.detach().clone().requires_grad_(True)
    (gradient,) = torch.autograd.grad(F.cross_entropy(model(pixels), labels), pixels)
    model.train(training)
    return (pixels.detach() + epsilon * gradient.sign()).clamp(0.0, 1.0)


def loss_of(model, pixels, labels, adversarial):
    """The loss of a step; with adversarial training that of the mix, natural and perturbed as one batch."""
    if adversarial is None:
        return F.cross_entropy(model(pixels), labels)
    perturbed = fgsm(model, pixels, labels, adversarial["epsilon"])
    natural, robust = model(torch.cat([pixels, perturbed])).chunk(2)
    share = adversarial["share"]
    return (1.0 - share) * F.cross_entropy(natural, labels) + share * F.cross_entropy(robust, labels)


def optimizer_of(model, training):
    config, rate = training["optimizer"], training["learning_rate"]
    if config["kind"] == "adam":
        betas = (config["beta_1"], config["beta_2"])
        fused = arguments.fused
        return torch.optim.Adam(model.parameters(), lr=rate, betas=betas, eps=config["epsilon"], fused=fused)
    if config["kind"] != "sgd":
        raise ValueError(f"optimizer {config['kind']}, expected adam or sgd")
    return torch.optim.SGD(model.parameters(), lr=rate, momentum=config["momentum"])


def fit(model, training, learnt, validation):
    """Trains, looking at validation and test images after each epoch; `None` if a loss was not finite."""
    (pixels, labels), patience = learnt, training["patience"]
    optimizer, best = optimizer_of(model, training), None
    for epoch in range(1, training["epochs"] + 1):
        model.train()
        total = torch.zeros(())
        for positions in torch.randperm(len(labels)).split(training["batch_size"]):
            optimizer.zero_grad()
            loss = loss_of(model, pixels[positions], labels[positions], training["adversarial"])
            loss.backward()
            optimizer.step()
            total += loss.detach() * len(positions)
        validation_loss, _ = evaluate(model, *validation)
        evaluate(model, *TEST)
        if not (math.isfinite(total.item()) and math.isfinite(validation_loss)):
            return None
        if patience is not None:
            if best is None or validation_loss < best[1]:
                best = (epoch, validation_loss, copy.deepcopy(model.state_dict()))
            elif epoch - best[0] >= patience:
                break
    if best is not None:
        model.load_state_dict(best[2])
    return model


def trial(task):
    """Test accuracy of a whole trial, or `None` if it diverged."""
    config = task["configuration"]
    torch.manual_seed(task["seed"])
    pixels, labels = TRAINING
    order = torch.randperm(len(labels))
    kept = round(config["validation_fraction"] * len(labels))
    validation = (pixels[order[:kept]], labels[order[:kept]])
    learnt = (pixels[order[kept:]], labels[order[kept:]])
    model = fit(network(config["model"]), config["training"], learnt, validation)
    if model is None:
        return None
    evaluate(model, *learnt)
    _, accuracy = evaluate(model, *TEST)
    for perturbation in task["perturbations"]:
        images, labels = TEST
        if "fgsm" in perturbation:
            pairs = zip(images.split(BATCH), labels.split(BATCH))
            changed = torch.cat([fgsm(model, *pair, perturbation["fgsm"]) for pair in pairs])
        else:
            changed = (images + perturbation["noise"] * torch.randn_like(images)).clamp(0.0, 1.0)
        evaluate(model, changed, labels)
    return accuracy


def answer(line):
    accuracy, times = timed(lambda: trial(json.loads(line)["trial"]))
    return {"accuracy": accuracy, **times}


converse({"pytorch": torch.__version__}, answer)
