"""The U-Net of apps/examples/segmentation in PyTorch."""
import torch
from torch import nn

from harness import Program, run

WIDTHS = (8, 16, 32, 64)
CLASSES = 5


def pair_of(inputs, width):
    layers = []
    for channels in (inputs, width):
        layers += [nn.Conv2d(channels, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
    return nn.Sequential(*layers)


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.pool = nn.MaxPool2d(2)
        self.encoder = nn.ModuleList(pair_of(inputs, width) for inputs, width in zip((1, *WIDTHS), WIDTHS))
        levels = list(zip(WIDTHS, WIDTHS[1:]))
        self.up = nn.ModuleList(nn.ConvTranspose2d(lower, width, 2, stride=2) for width, lower in levels)
        self.decoder = nn.ModuleList(pair_of(2 * width, width) for width, _ in levels)
        self.head = nn.Conv2d(WIDTHS[0], CLASSES, 1)

    def forward(self, x):
        seen = []
        for level, pair in enumerate(self.encoder):
            x = pair(x if level == 0 else self.pool(x))
            seen.append(x)
        for level in reversed(range(len(self.up))):
            x = self.decoder[level](torch.cat([seen[level], self.up[level](x)], 1))
        return self.head(x)


class Segmentation(Program):
    def __init__(self, settings, arrays):
        self.model = UNet()
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=0.01, weight_decay=0.01)

    def metric(self, arrays):
        """The mean over classes of intersection over union."""
        found = torch.cat([self.model(x).argmax(1) for x in arrays["x"].split(100)])
        overlaps = []
        for label in range(CLASSES):
            is_label, is_found = arrays["y"] == label, found == label
            overlaps.append((is_label & is_found).sum() / (is_label | is_found).sum())
        return torch.stack(overlaps).mean().item()


run(Segmentation)
