"""The network of apps/examples/feed-forward in PyTorch."""
import torch
from torch import nn

from harness import Program, run


class Perceptron(nn.Module):
    def __init__(self, inputs, hidden, outputs):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(inputs, hidden), nn.ReLU(), nn.Dropout(0.3),
            nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(0.3),
            nn.Linear(hidden, outputs),
        )

    def forward(self, x):
        return self.layers(x)


class FeedForward(Program):
    def __init__(self, settings, arrays):
        side = arrays["x"].shape[-1]
        is_small = side < 16
        self.model = nn.Sequential(nn.Flatten(), Perceptron(side * side, 128 if is_small else 512, 10))
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=0.005 if is_small else 0.002, weight_decay=0.01)


run(FeedForward)
