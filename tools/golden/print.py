"""What PyTorch prints of the model in packages/layers/test/print.test.ts. Repeated modules of a list as PyTorch 2 folds them, whose rule is written here for older ones."""

import sys
from pathlib import Path

import torch
from torch import nn


def folded(self):
    """nn.ModuleList.__repr__ of PyTorch 2.0."""
    texts = [repr(item) for item in self]
    if not texts:
        return "ModuleList()"
    runs = []
    for position, text in enumerate(texts):
        if runs and runs[-1][2] == text:
            runs[-1][1] = position
        else:
            runs.append([position, position, text])
    lines = []
    for first, last, text in runs:
        entry = f"({first}): {text}" if first == last else f"({first}-{last}): {last - first + 1} x {text}"
        lines.append(entry.replace("\n", "\n  "))
    return "ModuleList(\n  " + "\n  ".join(lines) + "\n)"


if int(torch.__version__.split(".")[0]) < 2:
    nn.ModuleList.__repr__ = folded


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.Tanh()
        self.mlp = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 4, bias=False))


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.ReLU(), nn.ReLU())
        self.blocks = nn.ModuleList([Block(), Block(), nn.Sigmoid(), nn.Sigmoid(), nn.Sigmoid(), Block()])
        self.heads = nn.ModuleDict({"one": nn.Linear(4, 1), "empty": nn.Sequential()})
        self.none = nn.ModuleList([])
        self.single = nn.ModuleList([nn.Linear(1, 1)])


path = Path(__file__).parents[2] / "packages/layers/test/golden/print.txt"
path.write_text(f"{Model()}\n")
sys.stdout.write(f"{path.name}\n")
