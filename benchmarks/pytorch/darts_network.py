"""The networks of DARTS (Liu, Simonyan, Yang 2019) in PyTorch: the supernet, and the network of a genotype."""

from torch import cat, nn
from torch.nn import functional as F

# none gives zeros: it costs nothing here either.
OPERATIONS = ("max_pool_3x3", "avg_pool_3x3", "skip_connect", "sep_conv_3x3", "sep_conv_5x5", "dil_conv_3x3", "dil_conv_5x5")
NODES = 4
EDGES = sum(range(2, 2 + NODES))
CANDIDATES = 1 + len(OPERATIONS)


def norm(channels, affine):
    return nn.BatchNorm2d(channels, affine=affine)


def separable(channels, size, affine, stride=1, dilation=1):
    padding = dilation * (size - 1) // 2
    return [
        nn.ReLU(),
        nn.Conv2d(channels, channels, size, stride, padding, dilation, groups=channels, bias=False),
        nn.Conv2d(channels, channels, 1, bias=False),
        norm(channels, affine),
    ]


class FactorizedReduce(nn.Module):
    def __init__(self, inputs, outputs, affine):
        super().__init__()
        self.even = nn.Conv2d(inputs, outputs // 2, 1, 2, bias=False)
        self.odd = nn.Conv2d(inputs, outputs // 2, 1, 2, bias=False)
        self.norm = norm(outputs, affine)

    def forward(self, x):
        x = F.relu(x)
        return self.norm(cat([self.even(x), self.odd(x[:, :, 1:, 1:])], dim=1))


def operation(name, channels, stride, affine, pool_norm):
    after_pool = [norm(channels, False)] if pool_norm else []
    if name == "max_pool_3x3":
        return nn.Sequential(nn.MaxPool2d(3, stride, 1), *after_pool)
    if name == "avg_pool_3x3":
        return nn.Sequential(nn.AvgPool2d(3, stride, 1, count_include_pad=False), *after_pool)
    if name == "skip_connect":
        return nn.Identity() if stride == 1 else FactorizedReduce(channels, channels, affine)
    kind, _, size = name.partition("_conv_")
    size = int(size[0])
    if kind == "dil":
        return nn.Sequential(*separable(channels, size, affine, stride, dilation=2))
    return nn.Sequential(*separable(channels, size, affine, stride), *separable(channels, size, affine))


class MixedEdge(nn.Module):
    def __init__(self, channels, stride):
        super().__init__()
        self.operations = nn.ModuleList(operation(name, channels, stride, affine=False, pool_norm=True) for name in OPERATIONS)

    def forward(self, x, weights):
        return sum(weight * op(x) for weight, op in zip(weights[1:], self.operations))


def projection(inputs, channels, affine):
    return nn.Sequential(nn.ReLU(), nn.Conv2d(inputs, channels, 1, bias=False), norm(channels, affine))


def inputs(before_previous, previous, channels, previous_reduction, affine):
    reduce = FactorizedReduce if previous_reduction else projection
    return reduce(before_previous, channels, affine), projection(previous, channels, affine)


class SearchCell(nn.Module):
    width = NODES

    def __init__(self, before_previous, previous, channels, reduction, previous_reduction):
        super().__init__()
        self.pre0, self.pre1 = inputs(before_previous, previous, channels, previous_reduction, affine=False)
        self.edges = nn.ModuleList(
            MixedEdge(channels, 2 if reduction and source < 2 else 1) for node in range(NODES) for source in range(2 + node)
        )

    def forward(self, s0, s1, weights):
        states = [self.pre0(s0), self.pre1(s1)]
        first = 0
        for _ in range(NODES):
            last = first + len(states)
            states.append(sum(edge(x, w) for x, edge, w in zip(states, self.edges[first:last], weights[first:last])))
            first = last
        return cat(states[2:], dim=1)


class DerivedCell(nn.Module):
    def __init__(self, genotype, before_previous, previous, channels, reduction, previous_reduction):
        super().__init__()
        kind = "reduce" if reduction else "normal"
        self.pre0, self.pre1 = inputs(before_previous, previous, channels, previous_reduction, affine=True)
        self.sources = [source for _, source in genotype[kind]]
        self.operations = nn.ModuleList(
            operation(name, channels, 2 if reduction and source < 2 else 1, affine=True, pool_norm=False)
            for name, source in genotype[kind]
        )
        self.concat = genotype[f"{kind}_concat"]
        self.width = len(self.concat)

    def forward(self, s0, s1, _):
        states = [self.pre0(s0), self.pre1(s1)]
        for i in range(0, len(self.sources), 2):
            states.append(sum(self.operations[j](states[self.sources[j]]) for j in (i, i + 1)))
        return cat([states[i] for i in self.concat], dim=1)


class Network(nn.Module):
    """The supernet, or with a genotype its network. `forward` takes the alphas of normal and reduction cells; a derived network ignores them."""

    def __init__(self, cells, channels, classes, genotype=None):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 3 * channels, 3, padding=1, bias=False), norm(3 * channels, True))
        self.cells = nn.ModuleList()
        self.reductions = (cells // 3, 2 * cells // 3)
        before_previous = previous = 3 * channels
        for i in range(cells):
            reduction = i in self.reductions
            if reduction:
                channels *= 2
            place = (before_previous, previous, channels, reduction, i - 1 in self.reductions)
            cell = SearchCell(*place) if genotype is None else DerivedCell(genotype, *place)
            self.cells.append(cell)
            before_previous, previous = previous, cell.width * channels
        self.head = nn.Linear(previous, classes)

    def forward(self, x, normal, reduce):
        s0 = s1 = self.stem(x)
        normal, reduce = F.softmax(normal, -1), F.softmax(reduce, -1)
        for i, cell in enumerate(self.cells):
            s0, s1 = s1, cell(s0, s1, reduce if i in self.reductions else normal)
        return self.head(s1.mean((2, 3)))
