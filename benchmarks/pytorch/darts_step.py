"""The peer: one step of DARTS in PyTorch, eager mode, as a careful user writes it.

Reads a line from standard input for each step and answers with one line of JSON, so that another process can let two
programs take turns. The first answer says what was built.

    python3 darts_step.py --kind weight --layout channels_last --batch 16 --threads 2
"""

import argparse
import json
import sys
import time

import torch
from darts_network import CANDIDATES, EDGES, Network
from torch import nn
from torch.nn import functional as F

LEARNING_RATE, MOMENTUM, WEIGHT_DECAY, CLIP = 0.025, 0.9, 3e-4, 5


def peak_mebibytes():
    """The mark of this process alone: getrusage() also counts what the process that started it had."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024


class Steps:
    """Every kind of step asks autograd for the gradients that it needs and no others."""

    def __init__(self, options):
        genotype = json.loads(options.genotype) if options.genotype else None
        memory_format = torch.channels_last if options.layout == "channels_last" else torch.contiguous_format
        self.network = Network(options.cells, options.channels, options.classes, genotype).to(memory_format=memory_format)
        self.alphas = [1e-3 * torch.randn(EDGES, CANDIDATES) for _ in range(2)]
        self.weights = list(self.network.parameters())
        self.weight_optimizer = torch.optim.SGD(self.weights, LEARNING_RATE, momentum=MOMENTUM, weight_decay=WEIGHT_DECAY)
        self.alpha_optimizer = torch.optim.Adam(self.alphas, 3e-4, betas=(0.5, 0.999), weight_decay=1e-3)
        pictures = (options.batch, 3, options.size, options.size)
        self.batches = [
            (torch.randn(pictures).to(memory_format=memory_format), torch.randint(options.classes, (options.batch,)))
            for _ in range(2)
        ]

    def loss(self, batch):
        x, y = batch
        return F.cross_entropy(self.network(x, *self.alphas), y)

    def gradients(self, batch, *, weights, alphas):
        for weight in self.weights:
            weight.requires_grad_(weights)
        for alpha in self.alphas:
            alpha.requires_grad_(alphas)
        loss = self.loss(batch)
        wanted = (self.weights if weights else []) + (self.alphas if alphas else [])
        return loss.item(), torch.autograd.grad(loss, wanted)

    def move_alphas(self, gradients):
        for alpha, gradient in zip(self.alphas, gradients):
            alpha.grad = gradient
        self.alpha_optimizer.step()

    def weight(self):
        loss, gradients = self.gradients(self.batches[0], weights=True, alphas=False)
        for weight, gradient in zip(self.weights, gradients):
            weight.grad = gradient
        nn.utils.clip_grad_norm_(self.weights, CLIP)
        self.weight_optimizer.step()
        self.weight_optimizer.zero_grad(set_to_none=True)
        return loss

    def alpha(self):
        loss, gradients = self.gradients(self.batches[0], weights=False, alphas=True)
        self.move_alphas(gradients)
        return loss

    def second_order(self):
        train, held = self.batches
        _, gradients = self.gradients(train, weights=True, alphas=False)
        here = [weight.detach().clone() for weight in self.weights]
        with torch.no_grad():
            for weight, gradient in zip(self.weights, gradients):
                velocity = self.weight_optimizer.state[weight].get("momentum_buffer")
                step = gradient + WEIGHT_DECAY * weight
                weight -= LEARNING_RATE * (step if velocity is None else step + MOMENTUM * velocity)
        del gradients
        loss, ahead = self.gradients(held, weights=True, alphas=True)
        direction, direct = ahead[: len(here)], ahead[len(here) :]
        radius = 0.01 / torch.stack([d.norm() for d in direction]).norm().item()
        sides = []
        for distance in (radius, -radius):
            with torch.no_grad():
                for weight, start, d in zip(self.weights, here, direction):
                    weight.copy_(start).add_(d, alpha=distance)
            sides.append(self.gradients(train, weights=False, alphas=True)[1])
        with torch.no_grad():
            for weight, start in zip(self.weights, here):
                weight.copy_(start)
        self.move_alphas([g - LEARNING_RATE * (p - m) / (2 * radius) for g, p, m in zip(direct, *sides)])
        return loss


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kind", choices=("weight", "alpha", "second-order"), default="weight")
    parser.add_argument("--layout", choices=("channels_last", "NCHW"), required=True)
    parser.add_argument("--genotype", help="JSON; without it the supernet")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, required=True)
    for name, value in {"cells": 8, "channels": 16, "classes": 10, "size": 32, "seed": 0}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    steps = Steps(options)
    step = {"weight": steps.weight, "alpha": steps.alpha, "second-order": steps.second_order}[options.kind]

    say = lambda **values: print(json.dumps(values), flush=True)
    say(
        version=f"PyTorch {torch.__version__}",
        threads=torch.get_num_threads(),
        parameters=sum(p.numel() for p in steps.network.parameters()),
        mkldnn=torch.backends.mkldnn.is_available(),
    )
    for _ in sys.stdin:
        start = time.perf_counter()
        loss = step()
        milliseconds = 1e3 * (time.perf_counter() - start)
        say(milliseconds=milliseconds, loss=loss, peakResidentMiB=peak_mebibytes())


if __name__ == "__main__":
    main()
