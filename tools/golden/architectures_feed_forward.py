"""Writes packages/architectures/test/golden/feed-forward.json: small feed-forward networks in PyTorch.

Run: python3 tools/golden/architectures_feed_forward.py (PyTorch 1.13 or later)
"""

import torch
from architecture_cases import case, integers, numbers, write
from torch import nn

NORMALIZATIONS = {"none": lambda width: [], "batch": lambda width: [nn.BatchNorm1d(width)], "layer": lambda width: [nn.LayerNorm(width)]}


class Perceptron(nn.Module):
    def __init__(self, inputs, hidden, outputs, activation, normalization="none", residual=False):
        super().__init__()
        widths = [inputs, *hidden]
        layers = []
        for before, width in zip(widths, hidden):
            layers += [nn.Linear(before, width), *NORMALIZATIONS[normalization](width), activation()]
        self.layers = nn.Sequential(*layers, nn.Linear(widths[-1], outputs))
        self.each = len(layers) // len(hidden)
        self.residual = residual

    def forward(self, x):
        if not self.residual:
            return self.layers(x)
        for start in range(0, len(self.layers) - 1, self.each):
            y = self.layers[start : start + self.each](x)
            x = x + y if x.shape == y.shape else y
        return self.layers[-1](x)


class WideAndDeep(nn.Module):
    """Logits of Cheng et al. 2016: wide and deep are added."""

    def __init__(self, categories, numbers, outputs, crosses, embedding, hidden):
        super().__init__()
        self.wide = nn.ModuleList(nn.Embedding(count, outputs) for count in categories)
        self.crossed = nn.ModuleList(nn.Embedding(categories[a] * categories[b], outputs) for a, b in crosses)
        self.linear = nn.Linear(numbers, outputs)
        self.embeddings = nn.ModuleList(nn.Embedding(count, embedding) for count in categories)
        self.deep = Perceptron(len(categories) * embedding + numbers, hidden, outputs, nn.ReLU)
        self.categories, self.crosses = categories, crosses

    def forward(self, categories, numbers):
        wide = self.linear(numbers)
        for i, table in enumerate(self.wide):
            wide = wide + table(categories[:, i])
        for table, (a, b) in zip(self.crossed, self.crosses):
            wide = wide + table(categories[:, a] * self.categories[b] + categories[:, b])
        read = [table(categories[:, i]) for i, table in enumerate(self.embeddings)]
        return wide + self.deep(torch.cat([*read, numbers], 1))


def perceptron(name, activation, **options):
    sizes = {"inputs": 3, "hidden": [5, 5, 4], "outputs": 2}
    named = {"normalization": "none", "residual": False, **options}
    config = {"type": "MultilayerPerceptron", "options": {**sizes, "activation": name, "dropout": 0, **named}}
    title = " ".join(["perceptron", name, *(str(value) for value in options.values())])
    return case(title, config, Perceptron(**sizes, activation=activation, **options), numbers("x", 4, 3))


table = {"categories": [2, 3, 4], "numbers": 2, "outputs": 2, "crosses": [[0, 1], [2, 1]], "embedding": 3, "hidden": [4]}
write(
    "feed-forward",
    [
        perceptron("relu", nn.ReLU),
        perceptron("hardSwish", nn.Hardswish),
        perceptron("softSign", nn.Softsign),
        perceptron("tanh", nn.Tanh, normalization="batch"),
        perceptron("gelu", nn.GELU, normalization="layer", residual=True),
        case(
            "self-normalising",
            {"type": "SelfNormalizingNetwork", "options": {"inputs": 3, "hidden": [5, 4], "outputs": 2, "dropout": 0}},
            Perceptron(3, [5, 4], 2, nn.SELU),
            numbers("x", 4, 3),
        ),
        case(
            "wide and deep",
            {"type": "WideAndDeep", "options": {**table, "activation": "relu", "dropout": 0}},
            WideAndDeep(**table),
            integers("categories", 2, 5, 3),
            numbers("numbers", 5, 2),
        ),
    ],
)
