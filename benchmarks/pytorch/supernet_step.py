"""The peer: one weight step of the DARTS supernet in PyTorch, eager mode.

Reads a line from standard input for each step and answers with one line of JSON, so that another process can let two
programs take turns. The first answer says what was built.

    python3 supernet_step.py --layout channels_last --batch 16 --threads 2
"""

import argparse
import json
import resource
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

# none gives zeros: it costs nothing here either.
OPERATIONS = ("max_pool_3x3", "avg_pool_3x3", "skip_connect", "sep_conv_3x3", "sep_conv_5x5", "dil_conv_3x3", "dil_conv_5x5")
NODES = 4
EDGES = sum(range(2, 2 + NODES))
CANDIDATES = 1 + len(OPERATIONS)


def norm(channels, affine=False):
    return nn.BatchNorm2d(channels, affine=affine)


def separable(channels, size, stride=1, dilation=1):
    padding = dilation * (size - 1) // 2
    return [
        nn.ReLU(),
        nn.Conv2d(channels, channels, size, stride, padding, dilation, groups=channels, bias=False),
        nn.Conv2d(channels, channels, 1, bias=False),
        norm(channels),
    ]


class FactorizedReduce(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.even = nn.Conv2d(inputs, outputs // 2, 1, 2, bias=False)
        self.odd = nn.Conv2d(inputs, outputs // 2, 1, 2, bias=False)
        self.norm = norm(outputs)

    def forward(self, x):
        x = F.relu(x)
        return self.norm(torch.cat([self.even(x), self.odd(x[:, :, 1:, 1:])], dim=1))


def operation(name, channels, stride):
    if name == "max_pool_3x3":
        return nn.Sequential(nn.MaxPool2d(3, stride, 1), norm(channels))
    if name == "avg_pool_3x3":
        return nn.Sequential(nn.AvgPool2d(3, stride, 1, count_include_pad=False), norm(channels))
    if name == "skip_connect":
        return nn.Identity() if stride == 1 else FactorizedReduce(channels, channels)
    kind, _, size = name.partition("_conv_")
    size = int(size[0])
    if kind == "dil":
        return nn.Sequential(*separable(channels, size, stride, dilation=2))
    return nn.Sequential(*separable(channels, size, stride), *separable(channels, size))


class MixedEdge(nn.Module):
    def __init__(self, channels, stride):
        super().__init__()
        self.operations = nn.ModuleList(operation(name, channels, stride) for name in OPERATIONS)

    def forward(self, x, weights):
        return sum(weight * op(x) for weight, op in zip(weights[1:], self.operations))


class Cell(nn.Module):
    def __init__(self, before_previous, previous, channels, reduction, previous_reduction):
        super().__init__()
        self.pre0 = (
            FactorizedReduce(before_previous, channels) if previous_reduction else self.projection(before_previous, channels)
        )
        self.pre1 = self.projection(previous, channels)
        self.edges = nn.ModuleList(
            MixedEdge(channels, 2 if reduction and source < 2 else 1) for node in range(NODES) for source in range(2 + node)
        )

    @staticmethod
    def projection(inputs, channels):
        return nn.Sequential(nn.ReLU(), nn.Conv2d(inputs, channels, 1, bias=False), norm(channels))

    def forward(self, s0, s1, weights):
        states = [self.pre0(s0), self.pre1(s1)]
        first = 0
        for _ in range(NODES):
            last = first + len(states)
            states.append(sum(edge(x, w) for x, edge, w in zip(states, self.edges[first:last], weights[first:last])))
            first = last
        return torch.cat(states[2:], dim=1)


class Supernet(nn.Module):
    def __init__(self, cells, channels, classes):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 3 * channels, 3, padding=1, bias=False), norm(3 * channels, affine=True))
        self.cells = nn.ModuleList()
        self.reductions = (cells // 3, 2 * cells // 3)
        before_previous = previous = 3 * channels
        for i in range(cells):
            reduction = i in self.reductions
            if reduction:
                channels *= 2
            self.cells.append(Cell(before_previous, previous, channels, reduction, i - 1 in self.reductions))
            before_previous, previous = previous, NODES * channels
        self.head = nn.Linear(previous, classes)

    def forward(self, x, normal, reduce):
        s0 = s1 = self.stem(x)
        normal, reduce = F.softmax(normal, -1), F.softmax(reduce, -1)
        for i, cell in enumerate(self.cells):
            s0, s1 = s1, cell(s0, s1, reduce if i in self.reductions else normal)
        return self.head(s1.mean((2, 3)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--layout", choices=("channels_last", "NCHW"), required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--cells", type=int, default=8)
    parser.add_argument("--channels", type=int, default=16)
    parser.add_argument("--classes", type=int, default=10)
    parser.add_argument("--size", type=int, default=32)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    memory_format = torch.channels_last if options.layout == "channels_last" else torch.contiguous_format
    network = Supernet(options.cells, options.channels, options.classes).to(memory_format=memory_format)
    # The weight step of a careful user: the alphas get no gradient in it.
    alphas = [1e-3 * torch.randn(EDGES, CANDIDATES) for _ in range(2)]
    optimizer = torch.optim.SGD(network.parameters(), 0.025, momentum=0.9, weight_decay=3e-4)
    x = torch.randn(options.batch, 3, options.size, options.size).to(memory_format=memory_format)
    y = torch.randint(options.classes, (options.batch,))

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(network(x, *alphas), y)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 5)
        optimizer.step()
        return loss.item()

    say = lambda **values: print(json.dumps(values), flush=True)
    say(
        torch=torch.__version__,
        threads=torch.get_num_threads(),
        parameters=sum(p.numel() for p in network.parameters()),
        mkldnn=torch.backends.mkldnn.is_available(),
    )
    for _ in sys.stdin:
        start = time.perf_counter()
        loss = step()
        milliseconds = 1e3 * (time.perf_counter() - start)
        say(milliseconds=milliseconds, loss=loss, peakBytes=1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


if __name__ == "__main__":
    main()
