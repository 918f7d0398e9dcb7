"""Writes packages/layers/test/golden/normalization.json: normalisations of PyTorch; RMSNorm, which PyTorch 1.13 has not, of its paper's formula.

Run: python3 tools/golden/layers_normalization.py (PyTorch 1.13 or later)
"""

import torch
from layer_cases import case, exact, write
from torch import nn
from torch.nn.utils import spectral_norm, weight_norm

NAMES = {
    "eps": "eps", "momentum": "momentum", "affine": "affine", "track_running_stats": "trackRunningStats", "elementwise_affine": "elementwiseAffine",
    "alpha": "alpha", "beta": "beta", "k": "k",
}
CASES = []


def add(module, sizes, *shape, training=True, steps=1, fields=None, far=0.0, **options):
    fields = fields or ["numFeatures"]
    config = {"type": module.__name__, **dict(zip(fields, sizes)), **{NAMES[key]: value for key, value in options.items()}}
    layer = module(*sizes, **options)
    for name, value in layer.named_buffers():
        if name.endswith("running_var"):
            value.copy_(exact(*value.shape).abs() + 0.5)
        elif name.endswith("running_mean"):
            value.copy_(exact(*value.shape))
    CASES.append(case(config, layer, exact(*shape) + far, training=training, steps=steps))


class RMSNorm(nn.Module):
    """Zhang & Sennrich 2019, arXiv:1910.07467."""

    def __init__(self, shape, eps=None, elementwise_affine=True):
        super().__init__()
        self.axes = tuple(range(-len(shape), 0))
        self.eps = 2.0**-23 if eps is None else eps
        self.weight = nn.Parameter(torch.ones(shape)) if elementwise_affine else None

    def forward(self, x):
        y = x / (x.square().mean(self.axes, keepdim=True) + self.eps).sqrt()
        return y if self.weight is None else y * self.weight


def without_bias(shape, **options):
    layer = nn.LayerNorm(shape, **options)
    layer.bias = None
    return layer


shaped = {"fields": ["normalizedShape"]}
for far in (0.0, 1000.0):
    add(nn.LayerNorm, [[4]], 3, 4, far=far, **shaped)
add(nn.LayerNorm, [[2, 3]], 2, 2, 3, **shaped)
add(nn.LayerNorm, [[5]], 2, 3, 5, eps=0.5, **shaped)
add(nn.LayerNorm, [[5]], 2, 3, 5, elementwise_affine=False, **shaped)
CASES.append(case({"type": "LayerNorm", "normalizedShape": [4], "bias": False}, without_bias([4]), exact(3, 4)))
add(RMSNorm, [[4]], 3, 4, **shaped)
add(RMSNorm, [[2, 3]], 2, 2, 3, eps=0.25, **shaped)
add(RMSNorm, [[5]], 2, 3, 5, elementwise_affine=False, **shaped)
grouped = {"fields": ["numGroups", "numChannels"]}
add(nn.GroupNorm, [2, 4], 2, 4, 3, **grouped)
add(nn.GroupNorm, [1, 3], 2, 3, 2, 2, eps=1e-2, **grouped)
add(nn.GroupNorm, [3, 3], 2, 3, 2, affine=False, **grouped)
add(nn.GroupNorm, [2, 4], 3, 4, **grouped)
for module, axes in ((nn.InstanceNorm1d, [4]), (nn.InstanceNorm2d, [2, 3]), (nn.InstanceNorm3d, [2, 2, 2])):
    add(module, [3], 2, 3, *axes)
    add(module, [3], 3, *axes, affine=True)
    add(module, [3], 2, 3, *axes, affine=True, track_running_stats=True, steps=2)
    add(module, [3], 2, 3, *axes, track_running_stats=True, momentum=0.25, steps=2)
    add(module, [3], 2, 3, *axes, affine=True, track_running_stats=True, training=False)
for training in (True, False):
    add(nn.BatchNorm3d, [3], 2, 3, 2, 2, 2, training=training)
add(nn.BatchNorm3d, [2], 2, 2, 1, 3, 2, momentum=None, steps=3)
add(nn.BatchNorm3d, [2], 2, 2, 1, 3, 2, affine=False, track_running_stats=False, eps=0.125)
add(nn.BatchNorm1d, [3], 4, 3, far=1000.0)
lrn = {"fields": ["size"]}
add(nn.LocalResponseNorm, [2], 2, 4, 3, **lrn)
add(nn.LocalResponseNorm, [3], 2, 4, 2, 2, alpha=0.5, beta=0.5, k=2.0, **lrn)
add(nn.LocalResponseNorm, [5], 1, 3, 1, 2, 2, alpha=1.0, **lrn)

linear = {"type": "Linear", "inFeatures": 4, "outFeatures": 3}
conv = {"type": "Conv2d", "inChannels": 2, "outChannels": 3, "kernelSize": 2, "bias": False}
weight = {"type": "WeightNorm", "layer": linear}
CASES.append(case(weight, weight_norm(nn.Linear(4, 3)), exact(2, 4)))
CASES.append(case({**weight, "axis": 1}, weight_norm(nn.Linear(4, 3), dim=1), exact(2, 4)))
CASES.append(case({"type": "WeightNorm", "layer": conv}, weight_norm(nn.Conv2d(2, 3, 2, bias=False)), exact(2, 2, 3, 3)))
transposed = {"type": "ConvTranspose1d", "inChannels": 2, "outChannels": 3, "kernelSize": 2}
for config, make, axis, shape in (
    (linear, lambda: nn.Linear(4, 3), 0, (2, 4)),
    (conv, lambda: nn.Conv2d(2, 3, 2, bias=False), 0, (2, 2, 3, 3)),
    (transposed, lambda: nn.ConvTranspose1d(2, 3, 2), 1, (2, 2, 3)),
):
    for training, steps in ((True, 1), (True, 3), (False, 1)):
        normed = spectral_norm(make(), n_power_iterations=2 if steps == 3 else 1, dim=axis)
        options = {**({"axis": 1} if axis == 1 else {}), **({"iterations": 2} if steps == 3 else {})}
        CASES.append(case({"type": "SpectralNorm", "layer": config, **options}, normed, exact(*shape), training=training, steps=steps))
write("normalization", CASES)
