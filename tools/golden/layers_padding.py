"""Writes packages/layers/test/golden/padding.json: borders of PyTorch.

Run: python3 tools/golden/layers_padding.py (PyTorch 1.13 or later)
"""

from layer_cases import case, exact, write
from torch import nn
from torch.nn import functional as F

MODES = {"Reflection": "reflect", "Replication": "replicate", "Circular": "circular"}


class Pad(nn.Module):
    """The layers that PyTorch has of later versions are this function."""

    def __init__(self, padding, mode="constant", value=0.0):
        super().__init__()
        self.padding, self.mode, self.value = padding, mode, value

    def forward(self, x):
        if self.mode == "constant":
            return F.pad(x, self.padding, value=self.value)
        return F.pad(x, self.padding, mode=self.mode)


def border(kind, axes, padding, *shape, value=None):
    config = {"type": f"{kind}Pad{axes}d", "padding": padding}
    sides = [padding] * (2 * axes) if isinstance(padding, int) else padding
    if kind == "Constant":
        return case({**config, "value": value}, getattr(nn, f"ConstantPad{axes}d")(padding, value), exact(*shape))
    return case(config, Pad(sides, MODES.get(kind, "constant")), exact(*shape))


write(
    "padding",
    [
        border("Constant", 1, [2, 1], 2, 2, 3, value=1.5),
        border("Constant", 2, [1, -1, 0, 2], 1, 2, 3, 3, value=-2),
        border("Constant", 2, 1, 2, 2, 3, value=0.25),
        border("Constant", 3, [1, 0, 0, 1, 2, -1], 1, 1, 2, 2, 2, value=7),
        border("Zero", 1, 2, 2, 2, 3),
        border("Zero", 2, [1, 0, 2, 1], 1, 2, 3, 2),
        border("Zero", 3, [0, 1, 1, 0, 1, 1], 1, 1, 2, 2, 2),
        border("Reflection", 1, [2, 1], 2, 2, 3),
        border("Reflection", 2, [1, 2, 0, 1], 1, 2, 3, 3),
        border("Reflection", 2, 1, 2, 3, 3),
        border("Reflection", 3, [1, 0, 0, 1, 1, 1], 1, 1, 2, 2, 3),
        border("Replication", 1, [2, 1], 2, 2, 3),
        border("Replication", 2, [1, 4, 0, 1], 1, 2, 3, 3),
        border("Replication", 3, [1, 0, 0, 1, 3, 1], 1, 1, 2, 2, 2),
        border("Circular", 1, [2, 1], 2, 2, 3),
        border("Circular", 2, [1, 2, 0, 3], 1, 2, 3, 3),
        border("Circular", 3, [1, 0, 0, 1, 2, 1], 1, 1, 2, 2, 2),
    ],
)
