"""Writes packages/layers/test/golden/pooling.json: pooling and unpooling of PyTorch.

Run: python3 tools/golden/layers_pooling.py (PyTorch 1.13 or later)
"""

import torch
from layer_cases import case, distinct, exact, write
from torch import nn

NAMES = {
    "stride": "stride",
    "padding": "padding",
    "dilation": "dilation",
    "ceil_mode": "ceilMode",
    "count_include_pad": "countIncludePad",
    "divisor_override": "divisorOverride",
    "return_indices": "returnIndices",
}


def with_lists(options):
    return {key: tuple(value) if isinstance(value, list) else value for key, value in options.items()}


def pool(kind, kernel, size, x=None, batch=2, **options):
    """Of MaxPool and AvgPool."""
    config = {"type": kind, "kernelSize": kernel, **{NAMES[key]: value for key, value in options.items()}}
    module = getattr(nn, kind)(tuple(kernel) if isinstance(kernel, list) else kernel, **with_lists(options))
    x = distinct(batch, 2, *size) if x is None else x
    names = ["output", "indices"] if options.get("return_indices") else None
    return case(config, module, x, names=names)


def lp(axes, p, kernel, size, **options):
    config = {"type": f"LPPool{axes}d", "normType": p, "kernelSize": kernel, **{NAMES[key]: value for key, value in options.items()}}
    return case(config, getattr(nn, f"LPPool{axes}d")(p, kernel, **options), exact(2, 2, *size))


def adaptive(kind, size, shape, **options):
    config = {"type": kind, "outputSize": size, **{NAMES[key]: value for key, value in options.items()}}
    module = getattr(nn, kind)(tuple(size) if isinstance(size, list) else size, **options)
    return case(config, module, distinct(*shape), names=["output", "indices"] if options else None)


def unpool(axes, kernel, size, output_size=None, pooled=None, **options):
    """Of maxima and indices of pooling; `pooled` is what was pooled."""
    config = {"type": f"MaxUnpool{axes}d", "kernelSize": kernel, **{NAMES[key]: value for key, value in options.items()}}
    down = getattr(nn, f"MaxPool{axes}d")(kernel, return_indices=True, **options)
    values, indices = down(distinct(1, 2, *size))
    module = getattr(nn, f"MaxUnpool{axes}d")(kernel, **options)
    return case(config, module, values, indices, *([] if output_size is None else [output_size]))


class LPPool3d(nn.Module):
    """PyTorch has it from 2.3 on; this is its formula."""

    def __init__(self, p, kernel):
        super().__init__()
        self.p, self.kernel = p, kernel

    def forward(self, x):
        return (nn.functional.avg_pool3d(x**self.p, self.kernel) * self.kernel**3) ** (1 / self.p)


ties = torch.tensor([[[[1.0, 1, 0, 2], [1, 1, 2, 2], [0, 0, 0, 0]]]], dtype=torch.float64)
write(
    "pooling",
    [
        pool("MaxPool1d", 3, [7]),
        pool("MaxPool1d", 2, [7], stride=3, ceil_mode=True),
        pool("MaxPool1d", 3, [8], padding=1, dilation=2, return_indices=True),
        pool("MaxPool2d", 2, [4, 5]),
        pool("MaxPool2d", [3, 2], [5, 5], stride=2, padding=[1, 0]),
        pool("MaxPool2d", 2, [5, 5], ceil_mode=True, dilation=[1, 2], return_indices=True),
        pool("MaxPool2d", 2, [3, 4], x=ties, stride=1, return_indices=True),
        pool("MaxPool3d", 2, [4, 2, 3], batch=1),
        pool("MaxPool3d", [1, 2, 2], [2, 3, 3], stride=1, padding=[0, 1, 1], return_indices=True, batch=1),
        pool("AvgPool1d", 3, [7]),
        pool("AvgPool1d", 3, [6], stride=2, padding=1, ceil_mode=True, count_include_pad=False),
        pool("AvgPool2d", 2, [4, 5]),
        pool("AvgPool2d", 3, [5, 4], stride=2, padding=1),
        pool("AvgPool2d", [2, 3], [5, 4], stride=2, padding=[1, 1], count_include_pad=False, ceil_mode=True),
        pool("AvgPool2d", 2, [4, 4], divisor_override=3),
        pool("AvgPool2d", 3, [4, 4], padding=1, ceil_mode=True),
        pool("AvgPool3d", 2, [4, 2, 3], batch=1),
        pool("AvgPool3d", [1, 2, 2], [2, 3, 3], padding=[0, 1, 1], divisor_override=5, batch=1),
        pool("MaxPool2d", 2, [4, 4], x=distinct(2, 4, 4), return_indices=True),
        pool("AvgPool1d", 2, [6], x=distinct(2, 6)),
        adaptive("AdaptiveAvgPool3d", 2, [1, 3, 4, 2]),
        lp(1, 2, 3, [7]),
        lp(1, 1, 2, [5], stride=1),
        lp(2, 2, 2, [4, 5]),
        lp(2, 4, 3, [5, 4], stride=2, ceil_mode=True),
        case({"type": "LPPool3d", "normType": 2, "kernelSize": 2}, LPPool3d(2, 2), exact(1, 2, 4, 2, 2)),
        adaptive("AdaptiveAvgPool1d", 3, [2, 2, 7]),
        adaptive("AdaptiveAvgPool2d", 1, [2, 3, 3, 4]),
        adaptive("AdaptiveAvgPool2d", [3, 2], [1, 2, 5, 5]),
        adaptive("AdaptiveAvgPool2d", [None, 2], [1, 2, 3, 4]),
        adaptive("AdaptiveAvgPool2d", [5, 4], [1, 1, 3, 3]),
        adaptive("AdaptiveAvgPool3d", [2, 1, 3], [1, 2, 3, 2, 4]),
        adaptive("AdaptiveMaxPool1d", 3, [2, 2, 7]),
        adaptive("AdaptiveMaxPool2d", [3, 2], [1, 2, 5, 5], return_indices=True),
        adaptive("AdaptiveMaxPool2d", 2, [1, 2, 4, 4], return_indices=True),
        adaptive("AdaptiveMaxPool2d", [None, 2], [1, 2, 3, 5]),
        adaptive("AdaptiveMaxPool3d", [2, 1, 3], [1, 1, 3, 2, 4], return_indices=True),
        unpool(1, 2, [6]),
        unpool(1, 2, [7], output_size=[7]),
        unpool(2, 2, [4, 4]),
        unpool(2, 2, [5, 5], output_size=[1, 2, 5, 5]),
        unpool(2, 2, [4, 4], padding=1),
        unpool(3, 2, [2, 4, 2]),
        # Windows that overlap have one maximum, which comes back from each of them.
        unpool(1, 3, [7], stride=2),
        unpool(2, [3, 2], [7, 6], stride=[2, 1]),
        unpool(3, 2, [3, 3, 3], stride=1),
    ],
)
