"""The VGG of apps/examples/cnn in PyTorch."""
import torch
from torch import nn

from harness import Program, run


class VGG(nn.Module):
    def __init__(self, side):
        super().__init__()
        layers, inputs = [], 1
        for width in (16, 32, 64):
            layers += [nn.Conv2d(inputs, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU(), nn.MaxPool2d(2)]
            inputs = width
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d(side // 8)
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(64 * (side // 8) ** 2, 10))

    def forward(self, x):
        return self.classifier(self.avgpool(self.features(x)).flatten(1))


class Cnn(Program):
    def __init__(self, settings, arrays):
        self.model = VGG(arrays["x"].shape[-1])
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=0.01, weight_decay=0.01)


run(Cnn)
